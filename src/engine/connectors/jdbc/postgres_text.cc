#include "engine/connectors/jdbc/postgres_text.h"

#include <algorithm>

#include "engine/columnar/display.h"
#include "engine/formats/text/scalar_text.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine::jdbc {

namespace {

Error BadValue(std::string_view text, const DataType& type) {
  return Error(ErrorCode::kData,
               "PostgreSQL's value '" + std::string(text.substr(0, 80)) + "' is no " + type.Nullable().ToString());
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// "2024-03-01 01:02:03+00" without its offset: sessions run in UTC.
std::string_view WithoutOffset(std::string_view text) {
  const size_t time = text.find(' ');
  if (time == std::string_view::npos) return text;
  const size_t sign = text.find_first_of("+-", time);
  return sign == std::string_view::npos ? text : text.substr(0, sign);
}

Status AppendBytes(std::string_view text, Column& column) {
  if (!text.starts_with("\\x")) return BadValue(text, column.type());
  std::string bytes;
  auto digit = [](char c) { return IsDigit(c) ? c - '0' : c - 'a' + 10; };
  for (size_t i = 2; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  column.AppendString(bytes);
  return {};
}

Status AppendTime(std::string_view text, Column& column) {
  const DataType& type = column.type();
  if (type.kind() == TypeKind::kDate) {
    const auto days = ParseDate(text);
    if (!days) return BadValue(text, type);
    column.Append(*days);
    return {};
  }
  if (type.kind() == TypeKind::kTime) {
    // java.sql.Time has no fraction of a second.
    const auto millis = ParseTime(text.substr(0, text.find('.')));
    if (!millis) return BadValue(text, type);
    column.Append(*millis);
    return {};
  }
  const auto time = ParseTimestamp(WithoutOffset(text), 9);
  if (!time) return BadValue(text, type);
  column.Resize(column.size() + 1);
  text::StoreTimestamp(column, column.size() - 1, *time);
  return {};
}

/// The elements of "{1,NULL,\"a b\"}", unescaped; nested arrays as their text.
class ArrayText {
 public:
  explicit ArrayText(std::string_view text) : text_(text) {}

  /// False: malformed.
  bool Start() {
    // "[2:4]={…}": lower bounds other than 1.
    if (text_.starts_with('[')) {
      const size_t equals = text_.find('=');
      if (equals == std::string_view::npos) return false;
      text_.remove_prefix(equals + 1);
    }
    if (text_.size() < 2 || text_.front() != '{' || text_.back() != '}') return false;
    text_ = text_.substr(1, text_.size() - 2);
    return true;
  }
  bool at_end() const { return text_.empty(); }

  /// Nothing for NULL.
  std::optional<std::string> Next() {
    std::string value;
    bool quoted = false;
    size_t i = 0;
    if (text_.starts_with('{')) {
      i = NestedEnd();
      value = text_.substr(0, i);
    } else if (text_.starts_with('"')) {
      quoted = true;
      for (i = 1; i < text_.size() && text_[i] != '"'; ++i) {
        if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
        value += text_[i];
      }
      ++i;
    } else {
      i = std::min(text_.find(','), text_.size());
      value = text_.substr(0, i);
    }
    text_.remove_prefix(std::min(i, text_.size()));
    if (text_.starts_with(',')) text_.remove_prefix(1);
    if (!quoted && value == "NULL") return std::nullopt;
    return value;
  }

 private:
  size_t NestedEnd() const {
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && c == '{') {
        ++depth;
      } else if (!quoted && c == '}' && --depth == 0) {
        return i + 1;
      }
    }
    return text_.size();
  }

  std::string_view text_;
};

Status AppendArray(std::string_view text, Column& column) {
  ArrayText elements(text);
  if (!elements.Start()) return BadValue(text, column.type());
  Column& child = *column.child(0);
  const auto offset = static_cast<uint32_t>(child.size());
  while (!elements.at_end()) {
    const std::optional<std::string> element = elements.Next();
    if (element) {
      SLUICE_RETURN_IF_ERROR(AppendText(*element, child));
    } else {
      child.AppendNull();
    }
  }
  column.Append(ListSlice{offset, static_cast<uint32_t>(child.size()) - offset});
  return {};
}

Status AppendNumber(std::string_view text, Column& column) {
  const DataType& type = column.type();
  switch (type.kind()) {
    case TypeKind::kFloat: {
      const auto value = ParseFloat(text);
      if (!value) return BadValue(text, type);
      column.Append(*value);
      return {};
    }
    case TypeKind::kDouble: {
      const auto value = ParseDouble(text);
      if (!value) return BadValue(text, type);
      column.Append(*value);
      return {};
    }
    case TypeKind::kDecimal: {
      bool bad = false;
      const DecimalResult value = ParseDecimal(text, type.precision(), type.scale(), &bad);
      if (bad) return BadValue(text, type);
      if (value) {
        column.Append(*value);
      } else {
        column.AppendNull();  // as DecimalData.fromBigDecimal: what does not fit is NULL
      }
      return {};
    }
    default: break;
  }
  // An integer column may be read from numeric and floating-point ones, whose fraction is cut off.
  int64_t value = 0;
  const int bits = type.kind() == TypeKind::kBigint     ? 64
                   : type.kind() == TypeKind::kInteger  ? 32
                   : type.kind() == TypeKind::kSmallint ? 16
                                                        : 8;
  if (ParseInteger(text.substr(0, text.find('.')), bits, &value) != IntParse::kOk) return BadValue(text, type);
  column.Resize(column.size() + 1);
  text::StoreInt(column, column.size() - 1, value);
  return {};
}

void AppendHex(std::string_view bytes, std::string& out) {
  out += "\\x";
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
}

Result<std::string> ArrayParameter(const Column& column, size_t row) {
  const ListSlice slice = column.at<ListSlice>(row);
  const Column& child = *column.child(0);
  std::string out = "{";
  for (uint32_t k = slice.offset; k < slice.offset + slice.length; ++k) {
    if (k > slice.offset) out += ',';
    if (child.IsNull(k)) {
      out += "NULL";
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::string element, ParameterText(child, k));
    if (child.type().kind() == TypeKind::kArray) {
      out += element;
      continue;
    }
    out += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

}  // namespace

std::optional<Error> CheckType(const std::string& field, const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBoolean:
    case TypeKind::kVarbinary:
    case TypeKind::kDecimal:
    case TypeKind::kTinyint:
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDate:
    case TypeKind::kTime: return std::nullopt;
    case TypeKind::kTimestamp:
      if (type.precision() >= 1 && type.precision() <= 6) return std::nullopt;
      return Error(ErrorCode::kValidation,
                   "The precision of field '" + field +
                       "' is out of the TIMESTAMP precision range [1, 6] supported by PostgreSQL dialect.");
    case TypeKind::kArray: return CheckType(field, type.element());
    default:
      return Error(ErrorCode::kValidation,
                   "The PostgreSQL dialect doesn't support type: " + type.ToString() + " (column '" + field + "').");
  }
}

Status AppendText(std::string_view text, Column& column) {
  const DataType& type = column.type();
  switch (type.kind()) {
    case TypeKind::kBoolean: column.Append(static_cast<uint8_t>(text == "t" || text == "true" ? 1 : 0)); return {};
    case TypeKind::kChar:
    case TypeKind::kVarchar: column.AppendString(text); return {};
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return AppendBytes(text, column);
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp: return AppendTime(text, column);
    case TypeKind::kArray: return AppendArray(text, column);
    default: return AppendNumber(text, column);
  }
}

Result<std::string> ParameterText(const Column& column, size_t row) {
  const DataType& type = column.type();
  std::string out;
  if (type.kind() == TypeKind::kArray) return ArrayParameter(column, row);
  if (type.is_binary()) {
    AppendHex(column.string_at(row), out);
    return out;
  }
  if (type.is_character()) {
    out = column.string_at(row);
    if (out.find('\0') != std::string::npos) {
      return Error(ErrorCode::kData, "PostgreSQL's text cannot hold a NUL byte");
    }
    return out;
  }
  return FieldText(column, row, *TimeZone::Utc(), TextStyle::kCast);
}

std::string QuoteLiteral(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

std::string QuoteName(const std::string& name) {
  const bool word = !name.empty() && !IsDigit(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
  });
  const bool folds = std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (word && folds) return name;
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace sluice::engine::jdbc
