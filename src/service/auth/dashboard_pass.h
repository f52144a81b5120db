// The right to look at the dashboard of one run of an application: a ticket in the URL that
// CreateApplicationPresignedUrl gives, and the session that its first use begins. Both are signed texts; the service
// keeps nothing about them, so they outlive a restart of it. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "service/auth/signed_token.h"

namespace sluice::service {

/// How long a URL may wait for its first use.
inline constexpr std::chrono::minutes kTicketLife{3};
/// A session's length unless the caller says another.
inline constexpr std::chrono::hours kSessionLife{12};

struct DashboardPass {
  std::string application;
  std::string run;  // the StartApplication operation that began the run: another start makes the pass void
  int64_t issued_ms = 0;
  int64_t session_end_ms = 0;
};

/// For the URL; good for kTicketLife from issued_ms.
std::string WriteTicket(const TokenSigner& signer, const DashboardPass& pass);
/// Nothing if the text is not a ticket of ours or is too old.
std::optional<DashboardPass> ReadTicket(const TokenSigner& signer, std::string_view text, int64_t now_ms);

/// For the cookie; good until session_end_ms.
std::string WriteSession(const TokenSigner& signer, const DashboardPass& pass);
std::optional<DashboardPass> ReadSession(const TokenSigner& signer, std::string_view text, int64_t now_ms);

/// "/dashboards/app-orders/": where the dashboard of an application is served.
std::string DashboardPath(std::string_view application);
/// The application of such a path and, in `rest`, what follows the path, beginning with '/'; nothing for another path.
std::optional<std::string> ApplicationOfDashboard(std::string_view target, std::string_view* rest);

}  // namespace sluice::service
