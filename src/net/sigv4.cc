#include "net/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <map>
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

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
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

std::map<std::string, std::string> CanonicalHeaders(const HttpHeaders& headers) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : headers.fields()) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!IsSigned(lower)) continue;
    auto [it, inserted] = out.emplace(lower, CollapseBlanks(value));
    if (!inserted) it->second += "," + CollapseBlanks(value);
  }
  return out;
}

}  // namespace

void SignSigV4(const Url& url, const AwsCredentials& credentials, const SigV4Scope& scope, int64_t now_ms,
               HttpRequest* request) {
  const std::string date_time = AmzDate(now_ms);
  const std::string date = date_time.substr(0, 8);
  const std::string payload_hash = Hex(Sha256(request->body));
  request->headers.Set("Host", url.Authority());
  request->headers.Set("X-Amz-Date", date_time);
  if (!credentials.session_token.empty()) request->headers.Set("X-Amz-Security-Token", credentials.session_token);
  if (scope.content_sha256_header) request->headers.Set("X-Amz-Content-Sha256", payload_hash);
  request->headers.Remove("Authorization");

  size_t question = url.target.find('?');
  std::string path = url.target.substr(0, question);
  if (scope.encode_path_twice) path = PercentEncode(path, true);
  std::string query =
      question == std::string::npos ? "" : CanonicalQuery(std::string_view(url.target).substr(question + 1));
  std::string header_lines;
  std::string signed_names;
  for (const auto& [name, value] : CanonicalHeaders(request->headers)) {
    header_lines += name + ":" + value + "\n";
    if (!signed_names.empty()) signed_names += ';';
    signed_names += name;
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request->method, path, query, header_lines, signed_names, payload_hash);
  const std::string scope_text = fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date_time, scope_text, Hex(Sha256(canonical)));
  std::string key = HmacSha256("AWS4" + credentials.secret_access_key, date);
  for (std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  request->headers.Set("Authorization",
                       fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                   credentials.access_key_id, scope_text, signed_names, Hex(HmacSha256(key, to_sign))));
}

}  // namespace sluice::net
