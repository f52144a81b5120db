// The bytes of keyed state in snapshots: blocks of records of one table, as docs/formats/keyed_state.md says. No
// knowledge of tables in memory, files or checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

/// Flags of a block.
enum : uint16_t {
  kBlockFixed = 1,       // all records have the same width: inline keys and raw payloads
  kBlockRaw = 2,         // payloads are payload_width bytes as they stand in memory, else what the table's hook wrote
  kBlockTimestamps = 4,  // records carry the time of their last write
  kBlockFrees = 8,       // records are only entry numbers: there is nothing (any more) at that number
  kBlockInlineKey = 16,  // keys are key_width bytes, else row_encoding
};

struct BlockLayout {
  uint16_t flags = 0;
  uint32_t key_width = 0;      // kBlockInlineKey
  uint32_t payload_width = 0;  // kBlockRaw
  bool operator==(const BlockLayout&) const = default;

  bool has(uint16_t flag) const { return (flags & flag) != 0; }
  /// Of a kBlockFixed or kBlockFrees block.
  size_t record_width() const {
    if (has(kBlockFrees)) return sizeof(uint32_t);
    return sizeof(uint32_t) + key_width + (has(kBlockTimestamps) ? sizeof(int64_t) : 0) + payload_width;
  }
};

inline constexpr size_t kBlockHeader = 40;
/// A writer closes a block that has become as large.
inline constexpr size_t kBlockBytes = 1 << 20;
/// Entry numbers are below it; in records of inline keys this bit says that the key is NULL.
inline constexpr uint32_t kMaxEntries = 1u << 31;
inline constexpr uint32_t kNullKeyBit = 1u << 31;

/// A block in the making at the end of a string: Start, records appended by the caller, Finish.
class BlockWriter {
 public:
  bool open() const { return open_; }
  size_t records() const { return records_; }
  /// Bytes since Start.
  size_t size(const std::string& out) const { return out.size() - start_; }

  void Start(uint64_t table_id, const BlockLayout& layout, std::string& out);
  void AddRecord() { ++records_; }
  /// Writes the header; a block without records is taken back.
  void Finish(std::string& out);

 private:
  bool open_ = false;
  size_t start_ = 0;
  uint64_t table_id_ = 0;
  BlockLayout layout_;
  uint32_t records_ = 0;
};

struct Block {
  uint64_t table_id = 0;
  BlockLayout layout;
  uint32_t records = 0;
  std::string_view body;
};

/// What a block's first kBlockHeader bytes say; `bytes` has as many. Its checksum is not looked at: TakeBlock of the
/// whole decides. kCorrupt if it does not begin as one.
struct BlockHead {
  uint64_t table_id = 0;
  uint16_t flags = 0;
  uint32_t records = 0;
  size_t body = 0;  // bytes that follow
};
Result<BlockHead> ReadBlockHead(std::string_view bytes);

/// Takes the next block off `bytes`: kCorrupt unless it is whole, its checksum is right and its header makes sense;
/// kRestore for a version from the future.
Result<Block> TakeBlock(std::string_view& bytes);

/// One record of a block with values.
struct BlockRecord {
  uint32_t entry = 0;
  bool null_key = false;  // inline keys
  uint64_t hash = 0;      // not in fixed blocks
  std::string_view key;
  int64_t timestamp = 0;
  std::string_view payload;
};

/// Takes the next record off `body`, which is of a block with `layout` (not kBlockFrees). False: malformed.
bool TakeRecord(const BlockLayout& layout, std::string_view& body, BlockRecord& record);

/// The same for a kBlockFixed block, of which TakeBlock knows that its records are whole; the hash is left alone.
inline void TakeFixedRecord(const BlockLayout& layout, std::string_view& body, BlockRecord& record) {
  const char* at = body.data();
  const auto number = LoadAt<uint32_t>(at);
  record.entry = number & ~kNullKeyBit;
  record.null_key = (number & kNullKeyBit) != 0;
  record.key = {at += sizeof(uint32_t), layout.key_width};
  at += layout.key_width;
  if (layout.has(kBlockTimestamps)) {
    record.timestamp = LoadAt<int64_t>(at);
    at += sizeof(int64_t);
  }
  record.payload = {at, layout.payload_width};
  body.remove_prefix(static_cast<size_t>(at - body.data()) + layout.payload_width);
}

}  // namespace sluice::engine
