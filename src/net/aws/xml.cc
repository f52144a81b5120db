#include "net/aws/xml.h"

#include <utility>

namespace sluice::net {
namespace {

std::string XmlUnescape(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}, {"&#34;", '"'}};
  std::string out;
  while (!text.empty()) {
    bool replaced = false;
    if (text[0] == '&') {
      for (const auto& [entity, character] : kEntities) {
        if (!text.starts_with(entity)) continue;
        out += character;
        text.remove_prefix(entity.size());
        replaced = true;
        break;
      }
    }
    if (replaced) continue;
    out += text[0];
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::optional<std::string> XmlText(std::string_view xml, std::string_view name, size_t* at) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  size_t begin = xml.find(open, *at);
  if (begin == std::string_view::npos) return std::nullopt;
  begin += open.size();
  size_t end = xml.find(close, begin);
  if (end == std::string_view::npos) return std::nullopt;
  *at = end + close.size();
  return XmlUnescape(xml.substr(begin, end - begin));
}

std::string FirstXmlText(std::string_view xml, std::string_view name) {
  size_t at = 0;
  return XmlText(xml, name, &at).value_or("");
}

}  // namespace sluice::net
