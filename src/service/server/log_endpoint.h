// GET /logs/app-NAME: an application's log as text, for `sluice apps logs`; kinesisanalyticsv2 has no operation for it.
//
//   file=application (default) or engine; then lines=N for the last N lines, or offset=O for what follows byte O.
//   Only whole lines, about 1 MiB of them at most; X-Sluice-Next-Offset says where to go on. Signed like the API's
//   calls.
#pragma once

#include <optional>

#include "net/http_message.h"
#include "service/api/service_context.h"

namespace sluice::service {

/// Nothing if the request is not for a log. Any thread.
std::optional<net::HttpResponse> HandleLogRequest(const ServiceContext& context, const net::HttpRequest& request);

}  // namespace sluice::service
