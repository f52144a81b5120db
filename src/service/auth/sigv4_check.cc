#include "service/auth/sigv4_check.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "net/digest.h"
#include "net/sigv4.h"

namespace sluice::service {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kSignatureParameter = "X-Amz-Signature";
constexpr int64_t kLongestPresigned = 7 * 24 * 3600;

ApiError Incomplete(std::string message) { return {"IncompleteSignatureException", std::move(message)}; }
ApiError Invalid(std::string message) { return {"InvalidSignatureException", std::move(message)}; }
ApiError Unrecognized() {
  return {"UnrecognizedClientException", "The security token included in the request is invalid."};
}

/// What a request says about its signature, wherever it says it.
struct Claim {
  std::string credential;
  std::string signed_headers;
  std::string signature;
  std::string date_time;
  std::string token;
  bool presigned = false;
  int64_t expires_s = 0;  // presigned only
};

/// KEY/20150830/us-east-1/kinesisanalytics/aws4_request
struct Scope {
  std::string key, date, region, service, terminator;
};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    size_t end = text.find(separator);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// "20150830T123600Z" → milliseconds since 1970.
std::optional<int64_t> ParseDateTime(const std::string& text) {
  std::tm utc{};
  if (text.size() != 16) return std::nullopt;
  const char* end = strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &utc);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const int64_t ms = static_cast<int64_t>(timegm(&utc)) * 1000;
  if (net::SigV4Date(ms) != text) return std::nullopt;  // the 31st of February
  return ms;
}

/// The time of a Date header in the form that is signed; empty if it is none.
std::string FromHttpDate(std::string_view value) {
  std::tm utc{};
  const std::string text(value);
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (end == nullptr || *end != '\0') return text;
  return net::SigV4Date(static_cast<int64_t>(timegm(&utc)) * 1000);
}

Answer<Claim> ClaimOfHeader(const net::HttpRequest& request, std::string_view authorization) {
  Claim claim;
  size_t blank = authorization.find(' ');
  const std::string_view algorithm = authorization.substr(0, blank);
  std::string_view rest = blank == std::string_view::npos ? std::string_view() : authorization.substr(blank + 1);
  if (algorithm.starts_with("AWS4-") && algorithm != kAlgorithm) {
    return Incomplete(fmt::format("Unsupported AWS 'algorithm': '{}'", algorithm));
  }
  if (algorithm != kAlgorithm) rest = {};
  for (const std::string& part : Split(rest, ',')) {
    const std::string_view trimmed = Trim(part);
    const size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos) {
      if (trimmed.empty()) continue;
      return Incomplete(
          fmt::format("'{}' not a valid key=value pair (missing equal-sign) in Authorization header: '{}'.", trimmed,
                      authorization));
    }
    const std::string_view name = trimmed.substr(0, equals);
    std::string value(trimmed.substr(equals + 1));
    if (name == "Credential") claim.credential = std::move(value);
    if (name == "SignedHeaders") claim.signed_headers = std::move(value);
    if (name == "Signature") claim.signature = std::move(value);
  }
  claim.date_time = request.headers.Get("X-Amz-Date");
  if (claim.date_time.empty()) claim.date_time = FromHttpDate(request.headers.Get("Date"));
  claim.token = request.headers.Get("X-Amz-Security-Token");
  std::string lacking;
  if (claim.credential.empty()) lacking += "Authorization header requires 'Credential' parameter. ";
  if (claim.signature.empty()) lacking += "Authorization header requires 'Signature' parameter. ";
  if (claim.signed_headers.empty()) lacking += "Authorization header requires 'SignedHeaders' parameter. ";
  if (claim.date_time.empty()) {
    lacking += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (!lacking.empty()) return Incomplete(lacking + "Authorization=" + std::string(algorithm));
  return claim;
}

