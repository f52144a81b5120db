#include "net/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <vector>

#include "net/digest.h"

namespace sluice::net {
namespace {

std::string AmzDate(int64_t now_ms) {
  std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

/// Without blanks at the ends, runs of blanks as one.
std::string CollapseBlanks(std::string_view value) {
  std::string out;
  for (char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// `without` is a parameter that is left out: a presigned URL's signature cannot cover itself.
std::string CanonicalQuery(std::string_view query, std::string_view without) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    if (!without.empty() && PercentDecode(pair.substr(0, equals)) == without) continue;
    std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    pairs.emplace_back(PercentEncode(PercentDecode(pair.substr(0, equals))), PercentEncode(PercentDecode(value)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [key, value] : pairs) {
    if (!out.empty()) out += '&';
    out += key + "=" + value;
  }
  return out;
}

bool IsSigned(std::string_view lower_name) {
  return lower_name != "authorization" && lower_name != "connection" && lower_name != "user-agent" &&
         lower_name != "expect" && lower_name != "transfer-encoding" && lower_name != "x-amzn-trace-id";
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::vector<std::string> HeadersToSign(const HttpHeaders& headers) {
  std::vector<std::string> names;
  for (const auto& [name, value] : headers.fields()) {
    if (std::string lower = Lower(name); IsSigned(lower)) names.push_back(std::move(lower));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// "name:value\n" for each signed header; fields of one name are joined by commas, a missing one is empty.
std::string HeaderLines(const HttpHeaders& headers, const std::vector<std::string>& signed_headers) {
  std::string out;
  for (const std::string& signed_name : signed_headers) {
    out += signed_name + ":";
    bool first = true;
    for (const auto& [name, value] : headers.fields()) {
      if (!EqualsIgnoreCase(name, signed_name)) continue;
      if (!first) out += ',';
      first = false;
      out += CollapseBlanks(value);
    }
    out += '\n';
  }
  return out;
}

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

}  // namespace

std::string SigV4Date(int64_t ms) { return AmzDate(ms); }

std::string SigV4Signature(const SigV4Message& message, std::string_view secret_access_key) {
  size_t question = message.target.find('?');
  std::string path(message.target.substr(0, question));
  if (message.encode_path_twice) path = PercentEncode(path, true);
  std::string query;
  if (question != std::string_view::npos) {
    query = CanonicalQuery(message.target.substr(question + 1), message.without_parameter);
  }
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", message.method, path, query,
                                            HeaderLines(message.headers, message.signed_headers),
                                            Join(message.signed_headers), message.payload_hash);
  const std::string_view date = std::string_view(message.date_time).substr(0, 8);
  const std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}/{}/{}/aws4_request\n{}", message.date_time, date,
                                          message.region, message.service, Hex(Sha256(canonical)));
  std::string key = HmacSha256("AWS4" + std::string(secret_access_key), date);
  for (std::string_view part :
       {std::string_view(message.region), std::string_view(message.service), std::string_view("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  return Hex(HmacSha256(key, to_sign));
}

void SignSigV4(const Url& url, const AwsCredentials& credentials, const SigV4Scope& scope, int64_t now_ms,
               HttpRequest* request) {
  const std::string date_time = AmzDate(now_ms);
  const std::string payload_hash = Hex(Sha256(request->body));
  request->headers.Set("Host", url.Authority());
  request->headers.Set("X-Amz-Date", date_time);
  if (!credentials.session_token.empty()) request->headers.Set("X-Amz-Security-Token", credentials.session_token);
  if (scope.content_sha256_header) request->headers.Set("X-Amz-Content-Sha256", payload_hash);
  request->headers.Remove("Authorization");
  const SigV4Message message{.method = request->method,
                             .target = url.target,
                             .headers = request->headers,
                             .signed_headers = HeadersToSign(request->headers),
                             .payload_hash = payload_hash,
                             .date_time = date_time,
                             .region = scope.region,
                             .service = scope.service,
                             .encode_path_twice = scope.encode_path_twice};
  request->headers.Set(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={}",
                  credentials.access_key_id, date_time.substr(0, 8), scope.region, scope.service,
                  Join(message.signed_headers), SigV4Signature(message, credentials.secret_access_key)));
}

}  // namespace sluice::net
