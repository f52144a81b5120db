// Keyed state: the one way in which operators hold what they remember. An operator opens its tables when it is opened
// and afterwards works on whole batches; snapshots, restore, rescaling and other backends need nothing more of it than
// the hooks given with each table.
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
#include "engine/types/data_type.h"

namespace sluice::engine {

/// The fixed-size part of an entry, kept inline: accumulators, or a small object that owns more.
struct PayloadHooks {
  size_t size = 0;  // bytes; aligned to 16
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
  PayloadHooks payload;
};

/// Keys to payloads. Keys are compared by value, NULLs equal.
class KeyedTable {
 public:
  virtual ~KeyedTable() = default;

  /// Finds each row's entry or makes one: payloads[position] and, unless null, inserted[position] = 1 on the row that
  /// made it and 0 on others. hashes[k] is HashRows()'s hash of row rows[k] over the key columns. Payload pointers stay
  /// valid until the entry is erased, but writing through them is allowed only until the call that processes the batch
  /// returns (a backend may write entries out in between batches).
  virtual void FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                            std::byte** payloads, uint8_t* inserted) = 0;
  /// Like FindOrInsert, but payloads[position] = null for a key that is not there.
  virtual void Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                    std::byte** payloads) = 0;
  /// Removes the entry with this payload.
  virtual void Erase(std::byte* payload) = 0;
  virtual void Clear() = 0;
  virtual size_t size() const = 0;

  /// Payloads of the entries at iteration positions [cursor, …), at most `limit`; moves cursor; none left: empty. Order
  /// of insertion as long as nothing was erased. The table must not change between calls of one iteration.
  virtual void Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) = 0;
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
class OperatorValues {
 public:
  virtual ~OperatorValues() = default;
  virtual void Put(const std::string& name, std::string bytes) = 0;
  virtual const std::string* Get(const std::string& name) const = 0;
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
};

/// Everything in memory: open addressing over 8-byte slots, entries in chunks that never move.
std::unique_ptr<KeyedStateBackend> MakeMemoryStateBackend(KeyGroupRange key_groups);
/// A table outside of any backend: scratch space of an operator (merging slices), never in a snapshot.
std::unique_ptr<KeyedTable> MakeMemoryTable(TableSpec spec);

}  // namespace sluice::engine
