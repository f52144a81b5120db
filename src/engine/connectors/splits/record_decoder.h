// Messages of a record-oriented source (Kafka, Kinesis) as columns: a key and a value, each in its format, next to
// metadata. What such sources share; the rules are those of Flink's DynamicKafkaDeserializationSchema, of which a
// source without keys is a part.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/formats/format.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine::splits {

/// One message. A key or value that is not there (null) differs from an empty one. The bytes need to live only during
/// the call they are given to.
struct Record {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
};

/// The record that each row came from.
struct RowOrigins {
  /// Row i came from record rows[i]; empty: row i is record i's, for all rows.
  std::vector<uint32_t> records;
  size_t rows = 0;

  size_t operator[](size_t row) const { return records.empty() ? row : records[row]; }
};

/// How a table's columns are spread over key and value. Indices into TableDescription::physical.
struct RecordLayout {
  const Format* value_format = nullptr;
  OptionMap value_options;             // prefix stripped
  std::vector<int> value_fields;       // in the order of the format's row
  const Format* key_format = nullptr;  // null: keys are not read
  OptionMap key_options;
  std::vector<int> key_fields;
  std::string key_prefix;  // taken off the columns' names for the key format
  /// A null value deletes the key's row (upsert-kafka). Else such records make no row (but for `raw`: a NULL).
  bool upsert = false;
};

/// The layout of a table without keys: 'format', all columns.
RecordLayout PlainLayout(const TableDescription& table, const Format& format, OptionMap options);

/// One subtask's, one thread.
class RecordDecoder {
 public:
  /// A column of connector metadata: one value a row. `which` indexes table.metadata.
  using MetadataColumn = std::function<Result<ColumnPtr>(size_t which, const RowOrigins& origins)>;

  /// Output columns: the node's projection, then table.metadata; keys that begin with "value." are the value format's.
  static Result<std::unique_ptr<RecordDecoder>> Make(const SourceNode& node, const Schema& output,
                                                     const RecordLayout& layout, const std::string& time_zone);
  virtual ~RecordDecoder() = default;

  /// Decodes the records into one batch, in their order; none may stay of the formats' errors unless they ignore them.
  /// On an error `*failed` is the number of the record that it is about; whoever knows its place names it.
  virtual Result<Batch> Decode(std::span<const Record> records, const MetadataColumn& metadata, size_t* failed) = 0;

  /// Records that made no row, so far: null values, and malformed ones that the format is told to ignore.
  int64_t skipped() const { return skipped_; }

 protected:
  int64_t skipped_ = 0;
};

}  // namespace sluice::engine::splits
