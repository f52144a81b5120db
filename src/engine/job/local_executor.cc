#include "engine/job/local_executor.h"

#include "base/ids.h"
#include "base/options_registry.h"
#include "base/random.h"
#include "engine/job/checkpoint_access.h"
#include "engine/runtime/worker_pool.h"
#include "engine/state/rocksdb_backend.h"

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

class CalledRandom : public Random {
 public:
  explicit CalledRandom(std::function<uint64_t()> call) : call_(std::move(call)) {}
  uint64_t Next() override { return call_ ? call_() : fallback_.Next(); }

 private:
  std::function<uint64_t()> call_;
  SystemRandom fallback_;
};

Result<JobConfig> ConfigOf(const PhysicalPlan& plan, bool is_query) {
  const OptionValues values(plan.settings.options.begin(), plan.settings.options.end());
  SLUICE_ASSIGN_OR_RETURN(JobConfig config, ReadJobConfig(values));
  if (plan.settings.batch) {
    // Flink's batch jobs have no checkpoints either; a restart begins anew, which our sinks could not tell apart.
    config.checkpoints.interval_ms.reset();
    config.restore = {};
  }
  if (plan.settings.batch || is_query) config.restart = {};
  return config;
}

}  // namespace

LocalJob::~LocalJob() { master_.reset(); }

void LocalJob::OnStatus(JobStatus status) {
  if (!IsTerminal(status)) return;
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool LocalJob::WaitFor(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return clock_.WaitFor(lock, changed_, limit, [this] { return ended_; });
}

Status LocalJob::Wait() {
  switch (master_->Wait()) {
    case JobStatus::kFinished: return {};
    case JobStatus::kCanceled: return Error(ErrorCode::kCancelled, "the job was cancelled");
    default: return master_->failure().value_or(Error(ErrorCode::kInternal, "the job failed without a reason"));
  }
}

LocalExecutor::LocalExecutor(JobBuildEnvironment environment, LocalExecutorOptions options)
    : environment_(std::move(environment)), options_(std::move(options)) {
  random_ = std::make_unique<CalledRandom>(environment_.random);
}
LocalExecutor::~LocalExecutor() = default;

Result<std::unique_ptr<LocalJob>> LocalExecutor::Submit(PhysicalPlan plan, ResultConsumer consumer,
                                                        SubmitOptions submit) {
  JobBuildEnvironment environment = environment_;
  SLUICE_ASSIGN_OR_RETURN(environment.default_parallelism, ParallelismOf(plan, environment_.default_parallelism));
  SLUICE_ASSIGN_OR_RETURN(JobConfig config, ConfigOf(plan, consumer != nullptr));
  JobMasterEnvironment master;
  if (config.state_backend == StateBackendKind::kRocksDb) {
    master.make_state =
        options_.make_rocksdb ? options_.make_rocksdb(config.local_folder) : RocksDbStateBackends(config.local_folder);
  }
  SLUICE_ASSIGN_OR_RETURN(master.open_storage, StorageOpener(plan));
  SLUICE_ASSIGN_OR_RETURN(JobGraph graph, BuildJobGraph(std::make_shared<const PhysicalPlan>(std::move(plan)),
                                                        environment, std::move(consumer)));
  if (!workers_) workers_ = std::make_unique<WorkerPool>(options_.threads, *environment_.clock);
  if (submit.job_id.empty()) submit.job_id = Id128::New(*random_).ToString();
  std::unique_ptr<LocalJob> job(new LocalJob(submit.job_id, *environment_.clock, std::move(submit.on_end)));
  master.clock = environment_.clock;
  master.random = random_.get();
  master.workers = workers_.get();
  master.metrics = options_.metrics;
  master.on_status = [job = job.get()](JobStatus status, int64_t) { job->OnStatus(status); };
  master.on_end = job->on_end_;
  master.on_note = std::move(submit.on_note);
  SLUICE_ASSIGN_OR_RETURN(job->master_, JobMaster::Create(submit.job_id, std::move(graph), std::move(config),
                                                          std::move(master), submit.resume));
  job->master_->Start();
  return job;
}

Status LocalExecutor::DisposeSavepoint(const std::string& path) const {
  OpenStorage open = options_.open_storage;
  if (!open) {
    SLUICE_ASSIGN_OR_RETURN(open, CheckpointAccess({}, environment_.clock));
  }
  return engine::DisposeSavepoint(open, path);
}

Result<OpenStorage> LocalExecutor::StorageOpener(const PhysicalPlan& plan) const {
  if (options_.open_storage) return options_.open_storage;
  return CheckpointAccess({plan.settings.options.begin(), plan.settings.options.end()}, environment_.clock);
}

}  // namespace sluice::engine
