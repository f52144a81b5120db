// The answers come through the real HTTP server. The samples were recorded from Flink 2.3.0 (a session cluster with one
// TaskManager); values differ, the shape must not.
#include "engine/job/server/flink_rest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/multipart.h"
#include "net/url.h"

namespace sluice::engine::server {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

constexpr char kRunning[] = "60729a6fcc2e192ae2ae3acfd00830d4";
constexpr char kFailed[] = "bae19b91a7d094e84489469c611f9778";
constexpr char kTask[] = "cbc357ccb763df2852fee8c4fc7d55f2";

class FakeControl : public EngineControl {
 public:
  FakeControl() {
    JobFacts job;
    job.id = kRunning;
    job.name = "insert-into_b";
    job.tasks = {
        {kTask, "Source: s[1]", "[1]:TableSourceScan<br/>", 2, {0}, {}},
        {"90bea66de1c231edf33913ecd54406c1", "GroupAggregate[2] -> b[3]: Writer", "d", 1, {1, 2}, {{kTask, "HASH"}}}};
    job.snapshot.status = JobStatus::kRunning;
    job.snapshot.start_ms = 1000;
    job.status_times[static_cast<size_t>(JobStatus::kRunning)] = 1100;
    for (int v = 0; v < 3; ++v) {
      VertexSnapshot vertex;
      vertex.name = v == 0 ? "TableSourceScan(x)" : v == 1 ? "GroupAggregate(y)" : "Sink(z)";
      vertex.parallelism = v == 0 ? 2 : 1;
      vertex.state = ExecutionState::kRunning;
      vertex.records_in = v == 0 ? 0 : 560;
      vertex.records_out = v == 2 ? 0 : 560;
      job.snapshot.vertices.push_back(vertex);
    }
    jobs_.push_back(job);
    job.id = kFailed;
    job.snapshot.status = JobStatus::kFailed;
    job.snapshot.end_ms = 1500;
    job.snapshot.failure_ms = 1499;
    job.snapshot.vertices[0].state = ExecutionState::kFailed;
    job.failure_code = "DATA";
    job.failure_text = "DATA: For input string: 'zz'. Invalid character found.";
    jobs_.push_back(job);
  }

  int slots() const override { return 2; }
  int64_t now_ms() const override { return 2000; }
  std::map<std::string, std::string> configuration() const override { return {{"parallelism.default", "1"}}; }
  std::vector<JobFacts> Jobs() const override { return jobs_; }
  std::optional<JobFacts> FindJob(const std::string& id) const override {
    for (const JobFacts& job : jobs_) {
      if (job.id == id) return job;
    }
    return std::nullopt;
  }
  Status Cancel(const std::string& id) override {
    if (!FindJob(id)) return Error(ErrorCode::kNotFound, "Job could not be found.");
    cancelled = id;
    return {};
  }
  Status Stop(const std::string& id) override {
    stopped = id;
    return {};
  }
  Result<std::string> Upload(const std::string& name, std::string bytes) override {
    uploaded = bytes;
    return "/data/jars/0000_" + name;
  }
  std::vector<PackageFacts> Packages() const override { return {{"0000_a.sql", "a.sql", 17}}; }
  Status DeletePackage(const std::string& id) override {
    if (id != "0000_a.sql") return Error(ErrorCode::kInvalidArgument, "File " + id + " does not exist in /data/jars.");
    return {};
  }
  Result<std::string> RunPackage(const std::string& id, const RunRequest& request) override {
    if (id != "0000_a.sql") return Error(ErrorCode::kValidation, "Column 'x' not found", {2, 3});
    ran = request;
    return std::string(kRunning);
  }
  void ShutDown() override { shut_down = true; }
  std::string PrometheusText() const override { return "sluice_job_running 1\n"; }

  std::string cancelled, stopped, uploaded;
  std::optional<RunRequest> ran;
  bool shut_down = false;

