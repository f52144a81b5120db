#include "engine/state/rocksdb_snapshot.h"

#include <algorithm>

#include "engine/state/state_bytes.h"

namespace sluice::engine {

namespace {

constexpr size_t kGets = 64;  // read together

}  // namespace

void RocksDbSnapshot::Add(const RocksDbTable& table, std::vector<RocksDbTable::ChangesPtr> changes) {
  parts_.push_back({table.prefix(), table.table_id(), table.layout(), table.size(), std::move(changes)});
}

bool RocksDbSnapshot::Step(size_t limit, std::string& out) {
  if (!everything_) {
    for (; part_ < parts_.size(); ++part_) {
      const size_t before = out.size();
      const bool done = StepChanges(parts_[part_], limit, out);
      changed_bytes_ += out.size() - before;
      if (!done) return false;
    }
    if (changed_bytes_ == 0) return true;  // nothing to hide behind: nothing is re-written
  }
  return StepRange(limit, out);
}

bool RocksDbSnapshot::StepChanges(Part& part, size_t limit, std::string& out) {
  BlockWriter block;
  std::vector<std::string> keys, values;
  std::vector<bool> found;
  for (; part.list < part.changes.size() && out.size() < limit;) {
    const std::vector<std::string>& changed = part.changes[part.list]->keys;
    const size_t end = std::min(changed.size(), part.at + kGets);
    keys.assign(changed.begin() + static_cast<std::ptrdiff_t>(part.at),
                changed.begin() + static_cast<std::ptrdiff_t>(end));
    if (!keys.empty()) store_.Get(keys, values, found, /*frozen=*/true);
    for (size_t k = 0; k < keys.size(); ++k) {
      if (!found[k]) continue;  // erased later
      Write(part, keys[k], values[k], block, out);
      ++changed_records_;
    }
    part.at = end;
    if (end == changed.size()) {
      ++part.list;
      part.at = 0;
    }
  }
  if (block.open()) block.Finish(out);
  if (part.list < part.changes.size()) return false;
  WriteFrees(part, out);
  return true;
}

/// Behind the values: a number that was taken again has its new value before it is said to be free, and the first
/// record counts.
void RocksDbSnapshot::WriteFrees(Part& part, std::string& out) {
  if (std::exchange(part.frees_done, true)) return;
  BlockWriter block;
  for (const RocksDbTable::ChangesPtr& changes : part.changes) {
    for (const uint32_t number : changes->erased) {
      if (!block.open()) block.Start(part.table_id, BlockLayout{.flags = kBlockFrees}, out);
      AppendNumber(out, number);
      block.AddRecord();
      if (block.size(out) >= kBlockBytes) block.Finish(out);
    }
  }
  if (block.open()) block.Finish(out);
}

bool RocksDbSnapshot::StepRange(size_t limit, std::string& out) {
  if (!rolling_) {
    rolling_ = true;
    parts_left_ = parts_.size() + (everything_ ? 0 : 1);  // the first one may be come to again
    while (!everything_ && roll_part_ < parts_.size() && parts_[roll_part_].prefix < cursor_.key.substr(0, 8)) {
      ++roll_part_;
    }
    if (roll_part_ == parts_.size() && !parts_.empty() && !everything_) {
      cursor_ = {cursor_.round + 1, {}};
      roll_part_ = 0;
    }
    size_t entries = 0;
    for (const Part& part : parts_) entries += part.entries;
    const size_t all_bytes = entries * (changed_bytes_ / std::max<size_t>(1, changed_records_));
    roll_bytes_ = everything_ ? SIZE_MAX : std::max(changed_bytes_, all_bytes / longest_chain_);
  }
  for (; parts_left_ > 0 && roll_bytes_ > 0;) {
    const Part& part = parts_[roll_part_];
    if (!reader_) {
      reader_ = store_.Scan(part.prefix, /*frozen=*/true);
      if (!everything_ && cursor_.key > part.prefix) reader_->Seek(cursor_.key);
    }
    BlockWriter block;
    for (; reader_->Valid() && out.size() < limit && roll_bytes_ > 0; reader_->Next()) {
      const size_t before = out.size();
      Write(part, reader_->key(), reader_->value(), block, out);
      if (!everything_) roll_bytes_ -= std::min(roll_bytes_, out.size() - before);
    }
    if (block.open()) block.Finish(out);
    if (reader_->Valid()) {
      cursor_.key = reader_->key();
      if (roll_bytes_ > 0) return false;
      break;
    }
    reader_.reset();
    --parts_left_;
    if (++roll_part_ < parts_.size()) {
      cursor_.key = parts_[roll_part_].prefix;
    } else {
      cursor_ = {cursor_.round + 1, {}};
      roll_part_ = 0;
    }
  }
  return true;
}

void RocksDbSnapshot::Write(const Part& part, std::string_view store_key, std::string_view value, BlockWriter& block,
                            std::string& out) {
  const TableLayout& layout = part.layout;
  const RocksDbTable::Value v(layout, value);
  const std::string_view key = store_key.substr(RocksDbTable::kKeyPrefix);
  if (!block.open()) block.Start(part.table_id, layout.block, out);
  const bool null = layout.inline_key && key[0] == '\0';
  AppendNumber(out, v.number | (null ? kNullKeyBit : 0));
  if (!layout.block.has(kBlockFixed)) AppendNumber(out, v.hash);
  if (!layout.inline_key) {
    AppendVarint(out, key.size());
    out += key;
  } else if (null) {
    out.append(layout.key_width, '\0');
  } else {
    out += key.substr(1);
  }
  if (layout.ttl) AppendNumber(out, v.timestamp);
  if (!layout.raw_payload) AppendVarint(out, v.payload.size());
  out += v.payload;
  block.AddRecord();
  if (block.size(out) >= kBlockBytes) block.Finish(out);
}

}  // namespace sluice::engine
