// A KeyedTable in memory: open addressing over 8-byte slots, entries in chunks that never move.
//
// Snapshots by epoch. Each entry knows the epoch of its last change, epochs being even; Freeze, at a barrier, ends an
// epoch in time that does not depend on the number of entries. From then on StepSnapshot writes what the snapshot
// covers; an entry that is about to change before its turn is written first (Touch). An entry that has been written
// gets the odd number after the frozen epoch, so it is written once. What changed in which epoch stands in lists of
// entry numbers, which are kept until a snapshot that covers them is confirmed.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/columnar/row_encoding.h"
#include "engine/state/key_arena.h"
#include "engine/state/keyed_state.h"
#include "engine/state/large_pages.h"
#include "engine/state/snapshot_blocks.h"
#include "engine/state/table_layout.h"

namespace sluice::engine {

class MemoryTable;

/// What the tables of a backend share.
struct TableFamily {
  const Clock* clock = nullptr;
  uint32_t epoch = 2;      // what changes now belongs to it
  uint32_t confirmed = 1;  // changes up to this epoch stand in confirmed pieces
  bool tracking = false;   // changes are put into lists; false as long as the next snapshot writes everything anyway
  uint64_t next_table_id = 1;
  /// Tables dropped or cleared whose frozen entries the snapshot under way still has to write.
  std::vector<std::unique_ptr<MemoryTable>> retired;
  /// By FreezeRequest::work: the tables that the snapshot under way has to write; null when one is done.
  std::vector<MemoryTable*> work;
};

struct EntryRange {
  uint32_t first = 0, end = 0;
  bool empty() const { return first >= end; }
  bool contains(uint32_t entry) const { return entry >= first && entry < end; }
};

/// What a snapshot takes of a table.
struct FreezeRequest {
  size_t work = 0;                   // the table's place in TableFamily::work
  uint32_t epoch = 0;                // that ends; TableFamily::epoch is the next already
  bool everything = false;           // all entries, and no older piece is needed: nothing to say about erased ones
  std::array<EntryRange, 2> rolled;  // entries to write although they did not change
};

/// The parts of a table that a cleared table leaves behind as one.
struct TableContent {
  struct Slot {
    uint32_t tag;    // low half of the hash
    uint32_t entry;  // index + 1
  };
  /// Memory of one chunk, or of several once the table is large.
  struct FreeSlab {
    size_t bytes;
    void operator()(std::byte* p) const { FreeLarge(p, bytes); }
  };
  struct Changes {
    uint32_t epoch;
    std::vector<uint32_t> entries;
  };
  /// The part of the snapshot under way.
  struct Frozen {
    FreezeRequest request;
    bool whole = false;  // every entry below `end`; frees too unless request.everything
    uint32_t since = 0;  // entries changed later than this are covered
    uint32_t end = 0;    // entries when frozen
    size_t list = 0;     // progress: in earlier_
    size_t list_at = 0;  // and within the list
    size_t range = 0;    // then in the ranges
    uint32_t range_at = 0;
    std::string values, frees;  // written before their turn, to be flushed by the next step
    BlockWriter value_block, free_block;
  };

  uint64_t table_id_ = 0;
  uint32_t epoch_ = 2;  // TableFamily::epoch, at hand
  std::vector<Slot, LargePageAllocator<Slot>> slots_;
  size_t used_slots_ = 0;  // with tombstones
  size_t entries_ = 0;     // with free ones
  size_t live_ = 0;
  uint32_t null_entry_ = kFreeEntry;  // inline keys: which one has the key NULL
  std::vector<std::byte*> chunks_;
  std::vector<std::unique_ptr<std::byte, FreeSlab>> slabs_;
  std::vector<uint32_t> free_;
  KeyArena arena_;
  std::vector<uint32_t> changed_;  // in this epoch
  std::vector<Changes> earlier_;   // in earlier ones, not yet confirmed
  uint32_t all_changed_ = 0;       // not 0: everything may have changed up to this epoch; lists are not kept for it
  std::unique_ptr<Frozen> frozen_;
  size_t sweep_at_ = 0;
  int64_t next_sweep_ms_ = 0;
  double record_bytes_ = 0;  // average in snapshots so far
};

class MemoryTable final : public KeyedTable, private TableContent {
 public:
  /// `family` outlives the table; null for scratch tables.
  MemoryTable(TableLayoutPtr layout, TableFamily* family);
  ~MemoryTable() override;

