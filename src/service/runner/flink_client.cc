#include "service/runner/flink_client.h"

#include <fmt/format.h>

#include "net/http_client.h"
#include "net/multipart.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

constexpr std::chrono::milliseconds kQuick{10'000};
constexpr std::chrono::milliseconds kUpload{300'000};

/// The engine's answer to `path`.
Result<json::object> ParseAnswer(const std::string& text, std::string_view path) {
  return ParseObject(text, fmt::format("the engine's answer to {}", path));
}

/// Flink answers {"errors": ["Internal server error.", "<Exception on server side:\n…stack…>"]}: the lines that say
/// what is wrong, without the frame and the stack.
std::string ErrorText(const net::HttpResponse& response) {
  boost::system::error_code ec;
  json::value value = json::parse(response.body, ec);
  const json::value* errors = !ec && value.is_object() ? value.as_object().if_contains("errors") : nullptr;
  if (errors == nullptr || !errors->is_array()) return fmt::format("status {}", response.status);
  std::string out;
  for (const json::value& error : errors->as_array()) {
    if (!error.is_string() || (error.as_string() == "Internal server error." && errors->as_array().size() > 1))
      continue;
    out += (out.empty() ? "" : "\n") + std::string(error.as_string());
  }
  constexpr std::string_view kFrame = "<Exception on server side:\n";
  constexpr std::string_view kFrameEnd = "\n\nEnd of exception on server side>";
  if (out.starts_with(kFrame)) out.erase(0, kFrame.size());
  if (size_t end = out.rfind(kFrameEnd); end != std::string::npos) out.erase(end);
  return out.empty() ? fmt::format("status {}", response.status) : out;
}

/// Whether a task of a vertex is on its way to RUNNING.
bool HasWaitingTasks(const json::object& vertex) {
  const json::object* tasks = ObjectAt(vertex, "tasks");
  const auto has = [&](std::string_view state) { return tasks != nullptr && IntAt(*tasks, state) > 0; };
  return has("CREATED") || has("SCHEDULED") || has("DEPLOYING") || has("INITIALIZING") || has("RECONCILING");
}

void AddVertex(const json::object& vertex, FlinkJob* job) {
  const std::string status = TextAt(vertex, "status");
  ++job->vertices;
  const int64_t most = IntAt(vertex, "maxParallelism");
  if (most > 1 && (job->max_parallelism == 0 || most < job->max_parallelism)) job->max_parallelism = most;
  // Flink calls a vertex RUNNING as soon as one of its tasks is.
  job->running_vertices += status == "RUNNING" && !HasWaitingTasks(vertex);
  job->finished_vertices += status == "FINISHED";
}

/// How much a job's state decides about the state of all: the highest wins.
int Weight(const FlinkJob& job) {
  if (job.state == "FAILED") return 4;
  if (job.state == "CANCELED") return 3;
  if (job.finished()) return 0;
  return job.state == "RUNNING" ? 1 : 2;
}

}  // namespace

Result<std::string> FlinkClient::Call(const std::string& method, const std::string& path, std::string body,
                                      const std::string& content_type, std::chrono::milliseconds timeout) const {
  net::Url url = base_;
  while (url.target.ends_with('/')) url.target.pop_back();
  url.target += path;
  net::HttpRequest request;
  request.method = method;
  request.body = std::move(body);
  if (!content_type.empty()) request.headers.Set("Content-Type", content_type);
  net::HttpClientOptions options;
  options.total_timeout = timeout;
  SLUICE_ASSIGN_OR_RETURN(net::HttpResponse response, net::SendHttp(url, request, options));
  if (response.status >= 200 && response.status < 300) return std::move(response.body);
  return Error(response.status == 404 ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument, ErrorText(response));
}

Status FlinkClient::Ping() const {
  SLUICE_ASSIGN_OR_RETURN(std::string body, Call("GET", "/overview", "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object overview, ParseAnswer(body, "/overview"));
  if (!overview.contains("jobs-running"))
    return Error(ErrorCode::kData, "/overview is not answered by a Flink REST server");
  return {};
}

Result<std::string> FlinkClient::UploadPackage(const std::string& file_name, std::string bytes) const {
  constexpr std::string_view kBoundary = "sluice-package-3f2c1e0d9b8a7654";
  net::MultipartBody form =
      net::BuildMultipart({{"jarfile", file_name, "application/x-java-archive", std::move(bytes)}}, kBoundary);
  SLUICE_ASSIGN_OR_RETURN(std::string body,
                          Call("POST", "/jars/upload", std::move(form.body), form.content_type, kUpload));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(body, "/jars/upload"));
  std::string file = TextAt(answer, "filename");
  std::string id = file.substr(file.find_last_of('/') + 1);
  if (id.empty()) return Error(ErrorCode::kData, "the engine's answer to /jars/upload names no file");
  return id;
}

Result<std::string> FlinkClient::Run(const std::string& package_id, const FlinkRunRequest& request,
                                     std::chrono::milliseconds timeout) const {
  json::object body{{"parallelism", request.parallelism}};
  if (!request.entry_class.empty()) body["entryClass"] = request.entry_class;
  if (!request.program_args.empty()) body["programArgsList"] = json::value_from(request.program_args);
  if (!request.configuration.empty()) body["flinkConfiguration"] = json::value_from(request.configuration);
  if (!request.job_id.empty()) body["jobId"] = request.job_id;
  if (!request.savepoints.empty()) body["savepointPath"] = request.savepoints.front();
  if (request.savepoints.size() > 1) body["savepointPaths"] = json::value_from(request.savepoints);
  if (request.allow_non_restored) body["allowNonRestoredState"] = true;
  const std::string path = "/jars/" + net::PercentEncode(package_id) + "/run";
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("POST", path, json::serialize(body), "application/json", timeout));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, path));
  std::string id = TextAt(answer, "jobid");
  if (id.empty()) return Error(ErrorCode::kData, "the engine's answer to /jars/:id/run has no jobid");
  return id;
}

