// GET /metrics: what all applications measure, for Prometheus; docs/design/metrics.md.
//
//   Where the API wants signatures, so does this; a Prometheus, which cannot sign, sends a token instead
//   (authorization: credentials_file: of its scrape_config).
#pragma once

#include <optional>
#include <string>

#include "net/http_message.h"
#include "service/api/service_context.h"

namespace sluice::service {

/// Nothing if the request is for something else. `token_file` may be empty: signatures only. Any thread.
std::optional<net::HttpResponse> HandleMetricsRequest(const ServiceContext& context, const std::string& token_file,
                                                      const net::HttpRequest& request);

}  // namespace sluice::service
