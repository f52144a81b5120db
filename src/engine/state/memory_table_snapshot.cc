// The part of MemoryTable that writes snapshots.
#include <algorithm>
#include <cstring>

#include "engine/state/memory_table.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

namespace {

constexpr size_t kFetchAhead = 8;
const BlockLayout kFreesLayout{.flags = kBlockFrees};

}  // namespace

size_t MemoryTable::changed_entries() const {
  if (all_changed_ > family_->confirmed) return entries_;
  size_t count = changed_.size();
  for (const Changes& list : earlier_) {
    if (list.epoch > family_->confirmed) count += list.entries.size();
  }
  return std::min(count, entries_);
}

size_t MemoryTable::record_bytes() const {
  if (layout_->block.has(kBlockFixed)) return layout_->block.record_width();
  return record_bytes_ > 0 ? static_cast<size_t>(record_bytes_) : stride_ + layout_->spec.key_types.size() * 8;
}

bool MemoryTable::Freeze(const FreezeRequest& request) {
  std::erase_if(earlier_, [&](const Changes& list) { return list.epoch <= family_->confirmed; });
  if (all_changed_ <= family_->confirmed) all_changed_ = 0;
  if (!changed_.empty()) earlier_.push_back({request.epoch, std::exchange(changed_, {})});
  size_t listed = 0;
  for (const Changes& list : earlier_) listed += list.entries.size();
  if (listed > entries_ / 2 || all_changed_ > 0) {  // in order of position is faster then
    if (listed > 0) all_changed_ = request.epoch;
    earlier_.clear();
  }
  epoch_ = family_->epoch;
  const bool rolls = !request.rolled[0].empty() || !request.rolled[1].empty();
  if (entries_ == 0 || !(request.everything || all_changed_ > 0 || listed > 0 || rolls)) return false;
  frozen_ = std::make_unique<Frozen>();
  frozen_->request = request;
  frozen_->since = family_->confirmed;
  frozen_->whole = request.everything || all_changed_ > 0;
  frozen_->end = static_cast<uint32_t>(entries_);
  if (frozen_->whole) frozen_->request.rolled = {EntryRange{0, frozen_->end}, EntryRange{}};
  frozen_->range_at = frozen_->request.rolled[0].first;
  return true;
}

void MemoryTable::Abandon() { frozen_.reset(); }

bool MemoryTable::Covers(const Frozen& frozen, const EntryHead& head, uint32_t index) const {
  if (index >= frozen.end || head.epoch > frozen.request.epoch) return false;  // new, or written already
  return frozen.whole || head.epoch > frozen.since || frozen.request.rolled[0].contains(index) ||
         frozen.request.rolled[1].contains(index);
}

/// The first change of an entry in this epoch.
void MemoryTable::TouchSlowly(EntryHead& head, uint32_t index) {
  if (frozen_ != nullptr && Covers(*frozen_, head, index)) {
    std::byte* payload = Payload(index);
    if (TableLayout::Head(payload).index != kFreeEntry) {
      WriteEntry(index, frozen_->value_block, frozen_->values);
    } else if (!frozen_->request.everything) {
      WriteFree(index, frozen_->free_block, frozen_->frees);
    }
  }
  head.epoch = epoch_;
  if (family_ != nullptr && family_->tracking) changed_.push_back(index);
}

void MemoryTable::WriteFree(uint32_t index, BlockWriter& block, std::string& out) {
  if (!block.open()) block.Start(table_id_, kFreesLayout, out);
  AppendNumber(out, index);
  block.AddRecord();
  if (block.size(out) >= kBlockBytes) block.Finish(out);
}

