// JSON tokens into columns, with the coercions of Flink's JsonParserToRowDataConverters: every value is tried as its
// column's type demands ("42" is an INT, 1.5 a STRING, {"a":1} a STRING of its text).
#pragma once

#include <memory>
#include <string>

#include "engine/columnar/column.h"
#include "engine/formats/json/json_options.h"
#include "engine/formats/json/json_tokens.h"

namespace sluice::engine::json {

/// Not thread-safe.
class Converter {
 public:
  /// `decimals`: some column of the record is a DECIMAL, which changes how Flink prints nested numbers as text.
  Converter(const JsonOptions& options, bool decimals) : options_(options), decimals_(decimals) {}

  /// The buffer that the tokenizer's text lies in, so that strings may stay views; null: copy them.
  void UseChunk(std::shared_ptr<const Buffer> chunk) { chunk_ = std::move(chunk); }

  /// Writes the value at the tokenizer's current token into row `i`, which exists and may hold anything. A null, or a
  /// bad value under ignore-parse-errors, becomes NULL. Afterwards the current token is the value's last one (or where
  /// a bad value was given up). False, with error(), if the record is to be refused.
  bool Convert(Tokenizer& in, Column& column, size_t i);

  const std::string& error() const { return error_; }

 private:
  bool ConvertNotNull(Tokenizer& in, Column& column, size_t i);
  bool ConvertScalar(Tokenizer& in, Column& column, size_t i);
  bool ConvertString(Tokenizer& in, Column& column, size_t i);
  bool ConvertBytes(Tokenizer& in, Column& column, size_t i);
  bool ConvertDecimal(Token token, std::string_view text, Column& column, size_t i);
  bool ConvertArray(Tokenizer& in, Column& column, size_t i);
  bool ConvertMap(Tokenizer& in, Column& column, size_t i);
  bool ConvertRow(Tokenizer& in, Column& column, size_t i);
  bool Fail(std::string message);

  const JsonOptions& options_;
  const bool decimals_;
  std::shared_ptr<const Buffer> chunk_;
  std::string error_;
  std::string scratch_;
};

/// Row `i` and, for ROW columns, all fields below it become NULL.
void SetNullDeep(Column& column, size_t i);
/// Undoes that: a slot as Resize makes it.
void SetValidDeep(Column& column, size_t i);

/// The tree at the current token, written compactly (JsonNode.toString). Afterwards the current token is its last one.
bool WriteTree(Tokenizer& in, bool decimals, std::string* out);

}  // namespace sluice::engine::json
