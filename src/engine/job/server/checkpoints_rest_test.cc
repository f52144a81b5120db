// The samples were recorded from Flink 2.3.0; values differ, the shape must not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/job/server/rest_for_test.h"

namespace sluice::engine::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kStats[] = R"({"min":8778,"max":9147,"avg":9113,"p50":9147.0,"p90":1.0,"p95":1.0,"p99":1.0,"p999":1.0})";
constexpr char kCompleted[] =
    R"({"className":"completed","id":28,"status":"COMPLETED","is_savepoint":false,"savepointFormat":null,)"
    R"("trigger_timestamp":1,"latest_ack_timestamp":2,"checkpointed_size":9147,"state_size":9147,)"
    R"("end_to_end_duration":18,"alignment_buffered":0,"processed_data":0,"persisted_data":0,"num_subtasks":4,)"
    R"("num_acknowledged_subtasks":4,"checkpoint_type":"CHECKPOINT","tasks":{},"external_path":"file:/x/chk-28",)"
    R"("discarded":false})";
constexpr char kRestored[] =
    R"({"id":9,"restore_timestamp":1,"is_savepoint":false,"external_path":"file:/tmp/x/chk-9"})";

class CheckpointsRestTest : public FlinkRestTest {
 protected:
  CheckpointsRestTest() {
    CheckpointFacts facts;
    facts.id = 7;
    facts.state = CheckpointState::kCompleted;
    facts.trigger_ms = 1000;
    facts.latest_ack_ms = 1030;
    facts.end_to_end_ms = 30;
    facts.state_bytes = 900;
    facts.written_bytes = 90;
    facts.num_subtasks = 4;
    facts.num_acknowledged = 4;
    facts.external_path = "file:/x/chk-7";
    for (int v = 0; v < 3; ++v) {
      VertexCheckpointFacts vertex;
      vertex.uid = "u" + std::to_string(v);
      for (int s = 0; s < (v == 0 ? 2 : 1); ++s) {
        SubtaskCheckpointStats stats;
        stats.ack_ms = 1010 + 10 * v;
        stats.state_bytes = 450 * v;
        stats.written_bytes = 45 * v;
        stats.sync_us = 1500;
        stats.async_ms = 7;
        stats.alignment_ms = v;
        vertex.subtasks.emplace_back(stats);
        vertex.state_bytes += stats.state_bytes;
        vertex.written_bytes += stats.written_bytes;
      }
      facts.vertices.push_back(vertex);
    }
    control_.checkpoint = facts;
    CheckpointStatistics& all = control_.running().checkpoints;
    all.completed = all.total = 1;
    all.end_to_end_ms = {.min = 30, .max = 30, .avg = 30, .p50 = 30, .p90 = 30, .p95 = 30, .p99 = 30, .p999 = 30};
    all.latest_completed = facts;
    all.latest_restored = RestoredFacts{.id = 6, .restore_ms = 900, .savepoint = true, .external_path = "file:/s"};
    all.history = {facts};
    control_.running().config.checkpoints.savepoint_folder = "file:/savepoints";
  }
  const std::string job_ = std::string("/jobs/") + kRunning;
};

TEST_F(CheckpointsRestTest, Statistics) {
  const std::string stats = kStats;
  const std::string flink =
      R"({"counts":{"restored":0,"total":29,"in_progress":0,"completed":28,"failed":1},"summary":{"checkpointed_size":)" +
      stats + R"(,"state_size":)" + stats + R"(,"end_to_end_duration":)" + stats + R"(,"alignment_buffered":)" + stats +
      R"(,"processed_data":)" + stats + R"(,"persisted_data":)" + stats + R"(},"latest":{"completed":)" + kCompleted +
      R"(,"savepoint":null,"failed":null,"restored":)" + kRestored + R"(},"history":[)" + kCompleted + "]}";
  const std::string body = Get(job_ + "/checkpoints");
  EXPECT_EQ(ShapeOf(body), ShapeOf(flink));
  const json::value parsed = json::parse(body);
  EXPECT_EQ(parsed.at_pointer("/latest/restored/id").as_int64(), 6);
  EXPECT_EQ(parsed.at_pointer("/summary/end_to_end_duration/p99").as_double(), 30.0);
  EXPECT_EQ(parsed.at_pointer("/history/0/num_subtasks").as_int64(), 3);  // of tasks, not of operators
  // Without any, as Flink says NaN.
  EXPECT_THAT(Get(std::string("/jobs/") + kFailed + "/checkpoints"), HasSubstr(R"("p50":"NaN")"));
}

