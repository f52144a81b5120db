#include "engine/job/sql_test_runner.h"

#include <mutex>
#include <sstream>

#include "base/clock.h"
#include "base/random.h"
#include "engine/job/local_executor.h"
#include "engine/job/result_display.h"
#include "engine/job/stest/disturbed_run.h"
#include "engine/job/stest/held_clock.h"
#include "engine/runtime/worker_pool.h"
#include "engine/sql/session.h"

namespace sluice::engine {
namespace {

OptionMap TestDefaults(bool batch, const stest::MatrixPoint& point) {
  OptionMap options = {{"parallelism.default", std::to_string(point.parallelism)},
                       {"pipeline.auto-watermark-interval", "0 ms"},
                       {"table.local-time-zone", "UTC"},
                       {"table.exec.source.idle-timeout", "0 ms"},
                       {"restart-strategy.type", "none"}};
  if (batch) options["execution.runtime-mode"] = "batch";
  if (point.rocksdb) options["state.backend.type"] = "rocksdb";
  return options;
}

/// Rows of a running query as they come, from a worker thread.
class RowCollector {
 public:
  explicit RowCollector(const PlanSettings& settings) : display_(settings.time_zone, settings.legacy_cast) {}

  Status Take(const Batch& batch) {
    std::lock_guard lock(mutex_);
    for (DisplayedRow& row : display_.Rows(batch)) rows_.push_back(std::move(row));
    return {};
  }
  std::vector<DisplayedRow> TakeRows() {
    std::lock_guard lock(mutex_);
    return std::exchange(rows_, {});
  }

 private:
  ResultDisplay display_;
  std::mutex mutex_;
  std::vector<DisplayedRow> rows_;
};

class SqlTestRunner : public stest::StatementRunner {
 public:
  SqlTestRunner(const Builtins& builtins, Clock& clock, Random& random, const stest::MatrixPoint& point, bool batch)
      : clock_(clock),
        point_(point),
        environment_({.builtins = &builtins,
                      .clock = &clock_,
                      .out = &printed_,
                      .err = &printed_,
                      .random = [&random] { return random.Next(); },
                      .batch_rows = point.batch_rows}),
        session_({.connectors = &builtins.catalog,
                  .functions = builtins.functions,
                  .now_ms = [this] { return clock_.NowMs(); },
                  .random = [&random] { return random.Next(); }},
                 TestDefaults(batch, point)),
        executor_(environment_,
                  {.threads = point.parallelism == 1 ? 1 : 2,
                   .make_rocksdb = [point](const std::string&) { return stest::StateBackendsOf(point); }}) {}

  Result<stest::StatementOutput> Run(const std::string& statement, std::chrono::milliseconds limit) override {
    if (point_.ordered()) clock_.Hold();  // else it would hold up what waits for a disturbance's next step
    SLUICE_ASSIGN_OR_RETURN(sql::StatementResult result, session_.Execute(statement));
    stest::StatementOutput output;
    switch (result.kind) {
      case sql::ResultKind::kOk: return output;
      case sql::ResultKind::kRows:
        for (auto& row : result.rows) {
          DisplayedRow& out = output.rows.emplace_back();
          for (auto& field : row) out.fields.push_back(field ? std::move(*field) : std::string(kDisplayedNull));
        }
        return output;
      case sql::ResultKind::kQuery: {
        SLUICE_ASSIGN_OR_RETURN(output.rows, RunJob(std::move(result.plan), statement, limit));
        return output;
      }
      case sql::ResultKind::kInsert: {
        auto rows = RunJob(std::move(result.plan), statement, limit);
        if (!rows.ok()) return rows.error();
        output.rows.push_back({RowKind::kInsert, {"job finished"}});
        return output;
      }
    }
    return output;
  }

 private:
  Result<std::vector<DisplayedRow>> RunJob(PhysicalPlan plan, const std::string& statement,
                                           std::chrono::milliseconds limit) {
    if (point_.disturbance != stest::Disturbance::kNone && !plan.settings.batch) {
      // Threads start with the first job: the supervisor forks before.
      if (!workers_) workers_ = std::make_unique<WorkerPool>(2, *environment_.clock);
      const int64_t deadline_ns = environment_.clock->MonotonicNs() + std::chrono::nanoseconds(limit).count();
      return stest::RunDisturbed(std::move(plan), environment_, point_, statement, *workers_, deadline_ns);
    }
    RowCollector collector(plan.settings);
    auto job = executor_.Submit(std::move(plan), [&](const Batch& batch) { return collector.Take(batch); });
    if (!job.ok()) return job.error();
    if (!(*job)->WaitFor(limit)) {
      job->reset();  // cancels and waits
      return Error(ErrorCode::kTimeout, "not finished within " + std::to_string(limit.count()) + " ms");
    }
    SLUICE_RETURN_IF_ERROR((*job)->Wait());
    return collector.TakeRows();
  }

  stest::HeldClock clock_;
  std::ostringstream printed_;  // what the print connector writes is not looked at
  const stest::MatrixPoint point_;
  const JobBuildEnvironment environment_;
  sql::Session session_;
  LocalExecutor executor_;
  std::unique_ptr<WorkerPool> workers_;  // of disturbed jobs
};

}  // namespace

stest::StatementRunnerFactory MakeSqlTestRunners(const Builtins& builtins, Clock& clock, Random& random,
                                                 const stest::MatrixPoint& point) {
  return [&builtins, &clock, &random, point](bool batch) {
    return std::make_unique<SqlTestRunner>(builtins, clock, random, point, batch);
  };
}

}  // namespace sluice::engine
