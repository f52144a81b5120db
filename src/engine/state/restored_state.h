// What a backend starts from: the pieces of old snapshots, read once and taken apart into blocks, until every table has
// taken its entries out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/state/snapshot.h"
#include "engine/state/snapshot_blocks.h"
#include "engine/state/table_layout.h"

namespace sluice::engine {

/// Where a table's entries go.
class RestoredEntries {
 public:
  virtual ~RestoredEntries() = default;
  virtual const TableLayout& layout() const = 0;
  /// Called in the order of entry numbers. Errors other than kIo are about the record.
  virtual Status Add(uint32_t entry, const BlockLayout& layout, const BlockRecord& record) = 0;
};

class RestoredState {
 public:
  /// `restore` outlives this.
  RestoredState(const StateRestore& restore, KeyGroupRange key_groups, uint32_t max_parallelism);

  /// The state is that of exactly this subtask, in pieces that may be referred to: entries keep their numbers and
  /// tables their ids, and the next snapshot may go on from the pieces.
  bool same_subtask() const { return same_subtask_; }
  /// Above it no table id was ever used. Reads the pieces.
  Result<uint64_t> HighestTableId();

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

  std::vector<std::string> Values(const std::string& name) const;
  /// Names of tables that nobody claimed.
  std::vector<std::string> Unclaimed() const;

 private:
  struct SourceBlock {
    Block block;
    const StatePiece* piece;
  };
  /// Where the newest record of an entry is.
  struct Place {
    uint32_t block = 0;   // number + 1; 0: nowhere
    uint32_t offset = 0;  // in the block's body
  };
  using BlocksOfTable = std::vector<SourceBlock>;  // newest piece first

  Status Load();
  Status LoadPiece(const StatePiece& piece, std::map<uint64_t, BlocksOfTable>& blocks);
  /// The place of each entry of the part.
  Status Locate(const TableSnapshot& part, const BlocksOfTable& blocks, std::vector<Place>& places) const;
  Status LocateValues(const SourceBlock& source, uint32_t number, std::vector<Place>& places) const;
  Status CheckBlocks(const TableSnapshot& part, const BlocksOfTable& blocks, const TableLayout& layout) const;
  Status Insert(const TableSnapshot& part, const BlocksOfTable& blocks, const std::vector<Place>& places,
                RestoredEntries& into) const;

  const StateRestore& restore_;
  KeyGroupRange key_groups_;
  uint32_t max_parallelism_;
  bool same_subtask_;
  bool loaded_ = false;
  Status loading_;
  std::vector<std::string> bytes_;                         // that blocks point into
  std::vector<std::map<uint64_t, BlocksOfTable>> blocks_;  // by snapshot and table id
  std::map<std::string, bool> claimed_;                    // by name of the table
};

/// kRestore with the names, if there are any.
Status RefuseUnclaimed(const std::vector<std::string>& names);

}  // namespace sluice::engine
