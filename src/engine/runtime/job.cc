#include "engine/runtime/job.h"
#include "engine/runtime/watermark_alignment.h"

#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "engine/runtime/job_facts.h"
#include "engine/runtime/task.h"

namespace sluice::engine {

std::string_view JobStatusName(JobStatus status) {
  constexpr std::string_view kNames[kJobStatusCount] = {
      "CREATED", "RUNNING", "FAILING", "FAILED", "CANCELLING", "CANCELED", "FINISHED", "RESTARTING", "INITIALIZING"};
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
  RunningJob(JobGraph graph, const JobEnvironment& environment)
      : graph_(std::move(graph)), env_(environment), gate_(std::make_shared<AckGate>(environment.listener)) {}
  ~RunningJob() override {
    Cancel();
    if (started_) Wait();
    gate_->Close();
    // The last TaskDone may still hold the mutex that goes away with this object.
    std::lock_guard lock(mutex_);
  }

  Status Build(const JobRestore* restore);
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
  void TriggerCheckpoint(const CheckpointRequest& request) override;
  void AbortCheckpoint(int64_t id) override;
  void ConfirmCheckpoint(int64_t id) override;

 private:
  bool stopping() const override { return stopping_.load(std::memory_order_relaxed); }
  bool ending_sources() const override { return ending_sources_.load(std::memory_order_relaxed); }
  void TaskFailed(const Error& error) override;
  void TaskOpened() override;
  void TaskDone(bool finished) override;
  void SetStatus(JobStatus status);  // mutex_ held
  void WakeAll();
  void Connect(const JobEdge& edge);
  Status SetRestore(const JobRestore& restore);
  int WorkerOf(int subtask) const { return subtask % env_.workers->size(); }
  std::vector<std::unique_ptr<Node>>& nodes(int vertex) { return nodes_[static_cast<size_t>(vertex)]; }
  size_t TaskIndex(int vertex, int subtask) const {
    return first_task_[static_cast<size_t>(chains_[static_cast<size_t>(vertex)])] + static_cast<size_t>(subtask);
  }

  const JobGraph graph_;
  const JobEnvironment env_;
  const std::shared_ptr<AckGate> gate_;
  WatermarkAlignment alignment_;
  std::vector<int> chains_;                                // vertex -> chain
  std::vector<size_t> first_task_;                         // chain -> index of its first subtask in tasks_
  std::vector<std::vector<std::unique_ptr<Node>>> nodes_;  // vertex -> subtasks
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::shared_ptr<Task>> tasks_;
  std::vector<int> task_workers_;
  mutable std::mutex rates_mutex_;
  mutable std::vector<TaskRates> rates_;  // by task; under rates_mutex_

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

Status RunningJob::Build(const JobRestore* restore) {
  chains_ = ChainVertices(graph_);
  Node::Surroundings surroundings{.make_state = &env_.make_state, .final_checkpoint = env_.checkpoints};
  if (env_.listener != nullptr) {
    surroundings.want_final_checkpoint = [listener = env_.listener] { listener->OnFinalCheckpointWanted(); };
  }
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
      context.alignment = &alignment_;
      context.batch_rows = graph_.batch_rows;
      nodes_[v].push_back(std::make_unique<Node>(vertex, static_cast<int>(v), std::move(context), surroundings));
    }
  }
  for (const int p : parallelism) {
    first_task_.push_back(tasks_.size());
    for (int s = 0; s < p; ++s) {
      tasks_.push_back(std::make_shared<Task>(*this, *env_.clock, gate_));
      task_workers_.push_back(WorkerOf(s));
      rates_.emplace_back(tasks_.back()->counters());
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
  return restore == nullptr ? Status() : SetRestore(*restore);
}

Status RunningJob::SetRestore(const JobRestore& restore) {
  SLUICE_RETURN_IF_ERROR(CheckRestore(graph_, restore));
  for (size_t v = 0; v < nodes_.size(); ++v) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<SubtaskRestore> subtasks, RestoreVertex(graph_, restore, v));
    for (size_t s = 0; s < subtasks.size(); ++s) nodes_[v][s]->SetRestore(std::move(subtasks[s]));
  }
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
      tasks_[consumer_task]->AddInput({.channel = channel,
                                       .node = to[c].get(),
                                       .node_channel = to[c]->AddChannel(edge.input),
                                       .input = edge.input,
                                       .producer = static_cast<int>(p)});
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

void RunningJob::TriggerCheckpoint(const CheckpointRequest& request) {
  if (graph_.batch) {
    // As SchedulerBase.triggerSavepoint says it.
    return gate_->Decline(request.id,
                          Error(ErrorCode::kInvalidArgument, "Job " + graph_.name + " is not a streaming job."));
  }
  if (status_ != JobStatus::kRunning) {
    return gate_->Decline(request.id, Error(ErrorCode::kUnavailable, "Not all required tasks are currently running."));
  }
  auto shared = std::make_shared<const CheckpointRequest>(request);
  // Consumers first: they know of the checkpoint when its barrier comes.
  for (auto task = tasks_.rbegin(); task != tasks_.rend(); ++task) (*task)->checkpoints().Trigger(shared);
  WakeAll();
}

void RunningJob::AbortCheckpoint(int64_t id) {
  gate_->Abort(id);
  for (auto& task : tasks_) task->checkpoints().Abort(id);
  WakeAll();
}

void RunningJob::ConfirmCheckpoint(int64_t id) {
  for (auto& task : tasks_) task->checkpoints().Confirm(id);
  WakeAll();
}

JobSnapshot RunningJob::Snapshot() const {
  JobSnapshot snapshot;
  snapshot.attempt = env_.attempt;
  {
    std::lock_guard lock(mutex_);
    snapshot.status = status_;
    snapshot.start_ms = start_ms_;
    snapshot.end_ms = end_ms_;
    if (failure_) snapshot.failure = failure_->ToString();
    snapshot.failure_ms = failure_ms_;
  }
  std::lock_guard lock(rates_mutex_);
  for (size_t v = 0; v < nodes_.size(); ++v) {
    std::vector<SubtaskFacts> subtasks;
    for (size_t s = 0; s < nodes_[v].size(); ++s) {
      SubtaskFacts facts = FactsOf(nodes_[v][s]->counters());
      rates_[TaskIndex(static_cast<int>(v), static_cast<int>(s))].Fill(facts, *env_.clock);
      subtasks.push_back(facts);
    }
    snapshot.vertices.push_back(Summarise(graph_.vertices[v], chains_[v], std::move(subtasks)));
  }
  return snapshot;
}

}  // namespace

Result<std::unique_ptr<Job>> Job::Create(JobGraph graph, const JobEnvironment& environment, const JobRestore* restore) {
  auto job = std::make_unique<RunningJob>(std::move(graph), environment);
  SLUICE_RETURN_IF_ERROR(job->Build(restore));
  return std::unique_ptr<Job>(std::move(job));
}

}  // namespace sluice::engine