 private:
  std::vector<JobFacts> jobs_;
};

/// The names of all members at every depth: "jobs[].tasks.running".
void CollectShape(const json::value& value, const std::string& path, std::set<std::string>& shape) {
  if (value.is_object()) {
    for (const auto& member : value.as_object()) {
      const std::string name = path + "." + std::string(member.key());
      shape.insert(name);
      CollectShape(member.value(), name, shape);
    }
  } else if (value.is_array()) {
    for (const json::value& element : value.as_array()) CollectShape(element, path + "[]", shape);
  }
}
std::set<std::string> ShapeOf(const std::string& text) {
  std::set<std::string> shape;
  CollectShape(json::parse(text), "", shape);
  return shape;
}

class FlinkRestTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = net::HttpServer::Start("127.0.0.1", 0, [this](const net::HttpRequest& r) { return rest_.Handle(r); });
    ASSERT_TRUE(server.ok()) << server.error().ToString();
    server_ = std::move(*server);
  }

  net::HttpResponse Send(const std::string& method, const std::string& target, const std::string& body = "",
                         const std::string& content_type = "application/json") {
    auto url = net::ParseUrl("http://" + server_->address() + target);
    EXPECT_TRUE(url.ok());
    net::HttpRequest request;
    request.method = method;
    request.body = body;
    if (!body.empty()) request.headers.Set("Content-Type", content_type);
    auto response = net::SendHttp(*url, request, {});
    EXPECT_TRUE(response.ok()) << response.error().ToString();
    return response.ok() ? *response : net::HttpResponse{};
  }
  std::string Get(const std::string& target) {
    net::HttpResponse response = Send("GET", target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return response.body;
  }

  FakeControl control_;
  FlinkRest rest_{control_};
  std::unique_ptr<net::HttpServer> server_;
};

constexpr char kFlinkJobsOverview[] =
    R"({"jobs":[{"jid":"f","name":"n","jobType":"STREAMING","schedulerType":"Default","start-time":1,"end-time":2,)"
    R"("duration":358,"state":"FINISHED","last-modification":1,"tasks":{"running":0,"canceling":0,"canceled":0,)"
    R"("total":2,"created":0,"scheduled":0,"deploying":0,"reconciling":0,"finished":2,"initializing":0,"failed":0},)"
    R"("pending-operators":0}]})";
constexpr char kFlinkCounts[] =
    R"({"RUNNING":2,"CREATED":0,"FINISHED":0,"CANCELED":0,"INITIALIZING":0,"SCHEDULED":0,"DEPLOYING":0,"CANCELING":0,)"
    R"("FAILED":0,"RECONCILING":0})";
constexpr char kFlinkIo[] =
    R"({"read-bytes":0,"read-bytes-complete":true,"write-bytes":0,"write-bytes-complete":true,"read-records":0,)"
    R"("read-records-complete":true,"write-records":560,"write-records-complete":true,)"
    R"("accumulated-backpressured-time":0,"accumulated-idle-time":0,"accumulated-busy-time":"NaN"})";
constexpr char kFlinkPlan[] =
    R"({"jid":"6","name":"n","type":"STREAMING","nodes":[{"id":"9","operator":"","parallelism":1,"operator_strategy":"",)"
    R"("description":"d","optimizer_properties":{},"inputs":[{"id":"c","num":0,"exchange":"pipelined_bounded",)"
    R"("ship_strategy":"HASH"}]}]})";

TEST_F(FlinkRestTest, OverviewAndLists) {
  EXPECT_EQ(Get("/overview"),
            R"({"taskmanagers":1,"slots-total":2,"slots-available":1,"jobs-running":1,"jobs-finished":0,)"
            R"("jobs-cancelled":0,"jobs-failed":1,"flink-version":"2.3.0","flink-commit":"sluice"})");
  EXPECT_EQ(Get("/v1/overview"), Get("/overview"));
  EXPECT_EQ(ShapeOf(Get("/config")),
            ShapeOf(R"({"refresh-interval":3000,"timezone-name":"Coordinated Universal Time","timezone-offset":0,)"
                    R"("flink-version":"2.3.0","flink-revision":"c","features":{"web-submit":true,"web-cancel":true,)"
                    R"("web-rescale":false,"web-history":false}})"));
  EXPECT_EQ(Get("/jobs"), std::string(R"({"jobs":[{"id":")") + kRunning + R"(","status":"RUNNING"},{"id":")" + kFailed +
                              R"(","status":"FAILED"}]})");
  EXPECT_EQ(ShapeOf(Get("/jobs/overview")), ShapeOf(kFlinkJobsOverview));
}

