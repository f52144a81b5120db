#include "service/observe/application_metrics.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <set>

#include "service/observe/package_metrics.h"

namespace sluice::service {
namespace {

/// Of parts (subtasks, operators, tasks, jobs): what their whole has.
enum class Combine : uint8_t { kSum, kMax, kMin };
enum class Scope : uint8_t { kApplication, kTask, kOperator, kTaskSubtask, kOperatorSubtask };
constexpr size_t kScopes = 5;

struct ScopeNames {
  std::string_view prefix;
  std::string_view labels;
};
constexpr ScopeNames kScopeNames[kScopes] = {
    {"sluice_app_", "application"},
    {"sluice_app_task_", "application,task_id,task"},
    {"sluice_app_operator_", "application,task_id,task,operator"},
    {"sluice_app_task_subtask_", "application,task_id,task,subtask"},
    {"sluice_app_operator_subtask_", "application,task_id,task,operator,subtask"},
};

struct JobMetric {
  std::string_view name;  // CloudWatch's and Flink's
  Combine combine;        // over the jobs of a program
  std::string_view unit;
  std::string_view text;
};
constexpr JobMetric kJobMetrics[] = {
    {"uptime", Combine::kMin, "ms", "How long the job has been running without a break; -1 once it ended."},
    {"downtime", Combine::kMax, "ms",
     "How long the job has been failing or restarting; 0 while it runs, -1 once it ended."},
    {"fullRestarts", Combine::kSum, "", "How often the whole job was restarted since it was submitted."},
    {"numRestarts", Combine::kSum, "", "How often the job was restarted, parts of it included."},
    {"lastCheckpointSize", Combine::kSum, "bytes", "Size of the newest checkpoint."},
    {"lastCheckpointDuration", Combine::kMax, "ms", "How long the newest checkpoint took."},
    {"numberOfFailedCheckpoints", Combine::kSum, "", "Checkpoints that failed since the job was submitted."},
};

/// A metric of tasks, or of the operators in them.
struct TaskMetric {
  std::string_view name;
  std::string_view flink_name;  // behind the last dot
  MetricKind kind;
  Combine combine;
  bool of_tasks;            // the task has one of its own; else it is put together out of its operators'
  bool of_operators;        // operators have it
  bool of_the_application;  // it is put together out of the tasks'
  std::string_view unit;
  std::string_view text;
};
constexpr TaskMetric kTaskMetrics[] = {
    {"numRecordsIn", "numRecordsIn", MetricKind::kCounter, Combine::kSum, true, true, true, "records",
     "Records taken in; of the application: by all of its tasks."},
    {"numRecordsOut", "numRecordsOut", MetricKind::kCounter, Combine::kSum, true, true, true, "records",
     "Records given on; of the application: by all of its tasks."},
    {"numLateRecordsDropped", "numLateRecordsDropped", MetricKind::kCounter, Combine::kSum, false, true, true,
     "records", "Records that came too late and were dropped."},
    {"currentInputWatermark", "currentInputWatermark", MetricKind::kGauge, Combine::kMin, true, true, true, "ms",
     "The least watermark that was received, since 1970; missing while there is none."},
    {"currentOutputWatermark", "currentOutputWatermark", MetricKind::kGauge, Combine::kMin, false, true, true, "ms",
     "The least watermark that was sent, since 1970; missing while there is none."},
    {"busyTimeMsPerSecond", "busyTimeMsPerSecond", MetricKind::kGauge, Combine::kMax, true, false, false, "ms",
     "Work within a second; of a task: the busiest subtask's."},
    {"backPressuredTimeMsPerSecond", "backPressuredTimeMsPerSecond", MetricKind::kGauge, Combine::kMax, true, false,
     false, "ms", "Waiting for consumers within a second; of a task: the most back-pressured subtask's."},
    {"idleTimeMsPerSecond", "idleTimeMsPerSecond", MetricKind::kGauge, Combine::kMin, true, false, false, "ms",
     "Waiting for input within a second; of a task: the least idle subtask's."},
    {"millisBehindLatest", "millisBehindLatest", MetricKind::kGauge, Combine::kMax, false, true, true, "ms",
     "How far the shard that is furthest behind is behind the head of its stream (Kinesis)."},
    {"records_lag_max", "records-lag-max", MetricKind::kGauge, Combine::kMax, false, true, true, "records",
     "How far the partition that is furthest behind is behind its end (Kafka)."},
    {"commitsSucceeded", "commitsSucceeded", MetricKind::kCounter, Combine::kSum, false, true, true, "",
     "Commits of offsets that succeeded (Kafka)."},
    {"commitsFailed", "commitsFailed", MetricKind::kCounter, Combine::kSum, false, true, true, "",
     "Commits of offsets that failed (Kafka)."},
};

/// Out of the sums over the TaskManagers.
struct TaskManagerMetric {
  std::string_view name;
  MetricKind kind;
  std::string_view sum_of;      // Flink's names, comma-separated: of those that are there
  std::string_view percent_of;  // the value is a percentage of these; empty: it is the sum itself
  bool percent_of_count;        // … of the number of TaskManagers
  std::string_view unit;
  std::string_view text;
};
constexpr std::string_view kHeapMax = "Status.JVM.Memory.Heap.Max";
constexpr std::string_view kManagedTotal = "Status.Flink.Memory.Managed.Total";
constexpr std::string_view kManagedUsed = "Status.Flink.Memory.Managed.Used";
constexpr TaskManagerMetric kTaskManagerMetrics[] = {
    {"cpuUtilization", MetricKind::kGauge, "Status.JVM.CPU.Load", "", true, "percent",
     "Load of the machine's processors by the TaskManagers' JVMs, their mean."},
    {"heapMemoryUtilization", MetricKind::kGauge, "Status.JVM.Memory.Heap.Used", kHeapMax, false, "percent",
     "Used heap of the TaskManagers."},
    {"managedMemoryUsed", MetricKind::kGauge, kManagedUsed, "", false, "bytes", "Managed memory that is used."},
    {"managedMemoryTotal", MetricKind::kGauge, kManagedTotal, "", false, "bytes", "Managed memory."},
    {"managedMemoryUtilization", MetricKind::kGauge, kManagedUsed, kManagedTotal, false, "percent",
     "Managed memory that is used."},
    {"threadsCount", MetricKind::kGauge, "Status.JVM.Threads.Count", "", false, "", "Threads of the TaskManagers."},
    {"oldGenerationGCCount", MetricKind::kCounter,
     "Status.JVM.GarbageCollector.G1_Old_Generation.Count,Status.JVM.GarbageCollector.MarkSweepCompact.Count,"
     "Status.JVM.GarbageCollector.PS_MarkSweep.Count",
     "", false, "", "Collections of the old generation by the TaskManagers."},
    {"oldGenerationGCTime", MetricKind::kCounter,
     "Status.JVM.GarbageCollector.G1_Old_Generation.Time,Status.JVM.GarbageCollector.MarkSweepCompact.Time,"
     "Status.JVM.GarbageCollector.PS_MarkSweep.Time",
     "", false, "ms", "Time that they took."},
};

constexpr MetricSpec kRunning{MetricKind::kGauge, "sluice_app_running", "",
                              "1 while the application's job runs, 0 while it does not though it should.",
                              "application"};
constexpr MetricSpec kKpus{MetricKind::kGauge, "sluice_app_KPUs", "", "KPUs that the application has.", "application"};
constexpr MetricSpec kContainerCpu{
    MetricKind::kGauge, "sluice_app_containerCPUUtilization", "percent",
    "Processors that the application's processes use, of one for each KPU; what autoscaling goes by.", "application"};

std::vector<std::string_view> Split(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    out.push_back(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return out;
}

/// The specs of all scopes, whose names are put together. They never change once they are made.
class Specs {
 public:
  static const Specs& All() {
    static const Specs specs;
    return specs;
  }
  const MetricSpec* Of(Scope scope, std::string_view name) const {
    auto found = by_name_[static_cast<size_t>(scope)].find(name);
    return found == by_name_[static_cast<size_t>(scope)].end() ? nullptr : found->second;
  }
  const std::deque<MetricSpec>& list() const { return specs_; }

 private:
  Specs() {
    for (const JobMetric& m : kJobMetrics) Add(Scope::kApplication, MetricKind::kGauge, m);
    for (const TaskManagerMetric& m : kTaskManagerMetrics) Add(Scope::kApplication, m.kind, m);
    for (const TaskMetric& m : kTaskMetrics) {
      if (m.of_the_application) Add(Scope::kApplication, m.kind, m);
      Add(Scope::kTask, m.kind, m);
      if (m.of_operators) Add(Scope::kOperator, m.kind, m);
      if (m.of_tasks) Add(Scope::kTaskSubtask, m.kind, m);
      if (m.of_operators) Add(Scope::kOperatorSubtask, m.kind, m);
    }
  }
  template <class Metric>
  void Add(Scope scope, MetricKind kind, const Metric& metric) {
    const ScopeNames& names = kScopeNames[static_cast<size_t>(scope)];
    names_.push_back(std::string(names.prefix) + std::string(metric.name));
    specs_.push_back({kind, names_.back(), metric.unit, metric.text, names.labels});
    by_name_[static_cast<size_t>(scope)][metric.name] = &specs_.back();
  }

  std::deque<std::string> names_;  // their addresses stay
  std::deque<MetricSpec> specs_;
  std::map<std::string_view, const MetricSpec*> by_name_[kScopes];
};

/// Flink writes the least number where there is no watermark, and NaN where it cannot compute a share.
bool IsValue(double value) { return std::isfinite(value) && value > -9.2e18; }

/// Puts values together in the way of one metric.
class Combined {
 public:
  explicit Combined(Combine how) : how_(how) {}
  void Add(double value) {
    if (!IsValue(value)) return;
    if (!value_) {
      value_ = value;
    } else if (how_ == Combine::kSum) {
      *value_ += value;
    } else {
      *value_ = how_ == Combine::kMax ? std::max(*value_, value) : std::min(*value_, value);
    }
  }
  void Add(const MetricSpread& spread) {
    Add(how_ == Combine::kSum ? spread.sum : how_ == Combine::kMax ? spread.max : spread.min);
  }
  const std::optional<double>& value() const { return value_; }

 private:
  Combine how_;
  std::optional<double> value_;
};

struct SplitName {
  std::string_view op;    // empty: of the task itself
  std::string_view last;  // behind the last dot: connectors have groups of their own in between
};
SplitName SplitMetricName(std::string_view name) {
  const size_t first = name.find('.');
  if (first == std::string_view::npos) return {"", name};
  return {name.substr(0, first), name.substr(name.rfind('.') + 1)};
}

/// Whether `name` is the metric as a task has it, or one of its operators.
bool IsOf(const TaskMetric& metric, const SplitName& name) {
  return name.last == metric.flink_name && (name.op.empty() ? metric.of_tasks : metric.of_operators);
}

/// Collects the samples of one application.
class Collector {
 public:
  Collector(std::string application, MetricsLevel level) : application_(std::move(application)), level_(level) {}

  void AddService(const ServiceReading& service) {
    if (service.kpus <= 0) return;
    const auto kpus = static_cast<double>(service.kpus);
    samples_.push_back({&kKpus, {application_}, kpus});
    if (service.processors >= 0) samples_.push_back({&kContainerCpu, {application_}, 100 * service.processors / kpus});
  }

  void AddJobs(const std::vector<JobReading>& jobs) {
    for (const JobMetric& metric : kJobMetrics) {
      Combined all(metric.combine);
      for (const JobReading& job : jobs) {
        auto found = job.job.find(std::string(metric.name));
        if (found != job.job.end()) all.Add(found->second);
      }
      Put(Scope::kApplication, metric.name, {}, all.value());
    }
  }

  void AddTaskManagers(const EngineReading& engine) {
    const auto sum_of = [&](std::string_view names) {
      Combined sum(Combine::kSum);
      for (std::string_view name : Split(names)) {
        auto found = engine.task_managers.find(std::string(name));
        if (found != engine.task_managers.end()) sum.Add(found->second);
      }
      return sum.value();
    };
    for (const TaskManagerMetric& metric : kTaskManagerMetrics) {
      std::optional<double> value = sum_of(metric.sum_of);
      if (value && (metric.percent_of_count || !metric.percent_of.empty())) {
        const auto whole =
            metric.percent_of_count ? std::optional<double>(engine.task_manager_count) : sum_of(metric.percent_of);
        value = whole && *whole > 0 ? std::optional(100 * *value / *whole) : std::nullopt;
      }
      Put(Scope::kApplication, metric.name, {}, value);
    }
  }

  void AddTasks(const std::vector<JobReading>& jobs) {
    for (const TaskMetric& metric : kTaskMetrics) {
      Combined application(metric.combine);
      for (const JobReading& job : jobs) {
        for (const TaskReading& task : job.tasks) {
          if (auto value = AddTask(metric, task)) application.Add(*value);
        }
      }
      if (metric.of_the_application) Put(Scope::kApplication, metric.name, {}, application.value());
    }
  }

  std::vector<MetricSample> Take() { return std::move(samples_); }

 private:
  /// The metric of one task and of what is in it; the task's value.
  std::optional<double> AddTask(const TaskMetric& metric, const TaskReading& task) {
    Combined own(metric.combine);
    std::map<std::string_view, Combined> operators;
    for (const auto& [name, spread] : task.values) {
      const SplitName split = SplitMetricName(name);
      if (!IsOf(metric, split)) continue;
      if (split.op.empty())
        own.Add(spread);
      else
        operators.try_emplace(split.op, metric.combine).first->second.Add(spread);
    }
    if (!metric.of_tasks) {
      for (const auto& [op, value] : operators) {
        if (value.value()) own.Add(*value.value());
      }
    }
    const std::vector<std::string> labels = {task.id, task.name};
    if (level_ >= MetricsLevel::kTask) Put(Scope::kTask, metric.name, labels, own.value());
    if (level_ >= MetricsLevel::kOperator) {
      for (const auto& [op, value] : operators) {
        Put(Scope::kOperator, metric.name, {task.id, task.name, std::string(op)}, value.value());
      }
    }
    if (level_ >= MetricsLevel::kParallelism) AddSubtasks(metric, task);
    return own.value();
  }

  void AddSubtasks(const TaskMetric& metric, const TaskReading& task) {
    for (size_t s = 0; s < task.subtasks.size(); ++s) {
      std::map<std::string_view, Combined> parts;
      for (const auto& [name, value] : task.subtasks[s]) {
        const SplitName split = SplitMetricName(name);
        if (IsOf(metric, split)) parts.try_emplace(split.op, metric.combine).first->second.Add(value);
      }
      for (const auto& [op, value] : parts) {
        std::vector<std::string> labels = {task.id, task.name};
        if (!op.empty()) labels.emplace_back(op);
        labels.push_back(std::to_string(s));
        Put(op.empty() ? Scope::kTaskSubtask : Scope::kOperatorSubtask, metric.name, std::move(labels), value.value());
      }
    }
  }

  void Put(Scope scope, std::string_view name, std::vector<std::string> labels, const std::optional<double>& value) {
    const MetricSpec* spec = Specs::All().Of(scope, name);
    if (spec == nullptr || !value) return;
    labels.insert(labels.begin(), application_);
    samples_.push_back({spec, std::move(labels), *value});
  }

  std::string application_;
  MetricsLevel level_;
  std::vector<MetricSample> samples_;
};

}  // namespace

MetricsLevel MetricsLevelOf(std::string_view text) {
  if (text == "TASK") return MetricsLevel::kTask;
  if (text == "OPERATOR") return MetricsLevel::kOperator;
  return text == "PARALLELISM" ? MetricsLevel::kParallelism : MetricsLevel::kApplication;
}

std::vector<std::string> WantedOfJobs() {
  std::vector<std::string> out;
  for (const JobMetric& metric : kJobMetrics) out.emplace_back(metric.name);
  return out;
}

std::vector<std::string> WantedOfTaskManagers() {
  std::set<std::string_view> names;
  for (const TaskManagerMetric& metric : kTaskManagerMetrics) {
    for (std::string_view list : {metric.sum_of, metric.percent_of}) {
      for (std::string_view name : Split(list)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

bool IsWantedOfTask(std::string_view name, MetricsLevel level) {
  if (ParsePackageMetric(name)) return true;
  const SplitName split = SplitMetricName(name);
  return std::any_of(std::begin(kTaskMetrics), std::end(kTaskMetrics), [&](const TaskMetric& metric) {
    const bool shown = metric.of_the_application || level >= MetricsLevel::kTask;
    const bool needed = split.op.empty() || !metric.of_tasks || level >= MetricsLevel::kOperator;
    return shown && needed && IsOf(metric, split);
  });
}

std::vector<MetricSample> SamplesOf(const std::string& application, const EngineReading& engine,
                                    const ServiceReading& service, MetricsLevel level) {
  Collector out(application, level);
  out.AddService(service);
  out.AddJobs(engine.jobs);
  out.AddTaskManagers(engine);
  out.AddTasks(engine.jobs);
  std::vector<MetricSample> samples = out.Take();
  AppendPackageMetrics(application, engine.jobs, level, &samples);
  return samples;
}

MetricSample RunningSample(const std::string& application, bool runs) {
  return {&kRunning, {application}, runs ? 1.0 : 0.0};
}

void DeclareApplicationMetrics(MetricsRegistry& registry) {
  for (const MetricSpec* spec : {&kRunning, &kKpus, &kContainerCpu}) registry.Declare(*spec);
  for (const MetricSpec& spec : Specs::All().list()) registry.Declare(spec);
  for (const MetricSpec* spec : PackageMetricSpecs()) registry.Declare(*spec);
}

}  // namespace sluice::service
