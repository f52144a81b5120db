// What a backend starts from: the pieces of old snapshots, until every table has taken its entries out. Blocks are read
// newest first and one at a time; what a newer one has superseded is passed over.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/state/block_index.h"
#include "engine/state/piece_chain.h"
#include "engine/state/snapshot.h"
#include "engine/state/snapshot_blocks.h"
#include "engine/state/table_layout.h"

namespace sluice::engine {

/// Where a table's entries go. Every number below Begin's is told of once, by Add or by Skip, also if an error ends it.
class RestoredEntries {
 public:
  virtual ~RestoredEntries() = default;
  virtual const TableLayout& layout() const = 0;
  /// Whether entries of other subtasks get new numbers, without gaps and in the order of the old ones. If not, they
  /// come with their old numbers, which may be those of others too.
  virtual bool renumbers() const = 0;
  /// Whether Add may be called by several threads at once.
  virtual bool parallel() const = 0;

  virtual void Begin(size_t numbers) = 0;
  /// In any order; `records[…].entry` are the numbers, `hash` is set. Errors other than kIo are about a record.
  virtual Status Add(const BlockLayout& layout, std::span<const BlockRecord> records) = 0;
  /// No entry has this number.
  virtual void Skip(uint32_t number) = 0;
};

class RestoredState {
 public:
  /// `restore` outlives this.
  RestoredState(const StateRestore& restore, KeyGroupRange key_groups, uint32_t max_parallelism);

  /// The state is that of exactly this subtask, in pieces that may be referred to: entries keep their numbers and
  /// tables their ids, and the next snapshot may go on from the pieces.
  bool same_subtask() const { return same_subtask_; }
  /// To be called first; reads the heads of all blocks. If the state is of the same subtask, the backend goes on from
  /// its pieces: with new table ids above all that were ever used, with changes tracked, and with the pieces as its
  /// chain.
  Status GoOn(uint64_t& next_table_id, bool& tracking, PieceChain& chain);

  /// The snapshots' tables (or namespaces) of the name, in the order of the snapshots. They count as claimed.
  struct Part {
    size_t snapshot;
    const TableSnapshot* table;
  };
  std::vector<Part> Claim(const std::string& name, bool namespaced);
  /// kRestore: the part is not of a table of this layout.
  static Status CheckFits(const TableSnapshot& part, const TableLayout& layout);
  /// Gives the part's entries of our key groups to `into`.
  Status Fill(const Part& part, RestoredEntries& into);

  /// Names of tables that nobody claimed.
  std::vector<std::string> Unclaimed() const;
  /// At the end: whether what no table was filled from is whole too.
  Status CheckRest() const;

 private:
  Status Load();

  const StateRestore& restore_;
  KeyGroupRange key_groups_;
  uint32_t max_parallelism_;
  bool same_subtask_;
  bool loaded_ = false;
  Status loading_;
  std::vector<BlockIndex> indexes_;               // by snapshot
  std::vector<std::map<uint64_t, bool>> filled_;  // table ids, by snapshot
  std::map<std::string, bool> claimed_;           // by name of the table
};

/// kRestore with the names, if there are any.
Status RefuseUnclaimed(const std::vector<std::string>& names);

}  // namespace sluice::engine
