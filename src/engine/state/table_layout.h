// What a table in memory derives from its TableSpec once; shared by all namespaces of a namespaced table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/state/keyed_state.h"
#include "engine/state/snapshot_blocks.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

/// Before each payload.
struct EntryHead {
  uint64_t key;    // inline keys: the value, sign-extended as the column keeps it; else a StoredKey*
  uint32_t index;  // own position; kFreeEntry marks an erased entry
  uint32_t epoch;  // of the last change; see MemoryTable
};
inline constexpr uint32_t kFreeEntry = 0xffffffffu;
inline constexpr size_t kEntryHead = sizeof(EntryHead);
static_assert(kEntryHead == 16, "payloads are aligned to 16");

struct TableLayout {
  /// `extra_bytes` more behind the payload, for whoever keeps something of their own with each entry.
  explicit TableLayout(TableSpec table_spec, size_t extra_bytes = 0);

  TableSpec spec;
  bool inline_key;       // a single number of at most 8 bytes: it stands in the head, and its hash is computed from it
  size_t key_width = 0;  // of inline keys
  bool hash_is_of_prefix;  // TableSpec::hash_columns: many keys may have the same hash
  bool raw_payload;
  bool ttl;
  size_t timestamp_at = 0;  // in the payload's bytes, with ttl
  size_t extra_at;          // where the extra bytes are, aligned to 8
  size_t stride;
  uint32_t chunk_shift;
  size_t entries_per_chunk;
  BlockLayout block;
  std::string key_types;  // TableSnapshot::key_types

  static EntryHead& Head(std::byte* payload) { return *reinterpret_cast<EntryHead*>(payload - kEntryHead); }
  static const EntryHead& Head(const std::byte* payload) {
    return *reinterpret_cast<const EntryHead*>(payload - kEntryHead);
  }
  int64_t& Timestamp(std::byte* payload) const { return *reinterpret_cast<int64_t*>(payload + timestamp_at); }
};
using TableLayoutPtr = std::shared_ptr<const TableLayout>;

/// HashRow of an inline key.
inline uint64_t InlineHash(uint64_t key, bool null) { return MixHash(kHashSeed, null ? 0 : MixHash(kHashSeed, key)); }
/// An inline key from its bytes, as the column's element.
inline uint64_t LoadInlineKey(const char* bytes, size_t width, bool is_signed) {
  switch (width) {
    case 8: return LoadAt<uint64_t>(bytes);
    case 4: return static_cast<uint64_t>(LoadAt<int32_t>(bytes));
    case 2: return static_cast<uint64_t>(LoadAt<int16_t>(bytes));
    default:
      return is_signed ? static_cast<uint64_t>(static_cast<int64_t>(LoadAt<int8_t>(bytes))) : LoadAt<uint8_t>(bytes);
  }
}

}  // namespace sluice::engine
