#include "engine/state/restored_state.h"

#include <algorithm>

#include "engine/columnar/row_encoding.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

namespace {

constexpr uint32_t kErased = 0xffffffffu;  // Place::block of an entry that is there no more
constexpr size_t kCheckedKeys = 1024;      // keys that are decoded into the same columns

std::string NameOf(const StatePiece& piece) {
  return piece.file.empty() ? "the checkpoint's manifest" : "file '" + piece.file + "'";
}

Error Damaged(const StatePiece& piece, const std::string& what) {
  return {ErrorCode::kCorrupt, NameOf(piece) + " is damaged: " + what + "; restore from an older checkpoint"};
}

/// Decodes keys only to see that they can be decoded.
class KeyCheck {
 public:
  explicit KeyCheck(const TableLayout& layout) : layout_(layout) {}
  bool Whole(std::string_view key) {
    if (columns_.empty() || count_++ % kCheckedKeys == 0) {
      columns_.clear();
      for (const DataType& type : layout_.spec.key_types) columns_.push_back(Column::Make(type, 0));
    }
    return DecodeRow(key, columns_);
  }

 private:
  const TableLayout& layout_;
  std::vector<ColumnPtr> columns_;
  size_t count_ = 0;
};

bool SameSubtask(const StateRestore& restore, KeyGroupRange key_groups, uint32_t max_parallelism) {
  if (!restore.may_refer || restore.snapshots.size() != 1) return false;
  const StateSnapshot& only = restore.snapshots[0];
  return only.backend == "memory" && only.max_parallelism == max_parallelism &&
         only.key_groups.first == key_groups.first && only.key_groups.last == key_groups.last;
}

}  // namespace

RestoredState::RestoredState(const StateRestore& restore, KeyGroupRange key_groups, uint32_t max_parallelism)
    : restore_(restore),
      key_groups_(key_groups),
      max_parallelism_(max_parallelism),
      same_subtask_(SameSubtask(restore, key_groups, max_parallelism)) {
  for (const StateSnapshot& snapshot : restore_.snapshots) {
    for (const TableSnapshot& table : snapshot.tables) claimed_.emplace(table.name, false);
  }
}

Status RestoredState::Load() {
  if (loaded_) return loading_;
  loaded_ = true;
  loading_ = [&]() -> Status {
    size_t count = 0;
    for (const StateSnapshot& snapshot : restore_.snapshots) count += snapshot.pieces.size();
    bytes_.reserve(count);  // views into short strings stay valid
    blocks_.resize(restore_.snapshots.size());
    for (size_t s = 0; s < restore_.snapshots.size(); ++s) {
      const StateSnapshot& snapshot = restore_.snapshots[s];
      if (snapshot.backend != "memory") {
        return Error(ErrorCode::kRestore, "the state was written by the '" + snapshot.backend +
                                              "' backend, which 'hashmap' cannot read; restore from a savepoint");
      }
      for (auto piece = snapshot.pieces.rbegin(); piece != snapshot.pieces.rend(); ++piece) {
        SLUICE_RETURN_IF_ERROR(LoadPiece(*piece, blocks_[s]));
      }
    }
    return {};
  }();
  return loading_;
}

Status RestoredState::LoadPiece(const StatePiece& piece, std::map<uint64_t, BlocksOfTable>& blocks) {
  if (piece.file.empty()) {
    bytes_.push_back(piece.bytes);
  } else {
    SLUICE_ASSIGN_OR_RETURN(std::string read, restore_.reader->Read(piece));
    bytes_.push_back(std::move(read));
  }
  std::string_view rest = bytes_.back();
  if (!piece.file.empty() && rest.size() != piece.length) {
    return Damaged(
        piece, "it has " + std::to_string(rest.size()) + " bytes of state instead of " + std::to_string(piece.length));
  }
  while (!rest.empty()) {
    Result<Block> block = TakeBlock(rest);
    if (!block.ok() && block.error().code() == ErrorCode::kCorrupt) return Damaged(piece, block.error().message());
    if (!block.ok()) return block.error().WithContext(NameOf(piece));
    blocks[block->table_id].push_back({*block, &piece});
  }
  return {};
}