Answer<Claim> ClaimOfQuery(const net::HttpRequest& request) {
  auto parameter = [&](const char* name) {
    auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  if (parameter("X-Amz-Algorithm") != kAlgorithm) {
    return Incomplete(fmt::format("Unsupported AWS 'algorithm': '{}'", parameter("X-Amz-Algorithm")));
  }
  Claim claim;
  claim.presigned = true;
  claim.credential = parameter("X-Amz-Credential");
  claim.signed_headers = parameter("X-Amz-SignedHeaders");
  claim.signature = parameter(kSignatureParameter.data());
  claim.date_time = parameter("X-Amz-Date");
  claim.token = parameter("X-Amz-Security-Token");
  const std::string expires = parameter("X-Amz-Expires");
  std::string lacking;
  for (const auto& [name, value] : {std::pair<const char*, const std::string&>("X-Amz-Credential", claim.credential),
                                    {"X-Amz-Signature", claim.signature},
                                    {"X-Amz-SignedHeaders", claim.signed_headers},
                                    {"X-Amz-Date", claim.date_time},
                                    {"X-Amz-Expires", expires}}) {
    if (value.empty()) lacking += fmt::format("AWS query-string parameters must include '{}'. ", name);
  }
  if (!lacking.empty()) return Incomplete(lacking + "Re-examine the query-string parameters.");
  auto [end, ec] = std::from_chars(expires.data(), expires.data() + expires.size(), claim.expires_s);
  if (ec != std::errc() || end != expires.data() + expires.size() || claim.expires_s < 0) {
    return Incomplete("X-Amz-Expires should be a number of seconds");
  }
  if (claim.expires_s > kLongestPresigned) {
    return Incomplete(
        fmt::format("X-Amz-Expires must be less than a week (in seconds); that is, the given "
                    "X-Amz-Expires must be less than {} seconds",
                    kLongestPresigned));
  }
  return claim;
}

Answer<Scope> ParseScope(const std::string& credential) {
  std::vector<std::string> parts = Split(credential, '/');
  if (parts.size() != 5) {
    return Incomplete(fmt::format(
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
        credential));
  }
  return Scope{parts[0], parts[1], parts[2], parts[3], parts[4]};
}

Answer<const AcceptedKey*> FindKey(const KeyTable& keys, const Scope& scope, const Claim& claim, int64_t now_ms) {
  auto found = keys.find(scope.key);
  if (found == keys.end()) return Unrecognized();
  const net::AwsCredentials& credentials = found->second.credentials;
  // A wrong session token is as good as a wrong key.
  if (claim.token.size() != credentials.session_token.size() ||
      CRYPTO_memcmp(claim.token.data(), credentials.session_token.data(), claim.token.size()) != 0) {
    return Unrecognized();
  }
  if (now_ms >= credentials.expires_at_ms) {
    return ApiError("ExpiredTokenException", "The security token included in the request is expired");
  }
  return &found->second;
}

Answer<Done> CheckTime(const Claim& claim, const SigV4Rules& rules, int64_t now_ms) {
  auto signed_ms = ParseDateTime(claim.date_time);
  if (!signed_ms) {
    return Incomplete(
        fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/"
                    "ISO_8601",
                    claim.date_time));
  }
  const std::string now = net::SigV4Date(now_ms);
  const int64_t minutes = rules.max_skew_ms / 60'000;
  if (*signed_ms > now_ms + rules.max_skew_ms) {
    return Invalid(fmt::format("Signature not yet current: {} is still later than {} ({} + {} min.)", claim.date_time,
                               net::SigV4Date(now_ms + rules.max_skew_ms), now, minutes));
  }
  if (claim.presigned) {
    const int64_t end_ms = *signed_ms + claim.expires_s * 1000;
    if (now_ms <= end_ms) return Done{};
    return Invalid(fmt::format("Signature expired: {} is now earlier than {} ({} + {} sec.)", net::SigV4Date(end_ms),
                               now, claim.date_time, claim.expires_s));
  }
  if (*signed_ms < now_ms - rules.max_skew_ms) {
    return Invalid(fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", claim.date_time,
                               net::SigV4Date(now_ms - rules.max_skew_ms), now, minutes));
  }
  return Done{};
}

