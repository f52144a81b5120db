// A stand-in for an engine in tests of the service: the options of `sluice engine`, Flink's REST API, and a "job" whose
// fate stands in the SQL text: REFUSE (submission fails), FAIL (fails at once), FINISH (ends at once), SLOW (never
// comes up), UNTIL <file> (fails when the file appears), CRASH (the process ends on submission), RESTARTING <file> (is
// that while the file is there), NOSTOP (knows no savepoints), SNAPBREAK (savepoints fail), SNAPWAIT <file> (savepoints
// wait until the file appears), STATE <word> (its state: savepoints have it), RESCALES (in place), WIDEFAILS (fails
// with a parallelism above 1), BURN (keeps a processor busy); else it runs. <data>/started.json says how the job was
// started.
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "net/http_server.h"
#include "net/multipart.h"

namespace {

using sluice::net::HttpRequest;
using sluice::net::HttpResponse;

constexpr const char* kJobId = "00000000000000000000000000000001";

class FakeEngine {
 public:
  explicit FakeEngine(std::string data) : data_(std::move(data)) {}

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
    if (path == job + "/resource-requirements" && Says("RESCALES")) return Requirements(request);
    if (path == job && request.method == "PATCH") {
      state_ = "CANCELED";
      return HttpResponse::Json(202, "{}");
    }
    if (path == job + "/stop" || path == job + "/savepoints") return Trigger(request, path == job + "/stop");
    if (path.starts_with(job + "/savepoints/")) return Savepoint(path.substr(path.rfind('/') + 1));
    if (path == job + "/exceptions") {
      return HttpResponse::Json(
          200, State() == "FAILED" ? R"({"exceptionHistory":{"entries":[{"stacktrace":"boom: it failed\n\tat x"}]}})"
                                   : R"({"exceptionHistory":{"entries":[]}})");
    }
    if (path == job + "/plan") {
      return HttpResponse::Json(200, fmt::format(R"({{"plan":{{"jid":"{}","name":"fake","nodes":[]}}}})", kJobId));
    }
    std::string vertex = State() == "RUNNING" && Says("SLOW") ? "DEPLOYING" : State();
    return HttpResponse::Json(
        200, fmt::format(R"({{"jid":"{}","state":"{}","vertices":[{{"status":"{}","maxParallelism":4}}]}})", kJobId,
                         State(), vertex));
  }

 private:
  struct Triggered {
    std::string location;
    bool stop = false;
  };

  HttpResponse Requirements(const HttpRequest& request) {
    constexpr std::string_view kBound = "\"upperBound\":";
    const size_t at = request.body.find(kBound);
    if (request.method == "PUT" && at != std::string::npos) {
      parallelism_ = std::atoi(request.body.c_str() + at + kBound.size());
    }
    return HttpResponse::Json(
        200, fmt::format(R"({{"v":{{"parallelism":{{"lowerBound":1,"upperBound":{}}}}}}})", parallelism_));
  }

  /// Until the process ends.
  static void Burn() {
    std::thread([] {
      std::atomic<uint64_t> turns{0};
      while (true) turns.fetch_add(1, std::memory_order_relaxed);
    }).detach();
  }

  bool Says(std::string_view word) const { return sql_.find(word) != std::string::npos; }

  std::string State() {
    size_t until = sql_.find("UNTIL ");
    if (state_ == "RUNNING" && until != std::string::npos && std::filesystem::exists(sql_.substr(until + 6))) {
      state_ = "FAILED";
    }
    if (const std::string file = After("RESTARTING "); state_ == "RUNNING" && !file.empty()) {
      if (std::filesystem::exists(file)) return "RESTARTING";
    }
    return state_;
  }

  std::string After(std::string_view word) const {
    size_t begin = sql_.find(word);
    if (begin == std::string::npos) return "";
    begin += word.size();
    return sql_.substr(begin, sql_.find_first_of(" ;\n", begin) - begin);
  }