TEST_F(FlinkRestTest, AJob) {
  const std::string flink =
      R"({"jid":"6","application-id":"6","name":"n","isStoppable":false,"state":"RUNNING","job-type":"STREAMING",)"
      R"("schedulerType":"Default","start-time":1,"end-time":-1,"duration":1,"maxParallelism":-1,"now":1,)"
      R"("timestamps":{"RESTARTING":0,"INITIALIZING":1,"CANCELED":0,"CANCELLING":0,"RUNNING":1,"FAILING":0,"CREATED":1,)"
      R"("RECONCILING":0,"SUSPENDED":0,"FAILED":0,"FINISHED":0},"vertices":[{"id":"c","slotSharingGroupId":"7",)"
      R"("name":"Source: s[23] -> Calc[24]","maxParallelism":128,"parallelism":1,"status":"RUNNING","start-time":1,)"
      R"("end-time":-1,"duration":1,"tasks":)" +
      std::string(kFlinkCounts) + R"(,"metrics":)" + kFlinkIo + R"(}],"status-counts":)" + kFlinkCounts +
      R"(,"plan":)" + kFlinkPlan + R"(,"pending-operators":0})";
  const std::string path = std::string("/jobs/") + kRunning;
  EXPECT_EQ(ShapeOf(Get(path)), ShapeOf(flink));
  EXPECT_EQ(ShapeOf(Get(path + "/plan")), ShapeOf(std::string(R"({"plan":)") + kFlinkPlan + "}"));
  EXPECT_EQ(Get(path + "/status"), R"({"status":"RUNNING"})");
  EXPECT_EQ(Get(path + "/exceptions"), R"({"exceptionHistory":{"entries":[],"truncated":false}})");
  const json::value job = json::parse(Get(path));
  const json::value& vertices = job.at("vertices");
  EXPECT_EQ(vertices.at(0).at("metrics").at("write-records").as_int64(), 560);
  EXPECT_EQ(vertices.at(0).at("tasks").at("RUNNING").as_int64(), 2);
}

TEST_F(FlinkRestTest, TheExceptionOfAFailedJob) {
  const std::string body = Get(std::string("/jobs/") + kFailed + "/exceptions");
  EXPECT_EQ(ShapeOf(body),
            ShapeOf(R"({"exceptionHistory":{"entries":[{"exceptionName":"e","stacktrace":"s","timestamp":1,)"
                    R"("failureLabels":{},"concurrentExceptions":[],"taskName":"t","endpoint":"e",)"
                    R"("taskManagerId":"m"}],"truncated":false}})"));
  EXPECT_THAT(body, HasSubstr("For input string: 'zz'"));
}

TEST_F(FlinkRestTest, Metrics) {
  const std::string path = std::string("/jobs/") + kRunning;
  EXPECT_EQ(Get(path + "/metrics?get=numRestarts,uptime,nope"),
            R"([{"id":"uptime","value":"900"},{"id":"numRestarts","value":"0"}])");
  EXPECT_EQ(ShapeOf(Get(path + "/metrics")), (std::set<std::string>{"[].id"}));
  const std::string vertex = path + "/vertices/" + kTask;
  EXPECT_EQ(ShapeOf(Get(vertex + "/subtasks/metrics?get=numRecordsOut")),
            ShapeOf(R"([{"id":"numRecordsOut","min":560.0,"max":560.0,"avg":560.0,"sum":560.0,"skew":0.0}])"));
  EXPECT_EQ(Get(vertex + "/metrics?get=1.numRecordsOut"), R"([{"id":"1.numRecordsOut","value":"280"}])");
  EXPECT_THAT(Get(vertex), HasSubstr(R"("subtasks":[{"subtask":0,"status":"RUNNING")"));
  EXPECT_EQ(Get("/metrics"), "sluice_job_running 1\n");
}

