#include "engine/connectors/http/array_elements.h"

#include "base/text.h"

namespace sluice::engine::http {
namespace {

/// The quote that ends the string which begins at `at`, or npos.
size_t EndOfString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::vector<std::string_view>> ArrayElements(std::string_view text) {
  text = Trim(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view element) {
    element = Trim(element);
    if (element != "null") out.push_back(element);
  };
  size_t begin = 0;
  int depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = EndOfString(text, at);
      if (at == std::string_view::npos) return std::nullopt;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (--depth < 0) return std::nullopt;
    } else if (c == ',' && depth == 0) {
      add(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  if (depth != 0) return std::nullopt;
  if (!Trim(text).empty()) add(text.substr(begin));
  return out;
}

}  // namespace sluice::engine::http
