#include "engine/job/server/rest_json.h"

#include <algorithm>
#include <boost/json.hpp>

namespace sluice::engine::server {
namespace {

namespace json = boost::json;

constexpr std::string_view kTaskManagerId = "sluice-engine";
constexpr std::string_view kEndpoint = "localhost:0";
constexpr std::string_view kTaskStates[] = {"RUNNING",   "CREATED",   "FINISHED",  "CANCELED", "INITIALIZING",
                                            "SCHEDULED", "DEPLOYING", "CANCELING", "FAILED",   "RECONCILING"};
constexpr std::string_view kJobStates[] = {"RESTARTING", "INITIALIZING", "CANCELED", "CANCELLING",
                                           "RUNNING",    "FAILING",      "CREATED",  "RECONCILING",
                                           "SUSPENDED",  "FAILED",       "FINISHED"};

std::string Text(const json::value& value) { return json::serialize(value); }

/// A task's figures: of its operators, seen from outside of the chain.
struct TaskFigures {
  ExecutionState state = ExecutionState::kCreated;
  int64_t records_in = 0, records_out = 0, bytes_in = 0, bytes_out = 0;
  int64_t busy_ms = 0, idle_ms = 0, back_pressured_ms = 0;
  int64_t watermark = INT64_MIN;
};

/// What a chain reads from outside, or from its source; what it writes outside, or into its sink. (Flink counts neither
/// for a job in one chain and shows zeros.)
TaskFigures FiguresOf(const JobFacts& job, const TaskFacts& task) {
  TaskFigures f;
  if (task.operators.empty()) return f;
  auto at = [&](int index) -> const VertexSnapshot& { return job.snapshot.vertices[static_cast<size_t>(index)]; };
  f.state = at(task.operators.front()).state;
  for (int index : task.operators) {
    const VertexSnapshot& v = at(index);
    if (v.state == ExecutionState::kFailed) f.state = v.state;
    f.bytes_in += v.bytes_in;
    f.bytes_out += v.bytes_out;
  }
  const VertexSnapshot& first = at(task.operators.front());
  const VertexSnapshot& last = at(task.operators.back());
  f.records_in = first.records_in > 0 ? first.records_in : first.records_out;
  f.records_out = last.records_out > 0 ? last.records_out : last.records_in;
  f.busy_ms = first.busy_ms;
  f.idle_ms = first.idle_ms;
  f.back_pressured_ms = first.back_pressured_ms;
  f.watermark = last.watermark;
  return f;
}

json::object StateCounts(const std::map<std::string, int>& counts) {
  json::object out;
  for (std::string_view state : kTaskStates) {
    auto found = counts.find(std::string(state));
    out[state] = found == counts.end() ? 0 : found->second;
  }
  return out;
}

std::map<std::string, int> CountStates(const JobFacts& job, bool by_subtask) {
  std::map<std::string, int> counts;
  for (const TaskFacts& task : job.tasks) {
    counts[std::string(ExecutionStateName(FiguresOf(job, task).state))] += by_subtask ? task.parallelism : 1;
  }
  return counts;
}

json::object IoMetrics(const TaskFigures& f) {
  return {{"read-bytes", f.bytes_in},
          {"read-bytes-complete", true},
          {"write-bytes", f.bytes_out},
          {"write-bytes-complete", true},
          {"read-records", f.records_in},
          {"read-records-complete", true},
          {"write-records", f.records_out},
          {"write-records-complete", true},
          {"accumulated-backpressured-time", f.back_pressured_ms},
          {"accumulated-idle-time", f.idle_ms},
          {"accumulated-busy-time", static_cast<double>(f.busy_ms)}};
}

int64_t DurationOf(const JobFacts& job, int64_t now_ms) {
  if (job.snapshot.start_ms == 0) return 0;
  return (job.snapshot.end_ms >= 0 ? job.snapshot.end_ms : now_ms) - job.snapshot.start_ms;
}

std::string_view JobType(const JobFacts& job) { return job.batch ? "BATCH" : "STREAMING"; }

json::object PlanObject(const JobFacts& job) {
  json::array nodes;
  for (auto task = job.tasks.rbegin(); task != job.tasks.rend(); ++task) {
    json::object node{{"id", task->id},
                      {"operator", ""},
                      {"parallelism", task->parallelism},
                      {"operator_strategy", ""},
                      {"description", task->description},
                      {"optimizer_properties", json::object()}};
    json::array inputs;
    for (size_t i = 0; i < task->inputs.size(); ++i) {
      inputs.push_back(json::object{{"id", task->inputs[i].task_id},
                                    {"num", i},
                                    {"exchange", "pipelined_bounded"},
                                    {"ship_strategy", task->inputs[i].ship_strategy}});
    }
    if (!inputs.empty()) node["inputs"] = std::move(inputs);
    nodes.push_back(std::move(node));
  }
  return {{"jid", job.id}, {"name", job.name}, {"type", JobType(job)}, {"nodes", std::move(nodes)}};
}

json::object VertexObject(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  const TaskFigures figures = FiguresOf(job, task);
  const std::string state(ExecutionStateName(figures.state));
  return {{"id", task.id},
          {"slotSharingGroupId", job.tasks.front().id},
          {"name", task.name},
          {"maxParallelism", job.max_parallelism},
          {"parallelism", task.parallelism},
          {"status", state},
          {"start-time", job.snapshot.start_ms},
          {"end-time", job.snapshot.end_ms},
          {"duration", DurationOf(job, now_ms)},
          {"tasks", StateCounts({{state, task.parallelism}})},
          {"metrics", IoMetrics(figures)}};
}

/// A figure over the subtasks; we keep sums, so the single values are their mean.
json::object Aggregated(int64_t sum, int parallelism) {
  const int64_t each = sum / std::max(1, parallelism);
  return {{"p25", each}, {"min", each}, {"avg", each}, {"median", each},
          {"max", each}, {"sum", sum},  {"p95", each}, {"p75", each}};
}

json::object SubtaskObject(const JobFacts& job, const TaskFacts& task, int subtask, int64_t now_ms) {
  TaskFigures f = FiguresOf(job, task);
  for (int64_t* figure :
       {&f.records_in, &f.records_out, &f.bytes_in, &f.bytes_out, &f.busy_ms, &f.idle_ms, &f.back_pressured_ms}) {
    *figure /= std::max(1, task.parallelism);
  }
  const int64_t duration = DurationOf(job, now_ms);
  return {
      {"subtask", subtask},
      {"status", ExecutionStateName(f.state)},
      {"attempt", 0},
      {"endpoint", kEndpoint},
      {"start-time", job.snapshot.start_ms},
      {"end-time", job.snapshot.end_ms},
      {"duration", duration},
      {"metrics", IoMetrics(f)},
      {"taskmanager-id", kTaskManagerId},
      {"status-duration",
       json::object{{"RUNNING", duration}, {"CREATED", 0}, {"INITIALIZING", 0}, {"SCHEDULED", 0}, {"DEPLOYING", 0}}},
      {"start_time", job.snapshot.start_ms}};
}

struct Metric {
  std::string name;
  int64_t value;
};

std::vector<Metric> JobMetrics(const JobFacts& job, int64_t now_ms) {
  auto since = [&](JobStatus status) {
    int64_t began = job.status_times[static_cast<size_t>(status)];
    return began > 0 && job.snapshot.status == status ? now_ms - began : 0;
  };
  return {{"uptime", since(JobStatus::kRunning)},
          {"runningTime", since(JobStatus::kRunning)},
          {"downtime", 0},
          {"restartingTime", 0},
          {"failingTime", since(JobStatus::kFailing)},
          {"cancellingTime", since(JobStatus::kCancelling)},
          {"createdTime", 0},
          {"initializingTime", 0},
          {"deployingTime", 0},
          {"numRestarts", 0},
          {"numberOfCompletedCheckpoints", 0},
          {"numberOfFailedCheckpoints", 0},
          {"numberOfInProgressCheckpoints", 0},
          {"totalNumberOfCheckpoints", 0},
          {"lastCheckpointSize", -1},
          {"lastCheckpointFullSize", -1},
          {"lastCheckpointDuration", -1},
          {"lastCheckpointRestoreTimestamp", -1}};
}

std::vector<Metric> TaskMetrics(const JobFacts& job, const TaskFacts& task) {
  const TaskFigures f = FiguresOf(job, task);
  std::vector<Metric> metrics = {{"numRecordsIn", f.records_in},
                                 {"numRecordsOut", f.records_out},
                                 {"numBytesIn", f.bytes_in},
                                 {"numBytesOut", f.bytes_out},
                                 {"accumulateBusyTimeMs", f.busy_ms},
                                 {"accumulateIdleTimeMs", f.idle_ms},
                                 {"accumulateBackPressuredTimeMs", f.back_pressured_ms}};
  for (int index : task.operators) {
    const VertexSnapshot& v = job.snapshot.vertices[static_cast<size_t>(index)];
    std::string name = v.name.substr(0, v.name.find('(')) + "[" + std::to_string(index + 1) + "]";
    std::replace(name.begin(), name.end(), ' ', '_');
    metrics.push_back({name + ".numRecordsIn", v.records_in});
    metrics.push_back({name + ".numRecordsOut", v.records_out});
  }
  return metrics;
}

bool Wanted(const std::vector<std::string>& wanted, const std::string& name) {
  return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

}  // namespace

std::string OverviewJson(const std::vector<JobFacts>& jobs, int slots) {
  int running = 0, finished = 0, cancelled = 0, failed = 0, used = 0;
  for (const JobFacts& job : jobs) {
    finished += job.snapshot.status == JobStatus::kFinished;
    cancelled += job.snapshot.status == JobStatus::kCanceled;
    failed += job.snapshot.status == JobStatus::kFailed;
    if (IsTerminal(job.snapshot.status)) continue;
    ++running;
    used += job.parallelism;
  }
  return Text(json::object{{"taskmanagers", 1},
                           {"slots-total", slots},
                           {"slots-available", std::max(0, slots - used)},
                           {"jobs-running", running},
                           {"jobs-finished", finished},
                           {"jobs-cancelled", cancelled},
                           {"jobs-failed", failed},
                           {"flink-version", kFlinkVersion},
                           {"flink-commit", "sluice"}});
}

std::string ConfigJson() {
  return Text(json::object{
      {"refresh-interval", 3000},
      {"timezone-name", "Coordinated Universal Time"},
      {"timezone-offset", 0},
      {"flink-version", kFlinkVersion},
      {"flink-revision", "sluice"},
      {"features",
       json::object{{"web-submit", true}, {"web-cancel", true}, {"web-rescale", false}, {"web-history", false}}}});
}

std::string JobIdsJson(const std::vector<JobFacts>& jobs) {
  json::array out;
  for (const JobFacts& job : jobs) {
    out.push_back(json::object{{"id", job.id}, {"status", JobStatusName(job.snapshot.status)}});
  }
  return Text(json::object{{"jobs", std::move(out)}});
}

std::string JobsOverviewJson(const std::vector<JobFacts>& jobs, int64_t now_ms) {
  constexpr std::pair<std::string_view, std::string_view> kTaskKeys[] = {
      {"running", "RUNNING"},     {"canceling", "CANCELING"},
      {"canceled", "CANCELED"},   {"total", ""},
      {"created", "CREATED"},     {"scheduled", "SCHEDULED"},
      {"deploying", "DEPLOYING"}, {"reconciling", "RECONCILING"},
      {"finished", "FINISHED"},   {"initializing", "INITIALIZING"},
      {"failed", "FAILED"}};
  json::array out;
  for (const JobFacts& job : jobs) {
    const std::map<std::string, int> counts = CountStates(job, true);
    json::object tasks;
    for (const auto& [key, state] : kTaskKeys) {
      int count = 0;
      for (const auto& [name, n] : counts) count += state.empty() || state == name ? n : 0;
      tasks[key] = count;
    }
    const int64_t changed = *std::max_element(job.status_times.begin(), job.status_times.end());
    out.push_back(json::object{{"jid", job.id},
                               {"name", job.name},
                               {"jobType", JobType(job)},
                               {"schedulerType", "Default"},
                               {"start-time", job.snapshot.start_ms},
                               {"end-time", job.snapshot.end_ms},
                               {"duration", DurationOf(job, now_ms)},
                               {"state", JobStatusName(job.snapshot.status)},
                               {"last-modification", changed},
                               {"tasks", std::move(tasks)},
                               {"pending-operators", 0}});
  }
  return Text(json::object{{"jobs", std::move(out)}});
}

std::string JobJson(const JobFacts& job, int64_t now_ms) {
  json::object timestamps;
  for (std::string_view state : kJobStates) {
    int64_t time = state == "INITIALIZING" || state == "CREATED" ? job.snapshot.start_ms : 0;
    for (size_t s = 0; s < job.status_times.size(); ++s) {
      if (JobStatusName(static_cast<JobStatus>(s)) == state && job.status_times[s] > 0) time = job.status_times[s];
    }
    timestamps[state] = time;
  }
  json::array vertices;
  for (const TaskFacts& task : job.tasks) vertices.push_back(VertexObject(job, task, now_ms));
  return Text(json::object{{"jid", job.id},
                           {"application-id", job.id},
                           {"name", job.name},
                           {"isStoppable", false},
                           {"state", JobStatusName(job.snapshot.status)},
                           {"job-type", JobType(job)},
                           {"schedulerType", "Default"},
                           {"start-time", job.snapshot.start_ms},
                           {"end-time", job.snapshot.end_ms},
                           {"duration", DurationOf(job, now_ms)},
                           {"maxParallelism", -1},
                           {"now", now_ms},
                           {"timestamps", std::move(timestamps)},
                           {"vertices", std::move(vertices)},
                           {"status-counts", StateCounts(CountStates(job, false))},
                           {"plan", PlanObject(job)},
                           {"pending-operators", 0}});
}

std::string JobStatusJson(const JobFacts& job) {
  return Text(json::object{{"status", JobStatusName(job.snapshot.status)}});
}

std::string PlanJson(const JobFacts& job) { return Text(json::object{{"plan", PlanObject(job)}}); }

std::string ExceptionsJson(const JobFacts& job) {
  json::array entries;
  if (!job.failure_text.empty()) {
    json::object entry{{"exceptionName", job.failure_code},
                       {"stacktrace", job.failure_text + "\n"},
                       {"timestamp", job.snapshot.failure_ms},
                       {"failureLabels", json::object()}};
    for (const TaskFacts& task : job.tasks) {
      if (FiguresOf(job, task).state != ExecutionState::kFailed) continue;
      entry["taskName"] = task.name + " (1/" + std::to_string(task.parallelism) + ") - execution #0";
      entry["endpoint"] = kEndpoint;
      entry["taskManagerId"] = kTaskManagerId;
      break;
    }
    entry["concurrentExceptions"] = json::array();
    entries.push_back(std::move(entry));
  }
  return Text(json::object{{"exceptionHistory", json::object{{"entries", std::move(entries)}, {"truncated", false}}}});
}

std::string JobConfigJson(const JobFacts& job) {
  json::object user;
  for (const auto& [key, value] : job.configuration) user[key] = value;
  return Text(json::object{{"jid", job.id},
                           {"name", job.name},
                           {"execution-config", json::object{{"restart-strategy", "Restart deactivated."},
                                                             {"job-parallelism", job.parallelism},
                                                             {"object-reuse-mode", false},
                                                             {"user-config", std::move(user)}}}});
}

std::string VertexJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  json::array subtasks;
  for (int s = 0; s < task.parallelism; ++s) subtasks.push_back(SubtaskObject(job, task, s, now_ms));
  const TaskFigures f = FiguresOf(job, task);
  json::object metrics{{"write-records", Aggregated(f.records_out, task.parallelism)},
                       {"accumulated-backpressured-time", Aggregated(f.back_pressured_ms, task.parallelism)},
                       {"accumulated-idle-time", Aggregated(f.idle_ms, task.parallelism)},
                       {"write-bytes", Aggregated(f.bytes_out, task.parallelism)},
                       {"read-bytes", Aggregated(f.bytes_in, task.parallelism)},
                       {"read-records", Aggregated(f.records_in, task.parallelism)},
                       {"accumulated-busy-time", Aggregated(f.busy_ms, task.parallelism)}};
  json::object durations;
  for (std::string_view state : {"CREATED", "RUNNING", "INITIALIZING", "SCHEDULED", "DEPLOYING"}) {
    const int64_t each = state == "RUNNING" ? DurationOf(job, now_ms) : 0;
    durations[state] = Aggregated(each * task.parallelism, task.parallelism);
  }
  return Text(json::object{
      {"id", task.id},
      {"name", task.name},
      {"parallelism", task.parallelism},
      {"maxParallelism", job.max_parallelism},
      {"now", now_ms},
      {"subtasks", std::move(subtasks)},
      {"aggregated", json::object{{"metrics", std::move(metrics)}, {"status-duration", std::move(durations)}}}});
}

std::string SubtaskJson(const JobFacts& job, const TaskFacts& task, int subtask, int64_t now_ms) {
  return Text(SubtaskObject(job, task, subtask, now_ms));
}

std::string CheckpointsJson() {
  auto zeros = [] {
    return json::object{{"min", 0},     {"max", 0},     {"avg", 0},     {"p50", "NaN"},
                        {"p90", "NaN"}, {"p95", "NaN"}, {"p99", "NaN"}, {"p999", "NaN"}};
  };
  json::object summary;
  for (std::string_view key : {"checkpointed_size", "state_size", "end_to_end_duration", "alignment_buffered",
                               "processed_data", "persisted_data"}) {
    summary[key] = zeros();
  }
  return Text(json::object{
      {"counts", json::object{{"restored", 0}, {"total", 0}, {"in_progress", 0}, {"completed", 0}, {"failed", 0}}},
      {"summary", std::move(summary)},
      {"latest",
       json::object{{"completed", nullptr}, {"savepoint", nullptr}, {"failed", nullptr}, {"restored", nullptr}}},
      {"history", json::array()}});
}

std::string CheckpointConfigJson() {
  return Text(json::object{{"mode", "at_least_once"},
                           {"interval", INT64_MAX},
                           {"timeout", 600000},
                           {"min_pause", 0},
                           {"max_concurrent", 1},
                           {"externalization", json::object{{"enabled", false}, {"delete_on_cancellation", true}}},
                           {"state_backend", "HashMapStateBackend"},
                           {"checkpoint_storage", "JobManagerCheckpointStorage"},
                           {"unaligned_checkpoints", false},
                           {"tolerable_failed_checkpoints", 0},
                           {"aligned_checkpoint_timeout", 0},
                           {"checkpoints_after_tasks_finish", true},
                           {"state_changelog_enabled", false},
                           {"changelog_periodic_materialization_interval", 600000},
                           {"changelog_storage", "memory"}});
}

std::string KeyValuesJson(const std::map<std::string, std::string>& values) {
  json::array out;
  for (const auto& [key, value] : values) out.push_back(json::object{{"key", key}, {"value", value}});
  return Text(out);
}

std::string TaskManagersJson(const std::vector<JobFacts>& jobs, int slots, int64_t now_ms) {
  int used = 0, tasks = 0;
  for (const JobFacts& job : jobs) {
    if (IsTerminal(job.snapshot.status)) continue;
    used += job.parallelism;
    for (const TaskFacts& task : job.tasks) tasks += task.parallelism;
  }
  return Text(json::object{{"taskmanagers", json::array{json::object{{"id", kTaskManagerId},
                                                                     {"path", ""},
                                                                     {"dataPort", 0},
                                                                     {"jmxPort", -1},
                                                                     {"timeSinceLastHeartbeat", now_ms},
                                                                     {"slotsNumber", slots},
                                                                     {"freeSlots", std::max(0, slots - used)},
                                                                     {"assignedTasks", tasks}}}}});
}

std::string PackagesJson(const std::vector<PackageFacts>& packages, std::string_view address) {
  json::array files;
  for (const PackageFacts& package : packages) {
    files.push_back(json::object{
        {"id", package.id}, {"name", package.name}, {"uploaded", package.uploaded_ms}, {"entry", json::array()}});
  }
  return Text(json::object{{"address", "http://" + std::string(address)}, {"files", std::move(files)}});
}

std::string ErrorsJson(const std::vector<std::string>& errors) {
  return Text(json::object{{"errors", json::value_from(errors)}});
}

std::string JobMetricsJson(const JobFacts& job, const std::vector<std::string>& wanted, int64_t now_ms) {
  json::array out;
  for (const Metric& metric : JobMetrics(job, now_ms)) {
    if (wanted.empty()) {
      out.push_back(json::object{{"id", metric.name}});
    } else if (Wanted(wanted, metric.name)) {
      out.push_back(json::object{{"id", metric.name}, {"value", std::to_string(metric.value)}});
    }
  }
  return Text(out);
}

std::string VertexMetricsJson(const JobFacts& job, const TaskFacts& task, const std::vector<std::string>& wanted,
                              bool by_subtask) {
  json::array out;
  for (const Metric& metric : TaskMetrics(job, task)) {
    const int64_t each = metric.value / std::max(1, task.parallelism);
    if (by_subtask) {
      for (int s = 0; s < task.parallelism; ++s) {
        const std::string name = std::to_string(s) + "." + metric.name;
        if (wanted.empty()) out.push_back(json::object{{"id", name}});
        if (Wanted(wanted, name)) out.push_back(json::object{{"id", name}, {"value", std::to_string(each)}});
      }
    } else if (wanted.empty()) {
      out.push_back(json::object{{"id", metric.name}});
    } else if (Wanted(wanted, metric.name)) {
      const auto value = static_cast<double>(each);
      out.push_back(json::object{{"id", metric.name},
                                 {"min", value},
                                 {"max", value},
                                 {"avg", value},
                                 {"sum", static_cast<double>(metric.value)},
                                 {"skew", 0.0}});
    }
  }
  return Text(out);
}

std::string WatermarksJson(const JobFacts& job, const TaskFacts& task) {
  json::array out;
  const int64_t watermark = FiguresOf(job, task).watermark;
  for (int s = 0; s < task.parallelism && watermark != INT64_MIN; ++s) {
    out.push_back(
        json::object{{"id", std::to_string(s) + ".currentInputWatermark"}, {"value", std::to_string(watermark)}});
  }
  return Text(out);
}

}  // namespace sluice::engine::server
