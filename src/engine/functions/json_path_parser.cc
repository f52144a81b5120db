#include <cctype>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "engine/functions/json_filter.h"
#include "engine/functions/json_path.h"

namespace sluice::engine {

class JsonPathParser {
 public:
  JsonPathParser(std::string_view text, size_t at) : text_(text), at_(at) {}

  /// Steps up to the end, or in a filter up to what cannot go on a path.
  Result<std::shared_ptr<JsonPath>> Steps(bool in_filter) {
    std::shared_ptr<JsonPath> path(new JsonPath());
    while (at_ < text_.size() && !error_) {
      const char c = text_[at_];
      if (path->function_) {
        if (!in_filter) Bad("not supported yet: more behind a function", ErrorCode::kNotSupported);
        break;
      }
      if (c != '.' && c != '[') {
        if (in_filter) break;
        Bad("Illegal character");
        break;
      }
      JsonPath::Step step;
      if (c == '.') {
        ++at_;
        if (Peek() == '.') {
          ++at_;
          step.deep = true;
        }
        if (at_ >= text_.size()) {
          Bad("Path must not end with a '.' or '..'");
          break;
        }
        if (Peek() != '[') {
          Member(step, in_filter);
          if (Peek() == '(' && step.names.size() == 1) {
            Function(*path, step.names[0]);
            continue;
          }
          path->steps_.push_back(std::move(step));
          continue;
        }
      }
      ++at_;
      Bracket(step);
      path->steps_.push_back(std::move(step));
    }
    if (error_) return *error_;
    return path;
  }

  static Result<std::shared_ptr<JsonPath>> Parse(std::string_view text) {
    size_t start = 0;
    std::string prefixed;
    if (text.empty()) return Error(ErrorCode::kInvalidArgument, "path can not be null or empty");
    if (text[0] == '$' || text[0] == '@') {
      start = 1;
    } else {
      prefixed = "." + std::string(text);
      return JsonPathParser(prefixed, 0).Steps(false);
    }
    return JsonPathParser(text, start).Steps(false);
  }

  static void SetLax(JsonPath& path, bool lax) { path.lax_ = lax; }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void Bad(std::string_view what, ErrorCode code = ErrorCode::kInvalidArgument) {
    if (!error_) error_.emplace(code, fmt::format("{} at position {} of the JSON path '{}'", what, at_, text_));
  }
  void SkipBlanks() {
    while (Peek() == ' ') ++at_;
  }

  void Member(JsonPath::Step& step, bool in_filter) {
    const size_t start = at_;
    auto goes_on = [&](char c) {
      if (c == '.' || c == '[' || c == '(' || c == '\0') return false;
      return !in_filter || std::string_view(" )=!<>&|,]~").find(c) == std::string_view::npos;
    };
    while (at_ < text_.size() && goes_on(text_[at_])) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (name.empty()) {
      Bad("A property name is expected");
    } else if (name == "*") {
      step.kind = JsonPath::Step::Kind::kWildcard;
    } else {
      step.names.emplace_back(name);
    }
  }

  /// At the '(' behind its name; a path ends with it.
  void Function(JsonPath& path, std::string_view name) {
    path.function_ = JsonPathFunctionNamed(name);
    if (!path.function_) {
      Bad(fmt::format("Function with name: {} does not exist", name));
      return;
    }
    ++at_;
    if (*path.function_ == JsonPathFunction::kIndex) path.function_argument_ = Integer().value_or(0);
    SkipBlanks();
    if (Peek() != ')') {
      Bad(fmt::format("not supported yet: arguments of the function {}() in a JSON path", name),
          ErrorCode::kNotSupported);
      return;
    }
    ++at_;
  }