Result<uint64_t> RestoredState::HighestTableId() {
  SLUICE_RETURN_IF_ERROR(Load());
  uint64_t highest = 0;
  for (const auto& blocks : blocks_) {
    if (!blocks.empty()) highest = std::max(highest, blocks.rbegin()->first);
  }
  for (const StateSnapshot& snapshot : restore_.snapshots) {
    for (const TableSnapshot& table : snapshot.tables) highest = std::max(highest, table.table_id);
  }
  return highest;
}

std::vector<RestoredState::Part> RestoredState::Claim(const std::string& name, bool namespaced) {
  std::vector<Part> parts;
  for (size_t s = 0; s < restore_.snapshots.size(); ++s) {
    for (const TableSnapshot& table : restore_.snapshots[s].tables) {
      if (table.name == name && table.namespaced == namespaced) parts.push_back({s, &table});
    }
  }
  if (!parts.empty()) claimed_[name] = true;
  return parts;
}

Status RestoredState::CheckFits(const TableSnapshot& part, const TableLayout& layout) {
  const std::string table = "state table '" + part.name + "'";
  if (part.key_types != layout.key_types) {
    return Error(ErrorCode::kRestore, table + " was saved with keys of type (" + part.key_types +
                                          "), but now has keys of type (" + layout.key_types + ")");
  }
  if (part.payload != layout.spec.payload_format) {
    return Error(ErrorCode::kRestore, table + " was saved with values '" + part.payload + "', but now has values '" +
                                          layout.spec.payload_format + "'");
  }
  return {};
}

Status RestoredState::Fill(const Part& part, RestoredEntries& into) {
  SLUICE_RETURN_IF_ERROR(Load());
  SLUICE_RETURN_IF_ERROR(CheckFits(*part.table, into.layout()));
  const auto found = blocks_[part.snapshot].find(part.table->table_id);
  if (found == blocks_[part.snapshot].end()) return {};
  SLUICE_RETURN_IF_ERROR(CheckBlocks(*part.table, found->second, into.layout()));
  std::vector<Place> places;
  SLUICE_RETURN_IF_ERROR(Locate(*part.table, found->second, places));
  return Insert(*part.table, found->second, places, into);
}

Status RestoredState::CheckBlocks(const TableSnapshot& part, const BlocksOfTable& blocks,
                                  const TableLayout& layout) const {
  for (const SourceBlock& source : blocks) {
    if (source.block.layout.has(kBlockFrees)) continue;
    BlockLayout written = source.block.layout, expected = layout.block;
    written.flags &= static_cast<uint16_t>(~kBlockTimestamps);  // a TTL may come and go
    expected.flags &= static_cast<uint16_t>(~kBlockTimestamps);
    if (written == expected) continue;
    return Error(ErrorCode::kRestore,
                 "state table '" + part.name + "' was saved in another layout of keys or values (" +
                     std::to_string(written.key_width) + " and " + std::to_string(written.payload_width) +
                     " bytes, now " + std::to_string(expected.key_width) + " and " +
                     std::to_string(expected.payload_width) + ")");
  }
  return {};
}

Status RestoredState::Locate(const TableSnapshot& part, const BlocksOfTable& blocks, std::vector<Place>& places) const {
  if (part.entries > kMaxEntries || blocks.size() >= kErased) {
    return Error(ErrorCode::kCorrupt, "state table '" + part.name + "' of the checkpoint is damaged: " +
                                          std::to_string(part.entries) + " entries");
  }
  places.resize(part.entries);
  for (size_t b = 0; b < blocks.size(); ++b) {
    const SourceBlock& source = blocks[b];
    const auto number = static_cast<uint32_t>(b + 1);
    if (!source.block.layout.has(kBlockFrees)) {
      SLUICE_RETURN_IF_ERROR(LocateValues(source, number, places));
      continue;
    }
    for (uint32_t k = 0; k < source.block.records; ++k) {
      const auto entry = LoadAt<uint32_t>(source.block.body.data() + k * sizeof(uint32_t));
      if (entry >= places.size()) return Damaged(*source.piece, "it has an entry past the end of its table");
      if (places[entry].block == 0) places[entry].block = kErased;
    }
  }
  return {};
}

