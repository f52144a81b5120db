#include "service/lifecycle/maintenance_window.h"

#include <cstdio>

namespace sluice::service {
namespace {

constexpr int64_t kDayMinutes = 24 * 60;
constexpr int64_t kWindowMinutes = 8 * 60;

/// Minutes since midnight; -1 if it is no "HH:MM".
int64_t MinuteOfDay(std::string_view time) {
  if (time.size() != 5 || time[2] != ':') return -1;
  for (size_t i : {0, 1, 3, 4}) {
    if (time[i] < '0' || time[i] > '9') return -1;
  }
  const int64_t minute = ((time[0] - '0') * 10 + (time[1] - '0')) * 60 + (time[3] - '0') * 10 + (time[4] - '0');
  return minute < kDayMinutes ? minute : -1;
}

}  // namespace

std::string MaintenanceWindowEnd(std::string_view start) {
  const int64_t end = (MinuteOfDay(start) + kWindowMinutes) % kDayMinutes;
  char text[16];
  std::snprintf(text, sizeof(text), "%02d:%02d", static_cast<int>(end / 60), static_cast<int>(end % 60));
  return text;
}

bool InMaintenanceWindow(std::string_view start, int64_t now_ms) {
  const int64_t begin = MinuteOfDay(start);
  if (begin < 0) return false;
  const int64_t now = now_ms / 60'000 % kDayMinutes;
  return (now - begin + kDayMinutes) % kDayMinutes < kWindowMinutes;
}

}  // namespace sluice::service