TEST_F(CheckpointsRestTest, FailedAndInProgress) {
  CheckpointFacts& facts = control_.running().checkpoints.history[0];
  facts.state = CheckpointState::kFailed;
  facts.failure_message = "Checkpoint expired before completing.";
  facts.failure_ms = 5;
  json::value body = json::parse(Get(job_ + "/checkpoints"));
  EXPECT_EQ(body.at_pointer("/history/0/className"), "failed");
  EXPECT_EQ(body.at_pointer("/history/0/failure_message"), "Checkpoint expired before completing.");
  facts.state = CheckpointState::kInProgress;
  facts.kind = CheckpointKind::kSyncSavepoint;
  body = json::parse(Get(job_ + "/checkpoints"));
  EXPECT_EQ(body.at_pointer("/history/0/className"), "in_progress");
  EXPECT_EQ(body.at_pointer("/history/0/status"), "IN_PROGRESS");
  EXPECT_EQ(body.at_pointer("/history/0/checkpoint_type"), "SYNC_SAVEPOINT");
  EXPECT_EQ(body.at_pointer("/history/0/is_savepoint"), true);
}

TEST_F(CheckpointsRestTest, Config) {
  EXPECT_EQ(
      Get(std::string("/jobs/") + kFailed + "/checkpoints/config"),
      R"({"mode":"at_least_once","interval":9223372036854775807,"timeout":600000,"min_pause":0,"max_concurrent":1,)"
      R"("externalization":{"enabled":false,"delete_on_cancellation":true},"state_backend":"HashMapStateBackend",)"
      R"("checkpoint_storage":"JobManagerCheckpointStorage","unaligned_checkpoints":false,)"
      R"("tolerable_failed_checkpoints":0,"aligned_checkpoint_timeout":0,"checkpoints_after_tasks_finish":true,)"
      R"("state_changelog_enabled":false,"changelog_periodic_materialization_interval":600000,)"
      R"("changelog_storage":"memory"})");
  CheckpointConfig& config = control_.running().config.checkpoints;
  config.interval_ms = 2000;
  config.checkpoint_folder = "file:/x";
  EXPECT_EQ(
      Get(job_ + "/checkpoints/config"),
      R"({"mode":"exactly_once","interval":2000,"timeout":600000,"min_pause":0,"max_concurrent":1,)"
      R"("externalization":{"enabled":false,"delete_on_cancellation":true},"state_backend":"HashMapStateBackend",)"
      R"("checkpoint_storage":"FileSystemCheckpointStorage","unaligned_checkpoints":false,)"
      R"("tolerable_failed_checkpoints":0,"aligned_checkpoint_timeout":0,"checkpoints_after_tasks_finish":true,)"
      R"("state_changelog_enabled":false,"changelog_periodic_materialization_interval":600000,)"
      R"("changelog_storage":"memory"})");
}

