#include "engine/job/server/job_metrics.h"

#include <algorithm>

#include "engine/job/server/rest_figures.h"

namespace sluice::engine::server {
namespace {

constexpr std::string_view kJobLabels = "job_id,job_name";
constexpr std::string_view kTaskLabels = "job_id,task_id,task,subtask";
constexpr std::string_view kOperatorLabels = "job_id,operator_id,operator,subtask";

constexpr MetricSpec Job(std::string_view name, std::string_view unit, std::string_view text) {
  return {MetricKind::kGauge, name, unit, text, kJobLabels};
}
constexpr MetricSpec Task(std::string_view name, std::string_view unit, std::string_view text) {
  return {MetricKind::kGauge, name, unit, text, kTaskLabels};
}
constexpr MetricSpec Operator(std::string_view name, std::string_view unit, std::string_view text) {
  return {MetricKind::kGauge, name, unit, text, kOperatorLabels};
}

/// Ms since the job came into the status it is in; 0 if that is another.
int64_t Since(const JobFacts& job, JobStatus status, int64_t now_ms) {
  const int64_t began = job.status_times[static_cast<size_t>(status)];
  return began > 0 && job.snapshot.status == status ? now_ms - began : 0;
}

/// Of the newest completed checkpoint (no savepoint), as Flink's gauges.
template <int64_t CheckpointFacts::*Member>
int64_t Last(const JobFacts& job, int64_t) {
  return job.checkpoints.latest_completed ? (*job.checkpoints.latest_completed).*Member : -1;
}

constexpr JobMetric kJobMetrics[] = {
    {"uptime", Job("sluice_job_uptime_ms", "ms", "How long the job has been running without a break."),
     [](const JobFacts& j, int64_t) { return j.history.uptime_ms; }},
    {"downtime",
     Job("sluice_job_downtime_ms", "ms",
         "How long the job has been recovering from a failure; 0 while it runs, -1 once it has ended."),
     [](const JobFacts& j, int64_t) { return j.history.downtime_ms; }},
    {"numRestarts", Job("sluice_job_restarts", "", "How often the job was restarted, rescaling included."),
     [](const JobFacts& j, int64_t) { return j.history.restarts; }},
    {"fullRestarts",
     Job("sluice_job_full_restarts", "", "The same: a failure always restarts the whole job. Flink's older name."),
     [](const JobFacts& j, int64_t) { return j.history.restarts; }},
    {"numRescales", Job("sluice_job_rescales", "", "How often the job's parallelism was changed while it ran."),
     [](const JobFacts& j, int64_t) { return static_cast<int64_t>(j.history.rescales); }},
    {"lastRescaleGap", Job("sluice_job_last_rescale_gap_us", "us", "How long the last rescaling held the job up."),
     [](const JobFacts& j, int64_t) { return j.history.last_rescale_gap_us; }},
    {"runningTime", Job("sluice_job_running_ms", "ms", "Since the job came into RUNNING, else 0."),
     [](const JobFacts& j, int64_t now) { return Since(j, JobStatus::kRunning, now); }},
    {"restartingTime", Job("sluice_job_restarting_ms", "ms", "Since the job came into RESTARTING, else 0."),
     [](const JobFacts& j, int64_t) { return j.history.restarting_ms; }},
    {"failingTime", Job("sluice_job_failing_ms", "ms", "Since the job came into FAILING, else 0."),
     [](const JobFacts& j, int64_t now) { return Since(j, JobStatus::kFailing, now); }},
    {"cancellingTime", Job("sluice_job_cancelling_ms", "ms", "Since the job came into CANCELLING, else 0."),
     [](const JobFacts& j, int64_t now) { return Since(j, JobStatus::kCancelling, now); }},
    {"createdTime", Job("sluice_job_created_ms", "ms", "Since the job came into CREATED, else 0."),
     [](const JobFacts& j, int64_t now) { return Since(j, JobStatus::kCreated, now); }},
    {"initializingTime", Job("sluice_job_initializing_ms", "ms", "Since the job came into INITIALIZING, else 0."),
     [](const JobFacts& j, int64_t now) { return Since(j, JobStatus::kInitializing, now); }},
    {"totalNumberOfCheckpoints", Job("sluice_job_checkpoints", "", "Checkpoints and savepoints that were begun."),
     [](const JobFacts& j, int64_t) { return j.checkpoints.total; }},
    {"numberOfCompletedCheckpoints",
     Job("sluice_job_checkpoints_completed", "", "Checkpoints and savepoints that were completed."),
     [](const JobFacts& j, int64_t) { return j.checkpoints.completed; }},
    {"numberOfFailedCheckpoints",
     Job("sluice_job_checkpoints_failed", "", "Checkpoints and savepoints that failed or ran into their timeout."),
     [](const JobFacts& j, int64_t) { return j.checkpoints.failed; }},
    {"numberOfInProgressCheckpoints", Job("sluice_job_checkpoints_in_progress", "", "Checkpoints under way."),
     [](const JobFacts& j, int64_t) { return j.checkpoints.in_progress; }},
    {"lastCompletedCheckpointId",
     Job("sluice_job_last_checkpoint_id", "", "Number of the newest completed checkpoint; -1: none."),
     Last<&CheckpointFacts::id>},
    {"lastCheckpointDuration",
     Job("sluice_job_last_checkpoint_duration_ms", "ms", "From its trigger to the last answer; -1: none."),
     Last<&CheckpointFacts::end_to_end_ms>},
    {"lastCheckpointSize",
     Job("sluice_job_last_checkpoint_bytes", "bytes", "What the newest checkpoint wrote; -1: none."),
     Last<&CheckpointFacts::written_bytes>},
    {"lastCheckpointFullSize",
     Job("sluice_job_last_checkpoint_full_bytes", "bytes",
         "What the newest checkpoint refers to, with what earlier ones wrote; -1: none."),
     Last<&CheckpointFacts::state_bytes>},
    {"lastCheckpointPersistedData",
     Job("sluice_job_last_checkpoint_in_flight_bytes", "bytes",
         "Rows under way that the newest checkpoint holds (unaligned checkpoints); -1: none."),
     Last<&CheckpointFacts::in_flight_bytes>},
    {"lastCheckpointCompletedTimestamp",
     Job("sluice_job_last_checkpoint_time_ms", "ms", "When the newest checkpoint was complete, since 1970; -1: none."),
     Last<&CheckpointFacts::latest_ack_ms>},
    {"lastCheckpointRestoreTimestamp",
     Job("sluice_job_last_restore_time_ms", "ms", "When the job was last restored, since 1970; -1: never."),
     [](const JobFacts& j, int64_t) {
       return j.checkpoints.latest_restored ? j.checkpoints.latest_restored->restore_ms : -1;
     }},
};

constexpr TaskMetric kTaskMetrics[] = {
    {"numRecordsIn", Task("sluice_task_rows_in", "rows", "Rows that the task has taken in."),
     [](const SubtaskFacts& f) { return f.records_in; }},
    {"numRecordsOut", Task("sluice_task_rows_out", "rows", "Rows that the task has given on."),
     [](const SubtaskFacts& f) { return f.records_out; }},
    {"numBytesIn", Task("sluice_task_bytes_in", "bytes", "Bytes that came over exchanges."),
     [](const SubtaskFacts& f) { return f.bytes_in; }},
    {"numBytesOut", Task("sluice_task_bytes_out", "bytes", "Bytes that went into exchanges."),
     [](const SubtaskFacts& f) { return f.bytes_out; }},
    {"busyTimeMsPerSecond", Task("sluice_task_busy_ms_per_second", "ms", "Work in the last second."),
     [](const SubtaskFacts& f) { return static_cast<int64_t>(f.busy_ms_per_second); }},
    {"idleTimeMsPerSecond", Task("sluice_task_idle_ms_per_second", "ms", "Waiting for input in the last second."),
     [](const SubtaskFacts& f) { return static_cast<int64_t>(f.idle_ms_per_second); }},
    {"backPressuredTimeMsPerSecond",
     Task("sluice_task_back_pressured_ms_per_second", "ms", "Waiting for consumers in the last second."),
     [](const SubtaskFacts& f) { return static_cast<int64_t>(f.back_pressured_ms_per_second); }},
    {"accumulateBusyTimeMs", Task("sluice_task_busy_ms", "ms", "Work since the start."),
     [](const SubtaskFacts& f) { return f.busy_ms; }},
    {"accumulateIdleTimeMs", Task("sluice_task_idle_ms", "ms", "Waiting for input since the start."),
     [](const SubtaskFacts& f) { return f.idle_ms; }},
    {"accumulateBackPressuredTimeMs",
     Task("sluice_task_back_pressured_ms", "ms", "Waiting for consumers since the start."),
     [](const SubtaskFacts& f) { return f.back_pressured_ms; }},
    {"currentInputWatermark",
     Task("sluice_task_watermark_ms", "ms", "The watermark, since 1970; the least number: none."),
     [](const SubtaskFacts& f) { return f.watermark; }},
    {"stateBytes", Task("sluice_task_state_bytes", "bytes", "Keyed state in memory."),
     [](const SubtaskFacts& f) { return f.state_bytes; }},
};

constexpr TaskMetric kOperatorMetrics[] = {
    {"numRecordsIn", Operator("sluice_operator_rows_in", "rows", "Rows that the operator has taken in."),
     [](const SubtaskFacts& f) { return f.records_in; }},
    {"numRecordsOut", Operator("sluice_operator_rows_out", "rows", "Rows that the operator has given on."),
     [](const SubtaskFacts& f) { return f.records_out; }},
    {"currentInputWatermark",
     Operator("sluice_operator_watermark_ms", "ms", "The watermark, since 1970; the least number: none."),
     [](const SubtaskFacts& f) { return f.watermark; }},
    {"stateBytes", Operator("sluice_operator_state_bytes", "bytes", "Keyed state in memory."),
     [](const SubtaskFacts& f) { return f.state_bytes; }},
};

constexpr MetricSpec kJobRunning{MetricKind::kGauge, "sluice_job_running", "", "1 while the job runs, else 0.",
                                 kJobLabels};

void ExportJob(const JobFacts& job, int64_t now_ms, MetricsRegistry& registry) {
  const auto set = [&](const MetricSpec& spec, std::vector<std::string> labels, int64_t value) {
    registry.NewGauge(spec, std::move(labels))->Set(static_cast<double>(value));
  };
  set(kJobRunning, {job.id, job.name}, job.snapshot.status == JobStatus::kRunning ? 1 : 0);
  for (const JobMetric& metric : kJobMetrics) set(metric.spec, {job.id, job.name}, metric.value(job, now_ms));
  for (const TaskFacts& task : job.tasks) {
    for (int s = 0; s < task.parallelism; ++s) {
      const SubtaskFacts figures = FiguresOf(job, task, s);
      for (const TaskMetric& metric : kTaskMetrics) {
        set(metric.spec, {job.id, task.id, task.name, std::to_string(s)}, metric.value(figures));
      }
    }
  }
  for (const VertexSnapshot& vertex : job.snapshot.vertices) {
    for (size_t s = 0; s < vertex.subtasks.size(); ++s) {
      for (const TaskMetric& metric : kOperatorMetrics) {
        set(metric.spec, {job.id, vertex.uid, vertex.name, std::to_string(s)}, metric.value(vertex.subtasks[s]));
      }
    }
  }
}

}  // namespace

std::span<const JobMetric> JobMetrics() { return kJobMetrics; }
std::span<const TaskMetric> TaskMetrics() { return kTaskMetrics; }
std::span<const TaskMetric> OperatorMetrics() { return kOperatorMetrics; }

std::string OperatorMetricName(const JobFacts& job, int index) {
  const std::string& name = job.snapshot.vertices[static_cast<size_t>(index)].name;
  std::string out = name.substr(0, name.find('(')) + "[" + std::to_string(index + 1) + "]";
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

void DeclareMetrics(MetricsRegistry& registry) {
  registry.Declare(kJobRunning);
  for (const JobMetric& metric : kJobMetrics) registry.Declare(metric.spec);
  for (const TaskMetric& metric : kTaskMetrics) registry.Declare(metric.spec);
  for (const TaskMetric& metric : kOperatorMetrics) registry.Declare(metric.spec);
}

void ExportMetrics(const std::vector<JobFacts>& jobs, int64_t now_ms, MetricsRegistry& registry) {
  for (const JobFacts& job : jobs) {
    // Fewer subtasks after rescaling: what is not set again below is no longer there.
    registry.RemoveSeries("job_id", job.id);
    ExportJob(job, now_ms, registry);
  }
}

}  // namespace sluice::engine::server
