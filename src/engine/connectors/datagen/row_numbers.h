// Which rows of a datagen table a subtask makes: row numbers 0, 1, 2, … of the whole table in lanes (every n-th
// number), so that what is left can be divided among another number of subtasks. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine::datagen {

/// The numbers next, next + stride, next + 2 * stride, …
struct Lane {
  int64_t next = 0;
  int64_t stride = 1;
};

/// How far one subtask has come.
struct DatagenPosition {
  std::vector<Lane> lanes;
  /// LIMIT counts rows of all subtasks: those made by all before the parallelism changed last, …
  int64_t made_before = 0;
  /// … and by this subtask since.
  int64_t made = 0;
  /// Pacing: the wall-clock second that is running and the rows made in it; INT64_MIN: none yet.
  int64_t second_start_ms = std::numeric_limits<int64_t>::min();
  int64_t in_second = 0;
};

/// Subtask `subtask` of `subtasks` at the start.
DatagenPosition FirstPosition(int64_t subtask, int64_t subtasks);

/// The smallest number that is left, and moves on. Numbers ascend. Needs a lane.
int64_t TakeNumber(DatagenPosition& position);
/// The same without moving; max if there is no lane.
int64_t NextNumber(const DatagenPosition& position);

std::string EncodeDatagenPosition(const DatagenPosition& position);
/// kData if the bytes are cut off or of another version.
Result<DatagenPosition> DecodeDatagenPosition(std::string_view bytes);

/// The part of `subtask` out of the positions of all old subtasks: every number that is left goes to exactly one.
DatagenPosition DividePositions(const std::vector<DatagenPosition>& all, int64_t subtask, int64_t subtasks);

}  // namespace sluice::engine::datagen
