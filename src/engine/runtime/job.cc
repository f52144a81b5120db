#include "engine/runtime/job.h"

#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "engine/runtime/task.h"

namespace sluice::engine {

std::string_view JobStatusName(JobStatus status) {
  constexpr std::string_view kNames[kJobStatusCount] = {"CREATED",  "RUNNING",  "FAILING",    "FAILED",      "CANCELLING",
                                                        "CANCELED", "FINISHED", "RESTARTING", "INITIALIZING"};
  return kNames[static_cast<size_t>(status)];
}

std::string_view ExecutionStateName(ExecutionState state) {
  constexpr std::string_view kNames[] = {"CREATED",   "INITIALIZING", "RUNNING", "FINISHED",
                                         "CANCELING", "CANCELED",     "FAILED"};
  return kNames[static_cast<size_t>(state)];
}

namespace {

class RunningJob final : public Job, public TaskOwner {
 public:
  RunningJob(JobGraph graph, const JobEnvironment& environment) : graph_(std::move(graph)), env_(environment) {}
  ~RunningJob() override {
    Cancel();
    if (started_) Wait();
    // The last TaskDone may still hold the mutex that goes away with this object.
    std::lock_guard lock(mutex_);
  }

  Status Build();
  void Start() override;
  void Cancel() override;
  void Stop() override;
  JobStatus Wait() override;
  JobStatus status() const override { return status_.load(); }
  std::optional<Error> failure() const override {
    std::lock_guard lock(mutex_);
    return failure_;
  }
  JobSnapshot Snapshot() const override;
  void TriggerCheckpoint(const CheckpointRequest&) override {}
  void AbortCheckpoint(int64_t) override {}
  void ConfirmCheckpoint(int64_t) override {}

 private:
  bool stopping() const override { return stopping_.load(std::memory_order_relaxed); }
  bool ending_sources() const override { return ending_sources_.load(std::memory_order_relaxed); }
  void TaskFailed(const Error& error) override;
  void TaskOpened() override;
  void TaskDone(bool finished) override;
  void SetStatus(JobStatus status);  // mutex_ held
  void WakeAll();
  void Connect(const JobEdge& edge);
  int WorkerOf(int subtask) const { return subtask % env_.workers->size(); }
  std::vector<std::unique_ptr<Node>>& nodes(int vertex) { return nodes_[static_cast<size_t>(vertex)]; }
  size_t TaskIndex(int vertex, int subtask) const {
    return first_task_[static_cast<size_t>(chains_[static_cast<size_t>(vertex)])] + static_cast<size_t>(subtask);
  }

  const JobGraph graph_;
  const JobEnvironment env_;
  std::vector<int> chains_;                                // vertex -> chain
  std::vector<size_t> first_task_;                         // chain -> index of its first subtask in tasks_
  std::vector<std::vector<std::unique_ptr<Node>>> nodes_;  // vertex -> subtasks
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::shared_ptr<Task>> tasks_;
  std::vector<int> task_workers_;

