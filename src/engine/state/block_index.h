// Where the blocks of a snapshot are: found by their heads alone, so that every table reads just its own, block by
// block, and no more than a block need be in memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/state/piece_reader.h"
#include "engine/state/snapshot.h"
#include "engine/state/snapshot_blocks.h"

namespace sluice::engine {

class BlockIndex {
 public:
  struct Place {
    uint32_t piece = 0;  // in the snapshot
    uint64_t offset = 0;
    BlockHead head;
  };
  /// In the order in which records count: newest piece first, and in a piece as they stand there.
  using Places = std::vector<Place>;

  /// Opens the pieces of `snapshot`, which outlives this, as `reader` does.
  static Result<BlockIndex> Make(const StateSnapshot& snapshot, PieceReader& reader);

  /// Null: no block is of the table.
  const Places* BlocksOf(uint64_t table_id) const;
  /// 0: there is no block.
  uint64_t highest_table_id() const { return places_.empty() ? 0 : places_.rbegin()->first; }
  /// The whole block, checked; it stands in `buffer` or in memory that this holds. Thread-safe.
  Result<Block> Load(const Place& place, std::string& buffer) const;
  /// kCorrupt with the name of the piece's file.
  Error Damaged(uint32_t piece, const std::string& what) const;
  /// Loads the blocks of all tables but those in `read`: a head that is damaged may name the wrong table.
  Status CheckOthers(const std::map<uint64_t, bool>& read) const;

 private:
  Status AddPiece(uint32_t piece, PieceReader& reader);

  const StateSnapshot* snapshot_ = nullptr;
  std::vector<std::unique_ptr<PieceBytes>> pieces_;
  std::map<uint64_t, Places> places_;
};

}  // namespace sluice::engine
