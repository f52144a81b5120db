// JSON in SQL. The binder makes these calls (SYMBOL arguments are literals; everything else is an expression):
//   "IS JSON VALUE"(text), "IS JSON OBJECT"(text), "IS JSON ARRAY"(text), "IS JSON SCALAR"(text)
//   "JSON_EXISTS"(doc, path, SYMBOL TRUE|FALSE|UNKNOWN|ERROR: on error)
//   "JSON_VALUE"(doc, path, SYMBOL NULL|ERROR|DEFAULT: on empty, its default or a NULL literal,
//                SYMBOL NULL|ERROR|DEFAULT: on error, its default or a NULL literal)
//   "JSON_QUERY"(doc, path, SYMBOL WITHOUT|CONDITIONAL|UNCONDITIONAL: wrapper,
//                SYMBOL NULL|EMPTY ARRAY|EMPTY OBJECT|ERROR: on empty, SYMBOL of the same: on error)
//   "JSON_OBJECT"(SYMBOL NULL|ABSENT: on null, k1, v1, …), "JSON_ARRAY"(SYMBOL NULL|ABSENT: on null, v1, …)
//   "JSON"(text), and "JSON_STRING", "JSON_QUOTE", "JSON_UNQUOTE" as they stand.
// All but document and path may be left out of JSON_EXISTS, JSON_VALUE and JSON_QUERY. RETURNING is the type of the
// call itself (STRING if absent; defaults must have been cast to it). The path must be a literal. A value of
// JSON_OBJECT or JSON_ARRAY that is itself a call of JSON_OBJECT or JSON_ARRAY must be wrapped into "JSON" so that it
// nests instead of becoming a string; "JSON" has the type RAW('JSON'), which nothing else takes.
//
// Here: a document as a tree, read as Jackson reads it and written as Flink does (keys sorted, BigDecimal's numbers).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

/// A value type; deep copies.
struct JsonNode {
  enum class Kind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  /// kString: the text; kNumber: as BigInteger/BigDecimal.toString writes it.
  std::string text;
  std::vector<JsonNode> items;
  /// Keys are unique; in the order of the document.
  std::vector<std::pair<std::string, JsonNode>> members;

  JsonNode();  // outside: a pair with this class needs it complete
  static JsonNode String(std::string s);
  /// `text` is a number in JSON's or Java's syntax.
  static JsonNode Number(std::string_view text);
  static JsonNode Bool(bool v);
  bool scalar() const { return kind < Kind::kArray; }
  const JsonNode* Find(std::string_view key) const;
  /// Replaces the value of a key that is there already.
  void Set(std::string key, JsonNode value);
};
inline JsonNode::JsonNode() = default;

/// The first value in the text; what follows it is ignored, as Jackson does. kData with Jackson's words.
Result<JsonNode> ParseJson(std::string_view text);

/// Keys sorted, no blanks.
void AppendJson(std::string& out, const JsonNode& node);
std::string JsonText(const JsonNode& node);
/// JSON_VALUE's text of a scalar: strings bare.
std::string JsonScalarText(const JsonNode& node);

}  // namespace sluice::engine