void MemoryTable::WriteEntry(uint32_t index, BlockWriter& block, std::string& out) {
  if (!block.open()) block.Start(table_id_, layout_->block, out);
  const std::byte* payload = Payload(index);
  const EntryHead& head = TableLayout::Head(payload);
  const BlockLayout& layout = layout_->block;
  const size_t before = out.size();
  const uint32_t null_bit = layout_->inline_key && index == null_entry_ ? kNullKeyBit : 0;
  if (layout.has(kBlockFixed)) {
    out.resize(before + layout.record_width());
    char* at = out.data() + before;
    StoreAt(at, index | null_bit);
    std::memcpy(at + 4, &head.key, layout.key_width);
    at += 4 + layout.key_width;
    if (layout_->ttl) {
      std::memcpy(at, payload + layout_->timestamp_at, sizeof(int64_t));
      at += sizeof(int64_t);
    }
    std::memcpy(at, payload, layout.payload_width);
  } else {
    AppendNumber(out, index | null_bit);
    AppendNumber(out, HashOf(payload));
    if (layout_->inline_key) {
      out.append(reinterpret_cast<const char*>(&head.key), layout.key_width);
    } else {
      AppendVarint(out, Stored(head)->size);
      out.append(Stored(head)->bytes());
    }
    if (layout_->ttl) out.append(reinterpret_cast<const char*>(payload + layout_->timestamp_at), sizeof(int64_t));
    if (layout_->raw_payload) {
      out.append(reinterpret_cast<const char*>(payload), layout.payload_width);
    } else {
      record_.clear();
      layout_->spec.payload.serialize(payload, record_);
      AppendVarint(out, record_.size());
      out.append(record_);
    }
    record_bytes_ += (static_cast<double>(out.size() - before) - record_bytes_) / (record_bytes_ > 0 ? 64 : 1);
  }
  block.AddRecord();
  if (block.size(out) >= kBlockBytes) block.Finish(out);
}

bool MemoryTable::Step(size_t limit, std::string& out) {
  FlushEarly(out);
  if (!StepLists(limit, out) || !StepRanges(limit, out)) return false;
  frozen_.reset();
  return true;
}

/// What was written before its turn.
void MemoryTable::FlushEarly(std::string& out) {
  if (frozen_->value_block.open()) frozen_->value_block.Finish(frozen_->values);
  if (frozen_->free_block.open()) frozen_->free_block.Finish(frozen_->frees);
  out += frozen_->values;
  out += frozen_->frees;
  frozen_->values.clear();
  frozen_->frees.clear();
}

bool MemoryTable::StepLists(size_t limit, std::string& out) {
  Frozen& frozen = *frozen_;
  BlockWriter values;
  std::string frees;
  BlockWriter free_block;
  const uint32_t written = frozen.request.epoch + 1;
  for (; frozen.list < earlier_.size(); ++frozen.list, frozen.list_at = 0) {
    const std::vector<uint32_t>& entries = earlier_[frozen.list].entries;
    for (; frozen.list_at < entries.size() && out.size() < limit; ++frozen.list_at) {
      if (frozen.list_at + kFetchAhead < entries.size()) {
        __builtin_prefetch(Payload(entries[frozen.list_at + kFetchAhead]) - kEntryHead, 1);
      }
      const uint32_t index = entries[frozen.list_at];
      EntryHead& head = TableLayout::Head(Payload(index));
      if (head.epoch >= written) continue;
      if (head.index != kFreeEntry) {
        WriteEntry(index, values, out);
      } else if (!frozen.request.everything) {
        WriteFree(index, free_block, frees);
      }
      head.epoch = written;
    }
    if (frozen.list_at < entries.size()) break;
  }
  if (values.open()) values.Finish(out);
  if (free_block.open()) free_block.Finish(frees);
  out += frees;
  return frozen.list == earlier_.size();
}

bool MemoryTable::StepRanges(size_t limit, std::string& out) {
  Frozen& frozen = *frozen_;
  for (; frozen.range < frozen.request.rolled.size(); ++frozen.range) {
    const EntryRange range = frozen.request.rolled[frozen.range];
    frozen.range_at = std::max(frozen.range_at, range.first);
    if (!range.empty()) WriteRange(range, limit, out);
    if (frozen.range_at < range.end) return false;
    frozen.range_at = 0;
  }
  return true;
}

void MemoryTable::WriteRange(EntryRange range, size_t limit, std::string& out) {
  Frozen& frozen = *frozen_;
  BlockWriter values;
  std::string frees;
  BlockWriter free_block;
  const uint32_t written = frozen.request.epoch + 1;
  const bool say_frees = frozen.whole && !frozen.request.everything;
  for (; frozen.range_at < range.end && out.size() < limit; ++frozen.range_at) {
    const uint32_t index = frozen.range_at;
    EntryHead& head = TableLayout::Head(Payload(index));
    if (head.epoch >= written) continue;
    if (head.index != kFreeEntry) {
      WriteEntry(index, values, out);
    } else if (say_frees) {
      WriteFree(index, free_block, frees);
    }
    head.epoch = written;
  }
  if (values.open()) values.Finish(out);
  if (free_block.open()) free_block.Finish(frees);
  out += frees;
}

}  // namespace sluice::engine
