#include "engine/job/server/rest_checkpoints.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <vector>

namespace sluice::engine::server {
namespace {

namespace json = boost::json;

std::string_view StateName(CheckpointState state) {
  switch (state) {
    case CheckpointState::kInProgress: return "IN_PROGRESS";
    case CheckpointState::kCompleted: return "COMPLETED";
    case CheckpointState::kFailed: return "FAILED";
  }
  return "FAILED";
}

/// The classes of CheckpointStatistics, which say which members there are.
std::string_view ClassName(CheckpointState state) {
  switch (state) {
    case CheckpointState::kInProgress: return "in_progress";
    case CheckpointState::kCompleted: return "completed";
    case CheckpointState::kFailed: return "failed";
  }
  return "failed";
}

std::string_view KindName(CheckpointKind kind) {
  switch (kind) {
    case CheckpointKind::kCheckpoint: return "CHECKPOINT";
    case CheckpointKind::kSavepoint: return "SAVEPOINT";
    case CheckpointKind::kSyncSavepoint: return "SYNC_SAVEPOINT";
  }
  return "CHECKPOINT";
}

/// A chain's part of a checkpoint: its operators' parts, subtask by subtask.
struct TaskPart {
  int acknowledged = 0;
  int64_t latest_ack_ms = -1;
  int64_t state_bytes = 0, written_bytes = 0, in_flight_bytes = 0;
  std::vector<std::optional<SubtaskCheckpointStats>> subtasks;
};

TaskPart PartOf(const CheckpointFacts& checkpoint, const TaskFacts& task) {
  TaskPart part;
  for (const int index : task.operators) {
    if (static_cast<size_t>(index) >= checkpoint.vertices.size()) continue;
    const VertexCheckpointFacts& vertex = checkpoint.vertices[static_cast<size_t>(index)];
    const bool first = index == task.operators.front();
    if (first) part.subtasks = vertex.subtasks;
    part.state_bytes += vertex.state_bytes;
    part.written_bytes += vertex.written_bytes;
    part.in_flight_bytes += vertex.in_flight_bytes;
    for (size_t s = 0; !first && s < std::min(part.subtasks.size(), vertex.subtasks.size()); ++s) {
      auto& sum = part.subtasks[s];
      const auto& one = vertex.subtasks[s];
      if (!sum || !one) {
        sum.reset();  // a chain has answered once all of its operators have
        continue;
      }
      sum->ack_ms = std::max(sum->ack_ms, one->ack_ms);
      sum->state_bytes += one->state_bytes;
      sum->written_bytes += one->written_bytes;
      sum->in_flight_bytes += one->in_flight_bytes;
      // The chain stops once: these are measured for the task as a whole.
      sum->alignment_ms = std::max(sum->alignment_ms, one->alignment_ms);
      sum->start_delay_ms = std::max(sum->start_delay_ms, one->start_delay_ms);
      sum->sync_us = std::max(sum->sync_us, one->sync_us);
      sum->async_ms = std::max(sum->async_ms, one->async_ms);
      sum->unaligned |= one->unaligned;
    }
  }
  for (const auto& subtask : part.subtasks) {
    if (!subtask) continue;
    ++part.acknowledged;
    part.latest_ack_ms = std::max(part.latest_ack_ms, subtask->ack_ms);
  }
  return part;
}

/// The figures that checkpoints and tasks have alike.
void AddSizes(json::object& out, int64_t latest_ack_ms, int64_t written, int64_t state, int64_t duration_ms,
              int64_t in_flight, int64_t subtasks, int64_t acknowledged) {
  out["latest_ack_timestamp"] = latest_ack_ms;
  out["checkpointed_size"] = written;
  out["state_size"] = state;
  out["end_to_end_duration"] = duration_ms;
  out["alignment_buffered"] = 0;
  out["processed_data"] = 0;
  out["persisted_data"] = in_flight;
  out["num_subtasks"] = subtasks;
  out["num_acknowledged_subtasks"] = acknowledged;
}

json::object TaskObject(const CheckpointFacts& checkpoint, const TaskPart& part) {
  json::object out{{"id", checkpoint.id}, {"status", StateName(checkpoint.state)}};
  const int64_t duration =
      part.latest_ack_ms < 0 ? -1 : std::max<int64_t>(0, part.latest_ack_ms - checkpoint.trigger_ms);
  AddSizes(out, part.latest_ack_ms, part.written_bytes, part.state_bytes, duration, part.in_flight_bytes,
           static_cast<int64_t>(part.subtasks.size()), part.acknowledged);
  return out;
}

json::object CheckpointObject(const JobFacts& job, const CheckpointFacts& checkpoint, bool with_tasks) {
  const bool savepoint = checkpoint.kind != CheckpointKind::kCheckpoint;
  json::object out{{"className", ClassName(checkpoint.state)},
                   {"id", checkpoint.id},
                   {"status", StateName(checkpoint.state)},
                   {"is_savepoint", savepoint},
                   {"savepointFormat", nullptr},
                   {"trigger_timestamp", checkpoint.trigger_ms}};
  if (savepoint) out["savepointFormat"] = "CANONICAL";
  // Subtasks are those of tasks, as Flink counts them.
  int64_t subtasks = 0, acknowledged = 0;
  json::object tasks;
  for (const TaskFacts& task : job.tasks) {
    const TaskPart part = PartOf(checkpoint, task);
    subtasks += static_cast<int64_t>(part.subtasks.size());
    acknowledged += part.acknowledged;
    if (with_tasks) tasks[task.id] = TaskObject(checkpoint, part);
  }
  AddSizes(out, checkpoint.latest_ack_ms, checkpoint.written_bytes, checkpoint.state_bytes, checkpoint.end_to_end_ms,
           checkpoint.in_flight_bytes, subtasks, acknowledged);
  out["checkpoint_type"] = KindName(checkpoint.kind);
  if (checkpoint.unaligned && !savepoint) out["checkpoint_type"] = "UNALIGNED_CHECKPOINT";
  out["tasks"] = std::move(tasks);
  if (checkpoint.state == CheckpointState::kCompleted) {
    out["external_path"] = checkpoint.external_path;
    out["discarded"] = checkpoint.discarded;
  } else if (checkpoint.state == CheckpointState::kFailed) {
    out["failure_timestamp"] = checkpoint.failure_ms;
    out["failure_message"] = checkpoint.failure_message;
  }
  return out;
}

json::value OrNull(const JobFacts& job, const std::optional<CheckpointFacts>& checkpoint) {
  if (!checkpoint) return nullptr;
  return CheckpointObject(job, *checkpoint, false);
}

/// Percentiles of nothing are NaN, which JSON has no number for.
json::object SummaryObject(const StatsSummary& s, bool any) {
  json::object out{{"min", s.min}, {"max", s.max}, {"avg", s.avg}};
  const std::pair<std::string_view, double> percentiles[] = {
      {"p50", s.p50}, {"p90", s.p90}, {"p95", s.p95}, {"p99", s.p99}, {"p999", s.p999}};
  for (const auto& [name, value] : percentiles) out[name] = any ? json::value(value) : json::value("NaN");
  return out;
}

/// Over the subtasks that have answered; Flink gives no percentiles here.
json::object OverSubtasks(const TaskPart& part, int64_t (*figure)(const SubtaskCheckpointStats&)) {
  StatsSummary summary;
  int64_t sum = 0, count = 0;
  for (const auto& subtask : part.subtasks) {
    if (!subtask) continue;
    const int64_t value = figure(*subtask);
    summary.min = count == 0 ? value : std::min(summary.min, value);
    summary.max = count == 0 ? value : std::max(summary.max, value);
    sum += value;
    ++count;
  }
  if (count > 0) summary.avg = sum / count;
  return SummaryObject(summary, false);
}

json::object SubtaskObject(int index, const std::optional<SubtaskCheckpointStats>& subtask, int64_t trigger_ms) {
  if (!subtask) return {{"className", "pending"}, {"index", index}, {"status", "pending_or_failed"}};
  return {{"className", "completed"},
          {"index", index},
          {"ack_timestamp", subtask->ack_ms},
          {"end_to_end_duration", std::max<int64_t>(0, subtask->ack_ms - trigger_ms)},
          {"checkpointed_size", subtask->written_bytes},
          {"state_size", subtask->state_bytes},
          {"checkpoint", json::object{{"sync", subtask->sync_us / 1000}, {"async", subtask->async_ms}}},
          {"alignment", json::object{{"buffered", 0},
                                     {"processed", 0},
                                     {"persisted", subtask->in_flight_bytes},
                                     {"duration", subtask->alignment_ms}}},
          {"start_delay", subtask->start_delay_ms},
          {"unaligned_checkpoint", subtask->unaligned},
          {"aborted", false},
          {"status", "completed"}};
}

}  // namespace

std::string CheckpointsJson(const JobFacts& job) {
  const CheckpointStatistics& c = job.checkpoints;
  const bool any = c.completed > 0;
  json::value restored = nullptr;
  if (c.latest_restored) {
    restored = json::object{{"id", c.latest_restored->id},
                            {"restore_timestamp", c.latest_restored->restore_ms},
                            {"is_savepoint", c.latest_restored->savepoint},
                            {"external_path", c.latest_restored->external_path}};
  }
  json::array history;
  for (const CheckpointFacts& checkpoint : c.history) history.push_back(CheckpointObject(job, checkpoint, false));
  return json::serialize(
      json::object{{"counts", json::object{{"restored", c.restored},
                                           {"total", c.total},
                                           {"in_progress", c.in_progress},
                                           {"completed", c.completed},
                                           {"failed", c.failed}}},
                   {"summary", json::object{{"checkpointed_size", SummaryObject(c.written_bytes, any)},
                                            {"state_size", SummaryObject(c.state_bytes, any)},
                                            {"end_to_end_duration", SummaryObject(c.end_to_end_ms, any)},
                                            {"alignment_buffered", SummaryObject({}, any)},
                                            {"processed_data", SummaryObject({}, any)},
                                            {"persisted_data", SummaryObject(c.in_flight_bytes, any)}}},
                   {"latest", json::object{{"completed", OrNull(job, c.latest_completed)},
                                           {"savepoint", OrNull(job, c.latest_savepoint)},
                                           {"failed", OrNull(job, c.latest_failed)},
                                           {"restored", std::move(restored)}}},
                   {"history", std::move(history)}});
}

std::string CheckpointConfigJson(const JobFacts& job) {
  const CheckpointConfig& c = job.config.checkpoints;
  const bool external = c.retention != CheckpointRetention::kNoExternalized;
  const bool retain = c.retention == CheckpointRetention::kRetainOnCancellation;
  const bool rocks = job.config.state_backend == StateBackendKind::kRocksDb;
  return json::serialize(
      json::object{{"mode", c.exactly_once && c.interval_ms ? "exactly_once" : "at_least_once"},
                   {"interval", c.interval_ms.value_or(INT64_MAX)},
                   {"timeout", c.timeout_ms},
                   {"min_pause", c.min_pause_ms},
                   {"max_concurrent", c.max_concurrent},
                   {"externalization", json::object{{"enabled", external}, {"delete_on_cancellation", !retain}}},
                   {"state_backend", rocks ? "EmbeddedRocksDBStateBackend" : "HashMapStateBackend"},
                   {"checkpoint_storage",
                    c.checkpoint_folder.empty() ? "JobManagerCheckpointStorage" : "FileSystemCheckpointStorage"},
                   {"unaligned_checkpoints", c.unaligned},
                   {"tolerable_failed_checkpoints", c.tolerable_failed},
                   {"aligned_checkpoint_timeout", c.aligned_timeout_ms},
                   {"checkpoints_after_tasks_finish", c.after_tasks_finish},
                   {"state_changelog_enabled", false},
                   {"changelog_periodic_materialization_interval", 600000},
                   {"changelog_storage", "memory"}});
}

std::string CheckpointJson(const JobFacts& job, const CheckpointFacts& checkpoint) {
  return json::serialize(CheckpointObject(job, checkpoint, true));
}

std::string CheckpointSubtasksJson(const JobFacts&, const CheckpointFacts& checkpoint, const TaskFacts& task) {
  const TaskPart part = PartOf(checkpoint, task);
  json::object out = TaskObject(checkpoint, part);
  using Stats = SubtaskCheckpointStats;
  const auto over = [&](int64_t (*figure)(const Stats&)) { return OverSubtasks(part, figure); };
  json::object duration;  // needs the trigger's time, so no plain function of the subtask
  TaskPart shifted = part;
  for (auto& subtask : shifted.subtasks) {
    if (subtask) subtask->ack_ms = std::max<int64_t>(0, subtask->ack_ms - checkpoint.trigger_ms);
  }
  duration = OverSubtasks(shifted, [](const Stats& s) { return s.ack_ms; });
  out["summary"] =
      json::object{{"checkpointed_size", over([](const Stats& s) { return s.written_bytes; })},
                   {"state_size", over([](const Stats& s) { return s.state_bytes; })},
                   {"end_to_end_duration", std::move(duration)},
                   {"checkpoint_duration", json::object{{"sync", over([](const Stats& s) { return s.sync_us / 1000; })},
                                                        {"async", over([](const Stats& s) { return s.async_ms; })}}},
                   {"alignment", json::object{{"buffered", SummaryObject({}, true)},
                                              {"processed", SummaryObject({}, false)},
                                              {"persisted", over([](const Stats& s) { return s.in_flight_bytes; })},
                                              {"duration", over([](const Stats& s) { return s.alignment_ms; })}}},
                   {"start_delay", over([](const Stats& s) { return s.start_delay_ms; })}};
  json::array subtasks;
  for (size_t s = 0; s < part.subtasks.size(); ++s) {
    subtasks.push_back(SubtaskObject(static_cast<int>(s), part.subtasks[s], checkpoint.trigger_ms));
  }
  out["subtasks"] = std::move(subtasks);
  return json::serialize(out);
}

}  // namespace sluice::engine::server
