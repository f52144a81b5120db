#include "engine/job/server/application_host.h"

#include <algorithm>
#include <filesystem>

#include "base/ids.h"
#include "base/random.h"
#include "engine/job/server/job_metrics.h"
#include "engine/sql/session.h"

namespace sluice::engine::server {
namespace {

std::string LastPart(const std::string& identifier) { return identifier.substr(identifier.find_last_of('.') + 1); }

/// "Source: orders[1]", "Calc[2]", "out[3]: Writer": what the web page shows in a box.
std::string ShortName(const PlanNode& node, int number) {
  const std::string place = "[" + std::to_string(number) + "]";
  if (const auto* source = std::get_if<SourceNode>(&node.payload)) {
    return "Source: " + LastPart(source->table.identifier) + place;
  }
  if (const auto* sink = std::get_if<SinkNode>(&node.payload))
    return LastPart(sink->table.identifier) + place + ": Writer";
  if (std::holds_alternative<ValuesNode>(node.payload)) return "Source: Values" + place;
  return std::string(PlanNodeKind(node.payload)) + place;
}

std::string_view ShipStrategy(Distribution distribution) {
  switch (distribution) {
    case Distribution::kForward: return "FORWARD";
    case Distribution::kHash: return "HASH";
    case Distribution::kSingleton: return "GLOBAL";
    case Distribution::kBroadcast: return "BROADCAST";
    case Distribution::kRebalance: return "REBALANCE";
  }
  return "FORWARD";
}

uint64_t Fnv1a(std::string_view text, uint64_t hash) {
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

std::string TaskId(const std::string& uids) {
  return Id128{Fnv1a(uids, 0xcbf29ce484222325u), Fnv1a(uids, 0x84222325cbf29ce4u)}.ToString();
}

/// Of a script's jobs the first has the id that was asked for, the next ones those after it.
std::string NumberedId(const std::string& first, size_t number) {
  auto id = Id128::Parse(first);
  if (!id.ok()) return "";
  id->low += number;
  return id->ToString();
}

bool IsTrue(const OptionMap& options, const std::string& key) {
  auto found = options.find(key);
  return found != options.end() && (found->second == "true" || found->second == "TRUE");
}

}  // namespace

std::vector<TaskFacts> TasksOf(const PhysicalPlan& plan, const JobSnapshot& snapshot) {
  std::vector<TaskFacts> tasks;
  std::vector<std::string> uids;
  for (size_t v = 0; v < snapshot.vertices.size() && v < plan.nodes.size(); ++v) {
    const auto number = static_cast<size_t>(snapshot.vertices[v].task);
    if (number >= tasks.size()) {
      tasks.resize(number + 1);
      uids.resize(number + 1);
    }
    const int shown = static_cast<int>(v) + 1;
    TaskFacts& task = tasks[number];
    const std::string line = "[" + std::to_string(shown) + "]:" + plan.nodes[v].name + "<br/>";
    task.name += (task.operators.empty() ? "" : " -> ") + ShortName(plan.nodes[v], shown);
    task.description += (task.operators.empty() ? "" : "+- ") + line;
    task.parallelism = snapshot.vertices[v].parallelism;
    task.operators.push_back(static_cast<int>(v));
    uids[number] += plan.nodes[v].uid + "/";
  }
  for (size_t t = 0; t < tasks.size(); ++t) tasks[t].id = TaskId(uids[t]);
  for (size_t t = 0; t < tasks.size(); ++t) {
    for (int v : tasks[t].operators) {
      bool head = true;
      for (const PlanEdge& edge : plan.nodes[static_cast<size_t>(v)].inputs) {
        const auto from = static_cast<size_t>(snapshot.vertices[static_cast<size_t>(edge.node)].task);
        if (from == t) head = false;
        if (from == t) continue;
        tasks[t].inputs.push_back({tasks[from].id, std::string(ShipStrategy(edge.distribution))});
      }
      if (head) tasks[t].heads.push_back(v);
    }
  }
  return tasks;
}

ApplicationHost::ApplicationHost(HostEnvironment environment, HostOptions options)
    : env_(std::move(environment)),
      options_(std::move(options)),
      packages_(options_.data_folder + "/jars", *env_.random),
      executor_({.builtins = env_.builtins,
                 .clock = env_.clock,
                 .out = env_.out,
                 .err = env_.err,
                 .random = [random = env_.random] { return random->Next(); },
                 .default_parallelism = options_.parallelism},
                {.threads = options_.threads, .metrics = &metrics_}) {}

ApplicationHost::~ApplicationHost() { EndAll(); }

Result<std::string> ApplicationHost::Upload(const std::string& name, std::string bytes) {
  SLUICE_ASSIGN_OR_RETURN(std::string path, packages_.Add(name, bytes));
  env_.log.Info("package uploaded", {{"name", name}, {"bytes", bytes.size()}});
  return path;
}

Result<std::string> ApplicationHost::RunPackage(const std::string& id, const RunRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(std::string script, packages_.Script(id));
  auto job = RunScript(script, request);
  if (!job.ok()) env_.log.Error("package refused", {{"package", id}, {"error", job.error().ToString()}});
  return job;
}

Result<std::string> ApplicationHost::RunScript(const std::string& script, const RunRequest& request) {
  std::lock_guard submission(submission_mutex_);
  if (!request.job_id.empty() && JobOf(request.job_id) != nullptr) {
    return Error(ErrorCode::kInvalidArgument, "Job " + request.job_id + " has already been submitted.");
  }
  sql::Session session({.connectors = &env_.builtins->catalog,
                        .functions = env_.builtins->functions,
                        .now_ms = [clock = env_.clock] { return clock->NowMs(); },
                        .random = [random = env_.random] { return random->Next(); }},
                       DefaultsOf(request));
  // The whole script is checked before its first job starts.
  std::vector<PhysicalPlan> plans;
  SLUICE_RETURN_IF_ERROR(session.ExecuteScript(script, [&](std::string_view, sql::StatementResult result) -> Status {
    if (result.kind == sql::ResultKind::kQuery) {
      return Error(ErrorCode::kValidation,
                   "a SELECT in an application has nowhere to show its rows; write INSERT INTO a table");
    }
    if (result.kind != sql::ResultKind::kInsert) return {};
    if (IsTrue(result.plan.settings.options, "table.dml-sync")) {
      return Error(ErrorCode::kNotSupported, "not supported yet: 'table.dml-sync' in an application");
    }
    plans.push_back(std::move(result.plan));
    return {};
  }));
  if (plans.empty()) return Error(ErrorCode::kValidation, "the script has no INSERT, so there is no job to run");
  std::vector<HostedJob> started;
  for (PhysicalPlan& plan : plans) {
    // A savepoint is of one job: of a script with several, a single path is the first one's.
    const size_t number = started.size();
    if (number < request.savepoint_paths.size()) {
      plan.settings.options["execution.state-recovery.path"] = request.savepoint_paths[number];
    } else if (number > 0 && !request.savepoint_path.empty()) {
      plan.settings.options.erase("execution.state-recovery.path");
    }
    auto job = StartJob(std::move(plan), NumberedId(request.job_id, started.size()));
    if (!job.ok()) return job.error();  // `started` cancels the others
    started.push_back(std::move(*job));
  }
  std::string first = started.front().facts.id;
  std::lock_guard lock(mutex_);
  for (HostedJob& job : started) jobs_.push_back(std::move(job));
  return first;
}

OptionMap ApplicationHost::DefaultsOf(const RunRequest& request) const {
  OptionMap defaults(options_.configuration.begin(), options_.configuration.end());
  defaults["parallelism.default"] = std::to_string(options_.parallelism);
  const auto unless_set = [&](const char* key, const char* old_key, const std::string& value) {
    if (!defaults.contains(key) && !defaults.contains(old_key)) defaults[key] = value;
  };
  const std::string folder = "file:" + std::filesystem::absolute(options_.data_folder).lexically_normal().string();
  unless_set("execution.checkpointing.dir", "state.checkpoints.dir", folder + "/checkpoints");
  unless_set("execution.checkpointing.savepoint-dir", "state.savepoints.dir", folder + "/savepoints");
  for (const auto& [key, value] : request.configuration) defaults[key] = value;
  if (request.parallelism) defaults["parallelism.default"] = std::to_string(*request.parallelism);
  if (!request.savepoint_path.empty()) defaults["execution.state-recovery.path"] = request.savepoint_path;
  if (request.allow_non_restored) defaults["execution.state-recovery.ignore-unclaimed-state"] = "true";
  return defaults;
}

Result<ApplicationHost::HostedJob> ApplicationHost::StartJob(PhysicalPlan plan, const std::string& job_id) {
  HostedJob job;
  job.facts.id = job_id.empty() ? Id128::New(*env_.random).ToString() : job_id;
  job.facts.name = plan.job_name;
  job.facts.batch = plan.settings.batch;
  job.facts.configuration = plan.settings.options;
  auto log_end = [log = env_.log, id = job.facts.id](JobStatus status, const std::optional<Error>& failure) {
    if (failure) {
      log.Error("job ended", {{"job", id}, {"status", JobStatusName(status)}, {"error", failure->ToString()}});
    } else {
      log.Info("job ended", {{"job", id}, {"status", JobStatusName(status)}});
    }
  };
  job.plan = std::make_shared<const PhysicalPlan>(plan);
  SubmitOptions submit;
  submit.job_id = job.facts.id;
  submit.resume = !job_id.empty();
  submit.on_end = log_end;
  submit.on_note = [log = env_.log, id = job.facts.id](const std::string& line, bool problem) {
    problem ? log.Warn(line, {{"job", id}}) : log.Info(line, {{"job", id}});
  };
  SLUICE_ASSIGN_OR_RETURN(job.job, executor_.Submit(std::move(plan), nullptr, std::move(submit)));
  env_.log.Info("job started", {{"job", job.facts.id}, {"name", job.facts.name}});
  return job;
}

JobFacts ApplicationHost::FactsOf(const HostedJob& job) const {
  JobFacts facts = job.facts;
  facts.snapshot = job.job->Snapshot();
  facts.tasks = TasksOf(*job.plan, facts.snapshot);
  for (const TaskFacts& task : facts.tasks) facts.parallelism = std::max(facts.parallelism, task.parallelism);
  const JobMaster& master = job.job->master();
  facts.checkpoints = master.Checkpoints();
  facts.history = master.History();
  facts.config = master.config();
  facts.max_parallelism = master.max_parallelism();
  facts.status_times = job.job->status_times();
  if (auto failure = job.job->failure()) {
    facts.failure_code = ErrorCodeName(failure->code());
    facts.failure_text = failure->ToString();
  }
  return facts;
}

std::vector<JobFacts> ApplicationHost::Jobs() const {
  std::lock_guard lock(mutex_);
  std::vector<JobFacts> facts;
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) facts.push_back(FactsOf(*job));
  return facts;
}

std::optional<JobFacts> ApplicationHost::FindJob(const std::string& id) const {
  std::lock_guard lock(mutex_);
  for (const HostedJob& job : jobs_) {
    if (job.facts.id == id) return FactsOf(job);
  }
  return std::nullopt;
}

std::shared_ptr<LocalJob> ApplicationHost::JobOf(const std::string& id) const {
  std::lock_guard lock(mutex_);
  for (const HostedJob& job : jobs_) {
    if (job.facts.id == id) return job.job;
  }
  return nullptr;
}

Status ApplicationHost::Cancel(const std::string& id) {
  auto job = JobOf(id);
  if (job == nullptr) return Error(ErrorCode::kNotFound, "Job could not be found.");
  job->Cancel();
  return {};
}

Status ApplicationHost::Stop(const std::string& id) {
  auto job = JobOf(id);
  if (job == nullptr) return Error(ErrorCode::kNotFound, "Job could not be found.");
  job->Stop();
  return {};
}

std::string ApplicationHost::Remember(Operation operation) {
  constexpr size_t kRemembered = 1000;
  if (operation.trigger_id.empty()) operation.trigger_id = Id128::New(*env_.random).ToString();
  std::string id = operation.trigger_id;
  std::lock_guard lock(mutex_);
  operations_.push_back(std::move(operation));
  if (operations_.size() > kRemembered) operations_.pop_front();
  return id;
}

Result<std::string> ApplicationHost::TriggerSavepoint(const std::string& id, const SavepointOrder& order,
                                                      const std::string& trigger_id) {
  auto job = JobOf(id);
  if (job == nullptr) return Error(ErrorCode::kNotFound, "Job could not be found.");
  SLUICE_ASSIGN_OR_RETURN(const int64_t number, job->master().TriggerSavepoint(order));
  return Remember({trigger_id, id, number, {}});
}

Result<std::string> ApplicationHost::TriggerCheckpoint(const std::string& id, const std::string& trigger_id) {
  auto job = JobOf(id);
  if (job == nullptr) return Error(ErrorCode::kNotFound, "Job could not be found.");
  return Remember({trigger_id, id, job->master().TriggerCheckpoint(), {}});
}

Result<std::string> ApplicationHost::DisposeSavepoint(const std::string& path) {
  Operation operation;
  operation.facts.done = true;
  Status done = executor_.DisposeSavepoint(path);
  if (!done.ok()) operation.facts.failure = done.error().ToString();
  return Remember(std::move(operation));
}

std::optional<OperationFacts> ApplicationHost::FindOperation(const std::string& job_id,
                                                             const std::string& trigger_id) const {
  Operation operation;
  {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(operations_.begin(), operations_.end(), [&](const Operation& each) {
      return each.trigger_id == trigger_id && each.job_id == job_id;
    });
    if (found == operations_.end()) return std::nullopt;
    operation = *found;
  }
  if (job_id.empty()) return operation.facts;
  auto job = JobOf(job_id);
  if (job == nullptr) return std::nullopt;
  const auto order = job->master().FindOrder(operation.order);
  if (!order) return std::nullopt;
  OperationFacts facts;
  facts.done = order->done;
  facts.location = order->location;
  if (order->error) facts.failure = order->error->ToString();
  facts.checkpoint_id = job->master().CheckpointOfOrder(operation.order).value_or(0);
  return facts;
}

std::optional<CheckpointFacts> ApplicationHost::FindCheckpoint(const std::string& id, int64_t checkpoint) const {
  auto job = JobOf(id);
  return job == nullptr ? std::nullopt : job->master().FindCheckpoint(checkpoint);
}

Status ApplicationHost::UpdateParallelism(const std::string& id, const std::map<std::string, int>& by_task) {
  const auto job = JobOf(id);
  const auto facts = FindJob(id);
  if (job == nullptr || !facts) return Error(ErrorCode::kNotFound, "Job could not be found.");
  std::map<std::string, int> by_uid;
  for (const auto& [task_id, parallelism] : by_task) {
    auto task = std::find_if(facts->tasks.begin(), facts->tasks.end(),
                             [&, &wanted = task_id](const TaskFacts& each) { return each.id == wanted; });
    if (task == facts->tasks.end()) return Error(ErrorCode::kNotFound, "JobVertex " + task_id + " not found");
    for (const int v : task->operators) by_uid[facts->snapshot.vertices[static_cast<size_t>(v)].uid] = parallelism;
  }
  return job->master().UpdateParallelism(by_uid);
}

void ApplicationHost::EndAll() {
  std::vector<std::shared_ptr<LocalJob>> running;
  {
    std::lock_guard lock(mutex_);
    for (const HostedJob& job : jobs_) running.push_back(job.job);
  }
  for (const auto& job : running) job->master().Abandon();
  for (const auto& job : running) (void)job->Wait();
}

std::string ApplicationHost::PrometheusText() const {
  ExportMetrics(Jobs(), now_ms(), metrics_);
  return metrics_.PrometheusText();
}

}  // namespace sluice::engine::server
