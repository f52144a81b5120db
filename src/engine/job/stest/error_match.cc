#include "engine/job/stest/error_match.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sluice::engine::stest {
namespace {

constexpr size_t kLongestQuotedName = 60;

/// Where Flink's message goes over from what is wrong to advice or to its own inner state.
constexpr std::string_view kAdvice[] = {"Supported form(s)",
                                        "Supported signatures",
                                        "Was expecting",
                                        "was expecting",
                                        "Supported options",
                                        "Available options",
                                        "Available factory",
                                        "Available fields",
                                        "Available columns",
                                        "Expected one of",
                                        "Expected either",
                                        "Query schema",
                                        "The physical plan is",
                                        "which is produced by node",
                                        "You can set job configuration",
                                        "You might want to",
                                        "You can try",
                                        "Example:",
                                        "did you mean",
                                        " at [Source",
                                        "Please",
                                        "please",
                                        "(fallback keys",
                                        "if you are using",
                                        "in any of the catalogs",
                                        ", at line "};

constexpr std::string_view kTypeWords[] = {
    "BOOLEAN", "TINYINT", "SMALLINT", "INT",    "INTEGER",   "BIGINT", "FLOAT", "DOUBLE", "DECIMAL",
    "CHAR",    "VARCHAR", "STRING",   "BINARY", "VARBINARY", "BYTES",  "DATE",  "TIME",   "TIMESTAMP",
    "ARRAY",   "MAP",     "MULTISET", "ROW",    "INTERVAL",  "RAW",    "NULL",  "SYMBOL", "TIMESTAMP_LTZ"};

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || (c & 0x80); }
bool IsQuote(char c) { return c == '\'' || c == '"' || c == '`'; }

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

void ReplaceEvery(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

/// Lower case, no back quotes, one spelling for types that have several.
std::string Normalise(std::string_view text) {
  std::string out = Lower(text);
  std::erase(out, '`');
  ReplaceEvery(out, ", ", ",");
  ReplaceEvery(out, "varchar(2147483647)", "string");
  ReplaceEvery(out, "varbinary(2147483647)", "bytes");
  ReplaceEvery(out, "integer", "int");
  return out;
}

/// `name` occurs in `text` and is not part of a longer word; both normalised.
bool OccursAsWord(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    bool starts = at == 0 || !IsWordChar(name.front()) || !IsWordChar(text[at - 1]);
    size_t end = at + name.size();
    bool ends = end == text.size() || !IsWordChar(name.back()) || !IsWordChar(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

std::string_view WithoutAdvice(std::string_view message) {
  size_t end = message.size();
  for (std::string_view advice : kAdvice) end = std::min(end, message.find(advice));
  return message.substr(0, end);
}

bool IsJavaName(std::string_view word) {
  for (std::string_view package : {"org.", "java.", "com.", "class "}) {
    if (word.substr(0, package.size()) == package) return true;
  }
  return false;
}

bool IsTypeWord(std::string_view word) {
  return std::find(std::begin(kTypeWords), std::end(kTypeWords), word) != std::end(kTypeWords);
}

bool IsGenerated(std::string_view name) { return name.substr(0, 5) == "EXPR$"; }

class NameCollector {
 public:
  explicit NameCollector(std::string_view statement) : statement_(Normalise(statement)) {}

  void Quoted(std::string_view text) {
    if (text.find('<') != std::string_view::npos && text.find('>') != std::string_view::npos) return CallForm(text);
    if (text.size() > kLongestQuotedName) return;
    Add(text);
  }

  void Plain(std::string_view word) {
    while (!word.empty() && (word.back() == '.' || word.back() == '-')) word.remove_suffix(1);
    if (word.empty()) return;
    bool number = std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
    if (number) {
      if (word.size() >= 2 && OccursAsWord(statement_, word)) Add(word);
      return;
    }
    if (word.back() == ')') return Add(word);  // a type with its length
    if (word.find_first_of("._", 1) != std::string_view::npos) return Add(word);
    bool capitals = word.size() >= 2 && std::all_of(word.begin(), word.end(),
                                                    [](unsigned char c) { return std::isupper(c) || std::isdigit(c); });
    if (!capitals) return;
    if (IsTypeWord(word) || OccursAsWord(statement_, Normalise(word))) Add(word);
  }

  std::vector<std::string> Take() { return std::move(names_); }

 private:
  void Add(std::string_view quoted) {
    std::string bare(quoted);
    std::erase(bare, '`');
    std::string_view name = bare;
    for (std::string_view prefix : {"default_catalog.", "default_database."}) {
      if (name.substr(0, prefix.size()) == prefix) name.remove_prefix(prefix.size());
    }
    if (name == "default_catalog" || name == "default_database") return;
    if (name.substr(0, 1) == "$") {  // Calcite's inner name of a function
      name.remove_prefix(1);
      if (!OccursAsWord(statement_, Normalise(name))) return;
    }
    if (name.empty() || IsJavaName(name) || IsGenerated(name)) return;
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.emplace_back(name);
  }

  void CallForm(std::string_view text) {
    for (size_t open = text.find('<'); open != std::string_view::npos; open = text.find('<', open + 1)) {
      size_t close = text.find('>', open);
      if (close == std::string_view::npos) return;
      std::string_view type = text.substr(open + 1, close - open - 1);
      bool inner = type.find("RECORDTYPE") != std::string_view::npos || type == "SYMBOL";
      if (!inner) Add(type);
    }
  }

  std::string statement_;
  std::vector<std::string> names_;
};

/// The end of the quoted text that opens at `open`, npos if it never closes. A doubled opening quote closes doubled.
size_t ClosingQuote(std::string_view text, size_t open) {
  char quote = text[open];
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == quote && (i + 1 == text.size() || !IsWordChar(text[i + 1]))) return i;
  }
  return std::string_view::npos;
}

/// The first token of what the parser met: `Encountered "a b" at …` → a; nullopt if the message is not a parser's.
std::optional<std::string> EncounteredToken(std::string_view message) {
  constexpr std::string_view kStart = "Encountered \"";
  size_t at = message.find(kStart);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = message.substr(at + kStart.size());
  size_t end = rest.find("\" at line");
  rest = rest.substr(0, end);
  return std::string(rest.substr(0, rest.find(' ')));
}

bool IsUsersFault(ErrorCode code) {
  switch (code) {
    case ErrorCode::kSyntax:
    case ErrorCode::kValidation:
    case ErrorCode::kOption:
    case ErrorCode::kData:
    case ErrorCode::kArithmetic:
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kConflict:
    case ErrorCode::kIo: return true;
    default: return false;
  }
}

}  // namespace