  std::atomic<JobStatus> status_{JobStatus::kCreated};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ending_sources_{false};
  bool started_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t running_ = 0, unopened_ = 0;
  std::optional<Error> failure_;
  int64_t start_ms_ = 0, end_ms_ = -1, failure_ms_ = 0;
};

Status RunningJob::Build() {
  chains_ = ChainVertices(graph_);
  std::vector<int> parallelism;
  for (size_t v = 0; v < graph_.vertices.size(); ++v) {
    const JobVertex& vertex = graph_.vertices[v];
    if (static_cast<size_t>(chains_[v]) == parallelism.size()) parallelism.push_back(vertex.parallelism);
    nodes_.emplace_back();
    for (int s = 0; s < vertex.parallelism; ++s) {
      TaskContext context;
      context.operator_uid = vertex.uid;
      context.operator_name = vertex.name;
      context.subtask = s;
      context.parallelism = vertex.parallelism;
      context.max_parallelism = graph_.max_parallelism;
      context.batch = graph_.batch;
      context.clock = env_.clock;
      context.metrics = env_.metrics;
      context.batch_rows = graph_.batch_rows;
      nodes_[v].push_back(std::make_unique<Node>(vertex, std::move(context)));
    }
  }
  for (const int p : parallelism) {
    first_task_.push_back(tasks_.size());
    for (int s = 0; s < p; ++s) {
      tasks_.push_back(std::make_shared<Task>(*this, *env_.clock));
      task_workers_.push_back(WorkerOf(s));
    }
  }
  for (size_t v = 0; v < nodes_.size(); ++v) {
    for (size_t s = 0; s < nodes_[v].size(); ++s) {
      const size_t task = TaskIndex(static_cast<int>(v), static_cast<int>(s));
      nodes_[v][s]->SetWaker([t = tasks_[task].get(), pool = env_.workers, worker = task_workers_[task]] {
        t->WakeSources();
        pool->Wake(worker);
      });
      tasks_[task]->AddNode(nodes_[v][s].get());
      Status made = nodes_[v][s]->Make();
      if (!made.ok()) return made.error();
    }
  }
  for (const JobEdge& edge : graph_.edges) Connect(edge);
  return {};
}

void RunningJob::Connect(const JobEdge& edge) {
  auto& from = nodes(edge.from);
  auto& to = nodes(edge.to);
  if (chains_[static_cast<size_t>(edge.from)] == chains_[static_cast<size_t>(edge.to)]) {
    for (size_t s = 0; s < from.size(); ++s) from[s]->AddLocalOutput(to[s].get(), to[s]->AddChannel(edge.input));
    return;
  }
  Distribution distribution = edge.distribution;
  if (distribution == Distribution::kForward && from.size() != to.size()) distribution = Distribution::kRebalance;
  for (size_t p = 0; p < from.size(); ++p) {
    std::vector<Channel*> targets;
    const size_t producer_task = TaskIndex(edge.from, static_cast<int>(p));
    for (size_t c = 0; c < to.size(); ++c) {
      if (distribution == Distribution::kForward && c != p) continue;
      const size_t consumer_task = TaskIndex(edge.to, static_cast<int>(c));
      channels_.push_back(std::make_unique<Channel>());
      Channel* channel = channels_.back().get();
      const int producer = task_workers_[producer_task], consumer = task_workers_[consumer_task];
      if (producer != consumer) {
        channel->wake_consumer = [pool = env_.workers, consumer] { pool->Wake(consumer); };
        channel->wake_producer = [pool = env_.workers, producer] { pool->Wake(producer); };
      }
      tasks_[consumer_task]->AddInput(channel, to[c].get(), to[c]->AddChannel(edge.input));
      targets.push_back(channel);
    }
    from[p]->AddExchange(std::make_unique<Exchange>(distribution, edge.hash_keys, graph_.max_parallelism,
                                                    static_cast<int>(p), std::move(targets), &from[p]->counters()));
  }
}

void RunningJob::Start() {
  std::lock_guard lock(mutex_);
  if (started_ || status_ != JobStatus::kCreated) return;
  started_ = true;
  start_ms_ = env_.clock->NowMs();
  running_ = unopened_ = tasks_.size();
  SetStatus(JobStatus::kRunning);
  for (size_t t = 0; t < tasks_.size(); ++t) env_.workers->Add(task_workers_[t], tasks_[t]);
  if (tasks_.empty()) SetStatus(JobStatus::kFinished);
}

void RunningJob::Cancel() {
  {
    std::lock_guard lock(mutex_);
    if (status_ == JobStatus::kCreated) SetStatus(JobStatus::kCanceled);
    if (status_ != JobStatus::kRunning) return;
    stopping_ = true;
    SetStatus(JobStatus::kCancelling);
  }
  WakeAll();
}

void RunningJob::Stop() {
  if (graph_.batch || status_ != JobStatus::kRunning) return Cancel();
  ending_sources_ = true;
  WakeAll();
}

void RunningJob::WakeAll() {
  for (const int worker : task_workers_) env_.workers->Wake(worker);
}

JobStatus RunningJob::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return IsTerminal(status_); });
  return status_;
}

