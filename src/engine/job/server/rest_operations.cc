#include "engine/job/server/rest_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/ids.h"
#include "engine/job/server/java_throwable.h"
#include "engine/job/server/rest_figures.h"

namespace sluice::engine::server {
namespace {

namespace json = boost::json;

Error Malformed(std::string_view format) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("Request did not match expected format {}.", format));
}

/// An empty body is an empty object.
Result<json::object> ParseObject(const std::string& body, std::string_view format) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return json::object();
  boost::system::error_code ec;
  json::value value = json::parse(body, ec);
  if (ec || !value.is_object()) return Malformed(format);
  return std::move(value.as_object());
}

/// A member of the type, null or absent.
Result<std::optional<std::string>> TextMember(const json::object& body, std::string_view key, std::string_view format) {
  const json::value* value = body.if_contains(key);
  if (value == nullptr || value->is_null()) return std::optional<std::string>();
  if (!value->is_string()) return Malformed(format);
  return std::optional<std::string>(std::string(value->as_string()));
}
Result<bool> BoolMember(const json::object& body, std::string_view key, std::string_view format) {
  const json::value* value = body.if_contains(key);
  if (value == nullptr || value->is_null()) return false;
  if (!value->is_bool()) return Malformed(format);
  return value->as_bool();
}

Result<std::string> TriggerId(const json::object& body, std::string_view format) {
  SLUICE_ASSIGN_OR_RETURN(const auto id, TextMember(body, "triggerId", format));
  if (id && !Id128::Parse(*id).ok()) return Malformed(format);
  return id.value_or("");
}

/// The members that both kinds of savepoint have.
Result<SavepointBody> ParseTarget(const json::object& body, std::string_view folder_key, const JobFacts& job,
                                  std::string_view format) {
  SavepointBody out;
  SLUICE_ASSIGN_OR_RETURN(out.trigger_id, TriggerId(body, format));
  SLUICE_ASSIGN_OR_RETURN(const auto folder, TextMember(body, folder_key, format));
  SLUICE_ASSIGN_OR_RETURN(const auto kind, TextMember(body, "formatType", format));
  if (kind && *kind != "CANONICAL" && *kind != "NATIVE") return Malformed(format);
  out.order.folder = folder.value_or("");
  if (out.order.folder.empty() && job.config.checkpoints.savepoint_folder.empty()) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("Config key [execution.checkpointing.savepoint-dir] is not "
                                                          "set. Property [{}] must be provided.",
                                                          folder_key));
  }
  return out;
}

json::object FailureCause(const std::string& text) {
  constexpr std::string_view kClass = "org.apache.flink.util.FlinkException";
  const std::string trace = fmt::format("{}: {}\n", kClass, text);
  return {
      {"class", kClass}, {"stack-trace", trace}, {"serialized-throwable", SerializedThrowable(kClass, text, trace)}};
}

const TaskFacts* TaskOf(const JobFacts& job, const std::string& uid) {
  for (const TaskFacts& task : job.tasks) {
    for (int index : task.operators) {
      if (!uid.empty() && job.snapshot.vertices[static_cast<size_t>(index)].uid == uid) return &task;
    }
  }
  return nullptr;
}

json::object ExceptionObject(const JobFacts& job, const FailureFacts& failure) {
  const std::string name(ErrorCodeName(failure.error.code()));
  json::object entry{{"exceptionName", name},
                     {"stacktrace", failure.error.ToString() + "\n"},
                     {"timestamp", failure.time_ms},
                     {"failureLabels", json::object()}};
  if (const TaskFacts* task = TaskOf(job, failure.vertex_uid)) {
    entry["taskName"] = SubtaskName(*task, std::max(failure.subtask, 0));
    entry["endpoint"] = kEndpoint;
    entry["taskManagerId"] = kTaskManagerId;
  }
  entry["concurrentExceptions"] = json::array();
  return entry;
}

}  // namespace

Result<SavepointBody> ParseSavepointBody(const std::string& body, const JobFacts& job) {
  constexpr std::string_view kFormat = "SavepointTriggerRequestBody";
  SLUICE_ASSIGN_OR_RETURN(const json::object object, ParseObject(body, kFormat));
  SLUICE_ASSIGN_OR_RETURN(const bool cancel, BoolMember(object, "cancel-job", kFormat));
  SLUICE_ASSIGN_OR_RETURN(SavepointBody out, ParseTarget(object, "target-directory", job, kFormat));
  out.order.cancel_job = cancel;
  return out;
}

Result<SavepointBody> ParseStopBody(const std::string& body, const JobFacts& job) {
  constexpr std::string_view kFormat = "StopWithSavepointRequestBody";
  SLUICE_ASSIGN_OR_RETURN(const json::object object, ParseObject(body, kFormat));
  SLUICE_ASSIGN_OR_RETURN(const bool drain, BoolMember(object, "drain", kFormat));
  SLUICE_ASSIGN_OR_RETURN(SavepointBody out, ParseTarget(object, "targetDirectory", job, kFormat));
  out.order.then = drain ? AfterCheckpoint::kDrain : AfterCheckpoint::kSuspend;
  return out;
}

