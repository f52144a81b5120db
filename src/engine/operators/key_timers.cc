#include "engine/operators/key_timers.h"

#include "base/result.h"
#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

std::vector<ColumnPtr> KeyTimers::EmptyKeys() const {
  std::vector<ColumnPtr> keys;
  for (const DataType& type : key_types_) keys.push_back(Column::Make(type, 0));
  return keys;
}

void KeyTimers::Add(int64_t time, const std::vector<ColumnPtr>& keys, size_t row, uint64_t hash, int64_t tag,
                    uint64_t sequence) {
  Timer timer{time, sequence == 0 ? next_sequence_++ : sequence, hash, tag, {}};
  EncodeRow(keys, row, timer.key);
  timers_.push_back(std::move(timer));
  for (size_t at = timers_.size(); at > 1 && timers_[at - 1].time < timers_[at / 2 - 1].time; at /= 2) {
    std::swap(timers_[at - 1], timers_[at / 2 - 1]);
  }
}

/// The last timer takes the place of the first and sinks; of two children with the same time it passes the left one.
KeyTimers::Timer KeyTimers::TakeTop() {
  Timer top = std::move(timers_.front());
  const size_t size = timers_.size();
  if (size > 1) {
    timers_[0] = timers_.back();  // the last place still counts while sinking, as in Flink
    size_t at = 1;
    for (;;) {
      size_t child = 2 * at;
      if (child + 1 <= size && timers_[child].time < timers_[child - 1].time) ++child;
      if (child > size || timers_[child - 1].time >= timers_[at - 1].time) break;
      std::swap(timers_[at - 1], timers_[child - 1]);
      at = child;
    }
  }
  timers_.pop_back();
  return top;
}

void KeyTimers::AddKeysFrom(KeyedTable& table) {
  size_t cursor = 0;
  std::vector<std::byte*> payloads;
  for (;;) {
    table.Scan(cursor, 1024, payloads);
    if (payloads.empty()) return;
    std::vector<ColumnPtr> keys = EmptyKeys();
    table.ReadKeys(payloads, keys);
    for (size_t k = 0; k < payloads.size(); ++k) Add(keys.back()->at<int64_t>(k), keys, k, table.HashOf(payloads[k]));
  }
}

void KeyTimers::Take(int64_t until, size_t limit, DueKeys& due) {
  due = DueKeys();
  due.keys = EmptyKeys();
  while (!timers_.empty() && timers_[0].time <= until && due.size() < limit) {
    const Timer timer = TakeTop();
    INVARIANT(DecodeRow(timer.key, due.keys), "the key of a timer is malformed");
    due.hashes.push_back(timer.hash);
    due.times.push_back(timer.time);
    due.tags.push_back(timer.tag);
    due.sequences.push_back(timer.sequence);
  }
}

}  // namespace sluice::engine
