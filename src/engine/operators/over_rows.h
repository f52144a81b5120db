// What an OVER window over time keeps of one key: the rows that wait for their time and those that will leave the
// frame.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "engine/operators/row_list.h"

namespace sluice::engine {

struct OverRows {
  std::map<int64_t, std::deque<std::string>> rows;
  std::set<int64_t> marks;      // times at which the key may be cleaned, or has been asked to be
  int64_t cleanup = INT64_MIN;  // the last of them that counts; none: INT64_MIN
  int64_t last = 0;             // the last time that was worked off; rows up to it are late (bounded frames)
  int64_t count = 0;            // rows in the frame (bounded ROWS)
  bool reset = false;           // the accumulators begin anew with the next row

  bool empty() const { return rows.empty() && marks.empty() && last == 0 && count == 0 && !reset; }

  void Save(std::string& out) const {
    PutFixed(cleanup, out);
    PutFixed(last, out);
    PutFixed(count, out);
    PutFixed(static_cast<uint8_t>(reset), out);
    PutFixed(static_cast<uint32_t>(marks.size()), out);
    for (const int64_t m : marks) PutFixed(m, out);
    for (const auto& [time, list] : rows) {
      for (const std::string& row : list) {
        PutFixed(time, out);
        PutBytes(row, out);
      }
    }
  }
  bool Load(std::string_view in) {
    uint8_t flag = 0;
    uint32_t count_of_marks = 0;
    if (!TakeFixed(in, cleanup) || !TakeFixed(in, last) || !TakeFixed(in, count) || !TakeFixed(in, flag) ||
        !TakeFixed(in, count_of_marks)) {
      return false;
    }
    reset = flag != 0;
    int64_t time = 0;
    for (; count_of_marks > 0; --count_of_marks) {
      if (!TakeFixed(in, time)) return false;
      marks.insert(time);
    }
    std::string_view row;
    while (!in.empty()) {
      if (!TakeFixed(in, time) || !TakeBytes(in, row)) return false;
      rows[time].emplace_back(row);
    }
    return true;
  }
};

}  // namespace sluice::engine
