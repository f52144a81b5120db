// Keyed state: the one way in which operators hold what they remember. An operator opens its tables when it is opened
// and afterwards works on whole batches; snapshots, restore, rescaling and other backends need nothing more of it than
// the hooks given with each table.
//
// Restored state is there when OpenTable returns: an operator that keeps anything derived from a table (an order of
// timers, a count) builds it in Open by Scan, and from then on only from keys, never from remembered pointers.
//
// Snapshots cost no pause: BeginSnapshot freezes the state by a new epoch, StepSnapshot copies what is frozen in small
// steps on the subtask's own thread between batches; an entry that is about to change before its turn is copied first.
// So there is no lock and no second thread anywhere in keyed state.
//
// One backend belongs to one subtask of one operator and is used by that subtask's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/columnar/hashing.h"
#include "engine/state/snapshot.h"
#include "engine/types/data_type.h"

namespace sluice {
class Clock;
}

namespace sluice::engine {

/// The fixed-size part of an entry, kept inline: accumulators, or a small object that owns more.
/// Without `destroy` the payload owns nothing and points nowhere: its bytes are what is saved (payload_format then
/// names their layout, and serialize and deserialize are not needed).
struct PayloadHooks {
  size_t size = 0;  // bytes; aligned to 16; may be 0
  std::function<void(std::byte*)> init;
  std::function<void(std::byte*)> destroy;  // empty: nothing to free
  std::function<void(const std::byte*, std::string& out)> serialize;
  std::function<Status(std::string_view, std::byte*)> deserialize;
};

/// Hooks for a class T with `void Save(std::string&) const` and `bool Load(std::string_view)`.
template <typename T>
PayloadHooks ObjectPayload() {
  static_assert(alignof(T) <= 16);
  return {.size = sizeof(T),
          .init = [](std::byte* p) { new (p) T(); },
          .destroy = [](std::byte* p) { reinterpret_cast<T*>(p)->~T(); },
          .serialize = [](const std::byte* p, std::string& out) { reinterpret_cast<const T*>(p)->Save(out); },
          .deserialize = [](std::string_view bytes, std::byte* p) -> Status {
            if (!reinterpret_cast<T*>(p)->Load(bytes)) return Error(ErrorCode::kData, "keyed state cannot be read");
            return {};
          }};
}

struct TableSpec {
  std::string name;  // unique in the operator and stable over releases: snapshots find the table by it
  std::vector<DataType> key_types;
  /// How many leading key columns the callers' hashes, and so the key groups, are of; -1: all. For tables whose key is
  /// the key of the stream and something more (a timer's time, the key in a map).
  int hash_columns = -1;
  PayloadHooks payload;
  /// Names the layout of the serialised payload, e.g. "agg:COUNT,SUM(BIGINT)"; what is restored must have the same.
  std::string payload_format;
  /// State TTL in ms of processing time, 0 = none. An entry that was not written (FindOrInsert, Find for writing) for
  /// that long is as if it were not there, and is dropped some time later (StateTtlConfig OnCreateAndWrite,
  /// NeverReturnExpired).
  int64_t ttl_ms = 0;
  /// For payloads that hold several values of different age (rows of a join): drops those that are too old at `now_ms`
  /// and answers whether none is left. Called now and then for every entry; may be empty.
  std::function<bool(std::byte* payload, int64_t now_ms)> expire;
};

/// What a lookup is for. kRead: the payload is not changed, so it needs no place in the next incremental snapshot.
enum class Access : uint8_t { kRead, kWrite };

/// Keys to payloads. Keys are compared by value, NULLs equal.
class KeyedTable {
 public:
  virtual ~KeyedTable() = default;

  /// Finds each row's entry or makes one: payloads[position] and, unless null, inserted[position] = 1 on the row that
  /// made it and 0 on others. hashes[k] is HashRows()'s hash of row rows[k] over the (first hash_columns) key columns.
  /// Payload pointers are valid only until the operator's call (Process, AdvanceWatermark, …) returns, or the entry is
  /// erased: in between a backend writes entries out, drops and moves them.
  virtual void FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                            std::byte** payloads, uint8_t* inserted) = 0;
  /// Like FindOrInsert, but payloads[position] = null for a key that is not there.
  virtual void Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
                    Access access = Access::kWrite) = 0;
  /// Removes the entry with this payload.
  virtual void Erase(std::byte* payload) = 0;
  virtual void Clear() = 0;
  virtual size_t size() const = 0;

  /// Payloads of the entries at iteration positions [cursor, …), at most `limit`; moves cursor; none left: empty. Order
  /// of insertion as long as nothing was erased. The table must not change between calls of one iteration.
  /// For reading only, unless each payload is given to Touch before it is changed.
  virtual void Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) = 0;
  /// The payload, found by Scan or for reading, is about to be changed.
  virtual void Touch(std::byte* payload) = 0;
  /// Appends the keys of `payloads` to `columns` (of the key types).
  virtual void ReadKeys(std::span<std::byte* const> payloads, const std::vector<ColumnPtr>& columns) const = 0;
  /// The stored hash of an entry's key.
  virtual uint64_t HashOf(const std::byte* payload) const = 0;

  virtual size_t memory_bytes() const = 0;
};

