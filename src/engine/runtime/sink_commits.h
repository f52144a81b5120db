// What a two-phase sink has prepared and not yet committed. Used by the sink's task only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::engine {

class Sink;

class SinkCommits {
 public:
  /// Asks the sink to prepare; what it answers waits for the checkpoint's confirmation.
  Status Prepare(Sink& sink, int64_t checkpoint_id);
  /// Prepared before this job began; waits for its first checkpoint.
  void Hold(std::string bytes) { waiting_.push_back({0, std::move(bytes)}); }
  /// Everything that waits, oldest first: it goes into each checkpoint until one is confirmed.
  std::vector<std::string> Waiting() const;
  /// Commits what was prepared for checkpoints up to `checkpoint_id`.
  Status CommitUpTo(Sink& sink, int64_t checkpoint_id);
  bool empty() const { return waiting_.empty(); }

 private:
  struct Prepared {
    int64_t checkpoint_id;
    std::string bytes;
  };
  std::deque<Prepared> waiting_;
};

}  // namespace sluice::engine
