#include "net/aws/iso_time.h"

#include <ctime>

namespace sluice::net {

std::optional<int64_t> IsoTimeMs(const std::string& text) {
  std::tm utc{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return std::nullopt;
  return static_cast<int64_t>(timegm(&utc)) * 1000;
}

}  // namespace sluice::net
