// Flink's own web pages from a distribution, for engines that have none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace sluice::service {

/// The file of `folder` that a browser asks for by `path` ("/" is index.html); nothing if there is none. Leads nowhere
/// out of the folder.
std::optional<net::HttpResponse> DashboardFile(const std::string& folder, std::string_view path);

}  // namespace sluice::service
