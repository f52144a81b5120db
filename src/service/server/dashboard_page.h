// A page over Flink's REST API, for engines that come without Flink's own.
#pragma once

#include "net/http_message.h"

namespace sluice::service {

/// One self-contained document; it asks for /overview, /jobs/… relative to where it is served.
net::HttpResponse DashboardPage();

}  // namespace sluice::service
