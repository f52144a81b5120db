// Avro schemas: the one that Flink derives from a table (AvroSchemaConverter.convertToSchema), and any other, parsed
// from its JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::avro {

struct AvroOptions {
  /// TIMESTAMP as timestamp-millis and no TIMESTAMP_LTZ, as before Avro knew local timestamps.
  bool legacy_timestamps = true;
};

/// Fails with Flink's message for a value that is none; what we do not read or write is refused.
Result<AvroOptions> ReadAvroOptions(const OptionMap& options);

/// Refuses types that no Avro schema can be derived for, with Flink's messages.
Status CheckAvroType(const DataType& type, const AvroOptions& options);

/// What a timestamp's long counts: 1000 = milliseconds, 1'000'000 = microseconds, 1'000'000'000 = nanoseconds.
int64_t TimestampUnits(const DataType& type);

/// The table's schema as JSON. `nullable`: the record is a union with null, as in the files that Flink writes.
/// `record`: its full name.
std::string SchemaJson(const Schema& table, const AvroOptions& options, bool nullable,
                       std::string_view record = "org.apache.flink.avro.generated.record");

enum class AvroKind : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kRecord,
  kUnion,
};

struct SchemaNode {
  AvroKind kind = AvroKind::kNull;
  std::string logical;             // logicalType
  int precision = 0, scale = 0;    // decimal
  int64_t size = 0;                // fixed
  std::vector<std::string> names;  // of a record's fields, an enum's symbols
  std::vector<int> children;       // a record's fields, a union's branches, an array's items, a map's values
};

/// A parsed schema; named types may contain themselves, so nodes refer to each other by number. Immutable.
class SchemaTree {
 public:
  /// kData if the text is no Avro schema.
  static Result<SchemaTree> Parse(std::string_view json);

  const SchemaNode& at(int node) const { return nodes_[static_cast<size_t>(node)]; }
  /// The record that rows are, and whether it is the branch `record_branch` of a union (else -1).
  int record() const { return record_; }
  int record_branch() const { return record_branch_; }

 private:
  friend class SchemaParser;
  std::vector<SchemaNode> nodes_;
  int record_ = 0;
  int record_branch_ = -1;
};

/// Whether values of the two schemas' records have the same bytes: the same fields in the same order. Names of types
/// and documentation do not matter.
bool SameEncoding(const SchemaTree& a, const SchemaTree& b);

/// "int", "record", …
const char* KindName(AvroKind kind);

}  // namespace sluice::engine::avro
