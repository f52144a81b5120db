#include "engine/state/snapshot_blocks.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice::engine {

namespace {

constexpr uint32_t kMagic = 0x31424B53;  // "SKB1"
constexpr uint16_t kVersion = 1;
constexpr size_t kChecksumAt = 32;
constexpr uint16_t kKnownFlags = kBlockFixed | kBlockRaw | kBlockTimestamps | kBlockFrees | kBlockInlineKey;

uint64_t ChecksumOf(const char* block, size_t body) {
  const uint64_t head = XXH3_64bits(block, kChecksumAt);
  return XXH3_64bits_withSeed(block + kBlockHeader, body, head);
}

Error Damaged(const char* what) { return {ErrorCode::kCorrupt, std::string("a block of keyed state ") + what}; }

bool Sensible(const Block& block) {
  const BlockLayout& layout = block.layout;
  if ((layout.flags & ~kKnownFlags) != 0 || layout.key_width > 8) return false;
  if (!layout.has(kBlockInlineKey) && layout.key_width != 0) return false;
  if (!layout.has(kBlockRaw) && layout.payload_width != 0) return false;
  if (layout.has(kBlockFixed) && !layout.has(kBlockFrees) && !(layout.has(kBlockRaw) && layout.has(kBlockInlineKey))) {
    return false;
  }
  if (!layout.has(kBlockFixed) && !layout.has(kBlockFrees)) return true;
  return block.body.size() == block.records * layout.record_width();
}

}  // namespace

void BlockWriter::Start(uint64_t table_id, const BlockLayout& layout, std::string& out) {
  open_ = true;
  start_ = out.size();
  table_id_ = table_id;
  layout_ = layout;
  records_ = 0;
  out.append(kBlockHeader, '\0');
}

void BlockWriter::Finish(std::string& out) {
  open_ = false;
  if (records_ == 0) {
    out.resize(start_);
    return;
  }
  char* head = out.data() + start_;
  const size_t body = out.size() - start_ - kBlockHeader;
  StoreAt(head, kMagic);
  StoreAt(head + 4, kVersion);
  StoreAt(head + 6, layout_.flags);
  StoreAt(head + 8, table_id_);
  StoreAt(head + 16, records_);
  StoreAt(head + 20, static_cast<uint32_t>(body));
  StoreAt(head + 24, layout_.key_width);
  StoreAt(head + 28, layout_.payload_width);
  StoreAt(head + kChecksumAt, ChecksumOf(head, body));
}

Result<BlockHead> ReadBlockHead(std::string_view bytes) {
  const char* head = bytes.data();
  if (LoadAt<uint32_t>(head) != kMagic) return Damaged("has no valid start");
  return BlockHead{.table_id = LoadAt<uint64_t>(head + 8),
                   .flags = LoadAt<uint16_t>(head + 6),
                   .records = LoadAt<uint32_t>(head + 16),
                   .body = LoadAt<uint32_t>(head + 20)};
}

Result<Block> TakeBlock(std::string_view& bytes) {
  if (bytes.size() < kBlockHeader) return Damaged("is cut short");
  const char* head = bytes.data();
  SLUICE_ASSIGN_OR_RETURN(const BlockHead said, ReadBlockHead(bytes));
  const size_t body = said.body;
  if (body > bytes.size() - kBlockHeader) return Damaged("is cut short");
  if (LoadAt<uint64_t>(head + kChecksumAt) != ChecksumOf(head, body)) return Damaged("has a wrong checksum");
  if (const auto version = LoadAt<uint16_t>(head + 4); version != kVersion) {
    return Error(ErrorCode::kRestore, "keyed state of format version " + std::to_string(version) +
                                          " cannot be read: this release knows version " + std::to_string(kVersion) +
                                          "; restore with the release that wrote it or a later one");
  }
  Block block;
  block.layout.flags = said.flags;
  block.table_id = said.table_id;
  block.records = said.records;
  block.layout.key_width = LoadAt<uint32_t>(head + 24);
  block.layout.payload_width = LoadAt<uint32_t>(head + 28);
  block.body = bytes.substr(kBlockHeader, body);
  if (!Sensible(block)) return Damaged("has a malformed header");
  bytes.remove_prefix(kBlockHeader + body);
  return block;
}

namespace {

bool Take(std::string_view& body, size_t size, std::string_view& part) {
  if (body.size() < size) return false;
  part = body.substr(0, size);
  body.remove_prefix(size);
  return true;
}

bool TakeSized(std::string_view& body, std::string_view& part) {
  uint64_t size;
  return TakeVarint(body, size) && Take(body, size, part);
}

template <typename T>
bool TakeNumber(std::string_view& body, T& value) {
  if (body.size() < sizeof(T)) return false;
  value = LoadAt<T>(body.data());
  body.remove_prefix(sizeof(T));
  return true;
}

}  // namespace

bool TakeRecord(const BlockLayout& layout, std::string_view& body, BlockRecord& record) {
  if (!TakeNumber(body, record.entry)) return false;
  record.null_key = layout.has(kBlockInlineKey) && (record.entry & kNullKeyBit) != 0;
  record.entry &= ~kNullKeyBit;
  if (!layout.has(kBlockFixed) && !TakeNumber(body, record.hash)) return false;
  if (!(layout.has(kBlockInlineKey) ? Take(body, layout.key_width, record.key) : TakeSized(body, record.key))) {
    return false;
  }
  if (layout.has(kBlockTimestamps) && !TakeNumber(body, record.timestamp)) return false;
  return layout.has(kBlockRaw) ? Take(body, layout.payload_width, record.payload) : TakeSized(body, record.payload);
}

}  // namespace sluice::engine
