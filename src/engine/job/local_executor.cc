#include "engine/job/local_executor.h"

#include "base/options_registry.h"
#include "engine/runtime/worker_pool.h"

namespace sluice::engine {
namespace {

constexpr Option<int32_t> kParallelism{
    .key = "parallelism.default", .min = 1, .text = "Subtasks of an operator that does not ask for another number."};
constexpr Option<int32_t> kSqlParallelism{
    .key = "table.exec.resource.default-parallelism", .default_value = "-1", .text = "Overrides parallelism.default."};

Result<int> ParallelismOf(const PhysicalPlan& plan, int fallback) {
  const OptionValues options(plan.settings.options.begin(), plan.settings.options.end());
  SLUICE_ASSIGN_OR_RETURN(int32_t sql, GetOption(options, kSqlParallelism));
  if (sql > 0) return sql;
  SLUICE_ASSIGN_OR_RETURN(std::optional<int32_t> job, FindOption(options, kParallelism));
  return job.value_or(fallback);
}

}  // namespace

LocalJob::~LocalJob() = default;

void LocalJob::OnFailure(const Error& error, int64_t) {
  std::lock_guard lock(mutex_);
  failure_ = error;
}

StatusTimes LocalJob::status_times() const {
  std::lock_guard lock(mutex_);
  return status_times_;
}

void LocalJob::OnJobStatus(JobStatus status, int64_t now_ms) {
  std::unique_lock lock(mutex_);
  status_times_[static_cast<size_t>(status)] = now_ms;
  if (!IsTerminal(status)) return;
  lock.unlock();
  if (on_end_) on_end_(status, failure_);
  lock.lock();
  ended_ = true;
  changed_.notify_all();
}

bool LocalJob::WaitFor(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return clock_.WaitFor(lock, changed_, limit, [this] { return ended_; });
}

Status LocalJob::Wait() {
  switch (job_->Wait()) {
    case JobStatus::kFinished: return {};
    case JobStatus::kCanceled: return Error(ErrorCode::kCancelled, "the job was cancelled");
    default: return job_->failure().value_or(Error(ErrorCode::kInternal, "the job failed without a reason"));
  }
}

LocalExecutor::LocalExecutor(JobBuildEnvironment environment, LocalExecutorOptions options)
    : environment_(std::move(environment)), options_(options) {}
LocalExecutor::~LocalExecutor() = default;

Result<std::unique_ptr<LocalJob>> LocalExecutor::Submit(PhysicalPlan plan, ResultConsumer consumer,
                                                        LocalJob::EndCallback on_end) {
  JobBuildEnvironment environment = environment_;
  SLUICE_ASSIGN_OR_RETURN(environment.default_parallelism, ParallelismOf(plan, environment_.default_parallelism));
  SLUICE_ASSIGN_OR_RETURN(JobGraph graph, BuildJobGraph(std::make_shared<const PhysicalPlan>(std::move(plan)),
                                                        environment, std::move(consumer)));
  if (!workers_) workers_ = std::make_unique<WorkerPool>(options_.threads, *environment_.clock);
  std::unique_ptr<LocalJob> job(new LocalJob(*environment_.clock, std::move(on_end)));
  JobEnvironment runtime;
  runtime.clock = environment_.clock;
  runtime.workers = workers_.get();
  runtime.metrics = options_.metrics;
  runtime.listener = job.get();
  SLUICE_ASSIGN_OR_RETURN(job->job_, Job::Create(std::move(graph), runtime));
  job->job_->Start();
  return job;
}

}  // namespace sluice::engine
