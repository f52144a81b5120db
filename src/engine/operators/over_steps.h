// Rows on their way through the accumulators of an OVER window, in order: some only leave the frame, the others show
// with the value that holds after them or, in RANGE frames, after the last of their peers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/columnar/row_block.h"
#include "engine/operators/aggregate_set.h"

namespace sluice::engine {

class OverSteps {
 public:
  OverSteps(AggregateSet& calls, const Schema& input) : calls_(calls), input_(input) {}

  size_t size() const { return rows_.size(); }
  void Add(std::string_view row, AggregateOp op, std::byte* accumulators) {
    rows_.Add(row);
    ops_.push_back(op);
    accumulators_.push_back(accumulators);
  }
  /// Step `row` shows with the value after step `value`.
  void Show(size_t row, size_t value) {
    shown_.push_back(static_cast<uint32_t>(row));
    values_.push_back(static_cast<uint32_t>(value));
  }
  /// Runs the steps and emits what shows, with `watermark` before each row unless it is null.
  Status Flush(const int64_t* watermark, Output& out);

 private:
  AggregateSet& calls_;
  Schema input_;
  RowBlock rows_;
  std::vector<AggregateOp> ops_;
  std::vector<std::byte*> accumulators_;
  std::vector<uint32_t> shown_, values_;
};

}  // namespace sluice::engine
