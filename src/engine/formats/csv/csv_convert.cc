#include "engine/formats/csv/csv_convert.h"

#include "engine/formats/text/scalar_text.h"
#include "engine/formats/text/timestamp_text.h"
#include "engine/types/datetime.h"
#include "engine/types/number_text.h"

namespace sluice::engine::csv {
namespace {

/// java.sql.Date.valueOf: "yyyy-[m]m-[d]d"; days past the month's end run into the next one.
std::optional<int32_t> ReadSqlDate(std::string_view s) {
  const size_t first = s.find('-');
  if (first != 4) return std::nullopt;
  const size_t second = s.find('-', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view month_text = s.substr(first + 1, second - first - 1), day_text = s.substr(second + 1);
  if (month_text.empty() || month_text.size() > 2 || day_text.empty() || day_text.size() > 2) return std::nullopt;
  const auto year = text::ParseJavaInt(s.substr(0, 4), 32), month = text::ParseJavaInt(month_text, 32),
             day = text::ParseJavaInt(day_text, 32);
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  return DaysFromCivil(static_cast<int32_t>(*year), static_cast<int32_t>(*month), 1) + static_cast<int32_t>(*day) - 1;
}

/// LocalTime.parse: "HH:mm[:ss[.f]]", cut to the column's precision.
std::optional<int32_t> ReadLocalTime(std::string_view s, int precision) {
  std::string full = "1970-01-01T";
  full += s;
  const auto t = text::ReadTimestamp(full, text::TimestampStandard::kIso8601, false);
  if (!t) return std::nullopt;
  auto ms = static_cast<int32_t>(t->millis);
  int32_t unit = 1000;
  for (int k = 0; k < precision && k < 3; ++k) unit /= 10;
  ms -= ms % unit;
  return ms;
}

struct Conversion {
  std::string_view text;
  const CsvOptions& options;
  const std::shared_ptr<const Buffer>& chunk;
  Column& column;
  size_t i;
  std::string* error;

  bool Fail(std::string message) {
    *error = std::move(message);
    return false;
  }
  bool BadNumber() { return Fail("For input string: \"" + std::string(text) + "\""); }
  bool BadTime() { return Fail("Text '" + std::string(text) + "' could not be parsed"); }

  bool Run() {
    switch (column.type().kind()) {
      case TypeKind::kBoolean: column.data<uint8_t>()[i] = text::ParseJavaBoolean(JavaTrim(text)); return true;
      case TypeKind::kFloat: return Floating();
      case TypeKind::kDouble: return Floating();
      case TypeKind::kDecimal: return Decimal();
      case TypeKind::kDate: {
        const auto days = ReadSqlDate(text);
        if (!days) return BadTime();
        column.data<int32_t>()[i] = *days;
        return true;
      }
      case TypeKind::kTime: {
        const auto ms = ReadLocalTime(text, column.type().precision());
        if (!ms) return BadTime();
        column.data<int32_t>()[i] = *ms;
        return true;
      }
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: {
        const auto t = text::ReadTimestamp(JavaTrim(text), text::TimestampStandard::kSql,
                                           column.type().kind() == TypeKind::kTimestampLtz);
        if (!t) return BadTime();
        text::StoreTimestamp(column, i, *t);
        return true;
      }
      case TypeKind::kArray: return Array();
      case TypeKind::kRow: return Row();
      default: break;
    }
    return column.physical() == PhysicalType::kString ? Text() : Integer();
  }

  bool Integer() {
    const int bits = static_cast<int>(PhysicalWidth(column.physical())) * 8;
    const auto v = text::ParseJavaInt(JavaTrim(text), bits);
    if (!v) return BadNumber();
    text::StoreInt(column, i, *v);
    return true;
  }

  bool Floating() {
    if (column.physical() == PhysicalType::kFloat) {
      const auto v = ParseFloat(text);
      if (!v) return BadNumber();
      column.data<float>()[i] = *v;
      return true;
    }
    const auto v = ParseDouble(text);
    if (!v) return BadNumber();
    column.data<double>()[i] = *v;
    return true;
  }

  bool Decimal() {
    if (text::StoreDecimal(column, i, text)) return true;
    const size_t at = text.find_first_not_of("0123456789.eE+-");
    if (at == std::string_view::npos) return Fail("Character array is not a number: " + std::string(text));
    return Fail("Character " + std::string(text.substr(at, 1)) +
                " is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark.");
  }

  bool Text() {
    if (column.type().is_binary()) {
      std::string bytes;
      if (!text::DecodeBase64(text, &bytes)) return Fail("Failed to decode base64: " + std::string(text));
      column.SetString(i, bytes);
      return true;
    }
    const bool in_chunk = chunk && text.data() >= chunk->data() && text.data() < chunk->data() + chunk->size();
    if (in_chunk && text.size() > StringRef::kInline) {
      column.Retain(chunk);
      column.data<StringRef>()[i] = StringRef(text);
    } else {
      column.SetString(i, text);
    }
    return true;
  }

  /// The next element of a text in parts, moved off `rest`; false when there is none.
  bool NextPart(std::string_view* rest, bool* done, std::string_view* part) const {
    if (*done) return false;
    const size_t at = rest->find(options.array_delimiter);
    *part = rest->substr(0, at);
    *done = at == std::string_view::npos;
    if (!*done) rest->remove_prefix(at + options.array_delimiter.size());
    return true;
  }

  bool Array() {
    Column& elements = *column.child(0);
    const size_t offset = elements.size();
    std::string_view rest = text, part;
    bool done = JavaTrim(text).empty();
    while (NextPart(&rest, &done, &part)) {
      elements.Resize(elements.size() + 1);
      if (!ConvertField(part, options, chunk, elements, elements.size() - 1, error)) return false;
    }
    column.data<ListSlice>()[i] = {static_cast<uint32_t>(offset), static_cast<uint32_t>(elements.size() - offset)};
    return true;
  }

  bool Row() {
    if (JavaTrim(text).empty()) {
      column.SetNull(i);
      for (size_t k = 0; k < column.child_count(); ++k) column.child(k)->SetNull(i);
      return true;
    }
    std::string_view rest = text, part;
    bool done = false;
    for (size_t k = 0; k < column.child_count(); ++k) {
      if (!NextPart(&rest, &done, &part)) {
        if (!options.ignore_parse_errors) {
          return Fail("Row length mismatch. " + std::to_string(column.child_count()) + " fields expected but was " +
                      std::to_string(k) + ".");
        }
        column.child(k)->SetNull(i);
      } else if (!ConvertField(part, options, chunk, *column.child(k), i, error)) {
        return false;
      }
    }
    return true;
  }
};

}  // namespace

bool ConvertField(std::string_view text, const CsvOptions& options, const std::shared_ptr<const Buffer>& chunk,
                  Column& column, size_t i, std::string* error) {
  const bool no_elements = text.empty() && column.type().kind() == TypeKind::kArray;
  if (options.null_literal && text == *options.null_literal && !no_elements) {
    column.SetNull(i);
    return true;
  }
  if (Conversion{text, options, chunk, column, i, error}.Run()) return true;
  column.SetNull(i);
  return options.ignore_parse_errors;
}

}  // namespace sluice::engine::csv
