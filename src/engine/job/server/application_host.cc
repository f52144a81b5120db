#include "engine/job/server/application_host.h"

#include <algorithm>

#include "base/ids.h"
#include "base/random.h"
#include "engine/sql/session.h"

namespace sluice::engine::server {
namespace {

constexpr MetricSpec kJobState{MetricKind::kGauge, "sluice_job_running", "", "1 while the job runs, else 0.",
                               "job_id,job_name"};
constexpr MetricSpec kJobRestarts{MetricKind::kGauge, "sluice_job_restarts", "", "How often the job was restarted.",
                                  "job_id,job_name"};
constexpr MetricSpec kOperatorRowsIn{MetricKind::kGauge, "sluice_operator_rows_in", "rows",
                                     "Rows that the operator has taken in since the job began.",
                                     "job_id,operator_id,operator"};
constexpr MetricSpec kOperatorRowsOut{MetricKind::kGauge, "sluice_operator_rows_out", "rows",
                                      "Rows that the operator has given on since the job began.",
                                      "job_id,operator_id,operator"};

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
      for (const PlanEdge& edge : plan.nodes[static_cast<size_t>(v)].inputs) {
        const auto from = static_cast<size_t>(snapshot.vertices[static_cast<size_t>(edge.node)].task);
        if (from == t) continue;
        tasks[t].inputs.push_back({tasks[from].id, std::string(ShipStrategy(edge.distribution))});
      }
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

ApplicationHost::~ApplicationHost() { CancelAll(); }

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
  OptionMap defaults(options_.configuration.begin(), options_.configuration.end());
  defaults["parallelism.default"] = std::to_string(options_.parallelism);
  for (const auto& [key, value] : request.configuration) defaults[key] = value;
  if (request.parallelism) defaults["parallelism.default"] = std::to_string(*request.parallelism);
  sql::Session session({.connectors = &env_.builtins->catalog,
                        .functions = env_.builtins->functions,
                        .now_ms = [clock = env_.clock] { return clock->NowMs(); },
                        .random = [random = env_.random] { return random->Next(); }},
                       std::move(defaults));
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
    auto job = StartJob(std::move(plan));
    if (!job.ok()) return job.error();  // `started` cancels the others
    started.push_back(std::move(*job));
  }
  std::string first = started.front().facts.id;
  std::lock_guard lock(mutex_);
  for (HostedJob& job : started) jobs_.push_back(std::move(job));
  return first;
}

Result<ApplicationHost::HostedJob> ApplicationHost::StartJob(PhysicalPlan plan) {
  HostedJob job;
  job.facts.id = Id128::New(*env_.random).ToString();
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
  PhysicalPlan shown = plan;
  SLUICE_ASSIGN_OR_RETURN(job.job, executor_.Submit(std::move(plan), nullptr, log_end));
  job.facts.tasks = TasksOf(shown, job.job->Snapshot());
  for (const TaskFacts& task : job.facts.tasks)
    job.facts.parallelism = std::max(job.facts.parallelism, task.parallelism);
  env_.log.Info("job started", {{"job", job.facts.id}, {"name", job.facts.name}});
  return job;
}

JobFacts ApplicationHost::FactsOf(const HostedJob& job) const {
  JobFacts facts = job.facts;
  facts.snapshot = job.job->Snapshot();
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

void ApplicationHost::CancelAll() {
  std::vector<std::shared_ptr<LocalJob>> running;
  {
    std::lock_guard lock(mutex_);
    for (const HostedJob& job : jobs_) running.push_back(job.job);
  }
  for (const auto& job : running) job->Cancel();
  for (const auto& job : running) (void)job->Wait();
}

std::string ApplicationHost::PrometheusText() const {
  for (const JobFacts& job : Jobs()) {
    const bool runs = job.snapshot.status == JobStatus::kRunning;
    metrics_.NewGauge(kJobState, {job.id, job.name})->Set(runs ? 1 : 0);
    metrics_.NewGauge(kJobRestarts, {job.id, job.name})->Set(0);
    for (const VertexSnapshot& vertex : job.snapshot.vertices) {
      metrics_.NewGauge(kOperatorRowsIn, {job.id, vertex.uid, vertex.name})
          ->Set(static_cast<double>(vertex.records_in));
      metrics_.NewGauge(kOperatorRowsOut, {job.id, vertex.uid, vertex.name})
          ->Set(static_cast<double>(vertex.records_out));
    }
  }
  return metrics_.PrometheusText();
}

}  // namespace sluice::engine::server
