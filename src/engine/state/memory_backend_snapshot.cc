// The part of MemoryBackend that takes snapshots.
#include <algorithm>
#include <limits>

#include "engine/state/memory_backend.h"

namespace sluice::engine {

MemoryBackend::Position MemoryBackend::Position::Of(const RollCursor& cursor) {
  Position position{.round = cursor.round};
  for (size_t k = 0; k < cursor.key.size(); ++k) {
    const auto byte = static_cast<uint8_t>(cursor.key[k]);
    if (k < sizeof(table_id)) {
      position.table_id = position.table_id << 8 | byte;
    } else {
      position.entry = position.entry << 8 | byte;
    }
  }
  return position;
}

/// Highest byte first, so that cursors compare as positions do.
RollCursor MemoryBackend::Position::AsCursor() const {
  RollCursor cursor{.round = round};
  for (int shift = 56; shift >= 0; shift -= 8) cursor.key.push_back(static_cast<char>(table_id >> shift));
  for (int shift = 24; shift >= 0; shift -= 8) cursor.key.push_back(static_cast<char>(entry >> shift));
  return cursor;
}

void MemoryBackend::Describe(const TableLayout& layout, const MemoryTable& table, std::optional<int64_t> name_space,
                             StateSnapshot& out) const {
  out.tables.push_back({.name = layout.spec.name,
                        .namespaced = name_space.has_value(),
                        .name_space = name_space.value_or(0),
                        .table_id = table.table_id(),
                        .entries = table.entries(),
                        .key_types = layout.key_types,
                        .payload = layout.spec.payload_format});
}

StateSnapshot MemoryBackend::Directory() const {
  StateSnapshot out;
  out.backend = "memory";
  out.key_groups = key_groups_;
  out.max_parallelism = max_parallelism_;
  out.values = values_.values();
  for (const auto& [name, table] : tables_) Describe(table->layout(), *table, std::nullopt, out);
  for (const auto& [name, spaces] : namespaces_) {
    for (const auto& [name_space, table] : spaces->tables()) {
      Describe(spaces->layout(), static_cast<const MemoryTable&>(*table), name_space, out);
    }
  }
  return out;
}

std::optional<std::vector<FreezeRequest>> MemoryBackend::PlanIncrement(const std::vector<MemoryTable*>& tables,
                                                                       Position& position) const {
  size_t all_bytes = 0, changed_bytes = 0;
  for (const MemoryTable* table : tables) {
    all_bytes += table->entries() * table->record_bytes();
    changed_bytes += table->changed_entries() * table->record_bytes();
  }
  std::vector<FreezeRequest> requests(tables.size());
  if (changed_bytes == 0) return requests;
  const size_t rolled = std::max(changed_bytes, all_bytes / longest_chain_);
  if (all_bytes <= small_state_bytes_ || changed_bytes + rolled >= all_bytes) return std::nullopt;
  Roll(tables, rolled, position, requests);
  return requests;
}

/// Moves the position by about `bytes`, which are less than there are in all.
void MemoryBackend::Roll(const std::vector<MemoryTable*>& tables, size_t bytes, Position& position,
                         std::vector<FreezeRequest>& requests) {
  size_t t = 0;
  while (t < tables.size() && tables[t]->table_id() < position.table_id) ++t;
  if (t < tables.size() && tables[t]->table_id() != position.table_id) position.entry = 0;
  for (;; ++t, position.entry = 0) {
    if (t == tables.size()) {
      ++position.round;
      t = 0;
      position.entry = 0;
    }
    position.table_id = tables[t]->table_id();
    const size_t width = std::max<size_t>(1, tables[t]->record_bytes());
    const auto entries = static_cast<uint32_t>(tables[t]->entries());
    const auto wanted = static_cast<uint32_t>(std::min<size_t>(bytes / width + 1, kMaxEntries));
    const EntryRange range{position.entry, std::min(entries, position.entry + wanted)};
    if (!range.empty()) requests[t].rolled[requests[t].rolled[0].empty() ? 0 : 1] = range;
    if (position.entry + wanted < entries) {
      position.entry += wanted;
      return;
    }
    bytes -= std::min(bytes, (range.empty() ? 0 : range.end - range.first) * width);
    if (bytes == 0) {
      position.entry = entries;
      return;
    }
  }
}

void MemoryBackend::BeginSnapshot(const SnapshotRequest& request) {
  INVARIANT(!active_.has_value(), "a snapshot of keyed state begins while another is under way");
  active_.emplace();
  Active& taken = *active_;
  taken.request = request;
  taken.epoch = family_.epoch;
  taken.snapshot = Directory();
  family_.tracking = true;
  family_.epoch += 2;
  const std::vector<MemoryTable*> tables = AllTables();
  std::optional<std::vector<FreezeRequest>> requests;
  Position position;
  if (chain_.base() && !request.full) {
    position = Position::Of(chain_.base()->cursor);
    requests = PlanIncrement(tables, position);
  }
  if (requests) {
    taken.result.cursor = position.AsCursor();
    taken.result.pieces = chain_.NeededAt(taken.result.cursor);
  } else {
    if (chain_.base()) taken.result.cursor = chain_.base()->cursor;
    requests.emplace(tables.size());
    for (FreezeRequest& all : *requests) all.everything = true;
  }
  family_.work.clear();
  for (size_t t = 0; t < tables.size(); ++t) {
    FreezeRequest& frozen = (*requests)[t];
    frozen.work = family_.work.size();
    frozen.epoch = taken.epoch;
    if (tables[t]->Freeze(frozen)) family_.work.push_back(tables[t]);
  }
  work_at_ = 0;
}

Result<bool> MemoryBackend::StepSnapshot(size_t budget_bytes, std::string& out) {
  INVARIANT(active_.has_value(), "no snapshot of keyed state is under way");
  const size_t limit = out.size() + std::max<size_t>(1, budget_bytes);
  for (; work_at_ < family_.work.size(); ++work_at_) {
    if (out.size() >= limit || !family_.work[work_at_]->Step(limit, out)) return false;
    family_.work[work_at_] = nullptr;
  }
  family_.retired.clear();
  return true;
}

StateSnapshot MemoryBackend::TakeSnapshot() {
  INVARIANT(active_.has_value() && work_at_ == family_.work.size(), "a snapshot of keyed state is not finished");
  StateSnapshot snapshot = std::move(active_->snapshot);
  for (const PieceChain::Piece& old : active_->result.pieces) snapshot.pieces.push_back(old.piece);
  if (!active_->request.full) {
    chain_.Add(active_->request.checkpoint_id, active_->epoch, std::move(active_->result));
  }
  active_.reset();
  return snapshot;
}

void MemoryBackend::AbandonSnapshot() {
  for (MemoryTable* table : family_.work) {
    if (table != nullptr) table->Abandon();
  }
  family_.work.clear();
  family_.retired.clear();
  active_.reset();
  work_at_ = 0;
}

void MemoryBackend::ConfirmSnapshot(int64_t checkpoint_id, const StatePiece& own) {
  if (const auto epoch = chain_.Confirm(checkpoint_id, own)) family_.confirmed = *epoch + 1;
}

}  // namespace sluice::engine
