// For tests of the REST API: a control with facts that stand still, and a real server before it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/job/server/flink_rest.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/url.h"

namespace sluice::engine::server {

namespace json = boost::json;

inline constexpr char kRunning[] = "60729a6fcc2e192ae2ae3acfd00830d4";
inline constexpr char kFailed[] = "bae19b91a7d094e84489469c611f9778";
inline constexpr char kTask[] = "cbc357ccb763df2852fee8c4fc7d55f2";

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
      vertex.uid = "u" + std::to_string(v);
      vertex.name = v == 0 ? "TableSourceScan(x)" : v == 1 ? "GroupAggregate(y)" : "Sink(z)";
      vertex.parallelism = v == 0 ? 2 : 1;
      vertex.state = ExecutionState::kRunning;
      vertex.records_in = v == 0 ? 0 : 560;
      vertex.records_out = v == 2 ? 0 : 560;
      for (int s = 0; s < vertex.parallelism; ++s) {
        SubtaskFacts subtask;
        subtask.state = vertex.state;
        subtask.records_in = vertex.records_in / vertex.parallelism;
        subtask.records_out = v == 0 ? (s == 0 ? 260 : 300) : vertex.records_out;
        subtask.busy_ms_per_second = 250;
        subtask.idle_ms_per_second = s == 0 ? 150 : 700;
        subtask.back_pressured_ms_per_second = s == 0 ? 600 : 50;
        subtask.watermark = v == 2 ? INT64_MIN : 5000 + s;
        vertex.subtasks.push_back(subtask);
      }
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
    FailureFacts failure;
    failure.time_ms = 1499;
    failure.error = Error(ErrorCode::kData, "For input string: 'zz'. Invalid character found.");
    failure.vertex_uid = "u0";
    failure.subtask = 1;
    job.history.failures = {failure, failure};
    job.history.failures[1].vertex_uid = "";
    job.history.restarts = 1;
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
  Result<std::string> TriggerSavepoint(const std::string&, const SavepointOrder& order,
                                       const std::string& trigger_id) override {
    savepoint = order;
    return trigger_id.empty() ? std::string(32, '1') : trigger_id;
  }
  Result<std::string> TriggerCheckpoint(const std::string&, const std::string& trigger_id) override {
    return trigger_id.empty() ? std::string(32, '2') : trigger_id;
  }
  Result<std::string> DisposeSavepoint(const std::string& path) override {
    disposed = path;
    return std::string(32, '3');
  }
  std::optional<OperationFacts> FindOperation(const std::string& job, const std::string& trigger) const override {
    auto found = operations.find(job + "/" + trigger);
    return found == operations.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<CheckpointFacts> FindCheckpoint(const std::string&, int64_t id) const override {
    if (id == 7) return checkpoint;
    return std::nullopt;
  }
  Status UpdateParallelism(const std::string&, const std::map<std::string, int>& by_task) override {
    rescaled = by_task;
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

  std::string cancelled, stopped, uploaded, disposed;
  std::optional<SavepointOrder> savepoint;
  std::map<std::string, OperationFacts> operations;
  std::optional<CheckpointFacts> checkpoint;
  std::map<std::string, int> rescaled;
  std::optional<RunRequest> ran;
  bool shut_down = false;

  JobFacts& running() { return jobs_[0]; }

 private:
  std::vector<JobFacts> jobs_;
};

/// The names of all members at every depth: "jobs[].tasks.running".
inline void CollectShape(const json::value& value, const std::string& path, std::set<std::string>& shape) {
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
inline std::set<std::string> ShapeOf(const std::string& text) {
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

}  // namespace sluice::engine::server
