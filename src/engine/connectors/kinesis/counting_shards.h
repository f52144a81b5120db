// Which shards of a subtask hold its watermark back. Flink's SQL source makes watermarks by subtask: what is highest
// counts. While old records are read, in an order that only chance decides, that makes rows late; so here shards count
// one by one until each was at its tip once, and from then on the subtask as a whole, as in Flink. The answer does not
// depend on the order in which shards were read. One thread: the source's task.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::engine::kinesis {

class CountingShards {
 public:
  /// These are the subtask's from now on; those that wait for their parents are among them.
  void Set(const std::vector<int32_t>& ids) {
    std::vector<Shard> next;
    for (const int32_t id : ids) {
      const Shard* known = Find(id);
      next.push_back(known != nullptr ? *known : Shard{id, false, false});
    }
    shards_ = std::move(next);
  }

  /// The shard has no more records for now. With a few keys many shards of a stream never have one.
  void AtTip(int32_t id) {
    if (Shard* shard = Find(id)) shard->caught_up = shard->quiet = true;
  }

  /// The shard has records, which are about to be emitted.
  void Spoke(int32_t id) {
    if (Shard* shard = Find(id)) shard->quiet = false;
  }

  /// What an Output is to be told of (SetSplits), if it is not what it was told last.
  std::optional<std::vector<int32_t>> Changed() {
    std::vector<int32_t> counting;
    if (!std::all_of(shards_.begin(), shards_.end(), [](const Shard& s) { return s.caught_up; })) {
      for (const Shard& s : shards_) {
        if (!s.quiet) counting.push_back(s.id);
      }
    }
    if (told_ == counting) return std::nullopt;
    told_ = counting;
    return counting;
  }

 private:
  struct Shard {
    int32_t id;
    bool caught_up;  // was at its tip once
    bool quiet;      // is at its tip
  };
  Shard* Find(int32_t id) {
    const auto found = std::find_if(shards_.begin(), shards_.end(), [&](const Shard& s) { return s.id == id; });
    return found == shards_.end() ? nullptr : &*found;
  }

  std::vector<Shard> shards_;
  std::optional<std::vector<int32_t>> told_;
};

}  // namespace sluice::engine::kinesis
