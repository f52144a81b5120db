#include "engine/state/restored_state.h"

#include <algorithm>

#include "engine/state/table_fill.h"

namespace sluice::engine {

namespace {

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
    filled_.resize(restore_.snapshots.size());
    for (const StateSnapshot& snapshot : restore_.snapshots) {
      if (snapshot.backend != "memory") {
        return Error(ErrorCode::kRestore, "the state was written by the '" + snapshot.backend +
                                              "' backend, which 'hashmap' cannot read; restore from a savepoint");
      }
      SLUICE_ASSIGN_OR_RETURN(BlockIndex index, BlockIndex::Make(snapshot, *restore_.reader));
      indexes_.push_back(std::move(index));
    }
    return {};
  }();
  return loading_;
}

Status RestoredState::GoOn(uint64_t& next_table_id, bool& tracking, PieceChain& chain) {
  SLUICE_RETURN_IF_ERROR(Load());
  if (!same_subtask_) return {};
  uint64_t highest = indexes_[0].highest_table_id();
  for (const TableSnapshot& table : restore_.snapshots[0].tables) highest = std::max(highest, table.table_id);
  next_table_id = highest + 1;
  tracking = true;
  chain.Start(restore_.snapshots[0].pieces);
  return {};
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
  filled_[part.snapshot][part.table->table_id] = true;
  return FillTable({.table = *part.table,
                    .index = indexes_[part.snapshot],
                    .all_ours = same_subtask_,
                    .key_groups = key_groups_,
                    .max_parallelism = max_parallelism_},
                   into);
}

Status RestoredState::CheckRest() const {
  for (size_t s = 0; s < indexes_.size(); ++s) SLUICE_RETURN_IF_ERROR(indexes_[s].CheckOthers(filled_[s]));
  return {};
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