Result<std::vector<FlinkJob>> FlinkClient::Jobs() const {
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("GET", "/jobs/overview", "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, "/jobs/overview"));
  std::vector<FlinkJob> out;
  const json::array* jobs = ArrayAt(answer, "jobs");
  if (jobs == nullptr) return Error(ErrorCode::kData, "/jobs/overview has no jobs");
  for (const json::value& job : *jobs) {
    if (!job.is_object()) continue;
    FlinkJob entry;
    entry.id = TextAt(job.as_object(), "jid");
    entry.state = TextAt(job.as_object(), "state");
    if (!only_job_.empty() && entry.id != only_job_) continue;
    out.push_back(std::move(entry));
  }
  return out;
}

Result<FlinkJob> FlinkClient::Job(const std::string& job_id) const {
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("GET", "/jobs/" + job_id, "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, "/jobs/:id"));
  FlinkJob job;
  job.id = job_id;
  job.state = TextAt(answer, "state");
  if (job.state.empty()) return Error(ErrorCode::kData, "/jobs/:id has no state");
  const json::array* vertices = ArrayAt(answer, "vertices");
  if (vertices == nullptr) return job;
  for (const json::value& vertex : *vertices) {
    if (vertex.is_object()) AddVertex(vertex.as_object(), &job);
  }
  return job;
}

Result<FlinkJob> FlinkClient::AllJobs() const {
  SLUICE_ASSIGN_OR_RETURN(std::vector<FlinkJob> jobs, Jobs());
  if (jobs.empty()) return Error(ErrorCode::kNotFound, "the engine has no job");
  FlinkJob all;
  all.all_ended = true;
  for (const FlinkJob& entry : jobs) {
    SLUICE_ASSIGN_OR_RETURN(FlinkJob job, Job(entry.id));
    all.vertices += job.vertices;
    if (job.max_parallelism > 0 && (all.max_parallelism == 0 || job.max_parallelism < all.max_parallelism)) {
      all.max_parallelism = job.max_parallelism;
    }
    all.running_vertices += job.running_vertices;
    all.finished_vertices += job.finished_vertices;
    all.all_ended = all.all_ended && job.ended();
    if (all.id.empty() || Weight(job) > Weight(all)) {
      all.id = job.id;
      all.state = job.state;
    }
  }
  return all;
}

Result<std::string> FlinkClient::Plan(const std::string& job_id) const {
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("GET", "/jobs/" + job_id + "/plan", "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, "/jobs/:id/plan"));
  const json::value* plan = answer.if_contains("plan");
  if (plan == nullptr) return Error(ErrorCode::kData, "the engine's answer to /jobs/:id/plan has no plan");
  return json::serialize(*plan);
}

Result<std::string> FlinkClient::RootException(const std::string& job_id) const {
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("GET", "/jobs/" + job_id + "/exceptions", "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, "/jobs/:id/exceptions"));
  // Flink 2 has exceptionHistory.entries only; Flink 1 has root-exception beside it.
  std::string root = TextAt(answer, "root-exception");
  if (!root.empty()) return root;
  const json::object* history = ObjectAt(answer, "exceptionHistory");
  const json::array* entries = history == nullptr ? nullptr : ArrayAt(*history, "entries");
  if (entries == nullptr || entries->empty() || !entries->front().is_object()) return root;
  const json::object& newest = entries->front().as_object();
  root = TextAt(newest, "stacktrace");
  return root.empty() ? TextAt(newest, "exceptionName") : root;
}

Result<std::map<std::string, int64_t>> FlinkClient::ParallelismBounds(const std::string& job_id) const {
  const std::string path = "/jobs/" + job_id + "/resource-requirements";
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("GET", path, "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, path));
  std::map<std::string, int64_t> out;
  for (const auto& vertex : answer) {
    const json::object* bounds =
        vertex.value().is_object() ? ObjectAt(vertex.value().as_object(), "parallelism") : nullptr;
    const int64_t most = bounds != nullptr ? IntAt(*bounds, "upperBound") : 0;
    if (most <= 0) return Error(ErrorCode::kData, path + " has a vertex without an upper bound");
    out[std::string(vertex.key())] = most;
  }
  return out;
}

Status FlinkClient::SetParallelismBounds(const std::string& job_id,
                                         const std::map<std::string, int64_t>& bounds) const {
  json::object body;
  for (const auto& [vertex, most] : bounds) {
    body[vertex] = {{"parallelism", {{"lowerBound", 1}, {"upperBound", most}}}};
  }
  auto done =
      Call("PUT", "/jobs/" + job_id + "/resource-requirements", json::serialize(body), "application/json", kUpload);
  if (!done.ok()) return done.error();
  return {};
}

Status FlinkClient::Cancel(const std::string& job_id) const {
  auto done = Call("PATCH", "/jobs/" + job_id + "?mode=cancel", "", "", kQuick);
  if (!done.ok()) return done.error();
  return {};
}

Status FlinkClient::DeletePackage(const std::string& package_id) const {
  auto done = Call("DELETE", "/jars/" + net::PercentEncode(package_id), "", "", kQuick);
  if (!done.ok()) return done.error();
  return {};
}

Status FlinkClient::TriggerSavepoint(const std::string& job_id, const std::string& folder,
                                     const std::string& trigger_id, bool stop) const {
  json::object body{{"triggerId", trigger_id}};
  body[stop ? "targetDirectory" : "target-directory"] = folder;
  body[stop ? "drain" : "cancel-job"] = false;
  auto done = Call("POST", "/jobs/" + job_id + (stop ? "/stop" : "/savepoints"), json::serialize(body),
                   "application/json", kQuick);
  if (!done.ok()) return done.error();
  return {};
}

Result<FlinkSavepoint> FlinkClient::Savepoint(const std::string& job_id, const std::string& trigger_id) const {
  const std::string path = "/jobs/" + job_id + "/savepoints/" + trigger_id;
  SLUICE_ASSIGN_OR_RETURN(std::string text, Call("GET", path, "", "", kQuick));
  SLUICE_ASSIGN_OR_RETURN(json::object answer, ParseAnswer(text, path));
  FlinkSavepoint out;
  const json::object* status = ObjectAt(answer, "status");
  out.done = status != nullptr && TextAt(*status, "id") == "COMPLETED";
  if (!out.done) return out;
  const json::object* operation = ObjectAt(answer, "operation");
  if (operation == nullptr) return Error(ErrorCode::kData, path + " has no operation");
  out.location = TextAt(*operation, "location");
  if (operation->contains("failure-cause")) {
    const json::object* cause = ObjectAt(*operation, "failure-cause");
    out.failure = cause != nullptr ? TextAt(*cause, "stack-trace") : "";
    if (out.failure.empty()) out.failure = "the engine does not say why";
  }
  if (out.failure.empty() && out.location.empty()) out.failure = "the engine does not say where it is";
  return out;
}

}  // namespace sluice::service
