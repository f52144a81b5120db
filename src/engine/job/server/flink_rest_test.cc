// The answers come through the real HTTP server. The samples were recorded from Flink 2.3.0 (a session cluster with one
// TaskManager); values differ, the shape must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/job/server/rest_for_test.h"
#include "net/multipart.h"

namespace sluice::engine::server {
namespace {

using testing::HasSubstr;

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
  EXPECT_THAT(body, HasSubstr(R"-("taskName":"Source: s[1] (2/2)")-"));
  const std::string one = Get(std::string("/jobs/") + kFailed + "/exceptions?maxExceptions=1");
  EXPECT_EQ(json::parse(one).at_pointer("/exceptionHistory/entries").as_array().size(), 1u);
  EXPECT_THAT(one, HasSubstr(R"("truncated":true)"));
}

TEST_F(FlinkRestTest, Metrics) {
  const std::string path = std::string("/jobs/") + kRunning;
  control_.running().history.uptime_ms = 900;
  EXPECT_EQ(Get(path + "/metrics?get=numRestarts,uptime,nope"),
            R"([{"id":"uptime","value":"900"},{"id":"numRestarts","value":"0"}])");
  EXPECT_EQ(ShapeOf(Get(path + "/metrics")), (std::set<std::string>{"[].id"}));
  const std::string vertex = path + "/vertices/" + kTask;
  EXPECT_EQ(ShapeOf(Get(vertex + "/subtasks/metrics?get=numRecordsOut")),
            ShapeOf(R"([{"id":"numRecordsOut","min":560.0,"max":560.0,"avg":560.0,"sum":560.0,"skew":0.0}])"));
  EXPECT_EQ(Get(vertex + "/metrics?get=1.numRecordsOut"), R"([{"id":"1.numRecordsOut","value":"300"}])");
  EXPECT_THAT(Get(vertex), HasSubstr(R"("subtasks":[{"subtask":0,"status":"RUNNING")"));
  EXPECT_EQ(Get("/metrics"), "sluice_job_running 1\n");
}

TEST_F(FlinkRestTest, CancelAndShutDown) {
  const std::string path = std::string("/jobs/") + kRunning;
  net::HttpResponse cancelled = Send("PATCH", path + "?mode=cancel");
  EXPECT_EQ(cancelled.status, 202);
  EXPECT_EQ(cancelled.body, "{}");
  EXPECT_EQ(control_.cancelled, kRunning);
  EXPECT_EQ(Send("PATCH", "/jobs/00000000000000000000000000000000?mode=cancel").status, 404);
  EXPECT_EQ(Send("PATCH", path + "?mode=stop").status, 308);
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
                               R"({"parallelism":3,"entryClass":null,"flinkConfiguration":{"a.b":"c"},"new":1,)"
                               R"("savepointPath":"file:/s","allowNonRestoredState":true,"claimMode":"CLAIM"})");
  EXPECT_EQ(run.body, std::string(R"({"jobid":")") + kRunning + "\"}");
  ASSERT_TRUE(control_.ran.has_value());
  EXPECT_EQ(control_.ran->parallelism, 3);
  EXPECT_EQ(control_.ran->configuration.at("a.b"), "c");
  EXPECT_EQ(control_.ran->savepoint_path, "file:/s");
  EXPECT_TRUE(control_.ran->allow_non_restored);
  EXPECT_EQ(control_.ran->configuration.at("execution.state-recovery.claim-mode"), "CLAIM");
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
  expect_error(Send("POST", "/jars/0000_a.sql/run", R"({"jobId":"s"})"), 400, "JarRunRequestBody");
  expect_error(Send("POST", "/jars/other/run", "{}"), 400, "line 2, column 3: Column 'x' not found");
  expect_error(Send("POST", "/jars/upload", "x", "text/plain"), 400, "multipart");
}

}  // namespace
}  // namespace sluice::engine::server