  bool Quoted(std::string& out) {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return false;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_];
    }
    if (at_ >= text_.size()) Bad("Property has not been closed - missing closing quote");
    ++at_;
    return true;
  }

  std::optional<int64_t> Integer() {
    SkipBlanks();
    int64_t v = 0;
    const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), v);
    if (code != std::errc()) return std::nullopt;
    at_ = static_cast<size_t>(end - text_.data());
    SkipBlanks();
    return v;
  }

  /// Behind the '['.
  void Bracket(JsonPath::Step& step) {
    using Kind = JsonPath::Step::Kind;
    SkipBlanks();
    if (Peek() == '*') {
      ++at_;
      step.kind = Kind::kWildcard;
    } else if (Peek() == '?') {
      ++at_;
      step.kind = Kind::kFilter;
      SkipBlanks();
      if (Peek() != '(') {
        Bad("A filter in parentheses is expected");
        return;
      }
      step.filter = std::make_shared<const JsonFilter>(Primary());
    } else if (Peek() == '\'' || Peek() == '"') {
      for (std::string name; Quoted(name); name.clear()) {
        step.names.push_back(name);
        SkipBlanks();
        if (Peek() != ',') break;
        ++at_;
        SkipBlanks();
      }
    } else {
      Numbers(step);
    }
    SkipBlanks();
    if (Peek() != ']') {
      Bad("A closing bracket is expected");
      return;
    }
    ++at_;
  }

  void Numbers(JsonPath::Step& step) {
    using Kind = JsonPath::Step::Kind;
    step.kind = Kind::kIndices;
    const auto first = Integer();
    if (Peek() == ':') {
      ++at_;
      step.kind = Kind::kSlice;
      step.from = first;
      step.to = Integer();
      return;
    }
    if (!first) {
      Bad("An index, a quoted property, * or a filter is expected");
      return;
    }
    step.indices.push_back(*first);
    while (Peek() == ',') {
      ++at_;
      const auto next = Integer();
      if (!next) {
        Bad("An index is expected");
        return;
      }
      step.indices.push_back(*next);
    }
  }

  // --- conditions: or > and > not > comparison

  bool Take(std::string_view token) {
    SkipBlanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  JsonFilter Or() {
    JsonFilter left = And();
    while (!error_ && Take("||")) left = Pair(JsonFilter::Kind::kOr, std::move(left), And());
    return left;
  }
  JsonFilter And() {
    JsonFilter left = Primary();
    while (!error_ && Take("&&")) left = Pair(JsonFilter::Kind::kAnd, std::move(left), Primary());
    return left;
  }
  static JsonFilter Pair(JsonFilter::Kind kind, JsonFilter a, JsonFilter b) {
    JsonFilter f;
    f.kind = kind;
    f.args.push_back(std::move(a));
    f.args.push_back(std::move(b));
    return f;
  }

  JsonFilter Primary() {
    JsonFilter f;
    if (++depth_ > kDeepest) Bad("The filter is nested too deeply");
    if (error_) return f;
    SkipBlanks();
    if (Peek() == '!' && Peek(1) != '=') {
      ++at_;
      f.kind = JsonFilter::Kind::kNot;
      f.args.push_back(Primary());
    } else if (Take("(")) {
      f = Or();
      if (!Take(")")) Bad("A closing parenthesis is expected");
    } else {
      f = Comparison();
    }
    --depth_;
    return f;
  }

  JsonFilter Comparison() {
    using Kind = JsonFilter::Kind;
    JsonFilter left = OperandOf();
    constexpr std::pair<std::string_view, Kind> kOperators[] = {{"==", Kind::kEqual},
                                                                {"!=", Kind::kNotEqual},
                                                                {"<=", Kind::kLessEqual},
                                                                {">=", Kind::kGreaterEqual},
                                                                {"<", Kind::kLess},
                                                                {">", Kind::kGreater},
                                                                {"in ", Kind::kIn},
                                                                {"nin ", Kind::kNotIn},
                                                                {"size ", Kind::kSize},
                                                                {"empty ", Kind::kEmpty},
                                                                {"contains ", Kind::kContains}};
    for (const auto& [token, kind] : kOperators) {
      if (Take(token)) return Pair(kind, std::move(left), OperandOf());
    }
    SkipBlanks();
    if (Peek() != ')' && Peek() != '&' && Peek() != '|') {
      Bad("not supported yet: this operator in a filter", ErrorCode::kNotSupported);
    }
    JsonFilter exists;
    exists.kind = Kind::kExists;
    exists.args.push_back(std::move(left));
    return exists;
  }

  JsonNode ArrayLiteral() {
    JsonNode array;
    array.kind = JsonNode::Kind::kArray;
    if (++depth_ > kDeepest) Bad("The filter is nested too deeply");
    ++at_;
    for (SkipBlanks(); Peek() != ']' && !error_; SkipBlanks()) {
      array.items.push_back(OperandOf().literal);
      SkipBlanks();
      if (Peek() == ',') {
        ++at_;
      } else if (Peek() != ']') {
        Bad("A closing bracket is expected");
      }
    }
    if (!error_) ++at_;
    --depth_;
    return array;
  }

  JsonFilter OperandOf() {
    JsonFilter f;
    if (error_) return f;
    SkipBlanks();
    const char c = Peek();
    if (c == '@' || c == '$') {
      f.kind = JsonFilter::Kind::kPath;
      f.from_root = c == '$';
      ++at_;
      auto path = Steps(true);
      if (path.ok()) f.path = std::move(*path);
      return f;
    }
    if (std::string s; Quoted(s)) {
      f.literal = JsonNode::String(std::move(s));
      return f;
    }
    if (c == '[') {
      f.literal = ArrayLiteral();
      return f;
    }
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  std::string_view("+-._").find(text_[at_]) != std::string_view::npos)) {
      ++at_;
    }
    auto literal = ParseJson(text_.substr(start, at_ - start));
    if (literal.ok()) {
      f.literal = std::move(*literal);
    } else {
      Bad("A path or a literal is expected");
    }
    return f;
  }

  static constexpr int kDeepest = 100;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  std::optional<Error> error_;
};

Result<std::shared_ptr<const JsonPath>> JsonPath::Compile(std::string_view specification) {
  auto skip_blanks = [](std::string_view s) {
    while (!s.empty() && std::isspace(static_cast<unsigned char>(s.front())) != 0) s.remove_prefix(1);
    return s;
  };
  auto prefix = [&](std::string_view s, std::string_view word) {
    if (s.size() <= word.size() || std::isspace(static_cast<unsigned char>(s[word.size()])) == 0) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if ((s[i] | 0x20) != word[i]) return false;
    }
    return true;
  };
  const std::string_view trimmed = skip_blanks(specification);
  const bool lax = prefix(trimmed, "lax");
  const bool strict = prefix(trimmed, "strict");
  const std::string_view path = lax      ? skip_blanks(trimmed.substr(3))
                                : strict ? skip_blanks(trimmed.substr(6))
                                         : trimmed;
  SLUICE_ASSIGN_OR_RETURN(std::shared_ptr<JsonPath> parsed, JsonPathParser::Parse(path));
  JsonPathParser::SetLax(*parsed, lax);
  return std::shared_ptr<const JsonPath>(std::move(parsed));
}

}  // namespace sluice::engine
