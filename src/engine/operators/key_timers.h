// When which keys are due: a heap with the moves of Flink's HeapPriorityQueue, so that timers of one time become due in
// the order in which Flink takes them. In memory only and never in a snapshot: an operator adds its timers again in
// Open from what its tables hold. A timer may be stale (the key has changed or gone since); whoever takes it looks at
// the key's state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/columnar/row_encoding.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// Keys with their hashes, ready for KeyedTable::Find.
struct DueKeys {
  std::vector<ColumnPtr> keys;
  std::vector<uint64_t> hashes;
  std::vector<int64_t> times;
  std::vector<int64_t> tags;
  std::vector<uint64_t> sequences;

  size_t size() const { return hashes.size(); }
  Rows rows() const { return {nullptr, size()}; }
};

class KeyTimers {
 public:
  explicit KeyTimers(std::vector<DataType> key_types) : key_types_(std::move(key_types)) {}

  /// `tag` is the operator's own; `sequence` too, 0: one more than that of the timer added before.
  void Add(int64_t time, const std::vector<ColumnPtr>& keys, size_t row, uint64_t hash, int64_t tag = 0,
           uint64_t sequence = 0);
  bool empty() const { return timers_.empty(); }
  /// The earliest time; kMaxWatermark if there is none.
  int64_t next() const { return timers_.empty() ? kMaxWatermark : timers_[0].time; }

  /// Takes out, in their order, at most `limit` timers with time <= until.
  void Take(int64_t until, size_t limit, DueKeys& due);

  /// A timer for every entry of a table whose last key column is the time.
  void AddKeysFrom(KeyedTable& table);
  /// For every entry of `table`: times(payload, emit) calls emit(time, tag) for each timer it needs.
  template <typename F>
  void AddFrom(KeyedTable& table, F&& times) {
    size_t cursor = 0;
    std::vector<std::byte*> payloads;
    for (;;) {
      table.Scan(cursor, 1024, payloads);
      if (payloads.empty()) return;
      std::vector<ColumnPtr> keys = EmptyKeys();
      table.ReadKeys(payloads, keys);
      for (size_t k = 0; k < payloads.size(); ++k) {
        times(payloads[k], [&](int64_t time, int64_t tag) { Add(time, keys, k, table.HashOf(payloads[k]), tag); });
      }
    }
  }

 private:
  struct Timer {
    int64_t time;
    uint64_t sequence;
    uint64_t hash;
    int64_t tag;
    std::string key;  // EncodeRow of the key columns
  };
  std::vector<ColumnPtr> EmptyKeys() const;
  Timer TakeTop();

  std::vector<DataType> key_types_;
  std::vector<Timer> timers_;  // a heap by time
  uint64_t next_sequence_ = 1;
};

}  // namespace sluice::engine
