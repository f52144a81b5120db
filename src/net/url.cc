#include "net/url.h"

#include <fmt/format.h>

#include <charconv>

#include "net/http_message.h"

namespace sluice::net {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

uint16_t DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

Error BadUrl(std::string_view text, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a usable URL: {}", text, why));
}

}  // namespace

std::string Url::Authority() const {
  std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == DefaultPort(scheme) ? name : fmt::format("{}:{}", name, port);
}

std::string Url::ToString() const { return scheme + "://" + Authority() + target; }

Result<Url> ParseUrl(std::string_view text) {
  Url url;
  size_t colon = text.find("://");
  if (colon == std::string_view::npos) return BadUrl(text, "it must begin with http:// or https://");
  std::string_view scheme = text.substr(0, colon);
  if (EqualsIgnoreCase(scheme, "http")) {
    url.scheme = "http";
  } else if (EqualsIgnoreCase(scheme, "https")) {
    url.scheme = "https";
  } else {
    return BadUrl(text, "it must begin with http:// or https://");
  }
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return BadUrl(text, "it has a blank or control character");
  }
  std::string_view rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return BadUrl(text, "fragments (#...) are not accepted");
  size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  if (path != std::string_view::npos) url.target = rest.substr(path);
  if (url.target.empty() || url.target[0] == '?') url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return BadUrl(text, "user names in URLs are not accepted");

  std::string_view port;
  if (!authority.empty() && authority[0] == '[') {
    size_t end = authority.find(']');
    if (end == std::string_view::npos) return BadUrl(text, "']' is missing");
    url.host = authority.substr(1, end - 1);
    std::string_view after = authority.substr(end + 1);
    if (!after.empty() && after[0] != ':') return BadUrl(text, "unexpected text after ']'");
    if (!after.empty()) port = after.substr(1);
  } else {
    size_t separator = authority.find(':');
    url.host = authority.substr(0, separator);
    if (separator != std::string_view::npos) port = authority.substr(separator + 1);
  }
  if (url.host.empty()) return BadUrl(text, "the host is missing");
  url.port = DefaultPort(url.scheme);
  if (!port.empty()) {
    auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (ec != std::errc() || end != port.data() + port.size())
      return BadUrl(text, "the port is not a number up to 65535");
  }
  return url;
}

std::string PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::map<std::string, std::string> ParseQuery(std::string_view query) {
  std::map<std::string, std::string> out;
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    out[PercentDecode(pair.substr(0, equals), true)] = PercentDecode(value, true);
  }
  return out;
}

}  // namespace sluice::net
