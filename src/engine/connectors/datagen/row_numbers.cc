#include "engine/connectors/datagen/row_numbers.h"

#include <algorithm>

#include "engine/connectors/position_bytes.h"

namespace sluice::engine::datagen {
namespace {

constexpr uint64_t kVersion = 1;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

std::vector<Lane>::const_iterator First(const std::vector<Lane>& lanes) {
  return std::min_element(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) { return a.next < b.next; });
}

/// Saturates: a lane that has come to the end of the numbers stays there.
int64_t Forward(int64_t number, int64_t stride) {
  int64_t sum = 0;
  return __builtin_add_overflow(number, stride, &sum) ? kNever : sum;
}

}  // namespace

DatagenPosition FirstPosition(int64_t subtask, int64_t subtasks) {
  DatagenPosition position;
  position.lanes = {{subtask, subtasks}};
  return position;
}

int64_t TakeNumber(DatagenPosition& position) {
  Lane& lane = position.lanes[static_cast<size_t>(First(position.lanes) - position.lanes.cbegin())];
  const int64_t number = lane.next;
  lane.next = Forward(lane.next, lane.stride);
  return number;
}

int64_t NextNumber(const DatagenPosition& position) {
  return position.lanes.empty() ? kNever : First(position.lanes)->next;
}

std::string EncodeDatagenPosition(const DatagenPosition& position) {
  PositionWriter w;
  w.Number(kVersion);
  for (int64_t n : {position.made_before, position.made, position.second_start_ms, position.in_second}) {
    w.Number(static_cast<uint64_t>(n));
  }
  w.Number(position.lanes.size());
  for (const Lane& lane : position.lanes) {
    w.Number(static_cast<uint64_t>(lane.next));
    w.Number(static_cast<uint64_t>(lane.stride));
  }
  return w.Take();
}

Result<DatagenPosition> DecodeDatagenPosition(std::string_view bytes) {
  PositionReader r(bytes);
  if (const uint64_t version = r.Number(); r.ok() && version != kVersion) {
    return Error(ErrorCode::kData, "The position of a datagen source has the version " + std::to_string(version) +
                                       "; this engine reads version " + std::to_string(kVersion) + ".");
  }
  DatagenPosition position;
  for (int64_t* n : {&position.made_before, &position.made, &position.second_start_ms, &position.in_second}) {
    *n = static_cast<int64_t>(r.Number());
  }
  for (uint64_t n = r.Number(); n > 0 && r.ok(); --n) {
    const auto next = static_cast<int64_t>(r.Number());
    position.lanes.push_back({next, static_cast<int64_t>(r.Number())});
  }
  if (!r.ok()) return Error(ErrorCode::kData, "The position of a datagen source is cut off.");
  return position;
}

DatagenPosition DividePositions(const std::vector<DatagenPosition>& all, int64_t subtask, int64_t subtasks) {
  DatagenPosition mine;
  std::vector<Lane> lanes;
  for (const DatagenPosition& p : all) {
    mine.made_before = std::max(mine.made_before, p.made_before);
    mine.second_start_ms = std::max(mine.second_start_ms, p.second_start_ms);
    lanes.insert(lanes.end(), p.lanes.begin(), p.lanes.end());
  }
  int64_t in_second = 0;
  for (const DatagenPosition& p : all) {
    mine.made_before += p.made;
    if (p.second_start_ms == mine.second_start_ms) in_second += p.in_second;
  }
  mine.in_second = in_second / subtasks + (subtask < in_second % subtasks ? 1 : 0);
  std::sort(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) { return a.next < b.next; });
  const auto count = static_cast<int64_t>(lanes.size());
  const int64_t parts = count == 0 ? 1 : std::max<int64_t>(1, (subtasks + count - 1) / count);
  for (int64_t i = 0; i < count * parts; ++i) {
    if (i % subtasks != subtask) continue;
    Lane lane = lanes[static_cast<size_t>(i % count)];
    for (int64_t skipped = i / count; skipped > 0; --skipped) lane.next = Forward(lane.next, lane.stride);
    lane.stride *= parts;
    mine.lanes.push_back(lane);
  }
  return mine;
}

}  // namespace sluice::engine::datagen
