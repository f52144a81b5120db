#include "engine/runtime/checkpoint_coordinator.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using Kind = CheckpointAction::Kind;
using Ack = CheckpointCoordinator::Ack;

CheckpointConfig Config(OptionValues options) {
  auto config = ReadJobConfig(options);
  EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().ToString());
  return config->checkpoints;
}

/// "trigger 3", "abort 3: Checkpoint expired before completing."
std::vector<std::string> Texts(const std::vector<CheckpointAction>& actions) {
  std::vector<std::string> texts;
  for (const CheckpointAction& action : actions) {
    const std::string id = std::to_string(action.id);
    switch (action.kind) {
      case Kind::kTrigger: texts.push_back("trigger " + id); break;
      case Kind::kAbort: texts.push_back("abort " + id + ": " + action.message); break;
      case Kind::kFailJob: texts.push_back("fail: " + action.message); break;
    }
  }
  return texts;
}
using Expected = std::vector<std::string>;

TEST(CheckpointCoordinator, IntervalAndMinPause) {
  CheckpointCoordinator c(
      Config({{"execution.checkpointing.interval", "10 s"}, {"execution.checkpointing.min-pause", "4 s"}}));
  EXPECT_EQ(c.WakeAtMs(), INT64_MAX);
  c.JobRuns(1000, {1, 2});
  EXPECT_EQ(c.WakeAtMs(), 11'000);
  EXPECT_EQ(Texts(c.Decide(10'999)), Expected{});
  EXPECT_EQ(Texts(c.Decide(11'000)), Expected{"trigger 1"});
  EXPECT_EQ(c.Acknowledged(1, 0, 0), Ack::kCounted);
  EXPECT_EQ(c.Acknowledged(1, 1, 1), Ack::kCounted);
  EXPECT_EQ(c.Acknowledged(1, 1, 1), Ack::kLate) << "twice";
  EXPECT_EQ(c.Acknowledged(1, 1, 0), Ack::kAll);
  c.Completed(1, 19'000);
  EXPECT_EQ(c.WakeAtMs(), 23'000) << "the pause, not the interval";
  EXPECT_EQ(Texts(c.Decide(22'999)), Expected{});
  EXPECT_EQ(Texts(c.Decide(23'000)), Expected{"trigger 2"});
  c.Completed(2, 23'100);
  EXPECT_EQ(c.WakeAtMs(), 33'000) << "the interval, not the pause";
}

TEST(CheckpointCoordinator, OneAtATimeAndTheNextAtOnce) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "1 s"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  EXPECT_EQ(Texts(c.Decide(5000)), Expected{});
  c.Completed(1, 5500);
  EXPECT_EQ(Texts(c.Decide(5500)), Expected{"trigger 2"});
}

TEST(CheckpointCoordinator, MoreAtATimeIfAllowed) {
  CheckpointCoordinator c(Config(
      {{"execution.checkpointing.interval", "1 s"}, {"execution.checkpointing.max-concurrent-checkpoints", "2"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  EXPECT_EQ(Texts(c.Decide(2000)), Expected{"trigger 2"});
  EXPECT_EQ(Texts(c.Decide(3000)), Expected{});
}

TEST(CheckpointCoordinator, ACompleteOneSubsumesOlderOnes) {
  CheckpointCoordinator c(Config(
      {{"execution.checkpointing.interval", "1 s"}, {"execution.checkpointing.max-concurrent-checkpoints", "3"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  c.Order({.number = 7, .kind = CheckpointKind::kSavepoint});
  EXPECT_EQ(c.Decide(1500).size(), 1u) << "2, the savepoint";
  EXPECT_EQ(Texts(c.Decide(2000)), Expected{"trigger 3"});
  c.Completed(3, 2100);
  EXPECT_EQ(Texts(c.Decide(2100)), Expected{"abort 1: Checkpoint has been subsumed."}) << "not the savepoint";
  EXPECT_EQ(c.in_progress(), 1u);
}

TEST(CheckpointCoordinator, AStopComesAlone) {
  CheckpointCoordinator c(Config(
      {{"execution.checkpointing.interval", "1 s"}, {"execution.checkpointing.max-concurrent-checkpoints", "3"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  c.Order({.number = 7, .kind = CheckpointKind::kSavepoint, .then = AfterCheckpoint::kSuspend});
  EXPECT_EQ(Texts(c.Decide(2000)), Expected{});
  c.Completed(1, 2100);
  EXPECT_EQ(c.Decide(2100).size(), 1u);
  EXPECT_EQ(Texts(c.Decide(9000)), Expected{});
}

TEST(CheckpointCoordinator, AFinishedTaskEndsCheckpointsWhereFlinkIsToldSo) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "1 s"},
                                  {"execution.checkpointing.checkpoints-after-tasks-finish", "false"}}));
  c.JobRuns(0, {2});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  c.TaskFinished(1100);
  const Expected given_up = {
      "abort 1: Not all required tasks are currently running. Some tasks of the job have already finished and "
      "checkpointing with finished tasks is not enabled."};
  EXPECT_EQ(Texts(c.Decide(1100)), given_up);
  EXPECT_EQ(Texts(c.Decide(100'000)), Expected{});
  EXPECT_EQ(c.WakeAtMs(), INT64_MAX);
  c.JobRuns(200'000, {2});
  EXPECT_EQ(Texts(c.Decide(201'000)), Expected{"trigger 2"});
}

TEST(CheckpointCoordinator, ATimeoutAbortsAndCounts) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "10 s"},
                                  {"execution.checkpointing.timeout", "2 s"},
                                  {"execution.checkpointing.tolerable-failed-checkpoints", "1"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(10'000)), Expected{"trigger 1"});
  EXPECT_EQ(c.WakeAtMs(), 12'000);
  EXPECT_EQ(Texts(c.Decide(12'000)), Expected{"abort 1: Checkpoint expired before completing."});
  EXPECT_EQ(c.Acknowledged(1, 0, 0), Ack::kLate);
  EXPECT_EQ(Texts(c.Decide(20'000)), Expected{"trigger 2"});
  const Expected failed = {
      "abort 2: Checkpoint expired before completing.",
      "fail: Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to Checkpoint expired "
      "before completing., view the Checkpoint History tab or the Job Manager log to find out why continuous "
      "checkpoints failed."};
  EXPECT_EQ(Texts(c.Decide(22'000)), failed);
}

TEST(CheckpointCoordinator, ACompletedOneForgivesTheFailures) {
  CheckpointCoordinator c(Config(
      {{"execution.checkpointing.interval", "1 s"}, {"execution.checkpointing.tolerable-failed-checkpoints", "1"}}));
  c.JobRuns(0, {1});
  int64_t id = 0;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(c.Decide(10'000 * (2 * round + 1)).size(), 1u);
    c.Failed(++id, CheckpointFailure::kAsync, "disk full", 10'000 * (2 * round + 1));
    EXPECT_EQ(Texts(c.Decide(10'000 * (2 * round + 1))),
              Expected{"abort " + std::to_string(id) + ": Asynchronous task checkpoint failed. disk full"});
    ASSERT_EQ(c.Decide(10'000 * (2 * round + 2)).size(), 1u);
    c.Completed(++id, 10'000 * (2 * round + 2));
  }
}

TEST(CheckpointCoordinator, SavepointsComeFirstAndDoNotCount) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "1 s"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  EXPECT_EQ(Texts(c.Decide(1500)), Expected{}) << "one at a time";
  c.Order({.number = 7, .kind = CheckpointKind::kSavepoint, .cancel_job = true});
  EXPECT_EQ(Texts(c.Decide(1500)), Expected{}) << "a last one comes alone";
  c.Completed(1, 2500);
  auto actions = c.Decide(2500);
  ASSERT_EQ(Texts(actions), Expected{"trigger 2"});
  EXPECT_EQ(actions[0].order.number, 7);
  c.Failed(2, CheckpointFailure::kTrigger, "", 2600);
  EXPECT_EQ(Texts(c.Decide(2600)), (Expected{"abort 2: Trigger checkpoint failure.", "trigger 3"}));
}

TEST(CheckpointCoordinator, NothingIsTriggeredBehindAStop) {
  CheckpointCoordinator c(Config(
      {{"execution.checkpointing.interval", "1 s"}, {"execution.checkpointing.max-concurrent-checkpoints", "5"}}));
  c.JobRuns(0, {1});
  c.Order({.number = 1, .kind = CheckpointKind::kSyncSavepoint, .then = AfterCheckpoint::kSuspend});
  EXPECT_EQ(Texts(c.Decide(10)), Expected{"trigger 1"});
  EXPECT_EQ(Texts(c.Decide(5000)), Expected{});
}

TEST(CheckpointCoordinator, AStoppedJobAbortsAndRefuses) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "1 s"}}));
  c.JobRuns(0, {1});
  EXPECT_EQ(Texts(c.Decide(1000)), Expected{"trigger 1"});
  c.Order({.number = 4, .kind = CheckpointKind::kSavepoint});
  c.JobStops(CheckpointFailure::kSuspended);
  EXPECT_EQ(Texts(c.Decide(1001)), (Expected{"abort 1: Checkpoint Coordinator is suspending.",
                                             "abort 0: Checkpoint Coordinator is suspending."}));
  c.Order({.number = 5, .kind = CheckpointKind::kSavepoint});
  EXPECT_EQ(Texts(c.Decide(2000)), Expected{"abort 0: Not all required tasks are currently running."});
  c.JobRuns(9000, {2});
  EXPECT_EQ(Texts(c.Decide(9999)), Expected{});
  EXPECT_EQ(Texts(c.Decide(10'000)), Expected{"trigger 2"});
}

TEST(CheckpointCoordinator, OrdersWaitWhileTheTasksAreExchanged) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "1 s"}}));
  c.JobRuns(0, {1});
  c.Order({.then = AfterCheckpoint::kSuspend, .rescale = true});
  EXPECT_EQ(Texts(c.Decide(10)), Expected{"trigger 1"});
  c.Completed(1, 20);
  c.JobPauses();
  c.Order({.number = 1, .kind = CheckpointKind::kSavepoint});
  EXPECT_EQ(Texts(c.Decide(5000)), Expected{});
  c.JobRuns(6000, {2});
  EXPECT_EQ(Texts(c.Decide(6000)), Expected{"trigger 2"});
}

TEST(CheckpointCoordinator, TheFinalOneComesAtOnceAndAgainIfItFails) {
  CheckpointCoordinator c(Config({{"execution.checkpointing.interval", "1 h"},
                                  {"execution.checkpointing.min-pause", "1 h"},
                                  {"execution.checkpointing.tolerable-failed-checkpoints", "3"}}));
  c.JobRuns(0, {1});
  c.FinalWanted();
  EXPECT_EQ(Texts(c.Decide(10)), Expected{"trigger 1"});
  c.Failed(1, CheckpointFailure::kFinalize, "", 20);
  EXPECT_EQ(Texts(c.Decide(20)), Expected{"abort 1: Failure to finalize checkpoint."});
  EXPECT_EQ(c.WakeAtMs(), 3'600'020);
  EXPECT_EQ(Texts(c.Decide(3'600'020)), Expected{"trigger 2"});
  c.Completed(2, 3'600'030);
  EXPECT_EQ(Texts(c.Decide(3'600'040)), Expected{});
}

TEST(CheckpointCoordinator, BarrierModes) {
  const auto mode = [](OptionValues options, CheckpointKind kind = CheckpointKind::kCheckpoint) {
    CheckpointCoordinator c(Config(std::move(options)));
    c.JobRuns(0, {1});
    c.Order({.kind = kind});
    return c.Decide(0).at(0);
  };
  EXPECT_EQ(mode({}).mode, BarrierMode::kAligned);
  EXPECT_EQ(mode({{"execution.checkpointing.mode", "AT_LEAST_ONCE"}}).mode, BarrierMode::kAtLeastOnce);
  EXPECT_EQ(mode({{"execution.checkpointing.unaligned", "true"}}).mode, BarrierMode::kUnaligned);
  const auto late = mode({{"execution.checkpointing.unaligned.enabled", "true"},
                          {"execution.checkpointing.aligned-checkpoint-timeout", "30 s"}});
  EXPECT_EQ(late.mode, BarrierMode::kAligned);
  EXPECT_EQ(late.aligned_timeout_ms, 30'000);
  EXPECT_EQ(mode({{"execution.checkpointing.unaligned", "true"}}, CheckpointKind::kSavepoint).mode,
            BarrierMode::kAligned);
}

TEST(CheckpointTracker, CountsAndSummarises) {
  CheckpointTracker tracker(3);
  for (int64_t id = 1; id <= 5; ++id) {
    tracker.Began(id, CheckpointKind::kCheckpoint, 1000 * id, {{"a", 2}, {"b", 1}});
    for (const auto& [vertex, subtask] : {std::pair(0, 0), {0, 1}, {1, 0}}) {
      SubtaskAck ack;
      ack.checkpoint_id = id;
      ack.vertex = vertex;
      ack.subtask = subtask;
      ack.stats.ack_ms = 1000 * id + 10 * id;
      ack.stats.state_bytes = 100;
      ack.stats.written_bytes = id;
      tracker.Acknowledged(ack);
    }
    if (id == 4) {
      tracker.Failed(id, "no", 5000);
    } else {
      tracker.Completed(id, "file:/x", 1000 * id + 50);
    }
  }
  tracker.Began(6, CheckpointKind::kSavepoint, 9000, {{"a", 2}, {"b", 1}});
  const CheckpointStatistics facts = tracker.Facts();
  EXPECT_EQ(facts.total, 6);
  EXPECT_EQ(facts.completed, 4);
  EXPECT_EQ(facts.failed, 1);
  EXPECT_EQ(facts.in_progress, 1);
  ASSERT_EQ(facts.history.size(), 3u);
  EXPECT_EQ(facts.history[0].id, 6);
  EXPECT_EQ(facts.history[1].state, CheckpointState::kCompleted);
  EXPECT_EQ(facts.history[1].vertices[0].state_bytes, 200);
  EXPECT_EQ(facts.history[1].state_bytes, 300);
  EXPECT_EQ(facts.end_to_end_ms.min, 10);
  EXPECT_EQ(facts.end_to_end_ms.max, 50);
  EXPECT_EQ(facts.end_to_end_ms.avg, 27);  // 10, 20, 30, 50
  EXPECT_EQ(facts.end_to_end_ms.p50, 25);
  EXPECT_EQ(facts.latest_failed->id, 4);
  EXPECT_EQ(facts.latest_completed->id, 5);
  EXPECT_EQ(facts.written_bytes.max, 15);
}

}  // namespace
}  // namespace sluice::engine
