// The part of MemoryTable that takes restored entries in.
#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/state/memory_table.h"

namespace sluice::engine {

void MemoryTable::ReserveEntries(size_t count) {
  const size_t slots = std::bit_ceil(std::max<size_t>(64, (live_ + count) * 3 / 2 + 1));
  if (slots > slots_.size()) Rehash(slots);
  chunks_.reserve((entries_ + count) / layout_->entries_per_chunk + 1);
}

void MemoryTable::RestoreHoles(size_t entries) {
  while (entries_ < entries) {
    const uint32_t hole = NewEntry();
    EntryHead& head = TableLayout::Head(Payload(hole));
    head.index = kFreeEntry;
    head.epoch = 0;
    free_.push_back(hole);
  }
}

Status MemoryTable::RestoreEntry(uint32_t index, const BlockLayout& layout, const BlockRecord& record) {
  RestoreHoles(index);
  NewEntry();
  std::byte* payload = Payload(index);
  EntryHead& head = TableLayout::Head(payload);
  head.index = index;
  head.epoch = 0;
  if (!layout_->inline_key) {
    head.key = reinterpret_cast<uint64_t>(arena_.Store(record.hash, record.key));
  } else if (record.null_key) {
    head.key = 0;
    null_entry_ = index;
  } else {
    const bool is_signed = layout_->spec.key_types[0].physical() != PhysicalType::kBool;
    head.key = LoadInlineKey(record.key.data(), layout_->key_width, is_signed);
  }
  ++live_;
  if (layout_->ttl) layout_->Timestamp(payload) = layout.has(kBlockTimestamps) ? record.timestamp : NowMs();
  if (layout_->raw_payload) {
    std::memcpy(payload, record.payload.data(), record.payload.size());
    return {};
  }
  layout_->spec.payload.init(payload);
  return layout_->spec.payload.deserialize(record.payload, payload);
}

void MemoryTable::LinkRestored(size_t first) {
  constexpr size_t kAhead = 16;
  ReserveEntries(0);
  const size_t mask = slots_.size() - 1;
  uint32_t tags[kAhead], indexes[kAhead];
  for (size_t i = first; i < entries_;) {
    size_t count = 0;
    for (; i < entries_ && count < kAhead; ++i) {
      const EntryHead& head = TableLayout::Head(Payload(static_cast<uint32_t>(i)));
      if (head.index == kFreeEntry) continue;
      tags[count] = static_cast<uint32_t>(ProbeHash(head));
      indexes[count] = static_cast<uint32_t>(i);
      __builtin_prefetch(&slots_[tags[count++] & mask], 1);
    }
    for (size_t k = 0; k < count; ++k) {
      size_t s = tags[k] & mask;
      while (slots_[s].entry != 0) s = (s + 1) & mask;
      slots_[s] = {tags[k], indexes[k] + 1};
      ++used_slots_;
    }
  }
}

}  // namespace sluice::engine
