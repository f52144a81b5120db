#include "service/model/patterns.h"

#include <algorithm>

namespace sluice::service {
namespace {

bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

template <typename Allowed>
bool AllOf(std::string_view text, Allowed allowed) {
  return std::all_of(text.begin(), text.end(), allowed);
}

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsClockTime(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return false;
  auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (!digit(0) || !digit(1) || !digit(3) || !digit(4)) return false;
  return (text[0] - '0') * 10 + (text[1] - '0') < 24 && text[3] < '6';
}

}  // namespace

std::optional<bool> MatchesPattern(std::string_view pattern, std::string_view text) {
  auto among = [](std::string_view extra) {
    return [extra](char c) { return IsAlphanumeric(c) || extra.find(c) != std::string_view::npos; };
  };
  if (pattern == "[a-zA-Z0-9_.-]+") return !text.empty() && AllOf(text, among("_.-"));
  if (pattern == "[a-zA-Z0-9-_+/=]+") return !text.empty() && AllOf(text, among("-_+/="));
  if (pattern == "arn:.*") return text.starts_with("arn:") && text.find_first_of("\r\n") == std::string_view::npos;
  if (pattern == "([01][0-9]|2[0-3]):[0-5][0-9]") return IsClockTime(text);
  if (pattern == "UTF-8") return text == "UTF-8";
  if (pattern == "[^-\\s<>&]*") {
    return AllOf(text, [](char c) { return c != '-' && c != '<' && c != '>' && c != '&' && !IsBlank(c); });
  }
  // '!-_' is a range here: every character from '!' to '_'.
  if (pattern == "[a-zA-Z0-9/!-_.*'()]+") {
    return !text.empty() && AllOf(text, [](char c) { return IsAlphanumeric(c) || (c >= '!' && c <= '_'); });
  }
  if (pattern == "[^\\u0000-\\u001F\\u007F]*") {
    return AllOf(text, [](char c) { return static_cast<unsigned char>(c) > 0x1f && c != 0x7f; });
  }
  if (pattern == "^(?=^\\$)(?=^\\S+$).*$")
    return text.starts_with('$') && !std::any_of(text.begin(), text.end(), IsBlank);
  return std::nullopt;
}

}  // namespace sluice::service
