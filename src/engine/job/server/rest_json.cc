#include "engine/job/server/rest_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "engine/job/server/rest_figures.h"

namespace sluice::engine::server {
namespace {

namespace json = boost::json;

constexpr std::string_view kTaskStates[] = {"RUNNING",   "CREATED",   "FINISHED",  "CANCELED", "INITIALIZING",
                                            "SCHEDULED", "DEPLOYING", "CANCELING", "FAILED",   "RECONCILING"};
constexpr std::string_view kJobStates[] = {"RESTARTING", "INITIALIZING", "CANCELED", "CANCELLING",
                                           "RUNNING",    "FAILING",      "CREATED",  "RECONCILING",
                                           "SUSPENDED",  "FAILED",       "FINISHED"};

std::string Text(const json::value& value) { return json::serialize(value); }

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

json::object IoMetrics(const SubtaskFacts& f) {
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
  const SubtaskFacts figures = FiguresOf(job, task);
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

/// A figure over the subtasks. Percentiles as Apache Commons Math's, which Flink uses.
json::object Aggregated(std::vector<int64_t> values) {
  if (values.empty()) values.push_back(0);
  std::sort(values.begin(), values.end());
  int64_t sum = 0;
  for (int64_t value : values) sum += value;
  const auto percentile = [&](double p) {
    const double position = p / 100 * static_cast<double>(values.size() + 1);
    if (position < 1) return values.front();
    if (position >= static_cast<double>(values.size())) return values.back();
    const auto at = static_cast<size_t>(position);
    const double part = position - static_cast<double>(at);
    return values[at - 1] + static_cast<int64_t>(part * static_cast<double>(values[at] - values[at - 1]));
  };
  return {{"p25", percentile(25)},    {"min", values.front()}, {"avg", sum / static_cast<int64_t>(values.size())},
          {"median", percentile(50)}, {"max", values.back()},  {"sum", sum},
          {"p95", percentile(95)},    {"p75", percentile(75)}};
}

json::object SubtaskObject(const JobFacts& job, const TaskFacts& task, int subtask, int64_t now_ms) {
  const SubtaskFacts f = FiguresOf(job, task, subtask);
  const int64_t duration = DurationOf(job, now_ms);
  return {
      {"subtask", subtask},
      {"status", ExecutionStateName(f.state)},
      {"attempt", job.snapshot.attempt},
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

/// java.time.Duration.toString().
std::string IsoDuration(int64_t ms) {
  if (ms == 0) return "PT0S";
  std::string out = ms < 0 ? "-PT" : "PT";
  ms = std::abs(ms);
  if (ms >= 3'600'000) out += fmt::format("{}H", ms / 3'600'000);
  if (ms % 3'600'000 >= 60'000) out += fmt::format("{}M", ms % 3'600'000 / 60'000);
  if (ms % 60'000 != 0) out += fmt::format("{:g}S", static_cast<double>(ms % 60'000) / 1000);
  return out;
}

/// RestartStrategyDescriptionUtils.
std::string RestartText(const RestartConfig& config) {
  switch (config.kind) {
    case RestartKind::kNone: return "Restart deactivated.";
    case RestartKind::kFixedDelay:
      return fmt::format("Restart with fixed delay ({}). #{} restart attempts.", IsoDuration(config.delay_ms),
                         config.attempts);
    case RestartKind::kFailureRate:
      return fmt::format("Failure rate restart with maximum of {} failures within interval {} and fixed delay {}.",
                         config.max_failures, IsoDuration(config.failure_interval_ms), IsoDuration(config.delay_ms));
    case RestartKind::kExponentialDelay:
      return fmt::format(
          "Restart with exponential delay: starting at {}, increasing by {:f}, with maximum {}. Delay resets "
          "after {} with jitter {:f}",
          IsoDuration(config.initial_backoff_ms), config.multiplier, IsoDuration(config.max_backoff_ms),
          IsoDuration(config.reset_backoff_ms), config.jitter);
  }
  return "";
}

/// Figures and times of a task's subtasks, each over all of them.
json::object AggregatedObject(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  const auto over = [&](int64_t SubtaskFacts::*figure) {
    std::vector<int64_t> values;
    for (int s = 0; s < task.parallelism; ++s) values.push_back(FiguresOf(job, task, s).*figure);
    return Aggregated(std::move(values));
  };
  json::object metrics{{"write-records", over(&SubtaskFacts::records_out)},
                       {"accumulated-backpressured-time", over(&SubtaskFacts::back_pressured_ms)},
                       {"accumulated-idle-time", over(&SubtaskFacts::idle_ms)},
                       {"write-bytes", over(&SubtaskFacts::bytes_out)},
                       {"read-bytes", over(&SubtaskFacts::bytes_in)},
                       {"read-records", over(&SubtaskFacts::records_in)},
                       {"accumulated-busy-time", over(&SubtaskFacts::busy_ms)}};
  json::object durations;
  for (std::string_view state : {"CREATED", "RUNNING", "INITIALIZING", "SCHEDULED", "DEPLOYING"}) {
    const int64_t each = state == "RUNNING" ? DurationOf(job, now_ms) : 0;
    durations[state] = Aggregated(std::vector<int64_t>(static_cast<size_t>(task.parallelism), each));
  }
  return {{"metrics", std::move(metrics)}, {"status-duration", std::move(durations)}};
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

std::string JobConfigJson(const JobFacts& job) {
  json::object user;
  for (const auto& [key, value] : job.configuration) user[key] = value;
  return Text(json::object{{"jid", job.id},
                           {"name", job.name},
                           {"execution-config", json::object{{"restart-strategy", RestartText(job.config.restart)},
                                                             {"job-parallelism", job.parallelism},
                                                             {"object-reuse-mode", false},
                                                             {"user-config", std::move(user)}}}});
}

std::string VertexJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  json::array subtasks;
  for (int s = 0; s < task.parallelism; ++s) subtasks.push_back(SubtaskObject(job, task, s, now_ms));
  return Text(json::object{{"id", task.id},
                           {"name", task.name},
                           {"parallelism", task.parallelism},
                           {"maxParallelism", job.max_parallelism},
                           {"now", now_ms},
                           {"subtasks", std::move(subtasks)},
                           {"aggregated", AggregatedObject(job, task, now_ms)}});
}

std::string VertexTaskManagersJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  // All subtasks are in this process.
  const std::string state(ExecutionStateName(FiguresOf(job, task).state));
  json::object manager{{"endpoint", kEndpoint},
                       {"status", state},
                       {"start-time", job.snapshot.start_ms},
                       {"end-time", job.snapshot.end_ms},
                       {"duration", DurationOf(job, now_ms)},
                       {"metrics", IoMetrics(FiguresOf(job, task))},
                       {"status-counts", StateCounts({{state, task.parallelism}})},
                       {"taskmanager-id", kTaskManagerId},
                       {"aggregated", AggregatedObject(job, task, now_ms)}};
  return Text(json::object{
      {"id", task.id}, {"name", task.name}, {"now", now_ms}, {"taskmanagers", json::array{std::move(manager)}}});
}

std::string SubtaskAccumulatorsJson(const TaskFacts& task) {
  json::array subtasks;
  for (int s = 0; s < task.parallelism; ++s) {
    subtasks.push_back(
        json::object{{"subtask", s}, {"attempt", 0}, {"endpoint", kEndpoint}, {"user-accumulators", json::array()}});
  }
  return Text(json::object{{"id", task.id}, {"parallelism", task.parallelism}, {"subtasks", std::move(subtasks)}});
}

std::string SubtaskJson(const JobFacts& job, const TaskFacts& task, int subtask, int64_t now_ms) {
  return Text(SubtaskObject(job, task, subtask, now_ms));
}

std::string SubtaskTimesJson(const JobFacts& job, const TaskFacts& task, int64_t now_ms) {
  json::array subtasks;
  for (int s = 0; s < task.parallelism; ++s) {
    const std::string_view state = ExecutionStateName(FiguresOf(job, task, s).state);
    json::object timestamps;
    for (std::string_view each : {"CREATED", "CANCELING", "FAILED", "FINISHED", "DEPLOYING", "SCHEDULED", "CANCELED",
                                  "INITIALIZING", "RUNNING", "RECONCILING"}) {
      const bool early = each == "CREATED" || each == "SCHEDULED" || each == "DEPLOYING" || each == "INITIALIZING";
      int64_t time = early || each == "RUNNING" ? job.snapshot.start_ms : 0;
      if (each == state && job.snapshot.end_ms >= 0) time = job.snapshot.end_ms;
      timestamps[each] = time;
    }
    subtasks.push_back(json::object{{"subtask", s},
                                    {"endpoint", kEndpoint},
                                    {"duration", DurationOf(job, now_ms)},
                                    {"timestamps", std::move(timestamps)}});
  }
  return Text(json::object{{"id", task.id}, {"name", task.name}, {"now", now_ms}, {"subtasks", std::move(subtasks)}});
}

std::string VertexAccumulatorsJson(const TaskFacts& task) {
  return Text(json::object{{"id", task.id}, {"user-accumulators", json::array()}});
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

}  // namespace sluice::engine::server
