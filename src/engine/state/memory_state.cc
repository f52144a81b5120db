// The memory backend.
#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "engine/columnar/row_encoding.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

namespace {

/// Before each payload. `key`: the value itself for a single key of at most 8 bytes, else a pointer to encoded bytes.
struct EntryHead {
  uint64_t hash;
  uint64_t key;
  uint32_t key_size;  // of encoded bytes; inline keys: 0 = NULL, 1 = value
  uint32_t index;     // own position; kFree marks an erased entry
};
constexpr uint32_t kFree = 0xffffffffu;
constexpr size_t kHead = 32;  // keeps payloads aligned to 16
static_assert(sizeof(EntryHead) <= kHead);

constexpr uint32_t kEmptySlot = 0;
constexpr uint32_t kTombstone = 0xffffffffu;
struct Slot {
  uint32_t tag;
  uint32_t entry;  // index + 1
};

constexpr size_t kChunkBytes = 64 << 10;
constexpr size_t kArenaBlock = 16 << 10;
constexpr size_t kGroup = 16;  // rows whose memory is fetched ahead together

bool InlineKey(const std::vector<DataType>& types) {
  if (types.size() != 1) return false;
  switch (types[0].physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64: return true;
    default: return false;
  }
}

class MemoryTable final : public KeyedTable {
 public:
  explicit MemoryTable(TableSpec spec) : spec_(std::move(spec)), inline_key_(InlineKey(spec_.key_types)) {
    stride_ = kHead + (spec_.payload.size + 15) / 16 * 16;
    entries_per_chunk_ = std::clamp<size_t>(std::bit_floor(kChunkBytes / stride_), 16, 1024);
    chunk_shift_ = static_cast<uint32_t>(std::countr_zero(entries_per_chunk_));
    width_ = inline_key_ ? PhysicalWidth(spec_.key_types[0].physical()) : 0;
  }
  ~MemoryTable() override { DestroyAll(); }

  void FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
                    uint8_t* inserted) override {
    Reserve(rows.count);
    Probe(keys, rows, hashes, [&](size_t i, uint64_t hash, uint64_t key, std::string_view bytes) {
      const uint32_t found = FindEntry(hash, key, bytes);
      if (inserted != nullptr) inserted[i] = found == kFree ? 1 : 0;
      payloads[i] = Payload(found == kFree ? Insert(hash, key, bytes) : found);
    });
  }

