#include "engine/connectors/filesystem/source_position.h"

#include <algorithm>

#include "engine/connectors/filesystem/byte_reader.h"
#include "engine/connectors/position_bytes.h"

namespace sluice::engine::filesystem {
namespace {

constexpr uint64_t kVersion = 1;

/// Cuts the unread rest of a range into one piece a subtask. Each piece but the first begins at the first line at or
/// after its first byte, which is where the piece before it ends.
std::vector<Split> Pieces(const Split& split, const Division& division) {
  const uint64_t begin = std::max(split.begin, split.offset);
  const uint64_t end = split.end == UINT64_MAX ? split.size : split.end;
  const bool divide = division.divide_bytes > 0 && division.subtasks > 1 && end > begin &&
                      end - begin >= division.divide_bytes && !IsCompressed(split.path);
  if (!divide) return {split};
  std::vector<Split> pieces;
  const uint64_t step = (end - begin) / division.subtasks;
  for (uint64_t k = 0; k < division.subtasks; ++k) {
    Split piece = split;
    if (k > 0) {
      piece.begin = begin + k * step;
      piece.offset = 0;
    }
    if (k + 1 < division.subtasks) piece.end = begin + (k + 1) * step;
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace

std::string EncodeSourcePosition(const SourcePosition& position) {
  PositionWriter w;
  w.Number(kVersion);
  w.Number(static_cast<uint64_t>(position.emitted_before));
  w.Number(static_cast<uint64_t>(position.emitted));
  w.Number(position.done.size());
  for (const std::string& path : position.done) w.Text(path);
  w.Number(position.splits.size());
  for (const Split& s : position.splits) {
    w.Text(s.path);
    for (uint64_t n : {s.begin, s.end, s.size, static_cast<uint64_t>(s.modified_ms), s.offset}) w.Number(n);
  }
  return w.Take();
}

Result<SourcePosition> DecodeSourcePosition(std::string_view bytes) {
  PositionReader r(bytes);
  if (const uint64_t version = r.Number(); r.ok() && version != kVersion) {
    return Error(ErrorCode::kData, "The position of a filesystem source has the version " + std::to_string(version) +
                                       "; this engine reads version " + std::to_string(kVersion) + ".");
  }
  SourcePosition position;
  position.emitted_before = static_cast<int64_t>(r.Number());
  position.emitted = static_cast<int64_t>(r.Number());
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) position.done.insert(r.Text());
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) {
    Split s;
    s.path = r.Text();
    s.begin = r.Number();
    s.end = r.Number();
    s.size = r.Number();
    s.modified_ms = static_cast<int64_t>(r.Number());
    s.offset = r.Number();
    position.splits.push_back(std::move(s));
  }
  if (!r.ok()) return Error(ErrorCode::kData, "The position of a filesystem source is cut off.");
  return position;
}

uint64_t PlaceOfPath(std::string_view path, uint64_t subtasks) {
  uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return (hash ^ hash >> 32) % subtasks;
}

void SortSplits(std::deque<Split>& splits) {
  std::sort(splits.begin(), splits.end(),
            [](const Split& a, const Split& b) { return a.path != b.path ? a.path < b.path : a.begin < b.begin; });
}

SourcePosition DividePositions(const std::vector<SourcePosition>& all, const Division& division) {
  SourcePosition mine;
  std::deque<Split> splits;
  for (const SourcePosition& p : all) {
    mine.emitted_before = std::max(mine.emitted_before, p.emitted_before);
    mine.done.insert(p.done.begin(), p.done.end());
    for (const Split& s : p.splits) {
      for (Split& piece : Pieces(s, division)) splits.push_back(std::move(piece));
    }
  }
  for (const SourcePosition& p : all) mine.emitted_before += p.emitted;
  SortSplits(splits);
  for (size_t i = 0; i < splits.size(); ++i) {
    const uint64_t place = division.by_path ? PlaceOfPath(splits[i].path, division.subtasks) : i % division.subtasks;
    if (place == division.subtask) mine.splits.push_back(std::move(splits[i]));
  }
  return mine;
}

}  // namespace sluice::engine::filesystem
