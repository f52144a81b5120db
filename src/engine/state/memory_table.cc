#include "engine/state/memory_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "engine/columnar/row_encoding.h"

namespace sluice::engine {

namespace {

constexpr uint32_t kEmptySlot = 0;
constexpr uint32_t kTombstone = 0xffffffffu;
constexpr size_t kGroup = 16;  // rows whose memory is fetched ahead together
constexpr size_t kFirstSlots = 64;

}  // namespace

MemoryTable::MemoryTable(TableLayoutPtr layout, TableFamily* family)
    : layout_(std::move(layout)),
      family_(family),
      stride_(layout_->stride),
      chunk_shift_(layout_->chunk_shift),
      chunk_mask_(static_cast<uint32_t>(layout_->entries_per_chunk - 1)),
      inline_key_(layout_->inline_key),
      ttl_(layout_->ttl) {
  if (family_ == nullptr) return;
  table_id_ = family_->next_table_id++;
  epoch_ = family_->epoch;
}

MemoryTable::~MemoryTable() { DestroyAll(); }

void MemoryTable::FindOrInsert(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                               std::byte** payloads, uint8_t* inserted) {
  Reserve(rows.count);
  const int64_t now_ms = ttl_ ? NowMs() : 0;
  Probe(
      keys, rows, hashes, [&](size_t i, const Key& key) __attribute__((always_inline)) {
        uint32_t index = FindEntry(key);
        bool fresh = index == kFreeEntry;
        if (fresh) {
          index = Insert(key);
          payloads[i] = Payload(index);
        } else {
          payloads[i] = Payload(index);
          TouchEntry(TableLayout::Head(payloads[i]), index);
        }
        if (ttl_) fresh = Renew(index, fresh, now_ms);
        if (inserted != nullptr) inserted[i] = fresh ? 1 : 0;
      });
}

void MemoryTable::Find(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes,
                       std::byte** payloads, Access access) {
  if (live_ == 0) {
    rows.ForEach([&](size_t i) { payloads[i] = nullptr; });
    return;
  }
  const int64_t now_ms = ttl_ ? NowMs() : 0;
  Probe(
      keys, rows, hashes, [&](size_t i, const Key& key) __attribute__((always_inline)) {
        const uint32_t index = FindEntry(key);
        payloads[i] = index == kFreeEntry ? nullptr : Payload(index);
        if (payloads[i] == nullptr) return;
        if (ttl_ && Expired(payloads[i], now_ms)) {
          payloads[i] = nullptr;
        } else if (access == Access::kWrite) {
          TouchEntry(TableLayout::Head(payloads[i]), index);
          if (ttl_) layout_->Timestamp(payloads[i]) = now_ms;
        }
      });
}

void MemoryTable::Erase(std::byte* payload) {
  EntryHead& head = TableLayout::Head(payload);
  const uint32_t index = head.index;
  TouchEntry(head, index);
  const size_t mask = slots_.size() - 1;
  for (size_t s = ProbeHash(head) & mask;; s = (s + 1) & mask) {
    if (slots_[s].entry != index + 1) continue;
    slots_[s].entry = slots_[(s + 1) & mask].entry == kEmptySlot ? kEmptySlot : kTombstone;
    if (slots_[s].entry == kEmptySlot) --used_slots_;
    break;
  }
  Forget(head, payload);
  free_.push_back(index);
  head.index = kFreeEntry;
  --live_;
  if (live_ == 0) Clear();
}

/// Frees what an entry owns.
void MemoryTable::Forget(EntryHead& head, std::byte* payload) {
  if (layout_->spec.payload.destroy) layout_->spec.payload.destroy(payload);
  if (!inline_key_) {
    arena_.Release(Stored(head));
  } else if (head.index == null_entry_) {
    null_entry_ = kFreeEntry;
  }
}

void MemoryTable::Clear() {
  if (frozen_ != nullptr) {
    auto left = std::make_unique<MemoryTable>(layout_, nullptr);
    std::swap(static_cast<TableContent&>(*left), static_cast<TableContent&>(*this));
    family_->work[left->frozen_->request.work] = left.get();
    family_->retired.push_back(std::move(left));
  } else {
    DestroyAll();
    static_cast<TableContent&>(*this) = TableContent();
  }
  if (family_ == nullptr) return;
  table_id_ = family_->next_table_id++;
  epoch_ = family_->epoch;
}

void MemoryTable::DestroyAll() {
  if (!layout_->spec.payload.destroy) return;
  for (size_t i = 0; i < entries_; ++i) {
    std::byte* payload = Payload(static_cast<uint32_t>(i));
    if (TableLayout::Head(payload).index != kFreeEntry) layout_->spec.payload.destroy(payload);
  }
}

void MemoryTable::Scan(size_t& cursor, size_t limit, std::vector<std::byte*>& payloads) {
  payloads.clear();
  const int64_t now_ms = ttl_ ? NowMs() : 0;
  for (; cursor < entries_ && payloads.size() < limit; ++cursor) {
    std::byte* payload = Payload(static_cast<uint32_t>(cursor));
    if (TableLayout::Head(payload).index == kFreeEntry) continue;
    if (!ttl_ || !Expired(payload, now_ms)) payloads.push_back(payload);
  }
}

void MemoryTable::Touch(std::byte* payload) {
  EntryHead& head = TableLayout::Head(payload);
  TouchEntry(head, head.index);
  if (ttl_) layout_->Timestamp(payload) = NowMs();
}

void MemoryTable::ReadKeys(std::span<std::byte* const> payloads, const std::vector<ColumnPtr>& columns) const {
  for (std::byte* payload : payloads) {
    const EntryHead& head = TableLayout::Head(payload);
    if (!inline_key_) {
      const bool whole = DecodeRow(Stored(head)->bytes(), columns);
      INVARIANT(whole, "a key in keyed state is malformed");
    } else if (head.index == null_entry_) {
      columns[0]->AppendNull();
    } else {
      const size_t at = columns[0]->size();
      columns[0]->Resize(at + 1);
      std::memcpy(columns[0]->data<std::byte>() + at * layout_->key_width, &head.key, layout_->key_width);
    }
  }
}

uint64_t MemoryTable::HashOf(const std::byte* payload) const {
  const EntryHead& head = TableLayout::Head(payload);
  return inline_key_ ? InlineHash(head.key, head.index == null_entry_) : Stored(head)->hash;
}

size_t MemoryTable::memory_bytes() const {
  size_t changes = changed_.capacity();
  for (const Changes& list : earlier_) changes += list.entries.capacity();
  return slots_.capacity() * sizeof(Slot) + chunks_.size() * layout_->entries_per_chunk * stride_ +
         arena_.memory_bytes() + (changes + free_.capacity()) * sizeof(uint32_t);
}

// --- finding

/// Calls f(position, key) for each row, with the slots of the next rows on their way to the cache.
template <typename F>
void MemoryTable::Probe(const std::vector<ColumnPtr>& keys, const Rows& rows, const uint64_t* hashes, F&& f) {
  if (!inline_key_) EncodeRows(keys, rows, encoded_);
  if (layout_->hash_is_of_prefix) {
    for (size_t k = 0; k < rows.count; ++k) {
      f(rows[k], Key{hashes[k], ProbeHash(hashes[k], encoded_[k]), 0, false, encoded_[k]});
    }
    return;
  }
  const size_t mask = slots_.size() - 1;
  for (size_t start = 0; start < rows.count; start += kGroup) {
    const size_t end = std::min(rows.count, start + kGroup);
    for (size_t k = start; k < end; ++k) __builtin_prefetch(&slots_[hashes[k] & mask]);
    for (size_t k = start; k < end; ++k) {
      const Slot slot = slots_[hashes[k] & mask];
      if (slot.entry != kEmptySlot && slot.entry != kTombstone)
        __builtin_prefetch(Payload(slot.entry - 1) - kEntryHead);
    }
    if (inline_key_) {
      for (size_t k = start; k < end; ++k) f(rows[k], InlineKeyAt(*keys[0], rows[k], hashes[k]));
    } else {
      for (size_t k = start; k < end; ++k) {
        f(rows[k], Key{hashes[k], hashes[k], 0, false, encoded_[k]});
      }
    }
  }
}

inline MemoryTable::Key MemoryTable::InlineKeyAt(const Column& column, size_t i, uint64_t hash) const {
  Key key{hash, hash, 0, column.IsNull(i), {}};
  if (key.null) return key;
  switch (column.physical()) {
    case PhysicalType::kInt64: key.word = static_cast<uint64_t>(column.at<int64_t>(i)); break;
    case PhysicalType::kInt32: key.word = static_cast<uint64_t>(column.at<int32_t>(i)); break;
    case PhysicalType::kInt16: key.word = static_cast<uint64_t>(column.at<int16_t>(i)); break;
    case PhysicalType::kInt8: key.word = static_cast<uint64_t>(column.at<int8_t>(i)); break;
    default: key.word = column.at<uint8_t>(i);
  }
  return key;
}

inline bool MemoryTable::SameKey(const EntryHead& head, const Key& key) const {
  if (inline_key_) return head.key == key.word && (head.index == null_entry_) == key.null;
  const StoredKey& stored = *Stored(head);
  return stored.size == key.bytes.size() && std::memcmp(stored.data(), key.bytes.data(), key.bytes.size()) == 0;
}

inline uint32_t MemoryTable::FindEntry(const Key& key) const {
  const size_t mask = slots_.size() - 1;
  const auto tag = static_cast<uint32_t>(key.probe);
  for (size_t s = key.probe & mask; slots_[s].entry != kEmptySlot; s = (s + 1) & mask) {
    if (slots_[s].entry == kTombstone || slots_[s].tag != tag) continue;
    const uint32_t index = slots_[s].entry - 1;
    if (SameKey(TableLayout::Head(Payload(index)), key)) return index;
  }
  return kFreeEntry;
}

std::byte* MemoryTable::FindKey(uint64_t hash, std::string_view key) {
  if (live_ == 0) return nullptr;
  const uint32_t index = FindEntry(KeyOfBytes(hash, key));
  return index == kFreeEntry ? nullptr : Payload(index);
}

uint64_t MemoryTable::ProbeHash(const EntryHead& head) const {
  if (inline_key_) return InlineHash(head.key, head.index == null_entry_);
  const StoredKey& stored = *Stored(head);
  return layout_->hash_is_of_prefix ? ProbeHash(stored.hash, stored.bytes()) : stored.hash;
}

uint64_t MemoryTable::ProbeHash(uint64_t hash, std::string_view bytes) const {
  return layout_->hash_is_of_prefix ? XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash) : hash;
}