TEST_F(CheckpointsRestTest, Details) {
  const std::string body = Get(job_ + "/checkpoints/details/7");
  std::string task =
      R"({"id":19,"status":"COMPLETED","latest_ack_timestamp":1,"checkpointed_size":0,"state_size":0,)"
      R"("end_to_end_duration":9,"alignment_buffered":0,"processed_data":0,"persisted_data":0,"num_subtasks":2,)"
      R"("num_acknowledged_subtasks":2})";
  std::string flink = kCompleted;
  flink.replace(
      flink.find(R"("tasks":{})"), 10,
      std::string(R"("tasks":{")") + kTask + R"(":)" + task + R"(,"90bea66de1c231edf33913ecd54406c1":)" + task + "}");
  EXPECT_EQ(ShapeOf(body), ShapeOf(flink));
  const json::value parsed = json::parse(body);
  const json::value& chain = parsed.at("tasks").at("90bea66de1c231edf33913ecd54406c1");
  EXPECT_EQ(chain.at("state_size").as_int64(), 450 + 900);  // both operators of the chain
  EXPECT_EQ(chain.at("num_subtasks").as_int64(), 1);
  EXPECT_EQ(chain.at("end_to_end_duration").as_int64(), 30);
  EXPECT_EQ(Send("GET", job_ + "/checkpoints/details/8").status, 404);
  EXPECT_THAT(Send("GET", job_ + "/checkpoints/details/8").body,
              HasSubstr("Could not find checkpointing statistics for checkpoint 8."));
  EXPECT_THAT(Send("GET", job_ + "/checkpoints/details/x").body,
              HasSubstr(R"(Cannot resolve path parameter (checkpointid) from value \"x\".)"));
}

TEST_F(CheckpointsRestTest, DetailsOfSubtasks) {
  const std::string nan = R"({"min":0,"max":0,"avg":0,"p50":"NaN","p90":"NaN","p95":"NaN","p99":"NaN","p999":"NaN"})";
  const std::string flink =
      R"({"id":19,"status":"COMPLETED","latest_ack_timestamp":1,"checkpointed_size":0,"state_size":0,)"
      R"("end_to_end_duration":9,"alignment_buffered":0,"processed_data":0,"persisted_data":0,"num_subtasks":2,)"
      R"("num_acknowledged_subtasks":2,"summary":{"checkpointed_size":)" +
      nan + R"(,"state_size":)" + nan + R"(,"end_to_end_duration":)" + nan + R"(,"checkpoint_duration":{"sync":)" +
      nan + R"(,"async":)" + nan + R"(},"alignment":{"buffered":)" + nan + R"(,"processed":)" + nan +
      R"(,"persisted":)" + nan + R"(,"duration":)" + nan + R"(},"start_delay":)" + nan +
      R"(},"subtasks":[{"className":"completed","index":0,"ack_timestamp":1,"end_to_end_duration":9,)"
      R"("checkpointed_size":0,"state_size":0,"checkpoint":{"sync":3,"async":0},"alignment":{"buffered":0,)"
      R"("processed":0,"persisted":0,"duration":0},"start_delay":2,"unaligned_checkpoint":false,"aborted":false,)"
      R"("status":"completed"}]})";
  const std::string path = job_ + "/checkpoints/details/7/subtasks/";
  const std::string body = Get(path + kTask);
  EXPECT_EQ(ShapeOf(body), ShapeOf(flink));
  EXPECT_EQ(json::parse(body).at("subtasks").as_array().size(), 2u);
  EXPECT_THAT(body, HasSubstr(R"("checkpoint":{"sync":1,"async":7})"));
  control_.checkpoint->vertices[0].subtasks[1].reset();
  EXPECT_THAT(Get(path + kTask), HasSubstr(R"({"className":"pending","index":1,"status":"pending_or_failed"})"));
  EXPECT_THAT(Get(path + kTask), HasSubstr(R"("num_acknowledged_subtasks":1)"));
  EXPECT_EQ(Send("GET", path + std::string(32, '0')).status, 404);
}

TEST_F(CheckpointsRestTest, Savepoints) {
  net::HttpResponse answer =
      Send("POST", job_ + "/savepoints", R"({"target-directory":"/x","cancel-job":false,"formatType":"NATIVE"})");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"request-id":")" + std::string(32, '1') + "\"}");
  EXPECT_EQ(control_.savepoint->folder, "/x");
  EXPECT_EQ(control_.savepoint->then, AfterCheckpoint::kGoOn);
  EXPECT_FALSE(control_.savepoint->cancel_job);
  Send("POST", job_ + "/savepoints", R"({"target-directory":"/x","cancel-job":true})");
  EXPECT_EQ(control_.savepoint->then, AfterCheckpoint::kGoOn);
  EXPECT_TRUE(control_.savepoint->cancel_job);

  const std::string trigger(32, 'a');
  EXPECT_EQ(Send("POST", job_ + "/stop", R"({"drain":true,"triggerId":")" + trigger + "\"}").body,
            R"({"request-id":")" + trigger + "\"}");
  EXPECT_EQ(control_.savepoint->then, AfterCheckpoint::kDrain);
  EXPECT_EQ(control_.savepoint->folder, "");  // the job's own
  Send("POST", job_ + "/stop", R"({"targetDirectory":"/y"})");
  EXPECT_EQ(control_.savepoint->then, AfterCheckpoint::kSuspend);
  EXPECT_EQ(control_.savepoint->folder, "/y");

  const std::string path = job_ + "/savepoints/" + trigger;
  EXPECT_EQ(Send("GET", path).status, 404);
  EXPECT_THAT(Send("GET", path).body, HasSubstr("There is no savepoint operation with triggerId=" + trigger));
  OperationFacts& operation = control_.operations[std::string(kRunning) + "/" + trigger];
  EXPECT_EQ(Get(path), R"({"status":{"id":"IN_PROGRESS"},"operation":null})");
  operation.done = true;
  operation.location = "file:/x/savepoint-1";
  EXPECT_EQ(Get(path), R"({"status":{"id":"COMPLETED"},"operation":{"location":"file:/x/savepoint-1"}})");
  operation.failure = "IO: cannot write";
  EXPECT_THAT(Get(path), HasSubstr(R"({"status":{"id":"COMPLETED"},"operation":{"failure-cause":{"class":)"));
  EXPECT_THAT(Get(path), HasSubstr("IO: cannot write"));
  EXPECT_THAT(Send("GET", job_ + "/savepoints/abc").body,
              HasSubstr(R"(Cannot resolve path parameter (triggerid) from value \"abc\".)"));
}

