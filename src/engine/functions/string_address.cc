#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "engine/functions/string_functions.h"

namespace sluice::engine {

namespace {

/// The parts java.net.URL sees. Views into the address.
struct Url {
  std::string_view protocol, host, path;
  std::optional<std::string_view> authority, user_info, query, ref;
};

bool KnownProtocol(std::string_view lower) {
  for (std::string_view known : {"http", "https", "ftp", "file", "jar", "mailto", "jrt"}) {
    if (lower == known) return true;
  }
  return false;
}

bool PortIsFine(std::string_view port) {
  for (char c : port) {
    if (c < '0' || c > '9') return false;
  }
  return port.size() < 10;
}

/// "user:pw@host:port"; false if java.net.URL throws.
bool ParseAuthority(std::string_view authority, Url& url) {
  std::string_view host = authority;
  if (const size_t at = authority.find('@'); at != std::string_view::npos) {
    if (at != authority.rfind('@')) {
      url.host = {};
      return true;
    }
    url.user_info = authority.substr(0, at);
    host = authority.substr(at + 1);
  }
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return false;
    url.host = host.substr(0, end + 1);
    const std::string_view rest = host.substr(end + 1);
    return rest.empty() || (rest[0] == ':' && PortIsFine(rest.substr(1)));
  }
  const size_t colon = host.find(':');
  url.host = host.substr(0, colon);
  return colon == std::string_view::npos || PortIsFine(host.substr(colon + 1));
}

std::optional<Url> ParseUrl(std::string_view s, std::string& lower_protocol) {
  while (!s.empty() && static_cast<unsigned char>(s.front()) <= ' ') s.remove_prefix(1);
  while (!s.empty() && static_cast<unsigned char>(s.back()) <= ' ') s.remove_suffix(1);
  if (s.size() >= 4 && (s.starts_with("url:") || s.starts_with("URL:"))) s.remove_prefix(4);
  const size_t colon = s.find_first_of(":/?#");
  if (colon == std::string_view::npos || s[colon] != ':') return std::nullopt;
  lower_protocol.assign(s.substr(0, colon));
  for (char& c : lower_protocol) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (!KnownProtocol(lower_protocol)) return std::nullopt;
  Url url;
  url.protocol = lower_protocol;
  std::string_view rest = s.substr(colon + 1);
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    url.ref = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (lower_protocol != "mailto") {
    if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
      url.query = rest.substr(mark + 1);
      rest = rest.substr(0, mark);
    }
  }
  if (rest.starts_with("//")) {
    const size_t slash = rest.find('/', 2);
    const std::string_view authority = rest.substr(2, slash == std::string_view::npos ? slash : slash - 2);
    if (!ParseAuthority(authority, url)) return std::nullopt;
    url.authority = authority;
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  }
  url.path = rest;
  return url;
}

/// The value of the first "key=value" in a query.
std::optional<std::string_view> QueryValue(std::string_view query, std::string_view key) {
  for (size_t start = 0; start <= query.size();) {
    const size_t end = std::min(query.find('&', start), query.size());
    const std::string_view part = query.substr(start, end - start);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=')
      return part.substr(key.size() + 1);
    start = end + 1;
  }
  return std::nullopt;
}

void ParseUrlPart(const RowCall& call) {
  std::string protocol;
  const auto url = ParseUrl(call.string(0), protocol);
  if (!url) return call.SetNull();
  const std::string_view part = call.string(1);
  std::optional<std::string_view> answer;
  std::string file;
  if (call.size() == 3) {
    if (part == "QUERY" && url->query) answer = QueryValue(*url->query, call.string(2));
  } else if (part == "HOST") {
    answer = url->host;
  } else if (part == "PATH") {
    answer = url->path;
  } else if (part == "QUERY") {
    answer = url->query;
  } else if (part == "REF") {
    answer = url->ref;
  } else if (part == "PROTOCOL") {
    answer = url->protocol;
  } else if (part == "FILE") {
    file = std::string(url->path) + (url->query ? "?" + std::string(*url->query) : "");
    answer = file;
  } else if (part == "AUTHORITY") {
    answer = url->authority;
  } else if (part == "USERINFO") {
    answer = url->user_info;
  }
  if (!answer) return call.SetNull();
  call.Set(*answer);
}

/// 1 to 4 decimal parts; the last one fills the bytes that are left ("127.1").
std::optional<int64_t> ParseIpv4(std::string_view s) {
  std::array<uint64_t, 4> parts{};
  size_t count = 0;
  for (size_t start = 0;;) {
    const size_t end = std::min(s.find('.', start), s.size());
    const std::string_view part = s.substr(start, end - start);
    if (count == 4 || part.empty()) return std::nullopt;
    const auto [stop, code] = std::from_chars(part.data(), part.data() + part.size(), parts[count]);
    if (code != std::errc() || stop != part.data() + part.size()) return std::nullopt;
    ++count;
    if (end == s.size()) break;
    start = end + 1;
  }
  uint64_t address = 0;
  for (size_t k = 0; k + 1 < count; ++k) {
    if (parts[k] > 255) return std::nullopt;
    address |= parts[k] << (24 - 8 * k);
  }
  const uint64_t last = parts[count - 1];
  if (last >> (8 * (5 - count)) != 0) return std::nullopt;
  return static_cast<int64_t>(address | last);
}

void InetAton(const RowCall& call) {
  const auto address = ParseIpv4(call.string(0));
  if (!address) return call.SetNull();
  call.Set(*address);
}

void InetNtoa(const RowCall& call) {
  const int64_t v = call.integer(0);
  if (v < 0 || v > 0xFFFFFFFF) return call.SetNull();
  call.Set(std::string_view(fmt::format("{}.{}.{}.{}", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255)));
}

}  // namespace

void AddStringAddressFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, std::string supported,
                 std::vector<Form> forms, DataType result, auto kernel, CallStyle style) {
    ScalarFunction f;
    f.name = name;
    f.family = "string";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = static_cast<int>(forms.front().args.size());
    f.max_args = static_cast<int>(forms.back().args.size());
    f.supported_forms = std::move(supported);
    f.resolve = ResolveForms(name, std::move(forms), ReturnsNullable(std::move(result)), style);
    f.make = MakeEachRow(kernel);
    r.Add(std::move(f));
  };
  add("PARSE_URL",
      "A part of an address: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO; with a key the value of "
      "that "
      "key in the QUERY. NULL if there is none or it is no URL.",
      {"PARSE_URL('http://f.org/p?k=v#r', 'HOST') = f.org", "PARSE_URL('http://f.org/p?k=v', 'QUERY', 'k') = v"},
      "'PARSE_URL(<CHARACTER>, <CHARACTER>)'\n'PARSE_URL(<CHARACTER>, <CHARACTER>, <CHARACTER>)'",
      {{{kCharacter, kCharacter}}, {{kCharacter, kCharacter, kCharacter}}}, DataType::String(), ParseUrlPart,
      CallStyle::kCalcite);
  add("INET_ATON", "The number of an IPv4 address; NULL if it is none.", {"INET_ATON('127.0.0.1') = 2130706433"},
      "'INET_ATON(<CHARACTER>)'", {{{kCharacter}}}, DataType::Bigint(), InetAton, CallStyle::kBuiltIn);
  add("INET_NTOA", "The IPv4 address of a number; NULL if it is none.", {"INET_NTOA(2130706433) = 127.0.0.1"},
      "'INET_NTOA(<INTEGER>)'", {{{kInteger}}}, DataType::String(), InetNtoa, CallStyle::kBuiltIn);
}

}  // namespace sluice::engine
