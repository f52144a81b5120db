#include "engine/formats/json/json_scalars.h"

#include "engine/formats/text/scalar_text.h"
#include "engine/types/number_text.h"

namespace sluice::engine::json {

bool StoreInteger(bool fraction, std::string_view text, Column& column, size_t i, std::string* error) {
  const int bits = static_cast<int>(PhysicalWidth(column.physical())) * 8;
  if (fraction && bits >= 32) {
    // getIntValue of a number with a fraction: cut, if the double is within the type's range.
    const std::optional<double> v = ParseDouble(text);
    const double max = bits == 32 ? 2147483647.0 : 9223372036854775807.0;
    const double min = bits == 32 ? -2147483648.0 : -9223372036854775808.0;
    if (!v || !(*v >= min && *v <= max)) {
      *error = "Numeric value (" + std::string(text) + ") out of range";
      return false;
    }
    text::StoreInt(column, i, *v >= 9223372036854775807.0 ? INT64_MAX : static_cast<int64_t>(*v));
    return true;
  }
  const std::optional<int64_t> v = text::ParseJavaInt(text, bits);
  if (!v) {
    *error = "For input string: \"" + std::string(text) + "\"";
    return false;
  }
  text::StoreInt(column, i, *v);
  return true;
}

bool StoreTemporal(std::string_view text, text::TimestampStandard standard, Column& column, size_t i,
                   std::string* error) {
  const TypeKind kind = column.type().kind();
  if (kind == TypeKind::kDate || kind == TypeKind::kTime) {
    const std::optional<int32_t> v = kind == TypeKind::kDate ? text::ReadIsoDate(text) : text::ReadSqlTime(text);
    if (v) {
      column.data<int32_t>()[i] = *v;
      return true;
    }
  } else if (const auto v = text::ReadTimestamp(text, standard, kind == TypeKind::kTimestampLtz)) {
    text::StoreTimestamp(column, i, *v);
    return true;
  }
  *error = "Text '" + std::string(text) + "' could not be parsed";
  return false;
}

}  // namespace sluice::engine::json