// --- growing

uint32_t MemoryTable::NewEntry() {
  INVARIANT(entries_ < kMaxEntries, "a table of keyed state has more than 2^31 entries");
  const auto index = static_cast<uint32_t>(entries_++);
  if ((index >> chunk_shift_) == chunks_.size()) AddChunks();
  return index;
}

/// One chunk, or a large page of them once there are as many.
void MemoryTable::AddChunks() {
  const size_t chunk = layout_->entries_per_chunk * stride_;
  const size_t count = chunks_.size() * chunk < kLargePage ? 1 : std::max<size_t>(1, kLargePage / chunk);
  const size_t bytes = count == 1 ? chunk : std::max(kLargePage, count * chunk);
  slabs_.emplace_back(static_cast<std::byte*>(AllocateLarge(bytes)), FreeSlab{bytes});
  for (size_t k = 0; k < count; ++k) chunks_.push_back(slabs_.back().get() + k * chunk);
}

uint32_t MemoryTable::Insert(const Key& key) {
  uint32_t index;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
    TouchEntry(TableLayout::Head(Payload(index)), index);
  } else {
    index = NewEntry();
    TableLayout::Head(Payload(index)).epoch = epoch_;
    if (family_ != nullptr && family_->tracking) changed_.push_back(index);
  }
  std::byte* payload = Payload(index);
  EntryHead& head = TableLayout::Head(payload);
  head.index = index;
  if (inline_key_) {
    head.key = key.word;
    if (key.null) null_entry_ = index;
  } else {
    head.key = reinterpret_cast<uint64_t>(arena_.Store(key.hash, key.bytes));
  }
  layout_->spec.payload.init(payload);
  Link(static_cast<uint32_t>(key.probe), index);
  ++live_;
  return index;
}

