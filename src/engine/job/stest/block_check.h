// Decides whether what a statement did is what its block expects. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/job/result_display.h"
#include "engine/job/stest/test_file.h"

namespace sluice::engine::stest {

/// What a statement that succeeded gave: a query's changelog in order, a SHOW's rows, an INSERT's "job finished".
struct StatementOutput {
  std::vector<DisplayedRow> rows;
};

struct BlockOutcome {
  bool passed = false;
  std::string note;                 // why it failed, one line; may be empty when the lines say it all
  std::vector<std::string> actual;  // the expected part as it would be recorded now
  std::vector<std::string> expected;
};

/// `dir` is replaced by `${dir}` in everything that is compared. Not `ordered`: a query's rows may come in another
/// order and its changes in other steps, as long as the same table is left.
BlockOutcome CheckBlock(const Block& block, std::string_view dir, const Result<StatementOutput>& output,
                        bool ordered = true);

/// The lines that `kind` wants of a changelog; kData if a `table` would hold a row a negative number of times.
Result<std::vector<std::string>> ResultLines(BlockKind kind, const std::vector<DisplayedRow>& rows);

}  // namespace sluice::engine::stest
