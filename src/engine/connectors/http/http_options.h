// What the options of an HTTP lookup table say, read and checked once. Two spellings of one connector: GetInData's
// `rest-lookup` with "gid.connector.http.…" and Apache's `http` with "http.…".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/http/status_codes.h"
#include "engine/formats/format.h"
#include "engine/plan/descriptors.h"
#include "net/http_client.h"

namespace sluice::engine::http {

/// How a request is made of the keys.
enum class QueryKind : uint8_t {
  kQuery,      // ?column=value&…
  kJson,       // the keys as the body
  kJsonUrl,    // each key where the options put it: path, query, body
  kSearchLite  // ?q=column:"value" AND …
};

/// Before attempt number n + 1 of a request.
struct RetryDelays {
  int64_t first_ms = 1000;
  double factor = 1;
  int64_t limit_ms = 60'000;

  int64_t Before(int64_t retry) const;  // from 0
};

struct LookupOptions {
  std::string url;
  std::string method = "GET";
  QueryKind query = QueryKind::kQuery;
  std::vector<std::pair<std::string, std::string>> headers;
  net::HttpClientOptions client;
  int64_t max_retries = 3;
  RetryDelays delays;
  StatusCodes success, retry, ignored;
  bool continue_on_error = false;
  bool array = false;  // result-type: the body is an array of rows
  // A token of an OpenID provider; asked for if there is an endpoint.
  std::string token_endpoint, token_request;
  int64_t token_early_ms = 1000;
  // Of kJsonUrl.
  std::vector<std::string> query_fields, body_fields;
  std::map<std::string, std::string> url_fields;  // column → the name between braces in the URL
  std::string body_template;                      // `http` only: {{column}} stands for a key
  std::string open_brace = "{", close_brace = "}";
  // Bodies of requests.
  const Format* request_format = nullptr;
  OptionMap request_options;
};

/// With the connector's sentences; `connector` is rest-lookup or http.
Result<LookupOptions> ReadLookupOptions(const TableDescription& table, const std::map<std::string, Format>& formats);

/// All options of the connector that have a fixed name.
std::vector<std::string> OptionNames(const std::string& connector);

}  // namespace sluice::engine::http
