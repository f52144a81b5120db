// Giving back the bytes of pieces, whole or block by block.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

/// A piece opened for reading; it is as long as StatePiece::length says. Any number of threads. Outlives neither its
/// reader nor the StatePiece.
class PieceBytes {
 public:
  virtual ~PieceBytes() = default;
  /// `length` bytes from `offset`, which the caller knows to be within the piece. They stand in this object, or in
  /// `buffer`, which they may overwrite. kCorrupt if the file has become shorter.
  virtual Result<std::string_view> Part(uint64_t offset, size_t length, std::string& buffer) const = 0;
};

/// Thread-safe.
class PieceReader {
 public:
  virtual ~PieceReader() = default;
  /// The whole piece, its checksum held against it. kCorrupt-like errors (missing, short, wrong checksum) name the
  /// file.
  virtual Result<std::string> Read(const StatePiece& piece) = 0;
  /// For pieces that need not be in memory at once. The piece's checksum need not be looked at: blocks have their own.
  /// As it stands here, reads the whole piece.
  virtual Result<std::unique_ptr<PieceBytes>> Open(const StatePiece& piece);
};

/// Bytes that are in memory and outlive the object.
std::unique_ptr<PieceBytes> BytesInMemory(std::string_view bytes);

}  // namespace sluice::engine