  void FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
                    uint8_t* inserted) override;
  void Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
            Access access) override;
  void Erase(std::byte* payload) override;
  void Clear() override;
  size_t size() const override { return live_; }
  void Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) override;
  void Touch(std::byte* payload) override;
  void ReadKeys(std::span<std::byte* const> payloads, const std::vector<ColumnPtr>& columns) const override;
  uint64_t HashOf(const std::byte* payload) const override;
  size_t memory_bytes() const override;

  const TableLayout& layout() const { return *layout_; }
  uint64_t table_id() const { return table_id_; }
  void set_table_id(uint64_t id) { table_id_ = id; }
  size_t entries() const { return entries_; }

  /// TTL: looks at up to `count` entries and drops those that are too old. `now_ms` of the clock.
  void Sweep(int64_t now_ms, size_t count);

  // --- as a cache of another store (memory_table_cache.cc). Keys as bytes: row_encoding, or of an inline key a byte
  // that says 1 (value) or 0 (NULL) and the value.
  void AppendKey(const std::byte* payload, std::string& out) const;
  void AppendKey(const std::vector<ColumnPtr>& keys, size_t row, std::string& out) const;
  /// Null if it is not there. No regard to age.
  std::byte* FindKey(uint64_t hash, std::string_view key);
  /// The key must not be there. The entry does not count as changed until it is touched.
  std::byte* InsertUnchanged(uint64_t hash, std::string_view key);
  /// Visits the entries that were inserted or touched since the last call, as long as `visit` answers true; if it did
  /// for all, they count as unchanged from now on.
  bool TakeChanged(const std::function<bool(std::byte* payload)>& visit);

  // --- snapshots (memory_table_snapshot.cc)
  /// How many entries the lists of changes have by now, with those of this epoch; an upper bound.
  size_t changed_entries() const;
  /// An estimate of what a record takes.
  size_t record_bytes() const;
  /// False: the snapshot needs nothing of this table, which is not frozen.
  bool Freeze(const FreezeRequest& request);
  bool frozen() const { return frozen_ != nullptr; }
  /// Writes blocks until `out` has `limit` bytes or nothing is left: then true, and the table is no longer frozen.
  bool Step(size_t limit, std::string& out);
  void Abandon();

  // --- restore (memory_table_restore.cc): positions at the end, each then filled or left free, and all put into the
  // slots at once
  /// `count` more positions; nothing may be done with the table before EndRestore. One restore at a time.
  void BeginRestore(size_t count);
  /// Makes entries at the positions that the records say, counted from the first new one. With raw payloads and inline
  /// keys several threads may, for different positions. An error is the payload hook's; all entries are there
  /// nevertheless.
  Status RestoreEntries(const BlockLayout& layout, std::span<const BlockRecord> records);
  /// Nothing is at this position.
  void RestoreHole(uint32_t position);
  void EndRestore();

 private:
  struct Key {
    uint64_t hash;   // as HashOf says
    uint64_t probe;  // what the slots go by
    uint64_t word;   // inline keys
    bool null;
    std::string_view bytes;  // encoded keys
  };

  std::byte* Payload(uint32_t index) const {
    return chunks_[index >> chunk_shift_] + (index & chunk_mask_) * stride_ + kEntryHead;
  }
  StoredKey* Stored(const EntryHead& head) const { return reinterpret_cast<StoredKey*>(head.key); }
  template <typename F>
  void Probe(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, F&& f);
  Key KeyOfBytes(uint64_t hash, std::string_view bytes) const;
  Key InlineKeyAt(const Column& column, size_t i, uint64_t hash) const;
  bool SameKey(const EntryHead& head, const Key& key) const;
  uint32_t FindEntry(const Key& key) const;
  uint32_t Insert(const Key& key);
  /// Memory for the next position.
  uint32_t NewEntry();
  void AddChunks();
  void Link(uint32_t tag, uint32_t index);
  void Reserve(size_t more);
  void Rehash(size_t slots);
  uint64_t ProbeHash(const EntryHead& head) const;
  uint64_t ProbeHash(uint64_t hash, std::string_view bytes) const;
  Status RestoreEntry(uint32_t index, const BlockLayout& layout, const BlockRecord& record);
  void ReserveEntries(size_t count);
  void LinkRestored();
  void DestroyAll();
  void Forget(EntryHead& head, std::byte* payload);

  bool Expired(std::byte* payload, int64_t now_ms) const {
    return layout_->Timestamp(payload) + layout_->spec.ttl_ms <= now_ms;
  }
  /// An entry found in a table with TTL: makes it new if it is too old (true), and young.
  bool Renew(uint32_t index, bool fresh, int64_t now_ms);
  int64_t NowMs() const;

  void TouchEntry(EntryHead& head, uint32_t index) {
    if (head.epoch != epoch_) [[unlikely]]
      TouchSlowly(head, index);
  }
  void TouchSlowly(EntryHead& head, uint32_t index);
  bool Covers(const Frozen& frozen, const EntryHead& head, uint32_t index) const;
  /// Writes entry `index` as it is now.
  void WriteEntry(uint32_t index, BlockWriter& block, std::string& out);
  void WriteFree(uint32_t index, BlockWriter& block, std::string& out);
  bool StepLists(size_t limit, std::string& out);
  bool StepRanges(size_t limit, std::string& out);
  void WriteRange(EntryRange range, size_t limit, std::string& out);
  void FlushEarly(std::string& out);

  TableLayoutPtr layout_;
  TableFamily* family_;
  // of the layout, at hand
  size_t stride_;
  uint32_t chunk_shift_, chunk_mask_;
  bool inline_key_, ttl_;
  /// Restoring: the first new position, and what the slots go by of each; kHoleTag may say that there is none.
  struct Restoring {
    size_t first;
    std::vector<uint32_t, LargePageAllocator<uint32_t>> tags;
  };
  std::unique_ptr<Restoring> restoring_;
  EncodedRows encoded_;  // the keys that are looked for
  std::string record_;
};

}  // namespace sluice::engine
