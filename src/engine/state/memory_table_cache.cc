// The part of MemoryTable that lets it be a cache of another store.
#include <cstring>

#include "engine/columnar/row_encoding.h"
#include "engine/state/memory_table.h"

namespace sluice::engine {

void MemoryTable::AppendKey(const std::byte* payload, std::string& out) const {
  const EntryHead& head = TableLayout::Head(payload);
  if (!inline_key_) {
    out.append(Stored(head)->bytes());
    return;
  }
  const bool null = head.index == null_entry_;
  out.push_back(null ? '\0' : '\1');
  if (!null) out.append(reinterpret_cast<const char*>(&head.key), layout_->key_width);
}

void MemoryTable::AppendKey(const std::vector<ColumnPtr>& keys, size_t row, std::string& out) const {
  if (!inline_key_) {
    EncodeRow(keys, row, out);
    return;
  }
  const Column& column = *keys[0];
  const bool null = column.IsNull(row);
  out.push_back(null ? '\0' : '\1');
  if (!null) out.append(column.data<char>() + column.index(row) * layout_->key_width, layout_->key_width);
}

MemoryTable::Key MemoryTable::KeyOfBytes(uint64_t hash, std::string_view bytes) const {
  if (!inline_key_) return {hash, ProbeHash(hash, bytes), 0, false, bytes};
  if (bytes[0] == '\0') return {hash, hash, 0, true, {}};
  const bool is_signed = layout_->spec.key_types[0].physical() != PhysicalType::kBool;
  return {hash, hash, LoadInlineKey(bytes.data() + 1, layout_->key_width, is_signed), false, {}};
}

std::byte* MemoryTable::InsertUnchanged(uint64_t hash, std::string_view key) {
  Reserve(1);
  const bool tracking = std::exchange(family_->tracking, false);
  std::byte* payload = Payload(Insert(KeyOfBytes(hash, key)));
  family_->tracking = tracking;
  TableLayout::Head(payload).epoch = 0;
  return payload;
}

bool MemoryTable::TakeChanged(const std::function<bool(std::byte* payload)>& visit) {
  for (const uint32_t index : changed_) {
    std::byte* payload = Payload(index);
    const EntryHead& head = TableLayout::Head(payload);
    if (head.index != kFreeEntry && head.epoch == epoch_ && !visit(payload)) return false;
  }
  changed_.clear();
  family_->epoch += 2;
  epoch_ = family_->epoch;
  return true;
}

}  // namespace sluice::engine
