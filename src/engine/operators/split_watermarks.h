// The watermarks of a source's splits (shards, partitions) in one subtask, and which of them are idle.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/columnar/batch.h"

namespace sluice::engine {

class SplitWatermarks {
 public:
  struct Split {
    int32_t id = kNoSplit;
    int64_t watermark = kNoWatermark;  // highest of its rows
    int64_t quiet_since_ms = 0;
    bool idle = false;
  };

  /// These are the splits from now on. Those that were there keep what is known of them; a new one holds the watermark
  /// back until it has one or is idle.
  void Set(const std::vector<int32_t>& ids, int64_t now_ms) {
    for (const Split& s : splits_) highest_ = std::max(highest_, s.watermark);
    std::vector<Split> next;
    next.reserve(ids.size());
    for (const int32_t id : ids) {
      const Split* known = Find(id);
      next.push_back(known != nullptr ? *known : Split{id, kNoWatermark, now_ms, false});
    }
    splits_ = std::move(next);
    last_ = 0;
  }

  /// Null for batches that name no split, or one that was not announced.
  Split* Find(int32_t id) {
    if (last_ < splits_.size() && splits_[last_].id == id) return &splits_[last_];
    for (size_t i = 0; i < splits_.size(); ++i) {
      if (splits_[i].id != id) continue;
      last_ = i;
      return &splits_[i];
    }
    return nullptr;
  }

  /// Of all splits that there were before the last Set.
  int64_t Highest() const { return highest_; }

  bool any() const { return !splits_.empty(); }
  bool all_idle() const {
    return std::all_of(splits_.begin(), splits_.end(), [](const Split& s) { return s.idle; });
  }

  /// Over those that are not idle; kNoWatermark if all are.
  int64_t Smallest() const {
    const int64_t least = LeastOf(nullptr);
    return least == kMaxWatermark ? kNoWatermark : least;
  }
  /// Over those that are not idle, without `split`; kMaxWatermark if there are none.
  int64_t SmallestBut(const Split& split) const { return LeastOf(&split); }

  /// Since when the split has had no row that will be idle next; kMaxWatermark / 2 if all are.
  int64_t QuietestSince() const {
    int64_t since = kMaxWatermark / 2;
    for (const Split& s : splits_) {
      if (!s.idle) since = std::min(since, s.quiet_since_ms);
    }
    return since;
  }

  /// Splits without rows since before `deadline_ms` are idle from now on. The watermark then, the same however late
  /// this is called: the smallest over those that are left; if none is left, that of the one that fell silent last.
  int64_t MarkIdle(int64_t deadline_ms) {
    const Split* last = nullptr;
    for (Split& s : splits_) {
      if (s.idle) continue;
      if (last == nullptr || s.quiet_since_ms > last->quiet_since_ms ||
          (s.quiet_since_ms == last->quiet_since_ms && s.watermark > last->watermark)) {
        last = &s;
      }
      s.idle = s.quiet_since_ms < deadline_ms;
    }
    return all_idle() && last != nullptr ? last->watermark : Smallest();
  }

 private:
  int64_t LeastOf(const Split* without) const {
    int64_t least = kMaxWatermark;
    for (const Split& s : splits_) {
      if (!s.idle && &s != without) least = std::min(least, s.watermark);
    }
    return least;
  }

  std::vector<Split> splits_;
  int64_t highest_ = kNoWatermark;
  size_t last_ = 0;  // found last: batches come in runs
};

}  // namespace sluice::engine
