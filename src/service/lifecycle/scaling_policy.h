// When an application's parallelism changes by itself, as AWS documents it: from the load of its processors alone, one
// datapoint a minute. Pure: times and loads are parameters.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice::service {

/// The rules of the managed service; options of the server may have others.
struct ScalingRules {
  std::chrono::milliseconds datapoint{60'000};  // how long one is
  double up_percent = 75;                       // from this load on, of the application's KPUs …
  int up_datapoints = 15;                       // … in so many datapoints in a row, it scales up
  double down_percent = 10;                     // below this load …
  int down_datapoints = 360;                    // … in so many in a row, it scales down
};

enum class ScalingWish : uint8_t { kNone, kUp, kDown };

/// How many datapoints in a row were high or low. A datapoint that is missing ends the row.
class LoadHistory {
 public:
  /// One more datapoint, of the time up to `at_ms`. The counts begin anew after a wish.
  ScalingWish Add(const ScalingRules& rules, int64_t at_ms, double percent);

  std::string Serialize() const;
  /// An empty one for a text that Serialize did not write.
  static LoadHistory Parse(const std::string& text);

 private:
  int64_t last_ms_ = 0;
  int high_ = 0;
  int low_ = 0;
};

struct ScalingBounds {
  int64_t current = 1;
  int64_t configured = 1;  // the application's Parallelism: never below
  int64_t per_kpu = 1;
  int64_t max_kpus = 64;
  int64_t max_parallelism = 0;  // the smallest of the operators' that would be scaled; 0: not known
};

/// The parallelism that a wish leads to: twice, or half (rounded up), within the bounds; the current one if they leave
/// nothing to do.
int64_t ScaledParallelism(ScalingWish wish, const ScalingBounds& bounds);

/// What runs with that parallelism is given so many KPUs, of one processor each.
int64_t KpusFor(int64_t parallelism, int64_t per_kpu);

}  // namespace sluice::service
