// Hands rows of a running query from a worker thread to the shell. Bounded: a query that is faster than its reader
// waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/job/result_display.h"

namespace sluice::engine::shell {

class RowQueue {
 public:
  explicit RowQueue(Clock& clock) : clock_(clock) {}

  /// Blocks while the queue is full; kCancelled after Close.
  Status Push(std::vector<DisplayedRow> rows);
  /// No more rows will come.
  void End();
  /// Nobody reads any more; Push stops blocking.
  void Close();

  /// Waits up to `limit` for rows; empty if none came. `ended` becomes true when all have been taken.
  std::vector<DisplayedRow> Take(std::chrono::milliseconds limit, bool& ended);

 private:
  static constexpr size_t kMaxRows = 16 * 1024;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<DisplayedRow> rows_;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace sluice::engine::shell
