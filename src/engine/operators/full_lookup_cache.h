// The whole table of 'lookup.cache' = 'FULL', read before the first look-up and again when the reload strategy says:
// rows that are looked up are never older than that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "engine/plan/physical_plan.h"
#include "engine/runtime/lookup_source.h"

namespace sluice::engine {

/// The table's options lookup.full-cache.*.
struct FullCacheSettings {
  /// PERIODIC: this long after a load began (FIXED_RATE) or ended (FIXED_DELAY).
  int64_t interval_ms = 0;
  bool fixed_rate = false;
  /// TIMED: this time of the day, in ms of a UTC day, every so many days.
  std::optional<int64_t> time_of_day_ms;
  int64_t days = 1;
};

/// Nothing if the table has no full cache. A time of the day without an offset is one of `zone`.
Result<std::optional<FullCacheSettings>> ReadFullCache(const OptionMap& options, const std::string& zone);

/// When the table is to be read again after a load from `began_ms` to `ended_ms`.
int64_t NextReload(const FullCacheSettings& settings, int64_t began_ms, int64_t ended_ms);

/// `all` finds every row of the table: it is asked without keys.
class FullLookupCache final : public LookupSource {
 public:
  FullLookupCache(const LookupJoinNode& node, const FullCacheSettings& settings, std::unique_ptr<LookupSource> all,
                  const Clock& clock)
      : node_(node), settings_(settings), all_(std::move(all)), clock_(clock) {}

  Result<size_t> Lookup(std::span<const ColumnPtr> keys, size_t row, std::span<const ColumnPtr> out) override;
  void Cancel() override { all_->Cancel(); }

 private:
  Status Load();

  const LookupJoinNode node_;
  const FullCacheSettings settings_;
  const std::unique_ptr<LookupSource> all_;
  const Clock& clock_;
  int64_t next_reload_ms_ = 0;
  std::unordered_map<std::string, std::vector<std::string>> rows_;  // encoded key to encoded rows
};

}  // namespace sluice::engine
