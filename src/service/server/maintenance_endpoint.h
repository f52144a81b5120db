// POST /maintenance/app-NAME: restarts a running application's engine behind a snapshot, as the service does by itself
// in the maintenance window when there is a newer one; for `sluice apps maintain`. kinesisanalyticsv2 has no operation
// for it. Signed like the API's calls.
//
//   The answer is {"OperationId": …}; errors are the API's.
#pragma once

#include <optional>

#include "net/http_message.h"
#include "service/api/service_context.h"

namespace sluice::service {

/// Nothing if the request is not for maintenance. Any thread.
std::optional<net::HttpResponse> HandleMaintenanceRequest(ServiceContext& context, const net::HttpRequest& request);

}  // namespace sluice::service
