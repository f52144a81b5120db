// One way to run the test corpus: how large batches are, how many subtasks, and what happens to a job on its way. The
// answers must not depend on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::engine::stest {

enum class Disturbance : uint8_t {
  kNone,
  kRestore,  // checkpoint, drop the job without finishing, restore
  kRescale,  // the same, with another parallelism
};

struct MatrixPoint {
  size_t batch_rows = 1024;
  int parallelism = 1;
  Disturbance disturbance = Disturbance::kNone;
  uint64_t seed = 0;
  bool rocksdb = false;  // as state backend, with a budget so small that it is used

  /// The order of rows is part of the answer; else only the table that they leave is.
  bool ordered() const { return parallelism == 1 && disturbance == Disturbance::kNone; }
  /// "batches of 7, parallelism 3, rocksdb, restore, seed 5".
  std::string ToString() const;
};

/// A hash, to draw numbers by: the same for the same arguments everywhere.
uint64_t SeededHash(uint64_t seed, std::string_view text);

}  // namespace sluice::engine::stest
