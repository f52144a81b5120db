#include "engine/connectors/opensearch/index_name.h"

#include "engine/connectors/print/java_text.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::opensearch {
namespace {

const char* DefaultFormat(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kDate: return "yyyy_MM_dd";
    case TypeKind::kTime: return "HH_mm_ss";
    case TypeKind::kTimestampLtz: return "yyyy_MM_dd_HH_mm_ssX";
    default: return "yyyy_MM_dd_HH_mm_ss";
  }
}

}  // namespace

Result<IndexName> IndexName::Parse(const std::string& pattern, const Schema& schema, const std::string& time_zone) {
  IndexName name;
  const size_t open = pattern.find('{');
  const size_t close = open == std::string::npos ? open : pattern.find('}', open);
  if (close == std::string::npos) {
    name.before_ = pattern;
    return name;
  }
  if (pattern.find('{', close) != std::string::npos) {
    return Error(ErrorCode::kOption, "Chaining dynamic index pattern " + pattern +
                                         " is not supported, only support single dynamic index pattern.");
  }
  name.before_ = pattern.substr(0, open);
  name.after_ = pattern.substr(close + 1);
  std::string field = pattern.substr(open + 1, close - open - 1), format;
  if (const size_t bar = field.find('|'); bar != std::string::npos) {
    format = field.substr(bar + 1);
    field.resize(bar);
  }
  const bool formatted = !format.empty();
  DataType type = DataType::TimestampLtz(3);
  name.now_ = field == "now()" || field == "NOW()" || field == "current_timestamp()";
  if (!name.now_) {
    for (size_t i = 0; i < schema.size(); ++i) {
      if (schema[i].name == field) name.field_ = static_cast<int>(i);
    }
    if (name.field_ < 0) {
      std::string all;
      for (const RowField& f : schema) all += (all.empty() ? "" : ", ") + f.name;
      return Error(ErrorCode::kOption, "Unknown field '" + field + "' in index pattern '" + pattern +
                                           "', please check the field name. The table has: " + all + ".");
    }
    type = schema[static_cast<size_t>(name.field_)].type;
    if (type.is_nested() || type.is_binary()) {
      return Error(ErrorCode::kOption,
                   "Unsupported type " + type.ToString(false) + " of the index field '" + field + "'.");
    }
  }
  if (!formatted && !type.is_datetime()) return name;
  if (!type.is_datetime()) {
    return Error(ErrorCode::kOption, "Unsupported type '" + type.ToString(false) +
                                         "' found in Elasticsearch dynamic index field, time-related pattern only "
                                         "support types are: DATE,TIME,TIMESTAMP.");
  }
  SLUICE_ASSIGN_OR_RETURN(name.format_, DateTimePattern::Compile(formatted ? format : DefaultFormat(type),
                                                                 DateTimePattern::Dialect::kDateTimeFormatter));
  const bool instant = type.kind() == TypeKind::kTimestampLtz;
  name.zone_ = instant ? TimeZone::FindOrGmt(time_zone) : TimeZone::Utc();
  return name;
}

std::string IndexName::Of(const std::vector<ColumnPtr>& columns, size_t row, int64_t now_ms) const {
  std::string out = before_;
  const Column* column = field_ < 0 ? nullptr : columns[static_cast<size_t>(field_)].get();
  if (format_ && column != nullptr && column->IsNull(row)) {
    out += "null";
  } else if (format_) {
    Timestamp t = TimestampFromMillis(now_ms);
    if (column != nullptr) {
      const TypeKind kind = column->type().kind();
      if (kind == TypeKind::kDate)
        t = TimestampFromMillis(column->at<int32_t>(row) * kMillisPerDay);
      else if (kind == TypeKind::kTime)
        t = TimestampFromMillis(column->at<int32_t>(row));
      else
        t = text::LoadTimestamp(*column, column->index(row));
    }
    format_->Format(out, CivilFromTimestamp(zone_->UtcToLocal(t)), zone_.get(), t.millis);
  } else if (column != nullptr) {
    AppendJavaText(out, *column, row);
  }
  return out + after_;
}

}  // namespace sluice::engine::opensearch
