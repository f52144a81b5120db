// A pull parser over one JSON document with the token semantics of Jackson's UTF8StreamJsonParser, which Flink's
// formats are written against: what a document means to Flink when it is odd or broken follows from the order in which
// tokens are pulled. Used for every record that the fast path (json_fast.h) does not take.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine::json {

enum class Token : uint8_t {
  kNone,  // before the first token, and after the last one
  kStartObject,
  kEndObject,
  kStartArray,
  kEndArray,
  kFieldName,
  kString,
  kInt,
  kFloat,
  kTrue,
  kFalse,
  kNull,
  kError,  // broken syntax; every further Next() answers kError too
};

/// Not thread-safe. The text must outlive the tokenizer's use of it.
class Tokenizer {
 public:
  /// Starts on a new document; the current token is kNone.
  void Start(std::string_view text);
  Token Next();
  Token current() const { return token_; }
  bool is_scalar() const { return token_ >= Token::kString && token_ <= Token::kNull; }

  /// JsonParser.getText(): decoded text of names and strings, raw text of the rest ("{" for kStartObject). Valid until
  /// the next call of Next or Text. False if the string is malformed.
  bool Text(std::string_view* out);
  /// The raw bytes of the current scalar or name; strings without quotes, escapes as written.
  std::string_view raw() const { return {begin_, static_cast<size_t>(end_ - begin_)}; }
  bool has_escapes() const { return escaped_; }

  /// Leaves the current value behind: the token after it becomes current
  /// (JsonParserToRowDataConverters.skipToNextField).
  void SkipToNextField();

  const std::string& error() const { return error_; }
  /// Where the parser stands, for remembering and going back.
  const char* position() const { return at_; }

 private:
  Token Fail(std::string message);
  void SkipBlanks();
  Token ReadValue();
  Token ReadName();
  bool ReadString();
  Token ReadNumber();
  Token ReadWord(std::string_view word, Token token);
  Token Close(Token token);

  const char* start_ = nullptr;
  const char* at_ = nullptr;
  const char* limit_ = nullptr;
  Token token_ = Token::kNone;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  bool escaped_ = false;
  bool first_ = true;       // no element yet in the innermost container
  std::vector<char> open_;  // '{' and '[' that enclose the position
  std::string decoded_;
  std::string error_;
};

/// Decodes a JSON string's raw bytes (escapes, and UTF-8 that is well formed but not canonical) as Java would keep it
/// and write it again: a lone surrogate becomes '?'. False on a bad escape or broken UTF-8.
bool DecodeString(std::string_view raw, std::string* out);

/// Jackson's limit on nesting.
inline constexpr size_t kMaxDepth = 1000;

}  // namespace sluice::engine::json
