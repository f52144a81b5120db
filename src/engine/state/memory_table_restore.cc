// The part of MemoryTable that takes restored entries in.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <thread>

#include "engine/state/memory_table.h"

namespace sluice::engine {

namespace {

constexpr uint32_t kHoleTag = 0xffffffffu;  // of a hole; an entry may have it too
constexpr size_t kAhead = 16;               // entries whose slots are fetched together
constexpr size_t kLinkAlone = 1 << 20;      // entries that one thread puts into the slots
constexpr size_t kMostThreads = 4;

}  // namespace

void MemoryTable::ReserveEntries(size_t count) {
  const size_t slots = std::bit_ceil(std::max<size_t>(64, (live_ + count) * 3 / 2 + 1));
  if (slots > slots_.size()) Rehash(slots);
}

void MemoryTable::BeginRestore(size_t count) {
  INVARIANT(!restoring_, "a table is restored twice at once");
  INVARIANT(entries_ + count <= kMaxEntries, "a table of keyed state has more than 2^31 entries");
  restoring_ = std::make_unique<Restoring>(Restoring{entries_, {}});
  restoring_->tags.resize(count);
  entries_ += count;
  live_ += count;
  while (chunks_.size() * layout_->entries_per_chunk < entries_) AddChunks();
}

void MemoryTable::RestoreHole(uint32_t position) {
  const auto index = static_cast<uint32_t>(restoring_->first + position);
  EntryHead& head = TableLayout::Head(Payload(index));
  head.index = kFreeEntry;
  head.epoch = 0;
  restoring_->tags[position] = kHoleTag;
  free_.push_back(index);
  --live_;
}

Status MemoryTable::RestoreEntries(const BlockLayout& layout, std::span<const BlockRecord> records) {
  const auto first = static_cast<uint32_t>(restoring_->first);
  for (const BlockRecord& record : records) __builtin_prefetch(Payload(first + record.entry) - kEntryHead, 1);
  Status status;
  for (const BlockRecord& record : records) {
    Status restored = RestoreEntry(first + record.entry, layout, record);
    if (!restored.ok() && status.ok()) status = std::move(restored);
  }
  return status;
}

Status MemoryTable::RestoreEntry(uint32_t index, const BlockLayout& layout, const BlockRecord& record) {
  std::byte* payload = Payload(index);
  EntryHead& head = TableLayout::Head(payload);
  head.index = index;
  head.epoch = 0;
  if (!layout_->inline_key) {
    head.key = reinterpret_cast<uint64_t>(arena_.Store(record.hash, record.key));
  } else if (record.null_key) {
    head.key = 0;
    std::atomic_ref(null_entry_).store(index, std::memory_order_relaxed);
  } else {
    const bool is_signed = layout_->spec.key_types[0].physical() != PhysicalType::kBool;
    head.key = LoadInlineKey(record.key.data(), layout_->key_width, is_signed);
  }
  restoring_->tags[index - restoring_->first] =
      static_cast<uint32_t>(layout_->hash_is_of_prefix ? ProbeHash(record.hash, record.key) : record.hash);
  if (layout_->ttl) layout_->Timestamp(payload) = layout.has(kBlockTimestamps) ? record.timestamp : NowMs();
  if (layout_->raw_payload) {
    std::memcpy(payload, record.payload.data(), record.payload.size());
    return {};
  }
  layout_->spec.payload.init(payload);
  return layout_->spec.payload.deserialize(record.payload, payload);
}

void MemoryTable::EndRestore() {
  ReserveEntries(0);
  LinkRestored();
  restoring_.reset();
}

/// Threads have a stretch of the slots each, and look at all tags: entries then need no lock. What runs over the end of
/// a stretch is put in afterwards.
void MemoryTable::LinkRestored() {
  const size_t count = restoring_->tags.size();
  const size_t mask = slots_.size() - 1;
  const size_t wanted =
      count < kLinkAlone ? 1 : std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  const size_t stretch = slots_.size() / std::bit_floor(wanted);
  const auto link = [&](size_t first, std::vector<uint32_t>& beyond) {
    size_t linked = 0;
    uint32_t positions[kAhead * 2];
    const auto put = [&](size_t waiting) {
      for (size_t k = 0; k < waiting; ++k) {
        const uint32_t tag = restoring_->tags[positions[k]];
        const auto index = static_cast<uint32_t>(restoring_->first + positions[k]);
        if (tag == kHoleTag && TableLayout::Head(Payload(index)).index == kFreeEntry) continue;
        size_t s = tag & mask;
        while (s < first + stretch && slots_[s].entry != 0) ++s;
        if (s == first + stretch) {
          beyond.push_back(index);
          continue;
        }
        slots_[s] = {tag, index + 1};
        ++linked;
      }
    };
    size_t waiting = 0;
    for (size_t at = 0; at < count;) {
      for (const size_t end = std::min(count, at + kAhead); at < end; ++at) {
        const size_t slot = restoring_->tags[at] & mask;
        positions[waiting] = static_cast<uint32_t>(at);
        const bool mine = slot - first < stretch;
        if (mine) __builtin_prefetch(&slots_[slot], 1);
        waiting += mine ? 1 : 0;
      }
      if (waiting < kAhead && at < count) continue;
      put(waiting);
      waiting = 0;
    }
    return linked;
  };
  std::vector<std::vector<uint32_t>> beyond(slots_.size() / stretch);
  std::atomic<size_t> linked = 0;
  {
    std::vector<std::jthread> others;
    for (size_t t = 1; t < beyond.size(); ++t) others.emplace_back([&, t] { linked += link(t * stretch, beyond[t]); });
    linked += link(0, beyond[0]);
  }
  used_slots_ += linked;
  for (const std::vector<uint32_t>& list : beyond) {
    for (const uint32_t index : list) Link(restoring_->tags[index - restoring_->first], index);
  }
}

}  // namespace sluice::engine