TEST_F(CheckpointsRestTest, SavepointsNeedAFolder) {
  control_.running().config.checkpoints.savepoint_folder.clear();
  net::HttpResponse answer = Send("POST", job_ + "/savepoints", "{}");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"errors":["Config key [execution.checkpointing.savepoint-dir] is not set. Property )"
                         R"([target-directory] must be provided."]})");
  EXPECT_THAT(Send("POST", job_ + "/stop", "{}").body, HasSubstr("Property [targetDirectory] must be provided."));
  EXPECT_THAT(Send("POST", job_ + "/stop", R"({"drain":"yes"})").body, HasSubstr("StopWithSavepointRequestBody"));
  EXPECT_THAT(Send("POST", job_ + "/savepoints", R"({"formatType":"X"})").body,
              HasSubstr("Request did not match expected format SavepointTriggerRequestBody."));
  EXPECT_THAT(Send("POST", job_ + "/savepoints", "[").body, HasSubstr("SavepointTriggerRequestBody"));
}

TEST_F(CheckpointsRestTest, CheckpointsOnDemand) {
  EXPECT_EQ(Send("POST", job_ + "/checkpoints").body, R"({"request-id":")" + std::string(32, '2') + "\"}");
  const std::string trigger = "0123456789abcdef0123456789abcdef";
  net::HttpResponse answer =
      Send("POST", job_ + "/checkpoints", R"({"checkpointType":"FULL","triggerId":")" + trigger + "\"}");
  EXPECT_EQ(answer.status, 202);
  OperationFacts done;
  done.done = true;
  done.checkpoint_id = 37;
  control_.operations[std::string(kRunning) + "/" + trigger] = done;
  EXPECT_EQ(Get(job_ + "/checkpoints/" + trigger), R"({"status":{"id":"COMPLETED"},"operation":{"checkpointId":37}})");
  EXPECT_EQ(Send("POST", job_ + "/checkpoints", R"({"checkpointType":"NOPE"})").body,
            R"({"errors":["Request did not match expected format CheckpointTriggerRequestBody."]})");
}

