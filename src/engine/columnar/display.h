// A field as text: what the SQL client shows (RowDataToStringConverter) and what CAST(… AS STRING) gives.
#pragma once

#include <string>

#include "engine/columnar/column.h"
#include "engine/types/time_zone.h"

namespace sluice::engine {

enum class TextStyle : uint8_t {
  kDisplay,  // binary as x'4142'
  kCast,     // binary as its UTF-8 text
  // table.exec.legacy-cast-behaviour: booleans and NULLs in lower case, no blanks in rows
  kLegacyDisplay,
  kLegacyCast,
};

/// Appends element `row`. Top-level NULL is "<NULL>", nested ones are "NULL". `zone` is the session's, for
/// TIMESTAMP_LTZ. Booleans TRUE/FALSE, arrays [1, 2], maps {1=2}, rows (1, 2), intervals +1 02:03:04.000.
void AppendText(std::string& out, const Column& column, size_t row, const TimeZone& zone,
                TextStyle style = TextStyle::kDisplay);
std::string FieldText(const Column& column, size_t row, const TimeZone& zone, TextStyle style = TextStyle::kDisplay);

}  // namespace sluice::engine
