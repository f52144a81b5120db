// Which pieces of earlier snapshots an incremental one still needs, when each snapshot also re-writes a stretch of what
// did not change: a cursor goes round over all entries, and a piece is needed until it has gone round once since.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/state/snapshot.h"

namespace sluice::engine {

/// Where the re-writing has got to: in a round, a place in the order of the tables (a key of the store; or table id and
/// entry number, highest byte first).
struct RollCursor {
  uint64_t round = 0;
  std::string key;
  auto operator<=>(const RollCursor&) const = default;
};

class PieceChain {
 public:
  struct Piece {
    StatePiece piece;
    RollCursor written;  // the end of what the piece itself re-wrote
  };
  /// What a confirmed snapshot leaves to later ones.
  struct Base {
    RollCursor cursor;
    std::vector<Piece> pieces;
  };

  /// To go on from restored pieces.
  void Start(const std::vector<StatePiece>& pieces) {
    base_.emplace();
    for (const StatePiece& piece : pieces) base_->pieces.push_back({piece, {}});
  }
  const std::optional<Base>& base() const { return base_; }

  /// What a snapshot that re-wrote up to `reached` still needs.
  std::vector<Piece> NeededAt(const RollCursor& reached) const {
    std::vector<Piece> needed;
    for (const Piece& old : base_->pieces) {
      if (reached < RollCursor{old.written.round + 1, old.written.key}) needed.push_back(old);
    }
    return needed;
  }

  /// A snapshot of the changes up to `epoch` was taken; `result` is what it leaves, without its own piece.
  void Add(int64_t checkpoint_id, uint32_t epoch, Base result) {
    taken_.push_back({checkpoint_id, epoch, std::move(result)});
  }
  /// Answers the epoch up to which changes are confirmed now; nothing if the snapshot is not known, or older than one
  /// that was confirmed.
  std::optional<uint32_t> Confirm(int64_t checkpoint_id, const StatePiece& own) {
    for (size_t t = 0; t < taken_.size(); ++t) {
      if (taken_[t].checkpoint_id != checkpoint_id) continue;
      const uint32_t epoch = taken_[t].epoch;
      base_ = std::move(taken_[t].result);
      if (own.length > 0 || !own.bytes.empty()) base_->pieces.push_back({own, base_->cursor});
      taken_.erase(taken_.begin(), taken_.begin() + static_cast<std::ptrdiff_t>(t) + 1);
      return epoch;
    }
    return std::nullopt;
  }

 private:
  struct Taken {
    int64_t checkpoint_id;
    uint32_t epoch;
    Base result;
  };
  std::optional<Base> base_;
  std::vector<Taken> taken_;
};

}  // namespace sluice::engine
