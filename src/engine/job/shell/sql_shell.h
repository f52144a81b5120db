// The interactive shell without its terminal: statements in, text out. `sluice sql` feeds it from a prompt, a file or
// the command line.
#pragma once

#include <atomic>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "engine/job/local_executor.h"
#include "engine/job/shell/result_view.h"
#include "engine/job/shell/statement_splitter.h"
#include "engine/sql/session.h"

namespace sluice {
class Random;
}

namespace sluice::engine::shell {

/// All pointers outlive the shell.
struct ShellEnvironment {
  sql::Session* session = nullptr;
  LocalExecutor* executor = nullptr;
  Clock* clock = nullptr;
  Random* random = nullptr;
  std::ostream* out = nullptr;
  /// Set from outside (Ctrl-C) to end the running statement; the shell resets it.
  std::atomic<bool>* interrupted = nullptr;
  bool terminal = false;  // `out` is a terminal: colours, live tables, progress
  bool interactive = false;
};

/// One thread.
class SqlShell {
 public:
  enum class Outcome { kOk, kFailed, kQuit };

  explicit SqlShell(const ShellEnvironment& environment) : env_(environment) {}
  /// Cancels the jobs that still run.
  ~SqlShell();

  /// One statement or command (HELP, CLEAR, QUIT, EXIT); everything that it prints is printed on return.
  Outcome Run(const SplitStatement& statement);

  /// Waits for the INSERTs that run in the background; false if one failed. Ctrl-C cancels them.
  bool AwaitJobs();
  /// Tells of background jobs that have ended since the last call.
  void ReportEndedJobs();
  size_t running_jobs() const { return jobs_.size(); }

 private:
  struct BackgroundJob {
    std::string id;
    std::unique_ptr<LocalJob> job;
  };
  Outcome Execute(const SplitStatement& statement);
  Status Show(sql::StatementResult result);
  Status ShowRows(const sql::StatementResult& result);
  Status RunQuery(sql::StatementResult result);
  Status RunInsert(sql::StatementResult result);
  Status AwaitInsert(LocalJob& job);
  ViewOptions MakeViewOptions(bool batch) const;
  std::string Option(const std::string& key, const std::string& fallback) const;
  std::string TimeCost(int64_t began_ns) const;
  void Info(const std::string& text);
  void Failed(const std::string& text);
  bool TakeInterrupt() { return env_.interrupted != nullptr && env_.interrupted->exchange(false); }

  ShellEnvironment env_;
  std::vector<BackgroundJob> jobs_;
};

}  // namespace sluice::engine::shell
