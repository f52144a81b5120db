#include "engine/state/table_fill.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/columnar/row_encoding.h"
#include "engine/state/entry_set.h"
#include "engine/state/restored_state.h"
#include "engine/state/state_bytes.h"

namespace sluice::engine {

namespace {

constexpr size_t kTogether = 64;       // records that are handed on at once
constexpr size_t kCheckedKeys = 1024;  // keys that are decoded into the same columns
constexpr size_t kBlocksAThread = 2;   // fewer are not worth one
constexpr size_t kMostThreads = 4;     // more wait for memory, not for work

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

/// Calls work(k) for k below `count`, on up to `threads` threads, until one answers an error: that one.
template <typename Work>
Status OnThreads(size_t threads, size_t count, Work&& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  Status failed;
  const auto run = [&](size_t thread) {
    for (size_t k = next++; k < count; k = next++) {
      Status done = work(thread, k);
      if (done.ok()) continue;
      next = count;
      const std::lock_guard lock(mutex);
      if (failed.ok()) failed = std::move(done);
    }
  };
  {
    std::vector<std::jthread> others;
    for (size_t t = 1; t < threads; ++t) others.emplace_back(run, t);
    run(0);
  }
  return failed;
}

class TableFill {
 public:
  TableFill(const TableFillRequest& request, const BlockIndex::Places& places, RestoredEntries& into)
      : request_(request),
        places_(places),
        into_(into),
        layout_(into.layout()),
        signed_key_(layout_.inline_key && layout_.spec.key_types[0].physical() != PhysicalType::kBool),
        left_(request.table.entries, true) {}

  Status Run();

 private:
  /// What one thread works with.
  struct Reader {
    explicit Reader(const TableLayout& layout) : keys(layout) {}
    std::string buffer;
    KeyCheck keys;
    std::array<BlockRecord, kTogether> records;
    size_t count = 0;
  };

  Status CheckLayout(const Block& block) const;
  Status PickOurs();
  Status FillFrom(size_t first, size_t end);
  Status TakeFrees(const BlockIndex::Place& place, Reader& reader);
  Status TakeValues(const BlockIndex::Place& place, Reader& reader);
  Status HandOn(const BlockIndex::Place& place, const BlockLayout& layout, Reader& reader);
  /// Loads the block and visits its records, their hashes set, as long as visit(layout, record) answers no error.
  template <typename Visit>
  Status ForEachRecord(const BlockIndex::Place& place, std::string& buffer, Visit&& visit) const;
  template <typename Visit>
  Status ForEachFree(const BlockIndex::Place& place, std::string& buffer, Visit&& visit) const;
  bool Ours(uint64_t hash) const {
    const uint32_t group = KeyGroupOf(hash, request_.max_parallelism);
    return group >= request_.key_groups.first && group <= request_.key_groups.last;
  }

