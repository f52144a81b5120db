// When which keys are due. In memory only and never in a snapshot: an operator adds its timers again in Open from what
// its tables hold. A timer may be stale (the key has changed or gone since); whoever takes it looks at the key's state.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/columnar/batch.h"
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

  /// `tag` is the operator's own. `sequence` decides between equal times; 0: after all that were added before.
  void Add(int64_t time, const std::vector<ColumnPtr>& keys, size_t row, uint64_t hash, int64_t tag = 0,
           uint64_t sequence = 0);
  bool empty() const { return timers_.empty(); }
  /// The earliest time; kMaxWatermark if there is none.
  int64_t next() const { return timers_.empty() ? kMaxWatermark : timers_.begin()->first.first; }

  /// Takes out, in their order, at most `limit` timers with time <= until.
  void Take(int64_t until, size_t limit, DueKeys& due);
  /// Takes out those of the earliest time; nothing if that is > until.
  void TakeFirst(int64_t until, DueKeys& due) { Take(std::min(until, next()), SIZE_MAX, due); }

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
    uint64_t hash;
    int64_t tag;
    std::string key;  // EncodeRow of the key columns
  };
  std::vector<ColumnPtr> EmptyKeys() const;

  std::vector<DataType> key_types_;
  std::map<std::pair<int64_t, uint64_t>, Timer> timers_;  // by (time, sequence)
  uint64_t next_sequence_ = 1;
};

}  // namespace sluice::engine
