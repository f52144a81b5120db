// What an interval join keeps of one key: both sides' rows by their time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/operators/row_list.h"

namespace sluice::engine {

struct IntervalRow {
  std::string row;
  bool joined = false;  // has been part of a result; kept for outer joins
};

struct IntervalSide {
  static constexpr int64_t kNoTimer = INT64_MIN;
  std::map<int64_t, std::vector<IntervalRow>> rows;
  int64_t timer = kNoTimer;  // when the rows of the other side are cleaned next
  uint64_t most_times = 0;   // that were there at once: decides the order in which Flink's hash map shows them
};

/// The order of the times in a java.util.HashMap<Long, …> that once had `most` entries: by bucket.
inline uint64_t HashMapBucket(int64_t time, uint64_t most) {
  uint64_t capacity = 16;
  while (most * 4 > capacity * 3) capacity *= 2;
  const auto folded = static_cast<uint32_t>(static_cast<uint64_t>(time) ^ (static_cast<uint64_t>(time) >> 32));
  return (folded ^ (folded >> 16)) & (capacity - 1);
}

struct IntervalRows {
  IntervalSide sides[2];

  bool empty() const {
    return sides[0].rows.empty() && sides[1].rows.empty() && sides[0].timer == IntervalSide::kNoTimer &&
           sides[1].timer == IntervalSide::kNoTimer;
  }

  void Save(std::string& out) const {
    for (const IntervalSide& side : sides) {
      PutFixed(side.timer, out);
      PutFixed(side.most_times, out);
      uint64_t count = 0;
      for (const auto& [time, rows] : side.rows) count += rows.size();
      PutFixed(count, out);
      for (const auto& [time, rows] : side.rows) {
        for (const IntervalRow& r : rows) {
          PutFixed(time, out);
          PutFixed(static_cast<uint8_t>(r.joined), out);
          PutBytes(r.row, out);
        }
      }
    }
  }
  bool Load(std::string_view in) {
    for (IntervalSide& side : sides) {
      uint64_t count = 0;
      if (!TakeFixed(in, side.timer) || !TakeFixed(in, side.most_times) || !TakeFixed(in, count)) return false;
      for (; count > 0; --count) {
        int64_t time = 0;
        uint8_t joined = 0;
        std::string_view row;
        if (!TakeFixed(in, time) || !TakeFixed(in, joined) || !TakeBytes(in, row)) return false;
        side.rows[time].push_back({std::string(row), joined != 0});
      }
    }
    return in.empty();
  }
};

}  // namespace sluice::engine
