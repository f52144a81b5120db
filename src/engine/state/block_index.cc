#include "engine/state/block_index.h"

namespace sluice::engine {

namespace {

uint64_t LengthOf(const StatePiece& piece) { return piece.file.empty() ? piece.bytes.size() : piece.length; }

std::string NameOf(const StatePiece& piece) {
  return piece.file.empty() ? "the checkpoint's manifest" : "file '" + piece.file + "'";
}

}  // namespace

Result<BlockIndex> BlockIndex::Make(const StateSnapshot& snapshot, PieceReader& reader) {
  BlockIndex index;
  index.snapshot_ = &snapshot;
  index.pieces_.resize(snapshot.pieces.size());
  for (size_t p = snapshot.pieces.size(); p-- > 0;) {
    SLUICE_RETURN_IF_ERROR(index.AddPiece(static_cast<uint32_t>(p), reader));
  }
  return index;
}

Status BlockIndex::AddPiece(uint32_t number, PieceReader& reader) {
  const StatePiece& piece = snapshot_->pieces[number];
  if (piece.file.empty()) {
    pieces_[number] = BytesInMemory(piece.bytes);
  } else {
    SLUICE_ASSIGN_OR_RETURN(pieces_[number], reader.Open(piece));
  }
  const uint64_t length = LengthOf(piece);
  std::string buffer;
  for (uint64_t at = 0; at < length;) {
    if (length - at < kBlockHeader) return Damaged(number, "a block of keyed state is cut short");
    SLUICE_ASSIGN_OR_RETURN(const std::string_view bytes, pieces_[number]->Part(at, kBlockHeader, buffer));
    const Result<BlockHead> head = ReadBlockHead(bytes);
    if (!head.ok()) return Damaged(number, head.error().message());
    if (head->body > length - at - kBlockHeader) return Damaged(number, "a block of keyed state is cut short");
    places_[head->table_id].push_back({number, at, *head});
    at += kBlockHeader + head->body;
  }
  return {};
}

const BlockIndex::Places* BlockIndex::BlocksOf(uint64_t table_id) const {
  const auto at = places_.find(table_id);
  return at == places_.end() ? nullptr : &at->second;
}

Result<Block> BlockIndex::Load(const Place& place, std::string& buffer) const {
  SLUICE_ASSIGN_OR_RETURN(std::string_view bytes,
                          pieces_[place.piece]->Part(place.offset, kBlockHeader + place.head.body, buffer));
  Result<Block> block = TakeBlock(bytes);
  if (block.ok()) return block;
  if (block.error().code() == ErrorCode::kCorrupt) return Damaged(place.piece, block.error().message());
  return block.error().WithContext(NameOf(snapshot_->pieces[place.piece]));
}

Error BlockIndex::Damaged(uint32_t piece, const std::string& what) const {
  return {ErrorCode::kCorrupt,
          NameOf(snapshot_->pieces[piece]) + " is damaged: " + what + "; restore from an older checkpoint"};
}

Status BlockIndex::CheckOthers(const std::map<uint64_t, bool>& read) const {
  std::string buffer;
  for (const auto& [table, places] : places_) {
    if (read.contains(table)) continue;
    for (const Place& place : places) SLUICE_RETURN_IF_ERROR(Load(place, buffer));
  }
  return {};
}

}  // namespace sluice::engine
