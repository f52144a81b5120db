#include "engine/formats/cdc/cdc_metadata.h"

#include "engine/formats/text/scalar_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::cdc {
namespace {

MetadataField Field(std::string key, DataType type, std::string json_name, MetadataKind kind = MetadataKind::kValue,
                    bool outside = false) {
  return {{std::move(key), std::move(type)}, std::move(json_name), kind, outside};
}

}  // namespace

const std::vector<MetadataField>& MetadataFields(Dialect dialect) {
  using enum MetadataKind;
  const DataType string = DataType::String();
  const DataType millis = DataType::TimestampLtz(3), micros = DataType::TimestampLtz(6);
  static const std::vector<MetadataField> kDebezium = {
      Field("schema", string, "schema", kValue, true),
      Field("ingestion-timestamp", millis, "ts_ms", kMillis),
      Field("source.timestamp", millis, "ts_ms", kSourceMillis),
      Field("source.database", string, "db", kSourceValue),
      Field("source.schema", string, "schema", kSourceValue),
      Field("source.table", string, "table", kSourceValue),
      Field("source.properties", DataType::Map(string, string), "source"),
  };
  static const std::vector<MetadataField> kCanal = {
      Field("database", string, "database"),
      Field("table", string, "table"),
      Field("sql-type", DataType::Map(string, DataType::Integer()), "sqlType"),
      Field("pk-names", DataType::Array(string), "pkNames"),
      Field("ingestion-timestamp", millis, "ts", kMillis),
      Field("event-timestamp", millis, "es", kMillis),
  };
  static const std::vector<MetadataField> kMaxwell = {
      Field("database", string, "database"),
      Field("table", string, "table"),
      Field("primary-key-columns", DataType::Array(string), "primary_key_columns"),
      Field("ingestion-timestamp", millis, "ts", kMillis),
  };
  static const std::vector<MetadataField> kOgg = {
      Field("table", string, "table"),
      Field("primary-keys", DataType::Array(string), "primary_keys"),
      Field("ingestion-timestamp", micros, "current_ts", kIsoTime),
      Field("event-timestamp", micros, "op_ts", kSqlTime),
  };
  switch (dialect) {
    case Dialect::kDebezium: return kDebezium;
    case Dialect::kCanal: return kCanal;
    case Dialect::kMaxwell: return kMaxwell;
    case Dialect::kOgg: return kOgg;
  }
  return kDebezium;
}

bool ReadMetadata(const MetadataField& field, const json::Document& document, const json::Node* record,
                  json::TreeConverter& converter, Column& column, size_t i, std::string* error) {
  const bool in_source = field.kind == MetadataKind::kSourceValue || field.kind == MetadataKind::kSourceMillis;
  if (in_source) record = document.Get(record, "source");
  const json::Node* node = document.Get(record, field.json_name);
  if (field.kind == MetadataKind::kValue || field.kind == MetadataKind::kSourceValue) {
    if (converter.Convert(node, column, i)) return true;
    *error = converter.error();
    return false;
  }
  if (node == nullptr || node->kind == json::NodeKind::kNull) {
    column.SetNull(i);
    return true;
  }
  column.SetValid(i);
  std::string scratch;
  const std::string_view text = document.AsText(*node, converter.decimals(), scratch);
  if (field.kind == MetadataKind::kMillis || field.kind == MetadataKind::kSourceMillis) {
    const std::string_view digits = field.kind == MetadataKind::kMillis ? JavaTrim(text) : text;
    if (const std::optional<int64_t> v = text::ParseJavaInt(digits, 64)) {
      text::StoreTimestamp(column, i, Timestamp{*v, 0});
      return true;
    }
    *error = "For input string: \"" + std::string(text) + "\"";
  } else {
    const auto standard =
        field.kind == MetadataKind::kSqlTime ? text::TimestampStandard::kSql : text::TimestampStandard::kIso8601;
    if (const std::optional<Timestamp> t = text::ReadTimestamp(text, standard, false)) {
      text::StoreTimestamp(column, i, *t);
      return true;
    }
    *error = "Text '" + std::string(text) + "' could not be parsed";
  }
  column.SetNull(i);
  return false;
}

}  // namespace sluice::engine::cdc