Result<std::string> ParseCheckpointBody(const std::string& body) {
  constexpr std::string_view kFormat = "CheckpointTriggerRequestBody";
  SLUICE_ASSIGN_OR_RETURN(const json::object object, ParseObject(body, kFormat));
  SLUICE_ASSIGN_OR_RETURN(const auto type, TextMember(object, "checkpointType", kFormat));
  if (type && *type != "CONFIGURED" && *type != "FULL" && *type != "INCREMENTAL") return Malformed(kFormat);
  return TriggerId(object, kFormat);
}

Result<std::string> ParseDisposalBody(const std::string& body) {
  constexpr std::string_view kFormat = "SavepointDisposalRequest";
  SLUICE_ASSIGN_OR_RETURN(const json::object object, ParseObject(body, kFormat));
  SLUICE_ASSIGN_OR_RETURN(const auto path, TextMember(object, "savepoint-path", kFormat));
  if (path) return *path;
  return Error(ErrorCode::kInvalidArgument, "Field savepoint-path must not be omitted or be null.");
}

std::string TriggerJson(const std::string& trigger_id) {
  return json::serialize(json::object{{"request-id", trigger_id}});
}

std::string OperationJson(OperationKind kind, const OperationFacts& facts) {
  json::object out{{"status", json::object{{"id", facts.done ? "COMPLETED" : "IN_PROGRESS"}}}};
  json::object operation;
  if (!facts.failure.empty()) {
    operation["failure-cause"] = FailureCause(facts.failure);
  } else if (kind == OperationKind::kSavepoint) {
    operation["location"] = facts.location;
  } else if (kind == OperationKind::kCheckpoint) {
    operation["checkpointId"] = facts.checkpoint_id;
  }
  out["operation"] = facts.done ? json::value(std::move(operation)) : json::value(nullptr);
  return json::serialize(out);
}

Result<std::map<std::string, int>> ParseRequirements(const std::string& body, const JobFacts& job) {
  constexpr std::string_view kFormat = "JobResourceRequirementsBody";
  SLUICE_ASSIGN_OR_RETURN(const json::object object, ParseObject(body, kFormat));
  std::map<std::string, int> wanted;
  for (const auto& member : object) {
    const std::string id(member.key());
    const json::value* parallelism =
        member.value().is_object() ? member.value().as_object().if_contains("parallelism") : nullptr;
    if (parallelism == nullptr || !parallelism->is_object()) return Malformed(kFormat);
    const auto bound = [&](std::string_view key, int64_t fallback) -> std::optional<int64_t> {
      const json::value* value = parallelism->as_object().if_contains(key);
      if (value == nullptr || value->is_null()) return fallback;
      if (!value->is_int64()) return std::nullopt;
      return value->as_int64();
    };
    const auto lower = bound("lowerBound", 1), upper = bound("upperBound", -1);
    if (!lower || !upper) return Malformed(kFormat);
    const auto task = std::find_if(job.tasks.begin(), job.tasks.end(), [&](const TaskFacts& t) { return t.id == id; });
    const auto refused = [&](const std::string& why) { return Error(ErrorCode::kInvalidArgument, why); };
    if (task == job.tasks.end()) {
      return refused(fmt::format("Newly requested resource requirements contain the unknown job vertex {}.", id));
    }
    if (*upper < 1 || *lower < 1 || *lower > *upper) {
      return refused(
          fmt::format("The bounds of vertex {} ({}) are {} and {}: both must be at least 1, the lower not above "
                      "the upper.",
                      id, task->name, *lower, *upper));
    }
    if (*upper > job.max_parallelism) {
      return refused(
          fmt::format("The newly requested parallelism {} for job vertex {} ({}) exceeds its maximum parallelism "
                      "{}.",
                      *upper, id, task->name, job.max_parallelism));
    }
    wanted[id] = static_cast<int>(*upper);
  }
  for (const TaskFacts& task : job.tasks) {
    if (wanted.contains(task.id)) continue;
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("The new resource requirements lack the job vertex {} ({}).", task.id, task.name));
  }
  return wanted;
}

std::string RequirementsJson(const JobFacts& job) {
  json::object out;
  for (const TaskFacts& task : job.tasks) {
    out[task.id] = json::object{{"parallelism", json::object{{"lowerBound", 1}, {"upperBound", task.parallelism}}}};
  }
  return json::serialize(out);
}

std::string ExceptionsJson(const JobFacts& job, size_t limit) {
  json::array entries;
  for (const FailureFacts& failure : job.history.failures) {
    if (entries.size() == limit) break;
    entries.push_back(ExceptionObject(job, failure));
  }
  const bool truncated = job.history.truncated || job.history.failures.size() > entries.size();
  return json::serialize(
      json::object{{"exceptionHistory", json::object{{"entries", std::move(entries)}, {"truncated", truncated}}}});
}

}  // namespace sluice::engine::server
