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
  Timer timer{hash, tag, {}};
  EncodeRow(keys, row, timer.key);
  timers_.emplace(std::pair(time, sequence == 0 ? next_sequence_++ : sequence), std::move(timer));
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
  while (!timers_.empty() && timers_.begin()->first.first <= until && due.size() < limit) {
    const auto at = timers_.begin();
    INVARIANT(DecodeRow(at->second.key, due.keys), "the key of a timer is malformed");
    due.hashes.push_back(at->second.hash);
    due.times.push_back(at->first.first);
    due.tags.push_back(at->second.tag);
    due.sequences.push_back(at->first.second);
    timers_.erase(at);
  }
}

}  // namespace sluice::engine
