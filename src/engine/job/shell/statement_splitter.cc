#include "engine/job/shell/statement_splitter.h"

#include <cctype>

namespace sluice::engine::shell {
namespace {

constexpr std::string_view kBlank = " \t\r\n\f\v";

/// The words of a text in capitals, without comments and strings: enough to see how a statement begins and ends.
std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'' || c == '`' || c == '"') {
      size_t end = text.find(c, i + 1);
      if (end == std::string_view::npos) break;
      i = end;
      words.emplace_back();  // something that is not a word
      in_word = false;
    } else if (text.substr(i, 2) == "--") {
      i = std::min(text.find('\n', i), text.size());
      in_word = false;
    } else if (text.substr(i, 2) == "/*") {
      i = std::min(text.find("*/", i + 2), text.size() - 1) + 1;
      in_word = false;
    } else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
      if (!in_word) words.emplace_back();
      in_word = true;
      words.back() += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    } else {
      if (!std::isspace(static_cast<unsigned char>(c))) words.emplace_back();
      in_word = false;
    }
  }
  return words;
}

/// … STATEMENT SET BEGIN without its END: the ';' belongs to a statement inside.
bool IsOpenSet(std::string_view text) {
  const std::vector<std::string> words = Words(text);
  if (words.empty() || words.front() == "BEGIN") return false;
  for (size_t i = 0; i + 2 < words.size(); ++i) {
    if (words[i] == "STATEMENT" && words[i + 1] == "SET" && words[i + 2] == "BEGIN") return words.back() != "END";
  }
  return false;
}

}  // namespace

std::string_view StatementSplitter::Trimmed() const {
  std::string_view text = text_;
  size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

SplitStatement StatementSplitter::Take() {
  SplitStatement statement{std::string(Trimmed()), start_};
  text_.clear();
  start_ = {};
  return statement;
}

std::vector<SplitStatement> StatementSplitter::Feed(std::string_view line) {
  std::vector<SplitStatement> done;
  ++line_;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const std::string_view two = line.substr(i, 2);
    if (inside_ == Inside::kNothing) {
      if (two == "--") {
        if (start_.known()) text_ += line.substr(i);  // a comment before a statement is not part of it
        break;
      }
      if (c == ';') {
        if (IsOpenSet(text_)) {
          text_ += c;
        } else if (start_.known()) {
          done.push_back(Take());
        }
        continue;
      }
      if (two == "/*") inside_ = Inside::kBlockComment;
      if (c == '\'') inside_ = Inside::kString;
      if (c == '`') inside_ = Inside::kBackquote;
      if (c == '"') inside_ = Inside::kDoubleQuote;
      if (!start_.known() && kBlank.find(c) == std::string_view::npos) start_ = {line_, static_cast<int>(i) + 1};
      text_ += c;
      if (two == "/*") text_ += line[++i];
      continue;
    }
    text_ += c;
    if (inside_ == Inside::kBlockComment && two == "*/") {
      text_ += line[++i];
      inside_ = Inside::kNothing;
    }
    const bool closes = (inside_ == Inside::kString && c == '\'') || (inside_ == Inside::kBackquote && c == '`') ||
                        (inside_ == Inside::kDoubleQuote && c == '"');
    if (closes) inside_ = Inside::kNothing;  // a doubled quote opens it again at once
  }
  if (!text_.empty()) text_ += '\n';
  return done;
}

std::optional<SplitStatement> StatementSplitter::TakeRest() {
  inside_ = Inside::kNothing;
  if (!pending()) {
    Reset();
    return std::nullopt;
  }
  return Take();
}

void StatementSplitter::Reset() {
  text_.clear();
  start_ = {};
  inside_ = Inside::kNothing;
}

std::string ErrorWithCaret(const Error& error, std::string_view statement, TextPosition start) {
  std::string out = error.message();
  const TextPosition place = error.position();
  if (!place.known()) return out;
  for (int line = 1; line < place.line && !statement.empty(); ++line) {
    size_t end = statement.find('\n');
    statement.remove_prefix(end == std::string_view::npos ? statement.size() : end + 1);
  }
  const std::string_view line = statement.substr(0, statement.find('\n'));
  if (line.empty()) return out;
  out += "\n\n    " + std::string(line) + "\n    ";
  for (int column = 1; column < place.column; ++column) {
    const bool tab = static_cast<size_t>(column) <= line.size() && line[static_cast<size_t>(column) - 1] == '\t';
    out += tab ? '\t' : ' ';
  }
  const int whole_line = start.line + place.line - 1;
  const int whole_column = place.line == 1 ? start.column + place.column - 1 : place.column;
  return out + "^ line " + std::to_string(whole_line) + ", column " + std::to_string(whole_column);
}

}  // namespace sluice::engine::shell
