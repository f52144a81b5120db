// How far the subtasks of a filesystem source have come, and how that is divided among another number of them. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/connectors/filesystem/split.h"

namespace sluice::engine::filesystem {

/// Of one subtask.
struct SourcePosition {
  /// LIMIT counts rows of all subtasks: those emitted by all before the parallelism changed last, …
  int64_t emitted_before = 0;
  /// … and by this subtask since.
  int64_t emitted = 0;
  std::set<std::string> done;  // monitored folders: files read to their end
  std::deque<Split> splits;    // not yet read to their end; the first one is being read
};

std::string EncodeSourcePosition(const SourcePosition& position);
/// kData if the bytes are cut off or of another version.
Result<SourcePosition> DecodeSourcePosition(std::string_view bytes);

/// Which subtask finds and reads a file of a monitored folder. The same in every version: it must agree with positions
/// of earlier runs.
uint64_t PlaceOfPath(std::string_view path, uint64_t subtasks);

struct Division {
  uint64_t subtask = 0;
  uint64_t subtasks = 1;
  /// The folder is monitored: files belong to PlaceOfPath, undivided.
  bool by_path = false;
  /// Ranges of at least so many bytes are read by several subtasks; 0: files cannot be divided.
  uint64_t divide_bytes = 0;
};

/// In the order in which one subtask would have found them: by path and place in the file.
void SortSplits(std::deque<Split>& splits);

/// The part of `subtask` out of the positions of all old subtasks: every split, or piece of one, goes to exactly one.
SourcePosition DividePositions(const std::vector<SourcePosition>& all, const Division& division);

}  // namespace sluice::engine::filesystem
