#include "engine/connectors/filesystem/partition_path.h"

#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine::filesystem {
namespace {

bool MustEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
         std::string_view("\"#%'*/:=?\\{[]^").find(c) != std::string_view::npos;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// LocalDateTime.toString: seconds only if something follows the minutes, fractions in groups of three digits.
std::string LocalDateTimeText(Timestamp t) {
  std::string text;
  text::WriteTimestamp(text, t, text::TimestampStandard::kIso8601, false);
  const size_t dot = text.find('.');
  if (dot == std::string::npos) {
    if (text.ends_with(":00")) text.resize(text.size() - 3);
  } else {
    while ((text.size() - dot - 1) % 3 != 0) text.push_back('0');
  }
  return text;
}

Error BadNumber(const std::string& text) { return Error(ErrorCode::kData, "For input string: \"" + text + "\""); }

Result<Value> NumberValue(const std::string& text, const DataType& type) {
  if (type.is_approximate()) {
    const std::optional<double> v = ParseDouble(text);
    if (!v) return BadNumber(text);
    return Value::Double(type.kind() == TypeKind::kFloat ? static_cast<double>(static_cast<float>(*v)) : *v);
  }
  const int bits = type.kind() == TypeKind::kTinyint    ? 8
                   : type.kind() == TypeKind::kSmallint ? 16
                   : type.kind() == TypeKind::kBigint   ? 64
                                                        : 32;
  const std::optional<int64_t> v = text::ParseJavaInt(text, bits);
  if (!v) return BadNumber(text);
  return Value::Int(*v);
}

}  // namespace

std::string EscapePathName(std::string_view name) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : name) {
    if (MustEscape(c)) {
      out.push_back('%');
      out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kHex[c & 15]);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string UnescapePathName(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size() && HexDigit(name[i + 1]) >= 0 && HexDigit(name[i + 2]) >= 0) {
      out.push_back(static_cast<char>(HexDigit(name[i + 1]) * 16 + HexDigit(name[i + 2])));
      i += 2;
    } else {
      out.push_back(name[i]);
    }
  }
  return out;
}

PartitionSpec PartitionsOfPath(std::string_view path) {
  PartitionSpec spec;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos && equals > 0 && part.find('=', equals + 1) == std::string_view::npos) {
      spec.emplace_back(UnescapePathName(part.substr(0, equals)), UnescapePathName(part.substr(equals + 1)));
    }
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return spec;
}

std::string PartitionFolder(const PartitionSpec& spec) {
  std::string out;
  for (const auto& [key, value] : spec) {
    if (!out.empty()) out.push_back('/');
    out += EscapePathName(key);
    out.push_back('=');
    out += EscapePathName(value);
  }
  return out;
}

std::string PartitionText(const Column& column, size_t row, const std::string& default_name) {
  if (column.IsNull(row)) return default_name;
  std::string text;
  switch (column.type().kind()) {
    case TypeKind::kBoolean: return column.at<uint8_t>(row) != 0 ? "true" : "false";
    case TypeKind::kFloat: return FloatToString(column.at<float>(row));
    case TypeKind::kDouble: return DoubleToString(column.at<double>(row));
    case TypeKind::kDecimal: return DecimalToString(column.at<int128_t>(row), column.type().scale());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: return LocalDateTimeText(text::LoadTimestamp(column, row));
    default: break;
  }
  if (column.physical() == PhysicalType::kString) {
    text = column.string_at(row);
  } else {
    AppendInt(text, text::LoadInt(column, row));  // DATE as days, TIME as milliseconds, as Flink's internal values
  }
  return text.empty() ? default_name : text;
}

Result<Value> PartitionValue(const std::string& text, const DataType& type, const std::string& default_name) {
  if (text == default_name) return Value::Null();
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar: return Value::String(text);
    case TypeKind::kBoolean: return Value::Bool(text::ParseJavaBoolean(text));
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kFloat:
    case TypeKind::kDouble: return NumberValue(text, type);
    case TypeKind::kDecimal: {
      const DecimalResult v = ParseDecimal(text, type.precision(), type.scale());
      if (!v) break;
      return Value::Decimal(*v);
    }
    case TypeKind::kDate: {
      std::optional<int32_t> days = text::ReadIsoDate(text);
      // What the sink writes for a DATE: the days since 1970.
      if (!days) {
        if (const std::optional<int64_t> number = text::ParseJavaInt(text, 32)) days = static_cast<int32_t>(*number);
      }
      if (!days) return Error(ErrorCode::kData, "Text '" + text + "' could not be parsed at index 0");
      return Value::Int(*days);
    }
    case TypeKind::kTime: {
      if (const std::optional<int32_t> ms = text::ReadSqlTime(text)) return Value::Int(*ms);
      if (const std::optional<int64_t> number = text::ParseJavaInt(text, 32)) return Value::Int(*number);
      break;
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      std::optional<Timestamp> t = text::ReadTimestamp(text, text::TimestampStandard::kIso8601, false);
      if (!t) t = text::ReadTimestamp(text, text::TimestampStandard::kSql, false);
      if (!t) return Error(ErrorCode::kData, "Text '" + text + "' could not be parsed at index 0");
      if (type.physical() == PhysicalType::kTimestamp) return Value::Time(*t);
      return Value::Int(t->millis);
    }
    default: break;
  }
  return Error(ErrorCode::kData, "Can not convert " + text + " to type " + type.ToString() + " for partition value");
}

}  // namespace sluice::engine::filesystem