  const TableFillRequest& request_;
  const BlockIndex::Places& places_;
  RestoredEntries& into_;
  const TableLayout& layout_;
  const bool signed_key_;
  EntrySet left_;  // entries of which no record has come yet
  std::optional<EntryRanks> ranks_;
  std::mutex mutex_;               // of what follows
  std::vector<uint32_t> skipped_;  // numbers taken from left_ that have no entry
  std::vector<std::unique_ptr<Reader>> readers_;
};

Status TableFill::Run() {
  const bool renumbered = into_.renumbers() && !request_.all_ours;
  if (renumbered) SLUICE_RETURN_IF_ERROR(PickOurs());
  into_.Begin(ranks_ ? ranks_->count() : left_.size());
  Status filled;
  for (size_t first = 0, end = 0; filled.ok() && first < places_.size(); first = end) {
    while (end < places_.size() && places_[end].piece == places_[first].piece) ++end;
    filled = FillFrom(first, end);
  }
  left_.ForEach([&](uint32_t entry) { skipped_.push_back(ranks_ ? (*ranks_)(entry) : entry); });
  std::ranges::sort(skipped_);
  for (const uint32_t number : skipped_) into_.Skip(number);
  return filled;
}

/// The first of two passes, when entries get new numbers: which ones there will be.
Status TableFill::PickOurs() {
  EntrySet ours(left_.size(), false);
  std::string buffer;
  for (const BlockIndex::Place& place : places_) {
    if ((place.head.flags & kBlockFrees) != 0) {
      SLUICE_RETURN_IF_ERROR(ForEachFree(place, buffer, [&](uint32_t entry) { left_.Take(entry); }));
      continue;
    }
    SLUICE_RETURN_IF_ERROR(ForEachRecord(place, buffer, [&](const BlockLayout&, const BlockRecord& record) -> Status {
      if (left_.Take(record.entry) && Ours(record.hash)) ours.Add(record.entry);
      return {};
    }));
  }
  left_ = std::move(ours);
  ranks_.emplace(left_);
  return {};
}

/// Blocks of one piece. An entry has values there once, or the same values twice; frees come after them, because a
/// number may be said to be free that was given again.
Status TableFill::FillFrom(size_t first, size_t end) {
  size_t fixed = 0;
  for (size_t k = first; k < end; ++k) fixed += (places_[k].head.flags & kBlockFixed) != 0 ? 1 : 0;
  size_t threads = 1;
  if (into_.parallel() && fixed >= 2 * kBlocksAThread) {
    threads =
        std::clamp<size_t>(std::thread::hardware_concurrency(), 1, std::min(kMostThreads, fixed / kBlocksAThread));
  }
  while (readers_.size() < threads) readers_.push_back(std::make_unique<Reader>(layout_));
  SLUICE_RETURN_IF_ERROR(OnThreads(threads, end - first, [&](size_t thread, size_t k) -> Status {
    const BlockIndex::Place& place = places_[first + k];
    return (place.head.flags & kBlockFrees) != 0 ? Status() : TakeValues(place, *readers_[thread]);
  }));
  for (size_t k = first; k < end; ++k) {
    if ((places_[k].head.flags & kBlockFrees) != 0) SLUICE_RETURN_IF_ERROR(TakeFrees(places_[k], *readers_[0]));
  }
  return {};
}

Status TableFill::TakeFrees(const BlockIndex::Place& place, Reader& reader) {
  return ForEachFree(place, reader.buffer, [&](uint32_t entry) {
    if (!ranks_ && left_.Take(entry)) skipped_.push_back(entry);
  });
}

Status TableFill::TakeValues(const BlockIndex::Place& place, Reader& reader) {
  const bool check_group = !ranks_ && !request_.all_ours;
  const auto skip = [&](uint32_t entry) {
    const std::lock_guard lock(mutex_);
    skipped_.push_back(ranks_ ? (*ranks_)(entry) : entry);
  };
  BlockLayout layout;
  const Status read = ForEachRecord(place, reader.buffer, [&](const BlockLayout& of, BlockRecord& record) -> Status {
    if (!left_.Take(record.entry)) return {};
    if (check_group && !Ours(record.hash)) {
      skip(record.entry);
      return {};
    }
    if (!layout_.inline_key && !reader.keys.Whole(record.key)) {
      skip(record.entry);
      return request_.index.Damaged(place.piece, "a key cannot be read");
    }
    if (ranks_) record.entry = (*ranks_)(record.entry);
    layout = of;
    reader.records[reader.count++] = record;
    return reader.count < kTogether ? Status() : HandOn(place, layout, reader);
  });
  const Status rest = HandOn(place, layout, reader);  // also after an error: what was taken must arrive
  return read.ok() ? rest : read;
}

Status TableFill::HandOn(const BlockIndex::Place& place, const BlockLayout& layout, Reader& reader) {
  if (reader.count == 0) return {};
  const Status added = into_.Add(layout, {reader.records.data(), std::exchange(reader.count, 0)});
  if (added.ok() || added.error().code() == ErrorCode::kIo) return added;
  return request_.index.Damaged(place.piece, "state table '" + request_.table.name + "': " + added.error().message());
}

template <typename Visit>
Status TableFill::ForEachFree(const BlockIndex::Place& place, std::string& buffer, Visit&& visit) const {
  SLUICE_ASSIGN_OR_RETURN(const Block block, request_.index.Load(place, buffer));
  for (uint32_t k = 0; k < block.records; ++k) {
    const auto entry = LoadAt<uint32_t>(block.body.data() + k * sizeof(uint32_t));
    if (entry >= left_.size()) return request_.index.Damaged(place.piece, "it has an entry past the end of its table");
    visit(entry);
  }
  return {};
}

template <typename Visit>
Status TableFill::ForEachRecord(const BlockIndex::Place& place, std::string& buffer, Visit&& visit) const {
  SLUICE_ASSIGN_OR_RETURN(const Block block, request_.index.Load(place, buffer));
  SLUICE_RETURN_IF_ERROR(CheckLayout(block));
  std::string_view rest = block.body;
  BlockRecord record;
  const bool fixed = block.layout.has(kBlockFixed);
  for (uint32_t k = 0; k < block.records; ++k) {
    if (fixed) {
      TakeFixedRecord(block.layout, rest, record);
    } else if (!TakeRecord(block.layout, rest, record)) {
      return request_.index.Damaged(place.piece, "an entry is cut short");
    }
    if (record.entry >= left_.size()) {
      return request_.index.Damaged(place.piece, "it has an entry past the end of its table");
    }
    if (layout_.inline_key) {
      record.hash = InlineHash(LoadInlineKey(record.key.data(), layout_.key_width, signed_key_), record.null_key);
    }
    SLUICE_RETURN_IF_ERROR(visit(block.layout, record));
  }
  return {};
}

Status TableFill::CheckLayout(const Block& block) const {
  BlockLayout written = block.layout, expected = layout_.block;
  written.flags &= static_cast<uint16_t>(~kBlockTimestamps);  // a TTL may come and go
  expected.flags &= static_cast<uint16_t>(~kBlockTimestamps);
  if (written == expected) return {};
  return Error(ErrorCode::kRestore,
               "state table '" + request_.table.name + "' was saved in another layout of keys or values (" +
                   std::to_string(written.key_width) + " and " + std::to_string(written.payload_width) +
                   " bytes, now " + std::to_string(expected.key_width) + " and " +
                   std::to_string(expected.payload_width) + ")");
}

}  // namespace

Status FillTable(const TableFillRequest& request, RestoredEntries& into) {
  static const BlockIndex::Places kNone;  // all entries may be erased, and their numbers stay known
  const BlockIndex::Places* places = request.index.BlocksOf(request.table.table_id);
  if (request.table.entries > kMaxEntries) {
    return Error(ErrorCode::kCorrupt, "state table '" + request.table.name + "' of the checkpoint is damaged: " +
                                          std::to_string(request.table.entries) + " entries");
  }
  return TableFill(request, places == nullptr ? kNone : *places, into).Run();
}

}  // namespace sluice::engine
