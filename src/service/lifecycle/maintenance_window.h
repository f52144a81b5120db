// The hours of the day in which the service may restart an application to renew its engine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::service {

/// The end of the window that begins at `start` ("HH:MM" UTC); all last eight hours.
std::string MaintenanceWindowEnd(std::string_view start);

/// Whether `now_ms` (since 1970) lies in it; a window may cross midnight. False for a `start` that is no time of day.
bool InMaintenanceWindow(std::string_view start, int64_t now_ms);

}  // namespace sluice::service