Answer<Done> CheckScope(const Scope& scope, const Claim& claim, const SigV4Rules& rules) {
  if (scope.region != rules.region) {
    return Invalid(
        fmt::format("Credential should be scoped to a valid region, not '{}'. This service's region is '{}'.",
                    scope.region, rules.region));
  }
  if (scope.service != rules.service) {
    return Invalid(fmt::format("Credential should be scoped to correct service: '{}'. ", rules.service));
  }
  if (scope.terminator != "aws4_request") {
    return Invalid(fmt::format("Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
                               scope.terminator));
  }
  if (scope.date != claim.date_time.substr(0, 8)) {
    return Invalid(
        fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
                    "HTTP: '{}' != '{}', from '{}'.",
                    scope.date, claim.date_time.substr(0, 8), claim.date_time));
  }
  return Done{};
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// A header that is not covered could be changed on the way: at least the ones that say what is asked must be.
Answer<Done> CheckCovered(const net::HttpRequest& request, const std::vector<std::string>& signed_headers,
                          bool presigned) {
  auto covered = [&](const std::string& name) {
    return std::find(signed_headers.begin(), signed_headers.end(), name) != signed_headers.end();
  };
  if (!covered("host")) {
    return Invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (!presigned && !request.headers.Has("X-Amz-Date") && !covered("date")) {
    return Invalid("'Date' must be a 'SignedHeader' in the AWS Authorization.");
  }
  for (const auto& [name, value] : request.headers.fields()) {
    const std::string lower = Lower(name);
    if (lower.starts_with("x-amz-") && !covered(lower)) {
      return Invalid(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name));
    }
  }
  return Done{};
}

}  // namespace

Answer<Principal> CheckSigV4(const net::HttpRequest& request, const KeyTable& keys, const SigV4Rules& rules,
                             int64_t now_ms) {
  const std::string_view authorization = Trim(request.headers.Get("Authorization"));
  const bool presigned =
      request.query.contains("X-Amz-Algorithm") || request.query.contains(std::string(kSignatureParameter));
  if (authorization.empty() && !presigned) {
    return ApiError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  SLUICE_ASSIGN_OR_RETURN(Claim claim,
                          authorization.empty() ? ClaimOfQuery(request) : ClaimOfHeader(request, authorization));
  SLUICE_ASSIGN_OR_RETURN(Scope scope, ParseScope(claim.credential));
  SLUICE_ASSIGN_OR_RETURN(const AcceptedKey* key, FindKey(keys, scope, claim, now_ms));
  SLUICE_RETURN_IF_ERROR(CheckTime(claim, rules, now_ms));
  SLUICE_RETURN_IF_ERROR(CheckScope(scope, claim, rules));
  const std::vector<std::string> signed_headers = Split(claim.signed_headers, ';');
  SLUICE_RETURN_IF_ERROR(CheckCovered(request, signed_headers, claim.presigned));
  const std::string expected = net::SigV4Signature({.method = request.method,
                                                    .target = request.target,
                                                    .headers = request.headers,
                                                    .signed_headers = signed_headers,
                                                    .payload_hash = net::Hex(net::Sha256(request.body)),
                                                    .date_time = claim.date_time,
                                                    .region = scope.region,
                                                    .service = scope.service,
                                                    .without_parameter = claim.presigned ? kSignatureParameter : ""},
                                                   key->credentials.secret_access_key);
  if (claim.signature.size() != expected.size() ||
      CRYPTO_memcmp(claim.signature.data(), expected.data(), expected.size()) != 0) {
    return Invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details.");
  }
  return Principal{key->principal, key->credentials.access_key_id};
}

}  // namespace sluice::service
