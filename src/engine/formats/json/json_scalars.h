// Texts of JSON scalars into column slots, by the rules that Flink's pull parser and its tree parser share. False with
// Java's reason in *error; the slot then holds anything.
#pragma once

#include <string>
#include <string_view>

#include "engine/columnar/column.h"
#include "engine/formats/text/timestamp_text.h"

namespace sluice::engine::json {

/// `fraction`: the value is a number with a fraction or an exponent, which INT and BIGINT cut and the smaller refuse.
bool StoreInteger(bool fraction, std::string_view text, Column& column, size_t i, std::string* error);
/// DATE, TIME, TIMESTAMP, TIMESTAMP_LTZ.
bool StoreTemporal(std::string_view text, text::TimestampStandard standard, Column& column, size_t i,
                   std::string* error);

}  // namespace sluice::engine::json