  void Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, std::byte** payloads,
            Access) override {
    if (slots_.empty()) {
      rows.ForEach([&](size_t i) { payloads[i] = nullptr; });
      return;
    }
    Probe(keys, rows, hashes, [&](size_t i, uint64_t hash, uint64_t key, std::string_view bytes) {
      const uint32_t found = FindEntry(hash, key, bytes);
      payloads[i] = found == kFree ? nullptr : Payload(found);
    });
  }

  void Erase(std::byte* payload) override {
    EntryHead& head = Head(payload);
    const size_t mask = slots_.size() - 1;
    for (size_t s = head.hash & mask;; s = (s + 1) & mask) {
      if (slots_[s].entry != head.index + 1) continue;
      slots_[s].entry = kTombstone;
      break;
    }
    if (spec_.payload.destroy) spec_.payload.destroy(payload);
    free_.push_back(head.index);
    head.index = kFree;
    --live_;
    if (live_ == 0) Clear();
  }

  void Clear() override {
    DestroyAll();
    slots_.clear();
    chunks_.clear();
    arena_.clear();
    free_.clear();
    arena_used_ = arena_size_ = arena_bytes_ = 0;
    live_ = entries_ = used_slots_ = 0;
  }

  size_t size() const override { return live_; }

  void Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) override {
    payloads.clear();
    for (; cursor < entries_ && payloads.size() < limit; ++cursor) {
      std::byte* payload = Payload(static_cast<uint32_t>(cursor));
      if (Head(payload).index != kFree) payloads.push_back(payload);
    }
  }

  void ReadKeys(std::span<std::byte* const> payloads, const std::vector<ColumnPtr>& columns) const override {
    for (size_t k = 0; k < payloads.size(); ++k) {
      const EntryHead& head = Head(payloads[k]);
      if (!inline_key_) {
        const bool whole = DecodeRow({reinterpret_cast<const char*>(head.key), head.key_size}, columns);
        INVARIANT(whole, "a key in keyed state is malformed");
      } else if (head.key_size == 0) {
        columns[0]->AppendNull();
      } else {
        const size_t at = columns[0]->size();
        columns[0]->Resize(at + 1);
        std::memcpy(columns[0]->data<std::byte>() + at * width_, &head.key, width_);
      }
    }
  }

  void Touch(std::byte*) override {}

  uint64_t HashOf(const std::byte* payload) const override { return Head(payload).hash; }

  size_t memory_bytes() const override {
    return slots_.capacity() * sizeof(Slot) + chunks_.size() * entries_per_chunk_ * stride_ + arena_bytes_;
  }

 private:
  static EntryHead& Head(std::byte* payload) { return *reinterpret_cast<EntryHead*>(payload - kHead); }
  static const EntryHead& Head(const std::byte* payload) {
    return *reinterpret_cast<const EntryHead*>(payload - kHead);
  }
  std::byte* Payload(uint32_t index) const {
    return chunks_[index >> chunk_shift_].get() + (index & (entries_per_chunk_ - 1)) * stride_ + kHead;
  }

  /// Calls f(position, hash, inline key, encoded key) for each row with the slots of the next rows on their way to the
  /// cache.
  template <typename F>
  void Probe(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, F&& f) {
    const size_t mask = slots_.size() - 1;
    for (size_t start = 0; start < rows.count; start += kGroup) {
      const size_t end = std::min(rows.count, start + kGroup);
      for (size_t k = start; k < end; ++k) __builtin_prefetch(&slots_[hashes[k] & mask]);
      for (size_t k = start; k < end; ++k) {
        const Slot slot = slots_[hashes[k] & mask];
        if (slot.entry != kEmptySlot && slot.entry != kTombstone) __builtin_prefetch(Payload(slot.entry - 1) - kHead);
      }
      if (inline_key_) {
        for (size_t k = start; k < end; ++k) f(rows[k], hashes[k], InlineKeyAt(*keys[0], rows[k]), {});
      } else {
        for (size_t k = start; k < end; ++k) {
          scratch_.clear();
          EncodeRow(keys, rows[k], scratch_);
          f(rows[k], hashes[k], 1, scratch_);
        }
      }
    }
  }

  /// NULL is told from a value by inline_null_.
  uint64_t InlineKeyAt(const Column& column, size_t i) {
    inline_null_ = column.IsNull(i);
    uint64_t key = 0;
    if (inline_null_) return key;
    const size_t at = column.index(i);
    switch (width_) {
      case 8: return column.data<uint64_t>()[at];
      case 4: return column.data<uint32_t>()[at];
      case 2: return column.data<uint16_t>()[at];
      default: return column.data<uint8_t>()[at];
    }
  }

  bool SameKey(const EntryHead& head, uint64_t key, std::string_view bytes) const {
    if (inline_key_) return head.key == key && (head.key_size == 0) == inline_null_;
    return head.key_size == bytes.size() &&
           std::memcmp(reinterpret_cast<const char*>(head.key), bytes.data(), bytes.size()) == 0;
  }

  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  uint32_t FindEntry(uint64_t hash, uint64_t key, std::string_view bytes) const {
    const size_t mask = slots_.size() - 1;
    for (size_t s = hash & mask; slots_[s].entry != kEmptySlot; s = (s + 1) & mask) {
      if (slots_[s].entry == kTombstone || slots_[s].tag != TagOf(hash)) continue;
      const uint32_t index = slots_[s].entry - 1;
      if (SameKey(Head(Payload(index)), key, bytes)) return index;
    }
    return kFree;
  }

  uint32_t Insert(uint64_t hash, uint64_t key, std::string_view bytes) {
    uint32_t index;
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else {
      index = static_cast<uint32_t>(entries_++);
      if ((index >> chunk_shift_) == chunks_.size()) {
        chunks_.emplace_back(
            static_cast<std::byte*>(::operator new(entries_per_chunk_* stride_, std::align_val_t(16))));
      }
    }
    std::byte* payload = Payload(index);
    EntryHead& head = Head(payload);
    head.hash = hash;
    head.index = index;
    if (inline_key_) {
      head.key = key;
      head.key_size = inline_null_ ? 0 : 1;
    } else {
      head.key = reinterpret_cast<uint64_t>(Store(bytes));
      head.key_size = static_cast<uint32_t>(bytes.size());
    }
    spec_.payload.init(payload);
    Link(hash, index);
    ++live_;
    return index;
  }

  void Link(uint64_t hash, uint32_t index) {
    const size_t mask = slots_.size() - 1;
    size_t s = hash & mask;
    while (slots_[s].entry != kEmptySlot) s = (s + 1) & mask;
    slots_[s] = {TagOf(hash), index + 1};
    ++used_slots_;
  }

  const char* Store(std::string_view bytes) {
    if (arena_.empty() || arena_used_ + bytes.size() > arena_size_) {
      arena_size_ = std::max(bytes.size(), kArenaBlock);
      arena_.push_back(std::make_unique<char[]>(arena_size_));
      arena_bytes_ += arena_size_;
      arena_used_ = 0;
    }
    char* p = arena_.back().get() + arena_used_;
    if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
    arena_used_ += bytes.size();
    return p;
  }

  /// Room for `more` inserts without growing in between; drops tombstones when it rebuilds.
  void Reserve(size_t more) {
    if ((used_slots_ + more) * 3 <= slots_.size() * 2 && !slots_.empty()) return;
    const size_t wanted = std::bit_ceil(std::max<size_t>(64, (live_ + more) * 2));
    slots_.assign(wanted, Slot{0, kEmptySlot});
    used_slots_ = 0;
    for (size_t i = 0; i < entries_; ++i) {
      const EntryHead& head = Head(Payload(static_cast<uint32_t>(i)));
      if (head.index != kFree) Link(head.hash, head.index);
    }
  }

  void DestroyAll() {
    if (!spec_.payload.destroy) return;
    for (size_t i = 0; i < entries_; ++i) {
      std::byte* payload = Payload(static_cast<uint32_t>(i));
      if (Head(payload).index != kFree) spec_.payload.destroy(payload);
    }
  }

  struct FreeChunk {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t(16)); }
  };

  TableSpec spec_;
  bool inline_key_;
  bool inline_null_ = false;
  size_t width_ = 0;
  size_t stride_ = 0;
  size_t entries_per_chunk_ = 0;
  uint32_t chunk_shift_ = 0;
  std::vector<Slot> slots_;
  size_t used_slots_ = 0;  // with tombstones
  size_t entries_ = 0;     // with free ones
  size_t live_ = 0;
  std::vector<std::unique_ptr<std::byte, FreeChunk>> chunks_;
  std::vector<uint32_t> free_;
  std::vector<std::unique_ptr<char[]>> arena_;
  size_t arena_used_ = 0, arena_size_ = 0, arena_bytes_ = 0;
  std::string scratch_;
};

