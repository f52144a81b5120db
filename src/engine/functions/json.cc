#include "engine/functions/json.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/functions/string_utf.h"

namespace sluice::engine {

namespace {

constexpr int kDeepest = 1000;  // as Jackson

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<JsonNode> Run() {
    JsonNode node;
    if (Value(node, 0) && node.kind != JsonNode::Kind::kString && node.scalar() && !AtEnd() && IsWordPart(text_[at_])) {
      Unexpected("Expected space separating root-level values");
    }
    if (node.kind == JsonNode::Kind::kNumber && !AtEnd() && !IsBlank(text_[at_])) {
      Unexpected("Expected space separating root-level values");
    }
    if (error_.empty()) return node;
    return Error(ErrorCode::kData, error_);
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  bool Fail(std::string message) {
    if (error_.empty()) error_ = fmt::format("{}\n at column {}", message, at_ + 1);
    return false;
  }
  bool Unexpected(std::string_view expected) {
    if (AtEnd()) return Fail("Unexpected end-of-input");
    return Fail(
        fmt::format("Unexpected character ('{}'): {}", text_.substr(at_, CharacterBytes(text_, at_)), expected));
  }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(text_[at_])) ++at_;
  }

  bool Value(JsonNode& node, int depth) {
    SkipBlanks();
    if (AtEnd()) return Fail("No content to map due to end-of-input");
    if (depth > kDeepest) return Fail(fmt::format("Document nesting depth exceeds the maximum allowed ({})", kDeepest));
    switch (text_[at_]) {
      case '{': return Object(node, depth);
      case '[': return Array(node, depth);
      case '"': node.kind = JsonNode::Kind::kString; return String(node.text);
      default: break;
    }
    if (text_[at_] == '-' || IsDigit(text_[at_])) return Number(node);
    return Keyword(node);
  }

