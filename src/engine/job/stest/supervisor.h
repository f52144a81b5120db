// Runs many test files in worker processes, so that a crash or a hang is one failed block, named, and never the end of
// the run. A worker that dies or hangs in a block is replaced by one that runs the file again without that block.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/job/stest/test_file.h"
#include "engine/job/stest/test_runner.h"

namespace sluice::engine::stest {

struct BlockReport {
  BlockOutcome outcome;
  bool ran = false;  // the outcome is known
  int64_t elapsed_ms = 0;
};

struct FileReport {
  TestFile file;
  std::vector<BlockReport> blocks;  // one a block of the file
  size_t passed = 0;                // of the blocks that count
  size_t failed = 0;
};

struct SuiteOptions {
  std::chrono::milliseconds block_limit{30'000};
  /// On top of block_limit, for the worker to cancel its job itself before it is killed.
  std::chrono::milliseconds grace{3'000};
  int jobs = 2;
  size_t memory_limit_bytes = 0;  // address space of a worker, 0 = none
  bool ordered = true;            // see CheckBlock
};

/// Runs every file and calls `done` for each as it ends, in the order of `files`. Forks: the calling process must have
/// no other threads. kIo if the scratch folder or a process cannot be made.
Result<std::vector<FileReport>> RunSuite(std::vector<TestFile> files, const StatementRunnerFactory& factory,
                                         const SuiteOptions& options, const Clock& clock,
                                         const std::function<void(const FileReport&)>& done);

}  // namespace sluice::engine::stest