void RunningJob::SetStatus(JobStatus status) {
  status_ = status;
  const int64_t now = env_.clock->NowMs();
  if (IsTerminal(status)) end_ms_ = now;
  if (env_.listener != nullptr) env_.listener->OnJobStatus(status, now);
  changed_.notify_all();
}

void RunningJob::TaskFailed(const Error& error) {
  {
    std::lock_guard lock(mutex_);
    if (failure_ || status_ == JobStatus::kCancelling) return;
    failure_ = error;
    failure_ms_ = env_.clock->NowMs();
    stopping_ = true;
    if (env_.listener != nullptr) env_.listener->OnFailure(error, failure_ms_);
    SetStatus(JobStatus::kFailing);
  }
  WakeAll();
}

void RunningJob::TaskOpened() {
  std::lock_guard lock(mutex_);
  if (--unopened_ == 0 && env_.listener != nullptr) env_.listener->OnAllOpen(env_.clock->MonotonicNs());
}

void RunningJob::TaskDone(bool) {
  std::lock_guard lock(mutex_);
  if (--running_ > 0) return;
  switch (status_.load()) {
    case JobStatus::kFailing: return SetStatus(JobStatus::kFailed);
    case JobStatus::kCancelling: return SetStatus(JobStatus::kCanceled);
    default: return SetStatus(JobStatus::kFinished);
  }
}

JobSnapshot RunningJob::Snapshot() const {
  JobSnapshot snapshot;
  {
    std::lock_guard lock(mutex_);
    snapshot.status = status_;
    snapshot.start_ms = start_ms_;
    snapshot.end_ms = end_ms_;
    if (failure_) snapshot.failure = failure_->ToString();
    snapshot.failure_ms = failure_ms_;
  }
  for (size_t v = 0; v < nodes_.size(); ++v) {
    VertexSnapshot out;
    out.uid = graph_.vertices[v].uid;
    out.name = graph_.vertices[v].name;
    out.parallelism = graph_.vertices[v].parallelism;
    out.task = chains_[v];
    out.watermark = INT64_MAX;
    bool all_finished = true;
    for (size_t s = 0; s < nodes_[v].size(); ++s) {
      SubtaskCounters& c = nodes_[v][s]->counters();
      out.records_in += c.records_in.load(std::memory_order_relaxed);
      out.records_out += c.records_out.load(std::memory_order_relaxed);
      out.bytes_in += c.bytes_in.load(std::memory_order_relaxed);
      out.bytes_out += c.bytes_out.load(std::memory_order_relaxed);
      out.watermark = std::min(out.watermark, c.watermark.load(std::memory_order_relaxed));
      const ExecutionState state = c.state.load(std::memory_order_relaxed);
      all_finished &= state == ExecutionState::kFinished;
      if (state != ExecutionState::kFinished) out.state = state;
      const TaskCounters& t = tasks_[TaskIndex(static_cast<int>(v), static_cast<int>(s))]->counters();
      out.busy_ms += t.busy_ns.load(std::memory_order_relaxed) / 1000000;
      out.idle_ms += t.idle_ns.load(std::memory_order_relaxed) / 1000000;
      out.back_pressured_ms += t.back_pressured_ns.load(std::memory_order_relaxed) / 1000000;
    }
    if (all_finished) out.state = ExecutionState::kFinished;
    snapshot.vertices.push_back(std::move(out));
  }
  return snapshot;
}

}  // namespace

Result<std::unique_ptr<Job>> Job::Create(JobGraph graph, const JobEnvironment& environment, const JobRestore* restore) {
  if (restore != nullptr) return Error(ErrorCode::kNotSupported, "not supported yet: restoring a job");
  auto job = std::make_unique<RunningJob>(std::move(graph), environment);
  SLUICE_RETURN_IF_ERROR(job->Build());
  return std::unique_ptr<Job>(std::move(job));
}

}  // namespace sluice::engine
