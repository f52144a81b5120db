// Timers of an operator: (time, key) pairs, each at most once, that become due in order of time. For event time (due up
// to the watermark) and for processing time (due up to now) alike: what moves the time is the caller's business.
//
// The timers live in a KeyedTable of the backend (key columns, then BIGINT time; no payload), so that snapshots and
// rescaling know them; the order by time is kept in memory and built anew by the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// Timers that have become due, dense, in order of time, and of registration for the same time.
struct DueTimers {
  std::vector<int64_t> times;
  std::vector<ColumnPtr> keys;   // the key columns; always there, also without rows
  std::vector<uint64_t> hashes;  // of the key columns
  size_t size() const { return times.size(); }
};

/// Used by the operator's thread only.
class KeyedTimers {
 public:
  /// No timer is due, ever.
  static constexpr int64_t kNever = kMaxWatermark;

  /// To be made in Operator::Open: opens the table `name` of `backend`, which outlives this, and takes up the timers
  /// that were restored. `key_types` may be empty (a global operator).
  KeyedTimers(KeyedStateBackend& backend, std::string name, std::vector<DataType> key_types);

  /// times[k] is the time of row rows[k], hashes[k] HashRows()'s hash of its key columns. A timer that is there already
  /// stays as it is.
  void Register(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, const int64_t* times);
  /// Timers that are not there are fine.
  void Delete(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, const int64_t* times);

  /// Takes at most `limit` timers with time <= `up_to` out, into `due` (replaced). False: none was due. Timers
  /// registered in between (also for the past) come in the next call.
  bool PopDue(int64_t up_to, size_t limit, DueTimers& due);

  /// No timer is due before this; kNever if there is none. May be early after a Delete.
  int64_t next() const { return order_.empty() ? kNever : order_.begin()->first; }
  size_t size() const { return table_->size(); }

 private:
  /// Encoded keys of the timers of one time, in order of registration. Deleted ones stay until they are due.
  struct Bucket {
    std::string keys;
    std::vector<size_t> ends;
    std::vector<uint64_t> hashes;
    size_t taken = 0;  // popped by an earlier call
  };

  void TakeUpRestored();
  void Append(const std::vector<ColumnPtr>& keys, size_t row, uint64_t hash, int64_t time);
  /// Moves up to `limit` timers out of the order into `due` and their times into `times`.
  void TakeFromOrder(int64_t up_to, size_t limit, DueTimers& due);
  std::vector<ColumnPtr> WithTimes(const std::vector<ColumnPtr>& keys, const Rows& rows, const int64_t* times) const;

  std::vector<DataType> key_types_;
  KeyedTable* table_;
  std::map<int64_t, Bucket> order_;
  size_t stale_ = 0;  // at most so many timers in order_ were deleted or stand there twice
  std::vector<std::byte*> payloads_;
  std::vector<uint8_t> inserted_;
};

}  // namespace sluice::engine
