#include "engine/job/server/flink_rest.h"

#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "base/ids.h"
#include "engine/job/server/job_metrics.h"
#include "engine/job/server/rest_checkpoints.h"
#include "engine/job/server/rest_json.h"
#include "engine/job/server/rest_operations.h"
#include "net/multipart.h"

namespace sluice::engine::server {
namespace {

namespace json = boost::json;
using net::HttpRequest;
using net::HttpResponse;

HttpResponse Ok(std::string body, int status = 200) { return HttpResponse::Json(status, std::move(body)); }
HttpResponse Refuse(int status, std::string why) { return Ok(ErrorsJson({std::move(why)}), status); }

/// Flink's shape for what went wrong on its side; clients show the second text.
HttpResponse ServerError(const std::string& text) {
  return Ok(ErrorsJson({"Internal server error.",
                        "<Exception on server side:\n" + text + "\n\nEnd of exception on server side>"}),
            500);
}

HttpResponse FromError(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kNotFound: return Refuse(404, error.message());
    case ErrorCode::kInternal:
    case ErrorCode::kIo: return ServerError(error.ToString());
    default: return Refuse(400, error.ToString());
  }
}

std::vector<std::string> SplitPath(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    size_t slash = path.find('/');
    if (slash > 0) parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  if (!parts.empty() && parts.front() == "v1") parts.erase(parts.begin());
  return parts;
}

/// The comma-separated values of a query parameter.
std::vector<std::string> QueryList(const HttpRequest& request, const std::string& key) {
  std::vector<std::string> names;
  auto get = request.query.find(key);
  std::string_view text = get == request.query.end() ? std::string_view() : std::string_view(get->second);
  while (!text.empty()) {
    size_t comma = text.find(',');
    names.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return names;
}

std::optional<int64_t> ToNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One request on its way through the paths. A method answers nullopt-like 404s itself.
class Route {
 public:
  Route(EngineControl& control, const HttpRequest& request)
      : control_(control), request_(request), parts_(SplitPath(request.path)) {}

  HttpResponse Answer() {
    if (parts_.empty()) return NoSuchPath();
    if (parts_[0] == "jobs") return Jobs();
    if (parts_[0] == "jars") return Jars();
    if (parts_[0] == "savepoint-disposal") return Disposal();
    if (Is("GET", "overview")) return Ok(OverviewJson(control_.Jobs(), control_.slots()));
    if (Is("GET", "config")) return Ok(ConfigJson());
    if (Is("GET", "taskmanagers")) {
      return Ok(TaskManagersJson(control_.Jobs(), control_.slots(), control_.now_ms()));
    }
    if (Is("GET", "jobmanager") || (IsGet() && PathIs("jobmanager/config"))) {
      return Ok(KeyValuesJson(control_.configuration()));
    }
    if (Is("GET", "metrics")) return Metrics();
    if (Is("DELETE", "cluster")) {
      control_.ShutDown();
      return Ok("{}");
    }
    return NoSuchPath();
  }

 private:
  bool IsGet() const { return request_.method == "GET" || request_.method == "HEAD"; }
  bool Is(std::string_view method, std::string_view only) const {
    bool same = request_.method == method || (method == "GET" && IsGet());
    return same && parts_.size() == 1 && parts_[0] == only;
  }
  bool PathIs(std::string_view path) const {
    std::string joined;
    for (const std::string& part : parts_) joined += (joined.empty() ? "" : "/") + part;
    return joined == path;
  }
  HttpResponse NoSuchPath() const {
    if (IsGet()) return Refuse(404, "Unable to load requested file " + request_.path + ".");
    return Refuse(404, "Not found: " + request_.path);
  }

  HttpResponse Metrics() const {
    HttpResponse response = HttpResponse::Text(200, control_.PrometheusText());
    response.headers.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
  }

  HttpResponse Jobs() {
    if (parts_.size() == 1) return IsGet() ? Ok(JobIdsJson(control_.Jobs())) : NoSuchPath();
    if (PathIs("jobs/overview") && IsGet()) return Ok(JobsOverviewJson(control_.Jobs(), control_.now_ms()));
    const std::string& id = parts_[1];
    if (!Id128::Parse(id).ok()) {
      return Refuse(
          400,
          "Bad request, could not parse parameters: Cannot resolve path parameter (jobid) from value \"" + id + "\".");
    }
    if (request_.method == "PATCH" && parts_.size() == 2) return CancelJob(id);
    auto job = control_.FindJob(id);
    if (!job) return Refuse(404, "Job " + id + " not found");
    const std::string rest = parts_.size() > 2 ? parts_[2] : "";
    if (request_.method == "POST" && parts_.size() == 3) return PostJob(*job, rest);
    if (request_.method == "PUT" && parts_.size() == 3 && rest == "resource-requirements") return Rescale(*job);
    if (!IsGet()) return NoSuchPath();
    if (parts_.size() == 2) return Ok(JobJson(*job, control_.now_ms()));
    if (rest == "vertices" && parts_.size() >= 4) return Vertex(*job);
    if (rest == "savepoints" && parts_.size() == 4) return Operation(*job, OperationKind::kSavepoint);
    if (rest == "checkpoints" && parts_.size() > 3) return Checkpoints(*job);
    if (parts_.size() != 3) return NoSuchPath();
    return JobDetail(*job, rest);
  }

  HttpResponse JobDetail(const JobFacts& job, const std::string& what) {
    if (what == "status") return Ok(JobStatusJson(job));
    if (what == "plan") return Ok(PlanJson(job));
    if (what == "exceptions") return Exceptions(job);
    if (what == "config") return Ok(JobConfigJson(job));
    if (what == "metrics") return Ok(JobMetricsJson(job, QueryList(request_, "get"), control_.now_ms()));
    if (what == "checkpoints") return Ok(CheckpointsJson(job));
    if (what == "resource-requirements") return Ok(RequirementsJson(job));
    if (what == "accumulators") {
      return Ok(R"({"job-accumulators":[],"user-task-accumulators":[],"serialized-user-task-accumulators":{}})");
    }
    return NoSuchPath();
  }

  static HttpResponse BadParameter(const std::string& name, const std::string& value) {
    return Refuse(400, "Bad request, could not parse parameters: Cannot resolve path parameter (" + name +
                           ") from value \"" + value + "\".");
  }

  HttpResponse Exceptions(const JobFacts& job) {
    size_t limit = 20;  // JobExceptionsHandler's
    if (auto wanted = request_.query.find("maxExceptions"); wanted != request_.query.end()) {
      const auto number = ToNumber(wanted->second);
      if (!number || *number < 0) {
        return Refuse(400,
                      "Bad request, could not parse parameters: Cannot resolve query parameter (maxExceptions) from "
                      "value \"" +
                          wanted->second + "\".");
      }
      limit = static_cast<size_t>(*number);
    }
    return Ok(ExceptionsJson(job, limit));
  }

  /// jobs/:id/checkpoints/…
  HttpResponse Checkpoints(const JobFacts& job) {
    const std::string& what = parts_[3];
    if (parts_.size() == 4 && what == "config") return Ok(CheckpointConfigJson(job));
    if (parts_.size() == 4) return Operation(job, OperationKind::kCheckpoint);
    if (what != "details" || parts_.size() > 7) return NoSuchPath();
    const auto id = ToNumber(parts_[4]);
    if (!id) return BadParameter("checkpointid", parts_[4]);
    const auto checkpoint = control_.FindCheckpoint(job.id, *id);
    if (!checkpoint) return Refuse(404, "Could not find checkpointing statistics for checkpoint " + parts_[4] + ".");
    if (parts_.size() == 5) return Ok(CheckpointJson(job, *checkpoint));
    if (parts_.size() != 7 || parts_[5] != "subtasks") return NoSuchPath();
    if (!Id128::Parse(parts_[6]).ok()) return BadParameter("vertexid", parts_[6]);
    const TaskFacts* task = TaskOf(job, parts_[6]);
    if (task == nullptr) return Refuse(404, "There is no checkpoint statistics for task " + parts_[6] + ".");
    return Ok(CheckpointSubtasksJson(job, *checkpoint, *task));
  }

  HttpResponse Operation(const JobFacts& job, OperationKind kind) {
    if (!Id128::Parse(parts_[3]).ok()) return BadParameter("triggerid", parts_[3]);
    const auto facts = control_.FindOperation(job.id, parts_[3]);
    if (facts) return Ok(OperationJson(kind, *facts));
    return Refuse(404, std::string("There is no ") + (kind == OperationKind::kSavepoint ? "savepoint" : "checkpoint") +
                           " operation with triggerId=" + parts_[3] + " for job " + job.id + ".");
  }

  HttpResponse Disposal() {
    if (parts_.size() == 1 && request_.method == "POST") {
      auto path = ParseDisposalBody(request_.body);
      if (!path.ok()) return Refuse(400, path.error().message());
      auto id = control_.DisposeSavepoint(*path);
      return id.ok() ? Ok(TriggerJson(*id)) : FromError(id.error());
    }
    if (parts_.size() != 2 || !IsGet()) return NoSuchPath();
    if (!Id128::Parse(parts_[1]).ok()) return BadParameter("triggerid", parts_[1]);
    const auto facts = control_.FindOperation("", parts_[1]);
    if (!facts) return Refuse(404, "Operation not found under key: " + parts_[1]);
    return Ok(OperationJson(OperationKind::kDisposal, *facts));
  }

  HttpResponse Rescale(const JobFacts& job) {
    auto wanted = ParseRequirements(request_.body, job);
    if (!wanted.ok()) return Refuse(400, wanted.error().message());
    Status done = control_.UpdateParallelism(job.id, *wanted);
    return done.ok() ? Ok("{}") : FromError(done.error());
  }

  HttpResponse CancelJob(const std::string& id) {
    auto mode = request_.query.find("mode");
    if (mode != request_.query.end() && mode->second != "cancel") {
      return Refuse(308, "The termination mode \"" + mode->second +
                             "\" has been removed. For an ungraceful shutdown, please use \"cancel\" instead. For a "
                             "graceful shutdown, please use \"jobs/:jobId/stop\" instead.");
    }
    Status done = control_.Cancel(id);
    if (!done.ok()) return FromError(done.error());
    return Ok("{}", 202);
  }

  HttpResponse PostJob(const JobFacts& job, const std::string& what) {
    if (what == "checkpoints") {
      auto trigger = ParseCheckpointBody(request_.body);
      if (!trigger.ok()) return Refuse(400, trigger.error().message());
      return Triggered(control_.TriggerCheckpoint(job.id, *trigger));
    }
    if (what != "savepoints" && what != "stop") return NoSuchPath();
    auto body = what == "stop" ? ParseStopBody(request_.body, job) : ParseSavepointBody(request_.body, job);
    if (!body.ok()) return Refuse(400, body.error().message());
    return Triggered(control_.TriggerSavepoint(job.id, body->order, body->trigger_id));
  }

  static HttpResponse Triggered(const Result<std::string>& trigger_id) {
    return trigger_id.ok() ? Ok(TriggerJson(*trigger_id), 202) : FromError(trigger_id.error());
  }

  static const TaskFacts* TaskOf(const JobFacts& job, const std::string& id) {
    for (const TaskFacts& each : job.tasks) {
      if (each.id == id) return &each;
    }
    return nullptr;
  }

  HttpResponse Vertex(const JobFacts& job) {
    const std::string& id = parts_[3];
    if (!Id128::Parse(id).ok()) return BadParameter("vertexid", id);
    const TaskFacts* task = TaskOf(job, id);
    if (task == nullptr) return Refuse(404, "JobVertex " + id + " not found");
    const std::vector<std::string> wanted = QueryList(request_, "get");
    if (parts_.size() == 4) return Ok(VertexJson(job, *task, control_.now_ms()));
    const std::string& what = parts_[4];
    if (what == "subtasks" && parts_.size() > 5) return Subtasks(job, *task);
    if (parts_.size() != 5) return NoSuchPath();
    if (what == "metrics") return Ok(VertexMetricsJson(job, *task, wanted));
    if (what == "watermarks") return Ok(WatermarksJson(job, *task));
    if (what == "backpressure") return Ok(BackPressureJson(job, *task, control_.now_ms()));
    if (what == "subtasktimes") return Ok(SubtaskTimesJson(job, *task, control_.now_ms()));
    if (what == "accumulators") return Ok(VertexAccumulatorsJson(*task));
    if (what == "taskmanagers") return Ok(VertexTaskManagersJson(job, *task, control_.now_ms()));
    if (what == "jm-operator-metrics") return Ok("[]");
    return NoSuchPath();
  }

  /// jobs/:id/vertices/:vid/subtasks/…
  HttpResponse Subtasks(const JobFacts& job, const TaskFacts& task) {
    const std::vector<std::string> wanted = QueryList(request_, "get");
    const std::string& what = parts_[5];
    if (what == "metrics" && parts_.size() == 6) {
      return Ok(AggregatedMetricsJson(job, task, wanted, QueryList(request_, "agg")));
    }
    if (what == "accumulators" && parts_.size() == 6) return Ok(SubtaskAccumulatorsJson(task));
    const auto subtask = ToNumber(what);
    if (!subtask) return BadParameter("subtaskindex", what);
    if (*subtask < 0 || *subtask >= task.parallelism) return Refuse(404, "Invalid subtask index for vertex " + task.id);
    const int index = static_cast<int>(*subtask);
    const bool attempt = parts_.size() == 8 && parts_[6] == "attempts";
    if (parts_.size() == 6 || attempt) return Ok(SubtaskJson(job, task, index, control_.now_ms()));
    if (parts_.size() == 7 && parts_[6] == "metrics") return Ok(SubtaskMetricsJson(job, task, index, wanted));
    return NoSuchPath();
  }

  HttpResponse Jars() {
    if (parts_.size() == 1 && IsGet()) return Ok(PackagesJson(control_.Packages(), request_.headers.Get("Host")));
    if (PathIs("jars/upload") && request_.method == "POST") return Upload();
    if (parts_.size() == 2 && request_.method == "DELETE") {
      Status done = control_.DeletePackage(parts_[1]);
      if (!done.ok()) return Refuse(400, done.error().message());
      return Ok("{}");
    }
    if (parts_.size() == 3 && parts_[2] == "run" && request_.method == "POST") return Run(parts_[1]);
    return NoSuchPath();
  }

  HttpResponse Upload() {
    auto form = net::ParseMultipart(request_);
    if (!form.ok()) return Refuse(400, form.error().message());
    if (form->size() != 1 || form->front().filename.empty()) {
      return Refuse(400, "Exactly 1 file must be sent, received " + std::to_string(form->size()) + ".");
    }
    auto path = control_.Upload(form->front().filename, std::move(form->front().body));
    if (!path.ok()) return FromError(path.error());
    return Ok(json::serialize(json::object{{"filename", *path}, {"status", "success"}}));
  }

  HttpResponse Run(const std::string& package) {
    auto run = ParseRunRequest();
    if (!run.ok()) return FromError(run.error());
    auto job = control_.RunPackage(package, *run);
    if (!job.ok()) return FromError(job.error());
    return Ok(json::serialize(json::object{{"jobid", *job}}));
  }

  Result<RunRequest> ParseRunRequest() const {
    RunRequest run;
    const Error malformed(ErrorCode::kInvalidArgument, "Request did not match expected format JarRunRequestBody.");
    json::object body;
    if (!request_.body.empty()) {
      boost::system::error_code ec;
      json::value value = json::parse(request_.body, ec);
      if (ec || !value.is_object()) return malformed;
      body = std::move(value.as_object());
    }
    if (auto query = request_.query.find("savepointPath"); query != request_.query.end()) {
      run.savepoint_path = query->second;
    }
    if (auto query = request_.query.find("allowNonRestoredState"); query != request_.query.end()) {
      run.allow_non_restored = query->second == "true";
    }
    if (auto query = request_.query.find("parallelism"); query != request_.query.end()) {
      run.parallelism = std::atoi(query->second.c_str());
    }
    for (const auto& member : body) {
      const std::string_view key = member.key();
      const json::value& value = member.value();
      if (value.is_null()) continue;
      if (key == "parallelism") {
        if (!value.is_int64()) return malformed;
        run.parallelism = static_cast<int>(value.as_int64());
      } else if (key == "flinkConfiguration") {
        if (!value.is_object()) return malformed;
        for (const auto& setting : value.as_object()) {
          if (!setting.value().is_string()) return malformed;
          run.configuration[std::string(setting.key())] = std::string(setting.value().as_string());
        }
      } else if (key == "savepointPath" && value.is_string()) {
        run.savepoint_path = std::string(value.as_string());
      } else if (key == "savepointPaths" && value.is_array()) {  // ours: Flink's packages have one job
        for (const json::value& path : value.as_array()) {
          if (!path.is_string()) return malformed;
          run.savepoint_paths.emplace_back(path.as_string());
        }
      } else if (key == "allowNonRestoredState" && value.is_bool()) {
        run.allow_non_restored = value.as_bool();
      } else if (key == "claimMode" || key == "restoreMode") {
        if (!value.is_string()) return malformed;
        run.configuration["execution.state-recovery.claim-mode"] = std::string(value.as_string());
      } else if (key == "jobId") {
        if (!value.is_string() || !Id128::Parse(value.as_string()).ok()) return malformed;
        run.job_id = std::string(value.as_string());
      } else if ((key == "programArgs" && value.is_string() && !value.as_string().empty()) ||
                 (key == "programArgsList" && value.is_array() && !value.as_array().empty())) {
        return Error(ErrorCode::kInvalidArgument, "a SQL package takes no program arguments; leave out " +
                                                      std::string(key) + " and use SET in the script");
      }
    }
    if (run.parallelism && *run.parallelism < 1) {
      return Error(ErrorCode::kInvalidArgument, "parallelism must be at least 1");
    }
    return run;
  }

  EngineControl& control_;
  const HttpRequest& request_;
  std::vector<std::string> parts_;
};

}  // namespace

net::HttpResponse FlinkRest::Handle(const net::HttpRequest& request) {
  HttpResponse response = Route(control_, request).Answer();
  response.headers.Set("Access-Control-Allow-Origin", "*");
  return response;
}

}  // namespace sluice::engine::server
