#include "engine/job/server/flink_rest.h"

#include <boost/json.hpp>

#include "base/ids.h"
#include "engine/job/server/rest_json.h"
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

std::vector<std::string> WantedMetrics(const HttpRequest& request) {
  std::vector<std::string> names;
  auto get = request.query.find("get");
  std::string_view text = get == request.query.end() ? std::string_view() : std::string_view(get->second);
  while (!text.empty()) {
    size_t comma = text.find(',');
    names.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return names;
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
    if (!IsGet()) return NoSuchPath();
    if (parts_.size() == 2) return Ok(JobJson(*job, control_.now_ms()));
    if (rest == "vertices" && parts_.size() >= 4) return Vertex(*job);
    if (rest == "savepoints" && parts_.size() == 4) return StopResult();
    if (PathIs("jobs/" + id + "/checkpoints/config")) return Ok(CheckpointConfigJson());
    if (parts_.size() != 3) return NoSuchPath();
    if (rest == "status") return Ok(JobStatusJson(*job));
    if (rest == "plan") return Ok(PlanJson(*job));
    if (rest == "exceptions") return Ok(ExceptionsJson(*job));
    if (rest == "config") return Ok(JobConfigJson(*job));
    if (rest == "metrics") return Ok(JobMetricsJson(*job, WantedMetrics(request_), control_.now_ms()));
    if (rest == "checkpoints") return Ok(CheckpointsJson());
    if (rest == "accumulators") {
      return Ok(R"({"job-accumulators":[],"user-task-accumulators":[],"serialized-user-task-accumulators":{}})");
    }
    return NoSuchPath();
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
    if (what == "savepoints") return Refuse(400, "not supported yet: savepoints of a job that goes on running");
    if (what != "stop") return NoSuchPath();
    Status done = control_.Stop(job.id);
    if (!done.ok()) return FromError(done.error());
    // The trigger id is the job's: a job is stopped once.
    return Ok(json::serialize(json::object{{"request-id", job.id}}), 202);
  }

  /// What became of the savepoint that a stop asks for.
  HttpResponse StopResult() const {
    return Ok(R"({"status":{"id":"COMPLETED"},"operation":{"failure-cause":{"class":"NOT_SUPPORTED","stack-trace":)"
              R"("not supported yet: savepoints; the job was stopped without one"}}})");
  }

  HttpResponse Vertex(const JobFacts& job) {
    const std::string& id = parts_[3];
    if (!Id128::Parse(id).ok()) {
      return Refuse(
          400, "Bad request, could not parse parameters: Cannot resolve path parameter (vertexid) from value \"" + id +
                   "\".");
    }
    const TaskFacts* task = nullptr;
    for (const TaskFacts& each : job.tasks) {
      if (each.id == id) task = &each;
    }
    if (task == nullptr) return Refuse(404, "JobVertex " + id + " not found");
    const std::string prefix = "jobs/" + job.id + "/vertices/" + id;
    const std::vector<std::string> wanted = WantedMetrics(request_);
    if (PathIs(prefix)) return Ok(VertexJson(job, *task, control_.now_ms()));
    if (PathIs(prefix + "/metrics")) return Ok(VertexMetricsJson(job, *task, wanted, true));
    if (PathIs(prefix + "/subtasks/metrics")) return Ok(VertexMetricsJson(job, *task, wanted, false));
    if (PathIs(prefix + "/watermarks")) return Ok(WatermarksJson(job, *task));
    for (int s = 0; s < task->parallelism; ++s) {
      if (PathIs(prefix + "/subtasks/" + std::to_string(s))) return Ok(SubtaskJson(job, *task, s, control_.now_ms()));
    }
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
      } else if (key == "savepointPath" && value.is_string() && !value.as_string().empty()) {
        return Error(ErrorCode::kNotSupported, "not supported yet: starting a job from a savepoint");
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
