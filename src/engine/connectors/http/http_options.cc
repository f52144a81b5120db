#include "engine/connectors/http/http_options.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"
#include "engine/formats/text/scalar_text.h"

namespace sluice::engine::http {
namespace {

constexpr const char* kGid = "rest-lookup";

Error Bad(std::string message) { return Error(ErrorCode::kOption, std::move(message)); }

Error NotYet(const std::string& option, const std::string& value) {
  return Error(ErrorCode::kNotSupported, "not supported yet: '" + option + "' = '" + value + "'");
}

std::string PrefixOf(const std::string& connector) { return connector == kGid ? "gid.connector.http." : "http."; }

/// The connector's own options by their names without the prefix.
class Reader {
 public:
  Reader(const TableDescription& table, const std::map<std::string, Format>& formats)
      : all_(table.options), formats_(formats), gid_(table.options.at("connector") == kGid) {
    const std::string prefix = PrefixOf(table.options.at("connector"));
    prefix_ = prefix;
    for (const auto& [name, value] : all_) {
      if (name.starts_with(prefix)) own_.emplace(name.substr(prefix.size()), value);
    }
  }

  Result<LookupOptions> Read() {
    SLUICE_RETURN_IF_ERROR(ReadRequest());
    SLUICE_RETURN_IF_ERROR(ReadQuery());
    SLUICE_RETURN_IF_ERROR(ReadRetries());
    SLUICE_RETURN_IF_ERROR(ReadSecurity());
    SLUICE_RETURN_IF_ERROR(RefuseOthers());
    return std::move(out_);
  }

 private:
  std::string Text(std::string_view name, std::string_view fallback = "") const {
    return text::StringOption(own_, name, fallback);
  }