  bool Keyword(JsonNode& node) {
    size_t end = at_;
    while (end < text_.size() && IsWordPart(text_[end])) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    if (word == "null") {
      node.kind = JsonNode::Kind::kNull;
    } else if (word == "true" || word == "false") {
      node.kind = word == "true" ? JsonNode::Kind::kTrue : JsonNode::Kind::kFalse;
    } else if (word.empty()) {
      return Unexpected(
          "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
    } else {
      return Fail(
          fmt::format("Unrecognized token '{}': was expecting (JSON String, Number, Array, Object or token 'null', "
                      "'true' or 'false')",
                      word));
    }
    at_ = end;
    return true;
  }

  bool Number(JsonNode& node) {
    const size_t start = at_;
    if (text_[at_] == '-') ++at_;
    if (AtEnd() || !IsDigit(text_[at_])) return Unexpected("expected digit (0-9) to follow minus sign");
    if (text_[at_] == '0' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1])) {
      return Fail("Invalid numeric value: Leading zeroes not allowed");
    }
    Digits();
    if (!AtEnd() && text_[at_] == '.') {
      ++at_;
      if (!Digits()) return Unexpected("Decimal point not followed by a digit");
    }
    if (!AtEnd() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!AtEnd() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!Digits()) return Unexpected("Exponent indicator not followed by a digit");
    }
    node = JsonNode::Number(text_.substr(start, at_ - start));
    return true;
  }
  bool Digits() {
    const size_t start = at_;
    while (!AtEnd() && IsDigit(text_[at_])) ++at_;
    return at_ > start;
  }

  bool String(std::string& out) {
    ++at_;
    while (!AtEnd() && text_[at_] != '"') {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20)
        return Fail("Illegal unquoted character: has to be escaped using backslash");
      if (c == '\\') {
        if (!Escape(out)) return false;
      } else {
        out += c;
        ++at_;
      }
    }
    if (AtEnd()) return Fail("Unexpected end-of-input: was expecting closing quote for a string value");
    ++at_;
    return true;
  }

  bool Escape(std::string& out) {
    ++at_;
    if (AtEnd()) return Fail("Unexpected end-of-input in character escape sequence");
    const char c = text_[at_++];
    constexpr std::string_view kLetters = "bfnrt\"\\/", kMeanings = "\b\f\n\r\t\"\\/";
    if (const size_t k = kLetters.find(c); k != std::string_view::npos) {
      out += kMeanings[k];
      return true;
    }
    if (c != 'u') return Fail(fmt::format("Unrecognized character escape '{}'", c));
    char32_t unit = 0;
    if (!Hex4(unit)) return false;
    if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      const size_t back = at_;
      at_ += 2;
      char32_t low = 0;
      if (!Hex4(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        AppendUtf8(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return true;
      }
      at_ = back;
    }
    if (unit >= 0xD800 && unit < 0xE000) {
      out += '?';
    } else {
      AppendUtf8(out, unit);
    }
    return true;
  }
  bool Hex4(char32_t& v) {
    v = 0;
    for (int k = 0; k < 4; ++k, ++at_) {
      const char c = AtEnd() ? '\0' : text_[at_];
      const int digit = IsDigit(c)             ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return Unexpected("expected a hex-digit for character escape sequence");
      v = v << 4 | static_cast<char32_t>(digit);
    }
    return true;
  }

  bool Array(JsonNode& node, int depth) {
    node.kind = JsonNode::Kind::kArray;
    ++at_;
    SkipBlanks();
    if (!AtEnd() && text_[at_] == ']') return ++at_, true;
    for (;;) {
      node.items.emplace_back();
      if (!Value(node.items.back(), depth + 1)) return false;
      SkipBlanks();
      if (AtEnd() || (text_[at_] != ',' && text_[at_] != ']'))
        return Unexpected("was expecting comma to separate Array entries");
      if (text_[at_++] == ']') return true;
    }
  }

  bool Object(JsonNode& node, int depth) {
    node.kind = JsonNode::Kind::kObject;
    ++at_;
    SkipBlanks();
    if (!AtEnd() && text_[at_] == '}') return ++at_, true;
    for (;;) {
      SkipBlanks();
      if (AtEnd() || text_[at_] != '"') return Unexpected("was expecting double-quote to start field name");
      std::string key;
      if (!String(key)) return false;
      SkipBlanks();
      if (AtEnd() || text_[at_] != ':') return Unexpected("was expecting a colon to separate field name and value");
      ++at_;
      JsonNode value;
      if (!Value(value, depth + 1)) return false;
      node.Set(std::move(key), std::move(value));
      SkipBlanks();
      if (AtEnd() || (text_[at_] != ',' && text_[at_] != '}'))
        return Unexpected("was expecting comma to separate Object entries");
      if (text_[at_++] == '}') return true;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string error_;
};

/// new BigDecimal(text).toString(), or the integer itself.
std::string CanonicalNumber(std::string_view s) {
  const bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  const size_t e = std::min(s.find_first_of("eE"), s.size());
  const std::string_view mantissa = s.substr(0, e);
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::string digits(mantissa.substr(0, point));
  int64_t scale = 0;
  if (point < mantissa.size()) {
    digits += mantissa.substr(point + 1);
    scale = static_cast<int64_t>(mantissa.size() - point - 1);
  }
  if (e < s.size()) {
    int64_t exponent = 0;
    const bool minus = s.substr(e + 1).starts_with('-');
    for (char c : s.substr(e + 1)) {
      if (IsDigit(c) && exponent < 1'000'000'000) exponent = exponent * 10 + (c - '0');
    }
    scale -= minus ? -exponent : exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  const std::string sign = negative && digits != "0" ? "-" : "";
  if (scale == 0) return sign + digits;
  const int64_t adjusted = static_cast<int64_t>(digits.size()) - 1 - scale;
  if (scale > 0 && adjusted >= -6) {
    if (static_cast<int64_t>(digits.size()) <= scale)
      digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
    return sign + digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  }
  if (digits.size() > 1) digits.insert(1, ".");
  return sign + digits + fmt::format("E{}{}", adjusted < 0 ? "" : "+", adjusted);
}

void AppendString(std::string& out, std::string_view s) {
  out += '"';
  for (char c : s) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04X}", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

}  // namespace

JsonNode JsonNode::String(std::string s) {
  JsonNode n;
  n.kind = Kind::kString;
  n.text = std::move(s);
  return n;
}

JsonNode JsonNode::Number(std::string_view text) {
  JsonNode n;
  n.kind = Kind::kNumber;
  n.text = CanonicalNumber(text);
  return n;
}

JsonNode JsonNode::Bool(bool v) {
  JsonNode n;
  n.kind = v ? Kind::kTrue : Kind::kFalse;
  return n;
}

const JsonNode* JsonNode::Find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

void JsonNode::Set(std::string key, JsonNode value) {
  for (auto& [name, old] : members) {
    if (name != key) continue;
    old = std::move(value);
    return;
  }
  members.emplace_back(std::move(key), std::move(value));
}

Result<JsonNode> ParseJson(std::string_view text) { return Parser(text).Run(); }

void AppendJson(std::string& out, const JsonNode& node) {
  using Kind = JsonNode::Kind;
  switch (node.kind) {
    case Kind::kNull: out += "null"; return;
    case Kind::kFalse: out += "false"; return;
    case Kind::kTrue: out += "true"; return;
    case Kind::kNumber: out += node.text; return;
    case Kind::kString: AppendString(out, node.text); return;
    case Kind::kArray:
      out += '[';
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out += ',';
        AppendJson(out, node.items[i]);
      }
      out += ']';
      return;
    case Kind::kObject: break;
  }
  std::vector<const std::pair<std::string, JsonNode>*> sorted;
  for (const auto& member : node.members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->first < b->first; });
  out += '{';
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0) out += ',';
    AppendString(out, sorted[i]->first);
    out += ':';
    AppendJson(out, sorted[i]->second);
  }
  out += '}';
}

std::string JsonText(const JsonNode& node) {
  std::string out;
  AppendJson(out, node);
  return out;
}

std::string JsonScalarText(const JsonNode& node) {
  return node.kind == JsonNode::Kind::kString ? node.text : JsonText(node);
}

}  // namespace sluice::engine