std::vector<std::string> RequiredNames(std::string_view statement, std::string_view flink_message) {
  if (auto token = EncounteredToken(flink_message)) return {*token};
  NameCollector names(statement);
  std::string collapsed(WithoutAdvice(flink_message));
  ReplaceEvery(collapsed, "''", "'");
  std::string_view text = collapsed;
  for (size_t i = 0; i < text.size();) {
    bool opens = IsQuote(text[i]) && (i == 0 || !IsWordChar(text[i - 1]));
    size_t close = opens ? ClosingQuote(text, i) : std::string_view::npos;
    if (close != std::string_view::npos) {
      names.Quoted(text.substr(i + 1, close - i - 1));
      i = close + 1;
    } else if (IsWordChar(text[i])) {
      size_t end = i;
      while (end < text.size() && (IsWordChar(text[end]) || text[end] == '.' || text[end] == '-')) ++end;
      if (end < text.size() && text[end] == '(' && IsTypeWord(text.substr(i, end - i))) {
        end = std::min(text.find(')', end), text.size() - 1) + 1;
      }
      names.Plain(text.substr(i, end - i));
      i = end;
    } else {
      ++i;
    }
  }
  return names.Take();
}

std::optional<std::string> WhyNotTheSameError(std::string_view statement, std::string_view flink_message,
                                              const Error& error) {
  if (!IsUsersFault(error.code())) return "fails for another reason: " + std::string(ErrorCodeName(error.code()));
  auto of_parser = [](std::string_view message) {
    return EncounteredToken(message).has_value() ||
           message.find("Incorrect syntax near the keyword") != std::string_view::npos;
  };
  const bool flink_parser = of_parser(flink_message);
  const bool our_parser = of_parser(error.message());
  if (flink_parser != our_parser) {
    return std::string(our_parser ? "refused by our parser, but Flink parses it" : "Flink's parser refuses this");
  }
  const std::string message = Normalise(error.message());
  const bool word_for_word = flink_message.size() >= 16 && error.message().find(flink_message) != std::string::npos;
  if (word_for_word) return std::nullopt;
  for (const std::string& name : RequiredNames(statement, flink_message)) {
    if (!OccursAsWord(message, Normalise(name))) return "does not name '" + name + "'";
  }
  return std::nullopt;
}

bool IsClearRefusal(const Error& error) {
  return IsUsersFault(error.code()) || error.code() == ErrorCode::kNotSupported;
}

}  // namespace sluice::engine::stest
