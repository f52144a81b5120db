// Pairs of rows as bytes: the condition of a join on them, and the join's output in the making.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/columnar/row_block.h"
#include "engine/functions/program.h"
#include "engine/operators/operator_parts.h"

namespace sluice::engine {

/// What a join's ON asks beyond its keys. Without a condition every pair matches.
class PairCondition {
 public:
  static Result<PairCondition> Make(const ExprPtr& condition, const OperatorPlan& plan);

  struct Pair {
    std::string_view left, right;
  };
  /// As many pairs as are worth one call of Test: callers with many collect them up to about that.
  static constexpr size_t kPairs = 1024;
  /// matched[k] = 1 if pairs[k] passes.
  Status Test(const std::vector<Pair>& pairs, std::vector<uint8_t>& matched);

 private:
  std::unique_ptr<Program> program_;
  Schema both_;
  std::vector<uint8_t> needed_;      // by column of both: the condition reads it
  std::vector<ColumnPtr> unneeded_;  // stand for those that it does not read
  std::vector<std::string_view> rows_;
  size_t left_columns_ = 0;
};

class JoinedRows {
 public:
  void Start(const Schema& left, const Schema& output);
  /// Null pointers: that side is padded with NULLs. (Semi joins: `right` is ignored.)
  void Add(RowKind kind, const std::string_view* left, const std::string_view* right);
  /// Watermark that holds before the rows added from now on; used if any row was given one.
  void SetWatermark(int64_t watermark) {
    watermark_ = watermark;
    per_row_ = true;
  }
  size_t size() const { return batch_.length; }
  Status Flush(Output& out);

 private:
  void Reset();

  Schema output_;
  size_t left_columns_ = 0;
  RowBlock left_, right_;  // of batch_, whose columns they become
  Batch batch_;
  int64_t watermark_ = kNoWatermark;
  bool per_row_ = false;
};

}  // namespace sluice::engine
