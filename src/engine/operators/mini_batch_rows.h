// See mini_batch_rows.cc.
#pragma once

#include <memory>
#include <vector>

#include "engine/runtime/interfaces.h"

namespace sluice::engine {

/// Which of a key's rows in a bundle go on.
enum class BundleKeeps : uint8_t { kAll, kFirst, kLast, kEarliest, kLatest };

struct MiniBatchRowsSpec {
  std::vector<int> keys;
  BundleKeeps keep = BundleKeeps::kAll;
  int time_column = -1;  // for kEarliest, kLatest; of equal ones the first, the last
  int64_t size = 1;      // rows of a bundle
};

/// `inner`, which has one input, behind bundles.
std::unique_ptr<Operator> MakeMiniBatchRows(std::unique_ptr<Operator> inner, MiniBatchRowsSpec spec,
                                            const Schema& input);

}  // namespace sluice::engine