void MemoryTable::Link(uint32_t tag, uint32_t index) {
  const size_t mask = slots_.size() - 1;
  size_t s = tag & mask;
  while (slots_[s].entry != kEmptySlot) s = (s + 1) & mask;
  slots_[s] = {tag, index + 1};
  ++used_slots_;
}

/// Room for `more` inserts without growing in between; drops tombstones when it rebuilds.
void MemoryTable::Reserve(size_t more) {
  if ((used_slots_ + more) * 3 <= slots_.size() * 2 && !slots_.empty()) return;
  Rehash(std::bit_ceil(std::max(kFirstSlots, (live_ + more) * 2)));
}

/// The low half of the hash is in the slots: entries are not looked at.
void MemoryTable::Rehash(size_t wanted) {
  const auto old = std::exchange(slots_, decltype(slots_)(wanted, Slot{0, kEmptySlot}));
  used_slots_ = 0;
  const size_t mask = wanted - 1;
  for (size_t i = 0; i < old.size(); ++i) {
    if (i + kGroup < old.size()) __builtin_prefetch(&slots_[old[i + kGroup].tag & mask], 1);
    if (old[i].entry != kEmptySlot && old[i].entry != kTombstone) Link(old[i].tag, old[i].entry - 1);
  }
}

// --- TTL

