#include "engine/formats/json/json_tokens.h"

#include <cstring>

#include "engine/formats/text/utf8.h"

namespace sluice::engine::json {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWordPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Four hex digits at p; -1 if they are not.
int ReadHex4(const char* p, const char* limit) {
  if (limit - p < 4) return -1;
  int v = 0;
  for (int i = 0; i < 4; ++i) {
    const int d = HexDigit(p[i]);
    if (d < 0) return -1;
    v = v * 16 + d;
  }
  return v;
}

char SimpleEscape(char c) {
  switch (c) {
    case 'b': return '\b';
    case 't': return '\t';
    case 'n': return '\n';
    case 'f': return '\f';
    case 'r': return '\r';
    case '"':
    case '\\':
    case '/': return c;
    default: return 0;
  }
}

}  // namespace

bool DecodeString(std::string_view raw, std::string* out) {
  out->clear();
  const char* p = raw.data();
  const char* limit = p + raw.size();
  int high = -1;  // a high surrogate that waits for its low one
  auto put = [&](int unit) {
    if (high >= 0) {
      if (unit >= 0xDC00 && unit <= 0xDFFF) {
        text::AppendUtf8(*out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
        high = -1;
        return;
      }
      out->push_back('?');
      high = -1;
    }
    if (unit >= 0xD800 && unit <= 0xDBFF) {
      high = unit;
    } else if (unit >= 0xDC00 && unit <= 0xDFFF) {
      out->push_back('?');
    } else {
      text::AppendUtf8(*out, unit);
    }
  };
  while (p < limit) {
    const auto c = static_cast<unsigned char>(*p);
    if (c == '\\') {
      if (p + 1 >= limit) return false;
      if (p[1] == 'u') {
        const int unit = ReadHex4(p + 2, limit);
        if (unit < 0) return false;
        put(unit);
        p += 6;
        continue;
      }
      const char simple = SimpleEscape(p[1]);
      if (simple == 0) return false;
      put(simple);
      p += 2;
    } else {
      int point = 0;
      const size_t size = text::ReadUtf8Loosely(p, limit, &point);
      if (size == 0) return false;
      if (point > 0xFFFF) {
        if (high >= 0) out->push_back('?');
        high = -1;
        text::AppendUtf8(*out, point);
      } else {
        put(point);
      }
      p += size;
    }
  }
  if (high >= 0) out->push_back('?');
  return true;
}

void Tokenizer::Start(std::string_view text) {
  start_ = at_ = text.data();
  limit_ = at_ + text.size();
  if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;
  token_ = Token::kNone;
  begin_ = end_ = at_;
  escaped_ = false;
  first_ = true;
  open_.clear();
}

Token Tokenizer::Fail(std::string message) {
  error_ = std::move(message);
  return token_ = Token::kError;
}

void Tokenizer::SkipBlanks() {
  while (at_ < limit_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
}

Token Tokenizer::Next() {
  if (token_ == Token::kError) return token_;
  if (token_ == Token::kFieldName) return ReadValue();
  SkipBlanks();
  if (at_ >= limit_) {
    if (!open_.empty()) {
      return Fail(std::string("Unexpected end-of-input: expected close marker for ") +
                  (open_.back() == '{' ? "Object" : "Array"));
    }
    begin_ = end_ = at_;
    return token_ = Token::kNone;
  }
  if (open_.empty()) return ReadValue();
  if (*at_ == ']' || *at_ == '}') return Close(*at_ == '}' ? Token::kEndObject : Token::kEndArray);
  if (!first_) {
    if (*at_ != ',') {
      return Fail(std::string("Unexpected character ('") + *at_ + "'): was expecting comma to separate " +
                  (open_.back() == '{' ? "Object entries" : "Array entries"));
    }
    ++at_;
    SkipBlanks();
  }
  first_ = false;
  return open_.back() == '{' ? ReadName() : ReadValue();
}

Token Tokenizer::Close(Token token) {
  if ((open_.back() == '{') != (token == Token::kEndObject)) {
    return Fail(std::string("Unexpected close marker '") + *at_ + "': expected '" + (open_.back() == '{' ? '}' : ']') +
                "'");
  }
  open_.pop_back();
  first_ = false;
  begin_ = at_++;
  end_ = at_;
  return token_ = token;
}

Token Tokenizer::ReadName() {
  if (at_ >= limit_ || *at_ != '"') {
    if (at_ >= limit_) return Fail("Unexpected end-of-input within/between Object entries");
    return Fail(std::string("Unexpected character ('") + *at_ + "'): was expecting double-quote to start field name");
  }
  if (!ReadString()) return token_;
  SkipBlanks();
  if (at_ >= limit_) return Fail("Unexpected end-of-input within/between Object entries");
  if (*at_ != ':') {
    return Fail(std::string("Unexpected character ('") + *at_ +
                "'): was expecting a colon to separate field name and value");
  }
  ++at_;
  return token_ = Token::kFieldName;
}

Token Tokenizer::ReadValue() {
  SkipBlanks();
  if (at_ >= limit_) return Fail("Unexpected end-of-input");
  escaped_ = false;
  switch (*at_) {
    case '{':
    case '[':
      if (open_.size() >= kMaxDepth) {
        return Fail("Document nesting depth (1001) exceeds the maximum allowed (1000)");
      }
      open_.push_back(*at_);
      first_ = true;
      begin_ = at_++;
      end_ = at_;
      return token_ = open_.back() == '{' ? Token::kStartObject : Token::kStartArray;
    case '"': return ReadString() ? token_ = Token::kString : token_;
    case 't': return ReadWord("true", Token::kTrue);
    case 'f': return ReadWord("false", Token::kFalse);
    case 'n': return ReadWord("null", Token::kNull);
    default:
      if (*at_ == '-' || IsDigit(*at_)) return ReadNumber();
      return Fail(std::string("Unexpected character ('") + *at_ +
                  "'): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
  }
}

bool Tokenizer::ReadString() {
  begin_ = ++at_;
  escaped_ = false;
  while (true) {
    if (at_ >= limit_) {
      Fail("Unexpected end-of-input in VALUE_STRING");
      return false;
    }
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"') break;
    if (c == '\\') {
      escaped_ = true;
      if (at_ + 1 >= limit_) {
        Fail("Unexpected end-of-input in character escape sequence");
        return false;
      }
      if (at_[1] == 'u' ? ReadHex4(at_ + 2, limit_) < 0 : SimpleEscape(at_[1]) == 0) {
        Fail("Unrecognized character escape");
        return false;
      }
      at_ += at_[1] == 'u' ? 6 : 2;
    } else if (c < 0x80) {
      ++at_;
    } else {
      int point = 0;
      const size_t size = text::ReadUtf8Loosely(at_, limit_, &point);
      if (size == 0) {
        Fail("Invalid UTF-8");
        return false;
      }
      if (!text::IsCanonical(point, size)) escaped_ = true;
      at_ += size;
    }
  }
  end_ = at_++;
  return true;
}

Token Tokenizer::ReadNumber() {
  begin_ = at_;
  if (*at_ == '-') ++at_;
  if (at_ >= limit_ || !IsDigit(*at_)) return Fail("Unexpected character in numeric value: expected digit after '-'");
  if (*at_ == '0' && at_ + 1 < limit_ && IsDigit(at_[1])) {
    return Fail("Invalid numeric value: Leading zeroes not allowed");
  }
  while (at_ < limit_ && IsDigit(*at_)) ++at_;
  Token token = Token::kInt;
  if (at_ < limit_ && *at_ == '.') {
    token = Token::kFloat;
    ++at_;
    if (at_ >= limit_ || !IsDigit(*at_)) return Fail("Decimal point not followed by a digit");
    while (at_ < limit_ && IsDigit(*at_)) ++at_;
  }
  if (at_ < limit_ && (*at_ == 'e' || *at_ == 'E')) {
    token = Token::kFloat;
    ++at_;
    if (at_ < limit_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (at_ >= limit_ || !IsDigit(*at_)) return Fail("Exponent indicator not followed by a digit");
    while (at_ < limit_ && IsDigit(*at_)) ++at_;
  }
  end_ = at_;
  if (end_ - begin_ > 1000) return Fail("Number value length exceeds the maximum allowed (1000)");
  return token_ = token;
}

Token Tokenizer::ReadWord(std::string_view word, Token token) {
  const size_t left = static_cast<size_t>(limit_ - at_);
  if (std::string_view(at_, left).starts_with(word) && (left == word.size() || !IsWordPart(at_[word.size()]))) {
    begin_ = at_;
    at_ += word.size();
    end_ = at_;
    return token_ = token;
  }
  const char* end = at_;
  while (end < limit_ && IsWordPart(*end)) ++end;
  return Fail("Unrecognized token '" + std::string(at_, end) +
              "': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
}

bool Tokenizer::Text(std::string_view* out) {
  if ((token_ != Token::kString && token_ != Token::kFieldName) || !escaped_) {
    *out = raw();
    return token_ != Token::kError;
  }
  if (!DecodeString(raw(), &decoded_)) return false;
  *out = decoded_;
  return true;
}

void Tokenizer::SkipToNextField() {
  if (token_ == Token::kStartObject || token_ == Token::kStartArray) {
    for (int depth = 1; depth > 0;) {
      switch (Next()) {
        case Token::kStartObject:
        case Token::kStartArray: ++depth; break;
        case Token::kEndObject:
        case Token::kEndArray: --depth; break;
        case Token::kError: return;
        default: break;
      }
    }
  }
  Next();
}

}  // namespace sluice::engine::json
