// Runs the blocks of one .stest file, one after the other, on one session.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/job/stest/block_check.h"
#include "engine/job/stest/test_file.h"

namespace sluice::engine::stest {

/// One session: executes a statement to its end (a job is awaited) within `limit`; kTimeout after that, the job
/// cancelled and the session usable again.
class StatementRunner {
 public:
  virtual ~StatementRunner() = default;
  virtual Result<StatementOutput> Run(const std::string& statement, std::chrono::milliseconds limit) = 0;
};

/// A fresh session in streaming or batch mode, with the settings that every test file starts with.
using StatementRunnerFactory = std::function<std::unique_ptr<StatementRunner>(bool batch)>;

struct RunOptions {
  /// The file's scratch folder (`${dir}`); exists and is empty. The caller removes it.
  std::string dir;
  std::chrono::milliseconds block_limit{30'000};
  /// Blocks (by index) that are not run: they hung or crashed in an earlier attempt.
  std::set<size_t> skip;
  bool ordered = true;  // see CheckBlock
};

/// Sees each block before it runs and its outcome after.
struct RunObserver {
  std::function<void(size_t block)> before;
  std::function<void(size_t block, const BlockOutcome&)> after;
};

/// Runs all blocks that are not skipped, in order.
void RunTestFile(const TestFile& file, const StatementRunnerFactory& factory, const RunOptions& options,
                 const RunObserver& observer);

}  // namespace sluice::engine::stest
