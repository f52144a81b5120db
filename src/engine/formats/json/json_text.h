// JSON written as Jackson writes it.
#pragma once

#include <string>
#include <string_view>

namespace sluice::engine::json {

/// With quotes; escapes only '"', '\' and control characters ("\u001F" with capitals).
void AppendQuoted(std::string& out, std::string_view s);
/// As Jackson writes bytes instead of text: also characters beyond U+FFFF are escaped, as two ("\uD83D\uDE00").
void AppendQuotedBytes(std::string& out, std::string_view s);
/// A double node's text; NaN and infinities are quoted.
void AppendDoubleNode(std::string& out, double v);
void AppendFloatNode(std::string& out, float v);

/// BigDecimal.toString of a number written as JSON, after stripTrailingZeros if asked: "1E+5", "0.001".
/// `plain`: toPlainString, refused (false) if it would be longer than `limit`.
bool AppendBigDecimal(std::string& out, std::string_view number, bool strip, bool plain, size_t limit = 10000);

}  // namespace sluice::engine::json