Status RestoredState::LocateValues(const SourceBlock& source, uint32_t number, std::vector<Place>& places) const {
  std::string_view rest = source.block.body;
  const bool fixed = source.block.layout.has(kBlockFixed);
  const size_t width = source.block.layout.record_width();
  for (uint32_t k = 0; k < source.block.records; ++k) {
    const auto offset = static_cast<uint32_t>(source.block.body.size() - rest.size());
    uint32_t entry;
    if (fixed) {
      entry = LoadAt<uint32_t>(rest.data()) & ~kNullKeyBit;
      rest.remove_prefix(width);
    } else {
      BlockRecord record;
      if (!TakeRecord(source.block.layout, rest, record)) return Damaged(*source.piece, "an entry is cut short");
      entry = record.entry;
    }
    if (entry >= places.size()) return Damaged(*source.piece, "it has an entry past the end of its table");
    if (places[entry].block == 0) places[entry] = {number, offset};
  }
  return {};
}

Status RestoredState::Insert(const TableSnapshot& part, const BlocksOfTable& blocks, const std::vector<Place>& places,
                             RestoredEntries& into) const {
  const TableLayout& layout = into.layout();
  const bool all_ours = same_subtask_;
  KeyCheck keys(layout);
  for (size_t entry = 0; entry < places.size(); ++entry) {
    const Place place = places[entry];
    if (place.block == 0 || place.block == kErased) continue;
    const SourceBlock& source = blocks[place.block - 1];
    std::string_view rest = source.block.body.substr(place.offset);
    BlockRecord record;
    if (!TakeRecord(source.block.layout, rest, record)) return Damaged(*source.piece, "an entry is cut short");
    if (layout.inline_key) {
      const bool is_signed = layout.spec.key_types[0].physical() != PhysicalType::kBool;
      const uint64_t key = LoadInlineKey(record.key.data(), layout.key_width, is_signed);
      record.hash = InlineHash(key, record.null_key);
    }
    if (!all_ours) {
      const uint32_t group = KeyGroupOf(record.hash, max_parallelism_);
      if (group < key_groups_.first || group > key_groups_.last) continue;
    }
    if (!layout.inline_key && !keys.Whole(record.key)) return Damaged(*source.piece, "a key cannot be read");
    const Status added = into.Add(static_cast<uint32_t>(entry), source.block.layout, record);
    if (added.ok()) continue;
    if (added.error().code() == ErrorCode::kIo) return added;
    return Damaged(*source.piece, "state table '" + part.name + "': " + added.error().message());
  }
  return {};
}

std::vector<std::string> RestoredState::Values(const std::string& name) const {
  std::vector<std::string> values;
  for (const StateSnapshot& snapshot : restore_.snapshots) {
    if (auto at = snapshot.values.find(name); at != snapshot.values.end()) values.push_back(at->second);
  }
  return values;
}

std::vector<std::string> RestoredState::Unclaimed() const {
  std::vector<std::string> names;
  for (const auto& [name, claimed] : claimed_) {
    if (!claimed) names.push_back(name);
  }
  return names;
}

Status RefuseUnclaimed(const std::vector<std::string>& unclaimed) {
  if (unclaimed.empty()) return {};
  std::string names;
  for (const std::string& name : unclaimed) names += (names.empty() ? "'" : ", '") + name + "'";
  return Error(ErrorCode::kRestore, "the saved state has tables that the operator does not use now: " + names +
                                        "; to drop them, restore with allowNonRestoredState");
}

}  // namespace sluice::engine
