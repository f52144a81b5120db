// Filling one table from the blocks of one snapshot.
#pragma once

#include "base/result.h"
#include "engine/columnar/hashing.h"
#include "engine/state/block_index.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

class RestoredEntries;

struct TableFillRequest {
  const TableSnapshot& table;
  const BlockIndex& index;
  bool all_ours;  // the snapshot is of the very subtask that is restored: entries keep their numbers
  KeyGroupRange key_groups;
  uint32_t max_parallelism;
};

/// The table's layout must fit the snapshot's (RestoredState::CheckFits). Large tables of fixed-width records are read
/// and put in place by a few threads, if `into` can take that.
Status FillTable(const TableFillRequest& request, RestoredEntries& into);

}  // namespace sluice::engine