/// One KeyedTable a namespace (slice or window end), ordered by it; a whole namespace is dropped at once.
class NamespacedTable {
 public:
  virtual ~NamespacedTable() = default;
  virtual KeyedTable& Open(int64_t name_space) = 0;
  /// Null if it is not there.
  virtual KeyedTable* Find(int64_t name_space) = 0;
  virtual void Drop(int64_t name_space) = 0;
  /// Namespaces in ascending order.
  virtual const std::map<int64_t, std::unique_ptr<KeyedTable>>& tables() const = 0;
};

/// A value of the whole subtask that is not keyed (the last watermark, a counter of emitted rows): bytes by name.
/// Operators put them in Operator::BeforeSnapshot, which is called right before the state is frozen.
class OperatorValues {
 public:
  virtual ~OperatorValues() = default;
  virtual void Put(const std::string& name, std::string bytes) = 0;
  /// What was put since the start; null if nothing was.
  virtual const std::string* Get(const std::string& name) const = 0;
  /// What the subtasks of the restored snapshot had put, one element a subtask whose key groups overlap ours. The
  /// operator decides how they become one (a watermark: the smallest).
  virtual std::vector<std::string> Restored(const std::string& name) const = 0;
};

struct SnapshotRequest {
  int64_t checkpoint_id = 0;
  /// All of the state, without reference to earlier pieces, in the format that every backend reads (savepoints).
  bool full = false;
};

class KeyedStateBackend {
 public:
  virtual ~KeyedStateBackend() = default;
  /// The table is owned by the backend. The same name again is an error of the caller.
  virtual KeyedTable* OpenTable(TableSpec spec) = 0;
  virtual NamespacedTable* OpenNamespacedTable(TableSpec spec) = 0;
  virtual OperatorValues* OpenValues() = 0;
  virtual KeyGroupRange key_groups() const = 0;
  virtual size_t memory_bytes() const = 0;
  /// To be called between two calls of the operator, once a batch or so: the moment at which entries may be dropped
  /// (TTL), moved and written out. A few microseconds at most, unless a backend has to make room.
  virtual void Maintain() = 0;

  // --- restore
  /// To be asked right after Operator::Open: what was restored but does not fit a table opened (key types, payload
  /// format: said with both), cannot be read, or belongs to a table that nobody opened (`allow_unclaimed`: that is
  /// dropped in silence).
  virtual Status CheckRestored(bool allow_unclaimed) = 0;

  // --- snapshots, one at a time: Begin, Step until it answers true, Take
  virtual void BeginSnapshot(const SnapshotRequest& request) = 0;
  /// Appends up to about `budget_bytes` of the frozen state to `out`; true when nothing is left. The caller puts all
  /// that came, in this order, into one piece.
  virtual Result<bool> StepSnapshot(size_t budget_bytes, std::string& out) = 0;
  /// After the last step: the snapshot, its `pieces` being the earlier ones that it needs; the caller appends its own
  /// piece unless that is empty.
  virtual StateSnapshot TakeSnapshot() = 0;
  /// Gives up a snapshot between Begin and Take. What it would have covered is covered by the next one.
  virtual void AbandonSnapshot() = 0;
  /// The checkpoint is complete, `own` is its piece: later incremental snapshots refer to it. A snapshot that is never
  /// confirmed is never referred to.
  virtual void ConfirmSnapshot(int64_t checkpoint_id, const StatePiece& own) = 0;
};

struct StateBackendRequest {
  KeyGroupRange key_groups;
  uint32_t max_parallelism = 128;
  Clock* clock = nullptr;                 // for TTL
  const StateRestore* restore = nullptr;  // null: empty; outlives the operator's Open
  /// A state that is not larger is written whole in each snapshot: a chain of pieces would not be worth it.
  size_t small_state_bytes = 64 << 10;
  /// Incremental snapshots re-write at least this part (1/n) of the state, unless nothing changed, so that no more than
  /// about n pieces are needed.
  size_t longest_chain = 256;
};

using StateBackendFactory = std::function<Result<std::unique_ptr<KeyedStateBackend>>(const StateBackendRequest&)>;

/// Everything in memory: open addressing over 8-byte slots, entries in chunks that never move.
std::unique_ptr<KeyedStateBackend> MakeMemoryStateBackend(const StateBackendRequest& request);
/// A table outside of any backend: scratch space of an operator (merging slices), never in a snapshot.
std::unique_ptr<KeyedTable> MakeMemoryTable(TableSpec spec);

}  // namespace sluice::engine