  HttpResponse Trigger(const HttpRequest& request, bool stop) {
    if (Says("NOSTOP")) return HttpResponse::Json(404, R"({"errors":["Not found."]})");
    if (State() != "RUNNING") return HttpResponse::Json(400, R"({"errors":["The job is not RUNNING."]})");
    const std::string id = Member(request.body, "triggerId");
    const std::string folder = Member(request.body, stop ? "targetDirectory" : "target-directory");
    triggers_[id] = {folder + "/savepoint-" + id.substr(0, 6), stop};
    if (!Says("SNAPBREAK")) (void)Complete(triggers_[id]);
    return HttpResponse::Json(202, fmt::format(R"({{"request-id":"{}"}})", id));
  }

  HttpResponse Savepoint(const std::string& id) {
    auto trigger = triggers_.find(id);
    if (trigger == triggers_.end()) return HttpResponse::Json(404, R"({"errors":["no such savepoint"]})");
    if (Says("SNAPBREAK")) {
      return HttpResponse::Json(200, R"({"status":{"id":"COMPLETED"},"operation":{"failure-cause":)"
                                     R"({"class":"X","stack-trace":"the disk is full\n\tat x"}}})");
    }
    if (!Complete(trigger->second)) {
      return HttpResponse::Json(200, R"({"status":{"id":"IN_PROGRESS"},"operation":null})");
    }
    return HttpResponse::Json(200,
                              fmt::format(R"({{"status":{{"id":"COMPLETED"}},"operation":{{"location":"file:{}"}}}})",
                                          trigger->second.location));
  }

  /// False as long as the savepoint has to wait.
  bool Complete(const Triggered& trigger) {
    const std::string wait = After("SNAPWAIT ");
    if (!wait.empty() && !std::filesystem::exists(wait)) return false;
    if (std::filesystem::exists(trigger.location)) return true;
    (void)sluice::MakeFolders(trigger.location);
    (void)sluice::WriteFileAtomically(trigger.location + "/_metadata", After("STATE "));
    if (trigger.stop) state_ = "FINISHED";
    return true;
  }

  /// A text member of a flat JSON object, written as the service writes it.
  static std::string Member(const std::string& body, const std::string& name) {
    const std::string key = "\"" + name + "\":\"";
    size_t begin = body.find(key);
    if (begin == std::string::npos) return "";
    begin += key.size();
    return body.substr(begin, body.find('"', begin) - begin);
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
    const std::string savepoint = Member(request.body, "savepointPath");
    constexpr std::string_view kParallelism = "\"parallelism\":";
    const size_t at = request.body.find(kParallelism);
    parallelism_ = at == std::string::npos ? 1 : std::atoi(request.body.c_str() + at + kParallelism.size());
    auto metadata = sluice::ReadFile(savepoint + "/_metadata");
    if (!savepoint.empty() && !metadata.ok()) {
      return HttpResponse::Json(400, R"({"errors":["Cannot find checkpoint or savepoint file/directory."]})");
    }
    const bool allow = request.body.find("\"allowNonRestoredState\":true") != std::string::npos;
    (void)sluice::WriteFileAtomically(
        data_ + "/started.json",
        fmt::format(R"({{"savepoint":"{}","state":"{}","allow":{},"job":"{}","parallelism":{}}})", savepoint,
                    metadata.ok() ? *metadata : "", allow, Member(request.body, "jobId"), parallelism_));
    started_ = true;
    if (Says("BURN")) Burn();
    const bool too_wide = Says("WIDEFAILS") && parallelism_ > 1;
    state_ = too_wide || (Says("FAIL") && !Says("WIDEFAILS")) ? "FAILED" : Says("FINISH") ? "FINISHED" : "RUNNING";
    return HttpResponse::Json(200, fmt::format(R"({{"jobid":"{}"}})", kJobId));
  }

  std::mutex mutex_;
  std::string data_;
  std::map<std::string, Triggered> triggers_;
  std::string sql_;
  std::string state_;
  bool started_ = false;
  int parallelism_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  std::string port_file, data;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--port-file") port_file = argv[i + 1];
    if (std::string(argv[i]) == "--data") data = argv[i + 1];
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  FakeEngine engine(data);
  auto server = sluice::net::HttpServer::Start("127.0.0.1", 0, [&](const HttpRequest& r) { return engine.Handle(r); });
  if (!server.ok()) return 1;
  if (!sluice::WriteFileAtomically(port_file, std::to_string((*server)->port()) + "\n").ok()) return 1;
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}