  Status ReadRequest() {
    out_.url = all_.at("url");
    // Braces of path parameters are no part of a URL: they are checked when they are filled.
    if (out_.url.find('{') == std::string::npos) {
      const Result<net::Url> url = net::ParseUrl(out_.url);
      if (!url.ok()) return url.error().WithContext("the option 'url'");
    }
    out_.method = text::StringOption(all_, "lookup-method", "GET");
    std::transform(out_.method.begin(), out_.method.end(), out_.method.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    SLUICE_RETURN_IF_ERROR(text::BoolOption(all_, "asyncPolling", false));
    int64_t timeout_ms = 30'000;
    if (gid_) {
      SLUICE_ASSIGN_OR_RETURN(const int64_t seconds, text::IntOption(own_, "source.lookup.request.timeout", 30, 32));
      timeout_ms = seconds * 1000;
    } else {
      SLUICE_ASSIGN_OR_RETURN(const auto timeout, text::DurationOption(own_, "source.lookup.request.timeout"));
      timeout_ms = timeout.value_or(timeout_ms);
    }
    if (timeout_ms <= 0) return Bad("'" + prefix_ + "source.lookup.request.timeout' must be positive.");
    out_.client.total_timeout = std::chrono::milliseconds(timeout_ms);
    SLUICE_ASSIGN_OR_RETURN(const auto connect, text::DurationOption(own_, "source.lookup.connection.timeout"));
    out_.client.connect_timeout = std::chrono::milliseconds(connect.value_or(timeout_ms));
    SLUICE_RETURN_IF_ERROR(ReadHeaders());
    const std::string result = Text("source.lookup.result-type", "single-value");
    if (result != "single-value" && result != "array") {
      return Bad("Unknown lookup source result type '" + result + "'.");
    }
    out_.array = result == "array";
    const std::string version = Text("source.lookup.http-version", "HTTP_1_1");
    // What speaks HTTP/2 in Java falls back to 1.1, which every server speaks.
    if (version != "HTTP_1_1" && version != "HTTP_2") {
      return Bad("No enum constant java.net.http.HttpClient.Version." + version);
    }
    return {};
  }

  Status ReadHeaders() {
    SLUICE_ASSIGN_OR_RETURN(const bool raw,
                            text::BoolOption(own_, "source.lookup.use-raw-authorization-header", false));
    constexpr std::string_view kHeader = "source.lookup.header.";
    for (const auto& [name, value] : own_) {
      if (!name.starts_with(kHeader)) continue;
      const std::string header = name.substr(kHeader.size());
      std::string content = value;
      if (header == "Authorization" && !raw && !content.starts_with("Basic ")) {
        content = "Basic ";
        text::AppendBase64(content, value);
      }
      out_.headers.emplace_back(header, std::move(content));
    }
    return {};
  }

  Status ReadQuery() {
    const std::string added = gid_ ? "" : "http-";
    const std::string creator = Text("source.lookup.query-creator",
                                     added + (out_.method == "GET" ? "generic-get-query" : "generic-json-query"));
    const std::map<std::string, QueryKind> known = {{added + "generic-get-query", QueryKind::kQuery},
                                                    {added + "generic-json-query", QueryKind::kJson},
                                                    {added + "generic-json-url", QueryKind::kJsonUrl},
                                                    {added + "elasticsearch-lite", QueryKind::kSearchLite}};
    const auto it = known.find(creator);
    if (it == known.end()) {
      std::string list;
      for (const auto& [name, kind] : known) list += "\n" + name;
      return Bad("Could not find any factory for identifier '" + creator +
                 "' that implements 'LookupQueryCreatorFactory'.\n\nAvailable factory identifiers are:\n" + list);
    }
    out_.query = it->second;
    if (out_.query == QueryKind::kJsonUrl) SLUICE_RETURN_IF_ERROR(ReadPlaces());
    const std::string format = text::StringOption(all_, "lookup-request.format", "json");
    const auto found = formats_.find(format);
    if (found == formats_.end() || found->second.make_encoder == nullptr || !found->second.in_messages) {
      return Bad("Could not find any format factory for identifier '" + format + "' in the classpath.");
    }
    out_.request_format = &found->second;
    const std::string prefix = "lookup-request.format." + format + ".";
    for (const auto& [name, value] : all_) {
      if (name.starts_with(prefix)) out_.request_options.emplace(name.substr(prefix.size()), value);
    }
    return {};
  }

  Status ReadPlaces() {
    if (gid_) {
      out_.query_fields = List(Text("request.query-param-fields"), ';');
      out_.body_fields = List(Text("request.body-fields"), ';');
    } else {
      out_.body_template = Text("request.body-template");
      out_.open_brace = "{{";
      out_.close_brace = "}}";
      if (out_.method == "GET" && !out_.body_template.empty()) {
        return Bad("Body template configuration (http.request.body-template) cannot be used with GET method.");
      }
    }
    for (const std::string& pair : List(Text("request.url-map"), ',')) {
      const size_t colon = pair.find(':');
      if (colon == std::string::npos) {
        return Bad("Could not parse value '" + Text("request.url-map") + "' for key '" + prefix_ + "request.url-map'.");
      }
      const std::string name = pair.substr(colon + 1);
      if (out_.url.find(out_.open_brace + name + out_.close_brace) == std::string::npos) {
        return Bad("The URL '" + out_.url + "' has no " + out_.open_brace + name + out_.close_brace + " for '" +
                   prefix_ + "request.url-map'.");
      }
      out_.url_fields.emplace(pair.substr(0, colon), name);
    }
    return {};
  }

  static std::vector<std::string> List(const std::string& all, char separator) {
    std::vector<std::string> out;
    size_t begin = 0;
    while (begin < all.size()) {
      const size_t end = std::min(all.find(separator, begin), all.size());
      const std::string_view part = Trim(std::string_view(all).substr(begin, end - begin));
      if (!part.empty()) out.emplace_back(part);
      begin = end + 1;
    }
    return out;
  }

  Status ReadRetries() {
    SLUICE_ASSIGN_OR_RETURN(out_.max_retries, text::IntOption(all_, "lookup.max-retries", 3, 32));
    if (out_.max_retries < 0) return Bad("'lookup.max-retries' must not be negative.");
    const std::string root = "source.lookup.retry-strategy.";
    const std::string type = Text(root + "type", "fixed-delay");
    if (type == "fixed-delay") {
      SLUICE_ASSIGN_OR_RETURN(const auto delay, text::DurationOption(own_, root + "fixed-delay.delay"));
      out_.delays.first_ms = out_.delays.limit_ms = delay.value_or(1000);
    } else if (type == "exponential-delay") {
      SLUICE_ASSIGN_OR_RETURN(const auto first, text::DurationOption(own_, root + "exponential-delay.initial-backoff"));
      SLUICE_ASSIGN_OR_RETURN(const auto limit, text::DurationOption(own_, root + "exponential-delay.max-backoff"));
      SLUICE_ASSIGN_OR_RETURN(const auto factor,
                              text::DoubleOption(own_, root + "exponential-delay.backoff-multiplier"));
      out_.delays = {first.value_or(1000), factor.value_or(1.5), limit.value_or(60'000)};
      if (!(out_.delays.factor >= 1)) return Bad("multiplier must be greater than or equal to 1");
    } else {
      return Bad("Unknown retry strategy type '" + type + "'; there are fixed-delay and exponential-delay.");
    }
    SLUICE_ASSIGN_OR_RETURN(out_.ignored, ParseStatusCodes(Text("source.lookup.ignored-response-codes")));
    SLUICE_ASSIGN_OR_RETURN(out_.success, ParseStatusCodes(Text("source.lookup.success-codes", "2XX")));
    SLUICE_ASSIGN_OR_RETURN(out_.retry, ParseStatusCodes(Text("source.lookup.retry-codes", "500,503,504")));
    out_.success |= out_.ignored;
    if (out_.success.none()) return Bad("Success code list can not be empty");
    if (const StatusCodes both = out_.success & out_.retry; both.any()) {
      std::string list;
      for (size_t c = 0; c < both.size(); ++c) {
        if (both.test(c)) list += (list.empty() ? "" : ", ") + std::to_string(c);
      }
      return Bad("Http codes [" + list + "] can not be used as both success and retry codes");
    }
    SLUICE_ASSIGN_OR_RETURN(out_.continue_on_error, text::BoolOption(own_, "source.lookup.continue-on-error", false));
    return {};
  }

  Status ReadSecurity() {
    SLUICE_ASSIGN_OR_RETURN(out_.client.trust_all_certificates,
                            text::BoolOption(own_, "security.cert.server.allowSelfSigned", false));
    out_.client.ca_file = Text("security.cert.server");
    out_.client.certificate_file = Text("security.cert.client");
    out_.client.key_file = Text("security.key.client");
    if (out_.client.certificate_file.empty() != out_.client.key_file.empty()) {
      return Bad("'" + prefix_ + "security.cert.client' and '" + prefix_ + "security.key.client' go together.");
    }
    out_.token_endpoint = Text("security.oidc.token.endpoint.url");
    out_.token_request = Text("security.oidc.token.request");
    if (!out_.token_endpoint.empty() && out_.token_request.empty()) {
      return Bad("Config option " + prefix_ + "security.oidc.token.request is required, if " + prefix_ +
                 "security.oidc.token.endpoint.url is configured.");
    }
    if (!out_.token_endpoint.empty()) {
      const Result<net::Url> url = net::ParseUrl(out_.token_endpoint);
      if (!url.ok()) return url.error().WithContext(prefix_ + "security.oidc.token.endpoint.url");
    }
    SLUICE_ASSIGN_OR_RETURN(const auto early, text::DurationOption(own_, "security.oidc.token.expiry.reduction"));
    out_.token_early_ms = early.value_or(1000);
    return {};
  }

  /// What would change the requests and is not done.
  Status RefuseOthers() const {
    for (const auto& [name, value] : own_) {
      const bool callback = name == "source.lookup.request-callback" && !value.ends_with("slf4j-lookup-logger");
      if (name.starts_with("source.lookup.proxy.") || name.starts_with("security.keystore.") || callback) {
        return NotYet(prefix_ + name, name.ends_with("password") ? "…" : value);
      }
    }
    return {};
  }

  const OptionMap& all_;
  const std::map<std::string, Format>& formats_;
  const bool gid_;
  std::string prefix_;
  OptionMap own_;
  LookupOptions out_;
};

}  // namespace

int64_t RetryDelays::Before(int64_t retry) const {
  const double delay = static_cast<double>(first_ms) * std::pow(factor, static_cast<double>(retry));
  return delay < static_cast<double>(limit_ms) ? static_cast<int64_t>(delay) : limit_ms;
}

std::vector<std::string> OptionNames(const std::string& connector) {
  std::vector<std::string> names = {"asyncPolling",
                                    "format",
                                    "lookup-method",
                                    "lookup-request.format",
                                    "lookup.cache",
                                    "lookup.max-retries",
                                    "lookup.partial-cache.cache-missing-key",
                                    "lookup.partial-cache.expire-after-access",
                                    "lookup.partial-cache.expire-after-write",
                                    "lookup.partial-cache.max-rows",
                                    "url",
                                    "url-args"};
  for (const char* own : {"logging.level",
                          "request.url-map",
                          "security.cert.client",
                          "security.cert.server",
                          "security.cert.server.allowSelfSigned",
                          "security.key.client",
                          "security.oidc.token.endpoint.url",
                          "security.oidc.token.expiry.reduction",
                          "security.oidc.token.request",
                          "source.lookup.connection.timeout",
                          "source.lookup.continue-on-error",
                          "source.lookup.http-version",
                          "source.lookup.ignored-response-codes",
                          "source.lookup.query-creator",
                          "source.lookup.request-callback",
                          "source.lookup.request.thread-pool.size",
                          "source.lookup.request.timeout",
                          "source.lookup.response.thread-pool.size",
                          "source.lookup.result-type",
                          "source.lookup.retry-codes",
                          "source.lookup.retry-strategy.exponential-delay.backoff-multiplier",
                          "source.lookup.retry-strategy.exponential-delay.initial-backoff",
                          "source.lookup.retry-strategy.exponential-delay.max-backoff",
                          "source.lookup.retry-strategy.fixed-delay.delay",
                          "source.lookup.retry-strategy.type",
                          "source.lookup.success-codes",
                          "source.lookup.use-raw-authorization-header"}) {
    names.push_back(PrefixOf(connector) + own);
  }
  if (connector == kGid) {
    names.push_back(PrefixOf(connector) + "request.body-fields");
    names.push_back(PrefixOf(connector) + "request.query-param-fields");
  } else {
    names.push_back(PrefixOf(connector) + "request.body-template");
  }
  names.insert(names.end(), CommonOptions().begin(), CommonOptions().end());
  return names;
}

Result<LookupOptions> ReadLookupOptions(const TableDescription& table, const std::map<std::string, Format>& formats) {
  const std::string& connector = table.options.at("connector");
  SLUICE_RETURN_IF_ERROR(RequireOptions(table.options, {"format", "url"}));
  OptionMap fixed;
  for (const auto& [name, value] : table.options) {
    // As the connector does: its own properties may have any name, and so may those of the formats.
    if (name.starts_with(PrefixOf(connector)) || name.starts_with(table.options.at("format") + ".") ||
        name.starts_with("lookup-request.format.")) {
      continue;
    }
    fixed.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions(connector, fixed, OptionNames(connector)));
  return Reader(table, formats).Read();
}

}  // namespace sluice::engine::http