int64_t MemoryTable::NowMs() const { return family_ == nullptr ? 0 : family_->clock->NowMs(); }

bool MemoryTable::Renew(uint32_t index, bool fresh, int64_t now_ms) {
  std::byte* payload = Payload(index);
  if (!fresh && Expired(payload, now_ms)) {
    if (layout_->spec.payload.destroy) layout_->spec.payload.destroy(payload);
    layout_->spec.payload.init(payload);
    fresh = true;
  }
  layout_->Timestamp(payload) = now_ms;
  return fresh;
}

void MemoryTable::Sweep(int64_t now_ms, size_t count) {
  if (now_ms < next_sweep_ms_ || live_ == 0) return;
  const TableSpec& spec = layout_->spec;
  for (size_t looked = 0; looked < count; ++looked) {
    if (sweep_at_ >= entries_) {  // a round in a tenth of the time to live is often enough
      sweep_at_ = 0;
      next_sweep_ms_ = now_ms + spec.ttl_ms / 10 + 1;
      return;
    }
    std::byte* payload = Payload(static_cast<uint32_t>(sweep_at_++));
    if (TableLayout::Head(payload).index == kFreeEntry) continue;
    const bool old = ttl_ && Expired(payload, now_ms);
    // What `expire` drops is as if it were not there: no change that a snapshot needs to know of.
    if (old || (spec.expire && spec.expire(payload, now_ms))) Erase(payload);
    if (live_ == 0) return;
  }
}

std::unique_ptr<KeyedTable> MakeMemoryTable(TableSpec spec) {
  spec.ttl_ms = 0;
  return std::make_unique<MemoryTable>(std::make_shared<const TableLayout>(std::move(spec)), nullptr);
}

}  // namespace sluice::engine
