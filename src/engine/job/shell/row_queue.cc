#include "engine/job/shell/row_queue.h"

#include <iterator>
#include <utility>

namespace sluice::engine::shell {

Status RowQueue::Push(std::vector<DisplayedRow> rows) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || rows_.size() < kMaxRows; });
  if (closed_) return Error(ErrorCode::kCancelled, "the result is not read any more");
  rows_.insert(rows_.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
  changed_.notify_all();
  return {};
}

void RowQueue::End() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void RowQueue::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::vector<DisplayedRow> RowQueue::Take(std::chrono::milliseconds limit, bool& ended) {
  std::unique_lock lock(mutex_);
  clock_.WaitFor(lock, changed_, limit, [this] { return ended_ || !rows_.empty(); });
  std::vector<DisplayedRow> rows = std::exchange(rows_, {});
  ended = ended_;
  changed_.notify_all();
  return rows;
}

}  // namespace sluice::engine::shell
