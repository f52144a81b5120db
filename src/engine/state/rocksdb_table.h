// A KeyedTable in RocksDB behind a table in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/state/memory_table.h"
#include "engine/state/restored_state.h"
#include "engine/state/rocksdb_store.h"

namespace sluice::engine {

/// What the tables of a backend share.
struct RocksDbFamily {
  RocksDbStore* store = nullptr;
  const Clock* clock = nullptr;
  uint32_t max_parallelism = 128;
  uint64_t next_table_id = 1;
  uint32_t epoch = 1;      // what changes now belongs to it
  uint32_t confirmed = 0;  // changes up to this epoch stand in confirmed pieces
  bool tracking = false;   // changes are noted; false as long as the next snapshot writes everything anyway
};

/// Keys in the store: table id (8 bytes, highest first), key group (2 bytes, highest first), key as bytes. Values: the
/// entry's number in snapshots (4 bytes), hash (8 bytes), with a TTL the time of the last write (8 bytes), payload.
/// A number is an entry's from insertion to erasure, and is given again only after a snapshot has begun in between.
///
/// An entry is in memory, in the store or in both; then the one in memory counts. Erasing removes it from both at once.
class RocksDbTable final : public KeyedTable {
 public:
  static constexpr size_t kKeyPrefix = 8 + 2;
  struct Value {
    Value(const TableLayout& layout, std::string_view bytes);
    uint32_t number;
    uint64_t hash;
    int64_t timestamp = 0;
    std::string_view payload;
  };
  /// What changed in one epoch.
  struct Changes {
    uint32_t epoch = 0;
    std::vector<std::string> keys;  // in the store; may be erased since
    std::vector<uint32_t> erased;
  };
  using ChangesPtr = std::shared_ptr<const Changes>;
  /// Of the layout: the bytes behind the payload that hold an entry's number.
  static constexpr size_t kExtraBytes = sizeof(uint32_t);

  RocksDbTable(TableLayoutPtr layout, RocksDbFamily* family);
  ~RocksDbTable() override;

  void FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
                    uint8_t* inserted) override;
  void Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
            Access access) override;
  void Erase(std::byte* payload) override;
  void Clear() override;
  size_t size() const override { return size_; }
  /// In the order of key groups and keys.
  void Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) override;
  void Touch(std::byte* payload) override { cache_->Touch(payload); }
  void ReadKeys(std::span<std::byte* const> payloads, const std::vector<ColumnPtr>& columns) const override {
    cache_->ReadKeys(payloads, columns);
  }
  uint64_t HashOf(const std::byte* payload) const override { return cache_->HashOf(payload); }
  size_t memory_bytes() const override { return cache_->memory_bytes(); }

  const TableLayout& layout() const { return *layout_; }
  uint64_t table_id() const { return table_id_; }
  const std::string& prefix() const { return prefix_; }

  /// Writes what changed in memory to the store; false if that failed.
  bool WriteBack();
  /// Writes back and forgets what is in memory.
  void Evict();
  /// Looks at up to `count` entries and drops those that are too old.
  void Sweep(int64_t now_ms, size_t count);
  /// An entry of a restored snapshot, whose key is not there. `number`: as RestoreNumbers has room for; nothing: a new
  /// one.
  Status Restore(std::optional<uint32_t> number, const BlockLayout& layout, const BlockRecord& record);
  /// Numbers below it are, or were, given: each is told of by Restore or RestoreFreeNumber.
  void RestoreNumbers(uint32_t numbers) { numbers_ = numbers; }
  void RestoreFreeNumber(uint32_t number) { free_numbers_.push_back(number); }
  uint32_t numbers() const { return numbers_; }
  void set_table_id(uint64_t id);

  /// Ends the epoch: everything is in the store, and its changes are put to the earlier ones.
  void Freeze(uint32_t epoch);
  /// Those not yet confirmed.
  std::vector<ChangesPtr> Unconfirmed() const;

 private:
  std::string StoreKey(uint64_t hash, std::string_view key) const;
  std::string ValueOf(std::byte* payload) const;
  /// Makes an entry in memory of one in the store.
  std::byte* Load(uint64_t hash, std::string_view key, std::string_view value);
  int64_t TimestampOf(std::string_view value) const { return Value(*layout_, value).timestamp; }
  uint32_t& NumberOf(std::byte* payload) const { return *reinterpret_cast<uint32_t*>(payload + layout_->extra_at); }
  uint32_t NewNumber();
  bool Expired(int64_t timestamp, int64_t now_ms) const { return timestamp + layout_->spec.ttl_ms <= now_ms; }
  /// Looks up in the store what is not in memory: `missing_` rows, into `values_` and `found_`.
  void FindMissing(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                   std::byte* const* payloads);
  void NewId();

  TableLayoutPtr layout_;
  RocksDbFamily* family_;
  TableFamily cache_family_;
  std::unique_ptr<MemoryTable> cache_;
  uint64_t table_id_ = 0;
  std::string prefix_;
  size_t size_ = 0;
  uint32_t numbers_ = 0;
  std::vector<uint32_t> free_numbers_;
  Changes changes_;                  // in this epoch
  std::vector<ChangesPtr> earlier_;  // in earlier ones

  std::unique_ptr<RocksDbStore::Cursor> scan_;
  size_t scanned_ = 0;
  std::string swept_;  // key in the store up to which Sweep has got
  int64_t next_sweep_ms_ = 0;

  std::vector<size_t> missing_;
  std::vector<std::string> store_keys_, values_;
  std::vector<bool> found_;
};

}  // namespace sluice::engine
