// Numbers and bytes in the texts of Flink's formats, where they follow Java's parsers and not SQL's CAST.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/column.h"

namespace sluice::engine::text {

/// Byte/Short/Integer/Long.parseX: sign and digits, nothing else, within `bits`.
std::optional<int64_t> ParseJavaInt(std::string_view s, int bits);

/// Boolean.parseBoolean.
bool ParseJavaBoolean(std::string_view s);

/// Jackson's Base64Variants.MIME_NO_LINEFEEDS: padding required, blanks only between groups of four.
bool DecodeBase64(std::string_view s, std::string* out);
void AppendBase64(std::string& out, std::string_view bytes);

/// Writes an integer of any width into row `i` (kInt8 … kInt64).
void StoreInt(Column& column, size_t i, int64_t v);
int64_t LoadInt(const Column& column, size_t i);

/// Stores a timestamp in whichever layout the column has. Digits beyond the column's precision stay, as in Flink: they
/// are not shown, but a cast to a higher precision brings them back.
void StoreTimestamp(Column& column, size_t i, Timestamp t);
Timestamp LoadTimestamp(const Column& column, size_t i);

/// A decimal's text (Java's BigDecimal) into row `i`: NULL if it has too many digits for the type. False if it is no
/// number.
bool StoreDecimal(Column& column, size_t i, std::string_view text);

/// Row `i` of a MAP with text keys, or of a MULTISET of texts: names[k] with row k of `read`, put into a
/// java.util.HashMap one by one. A NULL count of a MULTISET is 0.
void StoreTextMap(Column& column, size_t i, const std::vector<std::string>& names, const Column& read);

}  // namespace sluice::engine::text
