#include "engine/state/table_layout.h"

#include <algorithm>
#include <bit>

namespace sluice::engine {

namespace {

constexpr size_t kChunkBytes = 64 << 10;

bool HasInlineKey(const TableSpec& spec) {
  if (spec.key_types.size() != 1 || spec.hash_columns >= 0) return false;
  switch (spec.key_types[0].physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64: return true;
    default: return false;
  }
}

BlockLayout LayoutOfBlocks(const TableLayout& layout) {
  BlockLayout block;
  if (layout.inline_key) block.flags |= kBlockInlineKey;
  if (layout.raw_payload) block.flags |= kBlockRaw;
  if (layout.inline_key && layout.raw_payload) block.flags |= kBlockFixed;
  if (layout.ttl) block.flags |= kBlockTimestamps;
  block.key_width = static_cast<uint32_t>(layout.key_width);
  block.payload_width = layout.raw_payload ? static_cast<uint32_t>(layout.spec.payload.size) : 0;
  return block;
}

}  // namespace

TableLayout::TableLayout(TableSpec table_spec, size_t extra_bytes)
    : spec(std::move(table_spec)),
      inline_key(HasInlineKey(spec)),
      key_width(inline_key ? PhysicalWidth(spec.key_types[0].physical()) : 0),
      hash_is_of_prefix(spec.hash_columns >= 0),
      raw_payload(!spec.payload.destroy),
      ttl(spec.ttl_ms > 0) {
  size_t bytes = spec.payload.size;
  if (ttl) {
    timestamp_at = (bytes + 7) / 8 * 8;
    bytes = timestamp_at + sizeof(int64_t);
  }
  extra_at = (bytes + 7) / 8 * 8;
  if (extra_bytes > 0) bytes = extra_at + extra_bytes;
  stride = kEntryHead + (bytes + 15) / 16 * 16;
  entries_per_chunk = std::clamp<size_t>(std::bit_floor(kChunkBytes / stride), 16, 1024);
  chunk_shift = static_cast<uint32_t>(std::countr_zero(entries_per_chunk));
  block = LayoutOfBlocks(*this);
  for (const DataType& type : spec.key_types) {
    if (!key_types.empty()) key_types += ", ";
    key_types += type.WithTimeAttribute(TimeAttribute::kNone).ToString(/*with_nullability=*/false);
  }
}

}  // namespace sluice::engine