class MemoryNamespaces final : public NamespacedTable {
 public:
  explicit MemoryNamespaces(TableSpec spec) : spec_(std::move(spec)) {}
  KeyedTable& Open(int64_t name_space) override {
    auto& table = tables_[name_space];
    if (!table) table = std::make_unique<MemoryTable>(spec_);
    return *table;
  }
  KeyedTable* Find(int64_t name_space) override {
    auto at = tables_.find(name_space);
    return at == tables_.end() ? nullptr : at->second.get();
  }
  void Drop(int64_t name_space) override { tables_.erase(name_space); }
  const std::map<int64_t, std::unique_ptr<KeyedTable>>& tables() const override { return tables_; }

 private:
  TableSpec spec_;
  std::map<int64_t, std::unique_ptr<KeyedTable>> tables_;
};

class MemoryValues final : public OperatorValues {
 public:
  void Put(const std::string& name, std::string bytes) override { values_[name] = std::move(bytes); }
  const std::string* Get(const std::string& name) const override {
    auto at = values_.find(name);
    return at == values_.end() ? nullptr : &at->second;
  }
  std::vector<std::string> Restored(const std::string&) const override { return {}; }

 private:
  std::map<std::string, std::string> values_;
};

class MemoryBackend final : public KeyedStateBackend {
 public:
  explicit MemoryBackend(KeyGroupRange key_groups) : key_groups_(key_groups) {}
  KeyedTable* OpenTable(TableSpec spec) override {
    auto& table = tables_[spec.name];
    INVARIANT(!table, "keyed table opened twice: " + spec.name);
    table = std::make_unique<MemoryTable>(std::move(spec));
    return table.get();
  }
  NamespacedTable* OpenNamespacedTable(TableSpec spec) override {
    auto& table = namespaces_[spec.name];
    INVARIANT(!table, "keyed table opened twice: " + spec.name);
    table = std::make_unique<MemoryNamespaces>(std::move(spec));
    return table.get();
  }
  OperatorValues* OpenValues() override { return &values_; }
  KeyGroupRange key_groups() const override { return key_groups_; }
  size_t memory_bytes() const override {
    size_t bytes = 0;
    for (const auto& [name, table] : tables_) bytes += table->memory_bytes();
    for (const auto& [name, spaces] : namespaces_) {
      for (const auto& [n, table] : spaces->tables()) bytes += table->memory_bytes();
    }
    return bytes;
  }
  Status CheckRestored(bool) override { return {}; }
  void BeginSnapshot(const SnapshotRequest&) override {}
  Result<bool> StepSnapshot(size_t, std::string&) override {
    return Error(ErrorCode::kNotSupported, "not supported yet: snapshots of the memory backend");
  }
  StateSnapshot TakeSnapshot() override { return {}; }
  void AbandonSnapshot() override {}
  void ConfirmSnapshot(int64_t, const StatePiece&) override {}
  void Maintain() override {}

 private:
  KeyGroupRange key_groups_;
  std::map<std::string, std::unique_ptr<MemoryTable>> tables_;
  std::map<std::string, std::unique_ptr<MemoryNamespaces>> namespaces_;
  MemoryValues values_;
};

}  // namespace

std::unique_ptr<KeyedStateBackend> MakeMemoryStateBackend(const StateBackendRequest& request) {
  return std::make_unique<MemoryBackend>(request.key_groups);
}

std::unique_ptr<KeyedTable> MakeMemoryTable(TableSpec spec) { return std::make_unique<MemoryTable>(std::move(spec)); }

}  // namespace sluice::engine
