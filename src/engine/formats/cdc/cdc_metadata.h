// Metadata columns of the changelog formats: what Flink's XxxJsonDecodingFormat.ReadableMetadata offers.
#pragma once

#include <string>
#include <vector>

#include "engine/formats/cdc/cdc_options.h"
#include "engine/formats/json/json_tree_convert.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::cdc {

/// How a column is made of a field of the record.
enum class MetadataKind : uint8_t {
  kValue,         // the field as the column's type demands
  kMillis,        // a number of milliseconds since the epoch
  kSqlTime,       // "2020-05-13 15:40:06.000000"
  kIsoTime,       // "2020-05-13T15:40:07.000000"
  kSourceValue,   // a field of debezium's "source"
  kSourceMillis,  // the same as milliseconds
};

struct MetadataField {
  MetadataKey key;
  std::string json_name;  // field of the record, of "source" for the last two
  MetadataKind kind = MetadataKind::kValue;
  bool outside = false;  // beside "payload", not in it (debezium's "schema")
};

/// In Flink's order.
const std::vector<MetadataField>& MetadataFields(Dialect dialect);

/// Writes `field`, read from `record` (or from what encloses it), into row `i`. False with the reason in *error.
bool ReadMetadata(const MetadataField& field, const json::Document& document, const json::Node* record,
                  json::TreeConverter& converter, Column& column, size_t i, std::string* error);

}  // namespace sluice::engine::cdc
