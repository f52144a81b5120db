// Parts that tests of keyed state share.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "engine/state/keyed_state.h"
#include "engine/state/piece_reader.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

/// Files in memory.
class MemoryPieces final : public PieceReader {
 public:
  StatePiece Write(std::string bytes) {
    StatePiece piece{.file = "piece-" + std::to_string(files_.size())};
    piece.length = bytes.size();
    files_[piece.file] = std::move(bytes);
    return piece;
  }
  std::string& bytes(const StatePiece& piece) { return files_[piece.file]; }
  Result<std::string> Read(const StatePiece& piece) override {
    auto at = files_.find(piece.file);
    if (at == files_.end()) return Error(ErrorCode::kCorrupt, "file '" + piece.file + "' is missing");
    return at->second;
  }

 private:
  std::map<std::string, std::string> files_;
};

/// A snapshot from begin to end, its own piece among its pieces.
inline StateSnapshot TakeWhole(KeyedStateBackend& backend, MemoryPieces& files, const SnapshotRequest& request = {},
                               StatePiece* own = nullptr) {
  backend.BeginSnapshot(request);
  std::string bytes;
  while (true) {
    Result<bool> done = backend.StepSnapshot(4096, bytes);
    INVARIANT(done.ok(), done.error().message());
    if (*done) break;
  }
  StateSnapshot snapshot = backend.TakeSnapshot();
  if (bytes.empty()) return snapshot;
  snapshot.pieces.push_back(files.Write(std::move(bytes)));
  if (own != nullptr) *own = snapshot.pieces.back();
  return snapshot;
}

}  // namespace sluice::engine