TEST_F(CheckpointsRestTest, Disposal) {
  net::HttpResponse answer = Send("POST", "/savepoint-disposal", R"({"savepoint-path":"file:/x/savepoint-1"})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(control_.disposed, "file:/x/savepoint-1");
  OperationFacts done;
  done.done = true;
  control_.operations["/" + std::string(32, '3')] = done;
  EXPECT_EQ(Get("/savepoint-disposal/" + std::string(32, '3')), R"({"status":{"id":"COMPLETED"},"operation":{}})");
  EXPECT_EQ(Send("POST", "/savepoint-disposal", "{}").body,
            R"({"errors":["Field savepoint-path must not be omitted or be null."]})");
  EXPECT_EQ(Send("GET", "/savepoint-disposal/" + std::string(32, '4')).status, 404);
}

TEST_F(CheckpointsRestTest, ResourceRequirements) {
  const std::string other = "90bea66de1c231edf33913ecd54406c1";
  const std::string path = job_ + "/resource-requirements";
  EXPECT_EQ(Get(path), std::string(R"({")") + kTask + R"(":{"parallelism":{"lowerBound":1,"upperBound":2}},")" + other +
                           R"(":{"parallelism":{"lowerBound":1,"upperBound":1}}})");
  const auto body = [&](const std::string& bounds) {
    return std::string(R"({")") + kTask + R"(":{"parallelism":)" + bounds + R"(},")" + other +
           R"(":{"parallelism":{"lowerBound":1,"upperBound":3}}})";
  };
  net::HttpResponse answer = Send("PUT", path, body(R"({"lowerBound":1,"upperBound":4})"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(control_.rescaled, ElementsAre(Pair(other, 3), Pair(kTask, 4)));
  EXPECT_EQ(Send("PUT", path, body(R"({"lowerBound":5,"upperBound":4})")).status, 400);
  EXPECT_EQ(Send("PUT", path, body(R"({"upperBound":0})")).status, 400);
  EXPECT_THAT(Send("PUT", path, body(R"({"upperBound":129})")).body, HasSubstr("exceeds its maximum parallelism 128"));
  EXPECT_EQ(Send("PUT", path, body("7")).status, 400);
  EXPECT_THAT(Send("PUT", path, "{}").body, HasSubstr("lack the job vertex"));
  EXPECT_THAT(Send("PUT", path, R"({"x":{"parallelism":{"upperBound":1}}})").body, HasSubstr("unknown job vertex x"));
}

TEST_F(CheckpointsRestTest, BackPressureAndWatermarksOfSubtasks) {
  const std::string vertex = job_ + "/vertices/" + kTask;
  EXPECT_EQ(
      Get(vertex + "/backpressure"),
      R"({"status":"ok","backpressureLevel":"high","end-timestamp":2000,"subtasks":[{"subtask":0,)"
      R"("backpressureLevel":"high","ratio":6E-1,"idleRatio":1.5E-1,"busyRatio":2.5E-1,"backpressure-level":"high"},)"
      R"({"subtask":1,"backpressureLevel":"ok","ratio":5E-2,"idleRatio":7E-1,"busyRatio":2.5E-1,)"
      R"("backpressure-level":"ok"}],"backpressure-level":"high"})");
  EXPECT_EQ(Get(vertex + "/watermarks"),
            R"([{"id":"0.currentInputWatermark","value":"5000"},{"id":"1.currentInputWatermark","value":"5001"}])");
  EXPECT_EQ(Get(vertex + "/subtasks/metrics?get=numRecordsOut&agg=min,max"),
            R"([{"id":"numRecordsOut","min":2.6E2,"max":3E2}])");
  EXPECT_EQ(Get(vertex + "/subtasks/0/metrics?get=busyTimeMsPerSecond,TableSourceScan[1].numRecordsOut"),
            R"([{"id":"busyTimeMsPerSecond","value":"250"},{"id":"TableSourceScan[1].numRecordsOut","value":"260"}])");
  EXPECT_EQ(ShapeOf(Get(vertex + "/subtasktimes")),
            ShapeOf(R"({"id":"c","name":"n","now":1,"subtasks":[{"subtask":0,"endpoint":"e","duration":1,"timestamps":)"
                    R"({"CREATED":1,"CANCELING":0,"FAILED":0,"FINISHED":0,"DEPLOYING":1,"SCHEDULED":1,"CANCELED":0,)"
                    R"("INITIALIZING":1,"RUNNING":1,"RECONCILING":0}}]})"));
  EXPECT_EQ(Get(vertex + "/subtasks/1/attempts/0"), Get(vertex + "/subtasks/1"));
  EXPECT_EQ(Get(vertex + "/subtasks/accumulators"),
            R"({"id":")" + std::string(kTask) +
                R"(","parallelism":2,"subtasks":[)"
                R"({"subtask":0,"attempt":0,"endpoint":"localhost:0","user-accumulators":[]},)"
                R"({"subtask":1,"attempt":0,"endpoint":"localhost:0","user-accumulators":[]}]})");
  const json::value managers = json::parse(Get(vertex + "/taskmanagers")).at("taskmanagers");
  ASSERT_EQ(managers.as_array().size(), 1u);
  const json::object& manager = managers.as_array()[0].as_object();
  for (const char* member : {"endpoint", "status", "start-time", "end-time", "duration", "metrics", "status-counts",
                             "taskmanager-id", "aggregated"}) {
    EXPECT_TRUE(manager.contains(member)) << member;
  }
  EXPECT_EQ(manager.size(), 9u);
  EXPECT_EQ(manager.at("status"), "RUNNING");
  EXPECT_EQ(manager.at("status-counts").at("RUNNING"), 2);
  EXPECT_EQ(Send("GET", vertex + "/subtasks/2").status, 404);
  EXPECT_THAT(Send("GET", vertex + "/subtasks/x").body, HasSubstr("Cannot resolve path parameter (subtaskindex)"));
}

TEST_F(CheckpointsRestTest, MetricsOfTheJob) {
  control_.running().history.restarts = 3;
  control_.running().history.downtime_ms = 40;
  EXPECT_EQ(Get(job_ + "/metrics?get=numRestarts,fullRestarts,downtime,lastCheckpointDuration,lastCheckpointSize,"
                       "lastCheckpointExternalPath,numberOfCompletedCheckpoints,lastCheckpointRestoreTimestamp"),
            R"([{"id":"downtime","value":"40"},{"id":"numRestarts","value":"3"},{"id":"fullRestarts","value":"3"},)"
            R"({"id":"numberOfCompletedCheckpoints","value":"1"},{"id":"lastCheckpointDuration","value":"30"},)"
            R"({"id":"lastCheckpointSize","value":"90"},{"id":"lastCheckpointRestoreTimestamp","value":"900"},)"
            R"({"id":"lastCheckpointExternalPath","value":"file:/x/chk-7"}])");
}

}  // namespace
}  // namespace sluice::engine::server