TEST_F(FlinkRestTest, CancelAndStop) {
  const std::string path = std::string("/jobs/") + kRunning;
  net::HttpResponse cancelled = Send("PATCH", path + "?mode=cancel");
  EXPECT_EQ(cancelled.status, 202);
  EXPECT_EQ(cancelled.body, "{}");
  EXPECT_EQ(control_.cancelled, kRunning);
  EXPECT_EQ(Send("PATCH", "/jobs/00000000000000000000000000000000?mode=cancel").status, 404);
  EXPECT_EQ(Send("PATCH", path + "?mode=stop").status, 308);
  net::HttpResponse stopped = Send("POST", path + "/stop", R"({"drain":false,"targetDirectory":"/x"})");
  EXPECT_EQ(stopped.status, 202);
  EXPECT_EQ(ShapeOf(stopped.body), (std::set<std::string>{".request-id"}));
  EXPECT_EQ(control_.stopped, kRunning);
  EXPECT_THAT(Get(path + "/savepoints/" + kRunning), HasSubstr("not supported yet: savepoints"));
  EXPECT_EQ(Send("DELETE", "/cluster").body, "{}");
  EXPECT_TRUE(control_.shut_down);
}

TEST_F(FlinkRestTest, Packages) {
  net::MultipartBody form = net::BuildMultipart({{"jarfile", "a.sql", "text/plain", "SELECT 1"}}, "xyz");
  net::HttpResponse uploaded = Send("POST", "/jars/upload", form.body, form.content_type);
  EXPECT_EQ(uploaded.body, R"({"filename":"/data/jars/0000_a.sql","status":"success"})");
  EXPECT_EQ(control_.uploaded, "SELECT 1");
  EXPECT_EQ(ShapeOf(Get("/jars")),
            ShapeOf(R"({"address":"http://h","files":[{"id":"b","name":"x.jar","uploaded":1,"entry":[]}]})"));
  net::HttpResponse run = Send("POST", "/jars/0000_a.sql/run",
                               R"({"parallelism":3,"entryClass":null,"flinkConfiguration":{"a.b":"c"},"new":1})");
  EXPECT_EQ(run.body, std::string(R"({"jobid":")") + kRunning + "\"}");
  ASSERT_TRUE(control_.ran.has_value());
  EXPECT_EQ(control_.ran->parallelism, 3);
  EXPECT_EQ(control_.ran->configuration.at("a.b"), "c");
  EXPECT_EQ(Send("POST", "/jars/0000_a.sql/run").status, 200);
  EXPECT_EQ(Send("DELETE", "/jars/0000_a.sql").body, "{}");
}

TEST_F(FlinkRestTest, RefusesWithFlinksErrorShape) {
  auto expect_error = [&](const net::HttpResponse& response, int status, const std::string& text) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(ShapeOf(response.body), (std::set<std::string>{".errors"}));
    EXPECT_THAT(response.body, HasSubstr(text));
  };
  expect_error(Send("GET", "/jobs/abc"), 400, "Cannot resolve path parameter (jobid) from value");
  expect_error(Send("GET", "/jobs/00000000000000000000000000000000"), 404,
               "Job 00000000000000000000000000000000 not found");
  expect_error(Send("GET", std::string("/jobs/") + kRunning + "/vertices/00000000000000000000000000000000"), 404,
               "JobVertex 00000000000000000000000000000000 not found");
  expect_error(Send("GET", "/nope"), 404, "Unable to load requested file /nope.");
  expect_error(Send("POST", "/overview"), 404, "Not found: /overview");
  expect_error(Send("DELETE", "/jars/x"), 400, "File x does not exist");
  expect_error(Send("POST", "/jars/0000_a.sql/run", "{bad"), 400, "JarRunRequestBody");
  expect_error(Send("POST", "/jars/0000_a.sql/run", R"({"savepointPath":"s"})"), 400, "not supported yet");
  expect_error(Send("POST", "/jars/other/run", "{}"), 400, "line 2, column 3: Column 'x' not found");
  expect_error(Send("POST", "/jars/upload", "x", "text/plain"), 400, "multipart");
}

}  // namespace
}  // namespace sluice::engine::server
