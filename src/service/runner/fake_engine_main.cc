// A stand-in for an engine in tests of the service: the options of `sluice engine`, Flink's REST API, and a "job" whose
// fate stands in the SQL text: REFUSE (submission fails), FAIL (fails at once), FINISH (ends at once), SLOW (never
// comes up), UNTIL <file> (fails when the file appears), CRASH (the process ends on submission); else it runs.
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>

#include "base/files.h"
#include "net/http_server.h"
#include "net/multipart.h"

namespace {

using sluice::net::HttpRequest;
using sluice::net::HttpResponse;

constexpr const char* kJobId = "00000000000000000000000000000001";

class FakeEngine {
 public:
  HttpResponse Handle(const HttpRequest& request) {
    std::lock_guard lock(mutex_);
    const std::string& path = request.path;
    if (path == "/overview") return HttpResponse::Json(200, R"({"taskmanagers":1,"jobs-running":0})");
    if (path == "/jars/upload") return Upload(request);
    if (path.starts_with("/jars/") && path.ends_with("/run")) return Run(request);
    if (path == "/jobs/overview") {
      return HttpResponse::Json(200, started_
                                         ? fmt::format(R"({{"jobs":[{{"jid":"{}","state":"{}"}}]}})", kJobId, State())
                                         : R"({"jobs":[]})");
    }
    const std::string job = std::string("/jobs/") + kJobId;
    if (!started_ || !path.starts_with(job)) return HttpResponse::Json(404, R"({"errors":["Not found."]})");
    if (path == job && request.method == "PATCH") {
      state_ = "CANCELED";
      return HttpResponse::Json(202, "{}");
    }
    if (path == job + "/stop") {
      if (Says("NOSTOP")) return HttpResponse::Json(404, R"({"errors":["Not found."]})");
      state_ = "FINISHED";
      return HttpResponse::Json(202, R"({"request-id":"r"})");
    }
    if (path == job + "/exceptions") {
      return HttpResponse::Json(
          200, State() == "FAILED" ? R"({"exceptionHistory":{"entries":[{"stacktrace":"boom: it failed\n\tat x"}]}})"
                                   : R"({"exceptionHistory":{"entries":[]}})");
    }
    std::string vertex = State() == "RUNNING" && Says("SLOW") ? "DEPLOYING" : State();
    return HttpResponse::Json(
        200, fmt::format(R"({{"jid":"{}","state":"{}","vertices":[{{"status":"{}"}}]}})", kJobId, State(), vertex));
  }

 private:
  bool Says(std::string_view word) const { return sql_.find(word) != std::string::npos; }

  std::string State() {
    size_t until = sql_.find("UNTIL ");
    if (state_ == "RUNNING" && until != std::string::npos && std::filesystem::exists(sql_.substr(until + 6))) {
      state_ = "FAILED";
    }
    return state_;
  }

  HttpResponse Upload(const HttpRequest& request) {
    auto parts = sluice::net::ParseMultipart(request);
    if (!parts.ok()) return HttpResponse::Json(400, R"({"errors":["bad form"]})");
    sql_ = parts->at(0).body;
    return HttpResponse::Json(200, R"({"filename":"/tmp/flink-web-upload/1234_job.sql","status":"success"})");
  }

  HttpResponse Run(const HttpRequest& request) {
    if (Says("CRASH")) _exit(3);
    if (Says("REFUSE") || request.path != "/jars/1234_job.sql/run") {
      return HttpResponse::Json(400, R"({"errors":["SQL parse failed. Encountered \"REFUSE\" at line 1, column 1."]})");
    }
    started_ = true;
    state_ = Says("FAIL") ? "FAILED" : Says("FINISH") ? "FINISHED" : "RUNNING";
    return HttpResponse::Json(200, fmt::format(R"({{"jobid":"{}"}})", kJobId));
  }

  std::mutex mutex_;
  std::string sql_;
  std::string state_;
  bool started_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  std::string port_file;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--port-file") port_file = argv[i + 1];
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  FakeEngine engine;
  auto server = sluice::net::HttpServer::Start("127.0.0.1", 0, [&](const HttpRequest& r) { return engine.Handle(r); });
  if (!server.ok()) return 1;
  if (!sluice::WriteFileAtomically(port_file, std::to_string((*server)->port()) + "\n").ok()) return 1;
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}
