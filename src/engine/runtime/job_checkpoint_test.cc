// What a job promises of checkpoints, one thing a test.
#include <algorithm>

#include "engine/runtime/checkpoint_world_test.h"

namespace sluice::engine {
namespace {

using Rows = std::vector<std::pair<int64_t, int64_t>>;

class JobCheckpoint : public ::testing::Test {
 protected:
  /// source -> hash -> count -> sink
  JobGraph Graph(int parallelism) {
    JobGraph graph;
    graph.name = "counts";
    graph.vertices.resize(3);
    graph.vertices[0].uid = graph.vertices[0].name = "source";
    graph.vertices[0].make_source = PartsSource(&world_, spec_);
    graph.vertices[1].uid = graph.vertices[1].name = "count";
    graph.vertices[1].make_operator = CountingOperator(true);
    graph.vertices[2].uid = graph.vertices[2].name = "sink";
    graph.vertices[2].make_sink = TransactionSink(&world_);
    for (JobVertex& v : graph.vertices) v.parallelism = parallelism;
    const std::vector<DataType> types = {DataType::Bigint(), DataType::Bigint()};
    graph.edges.push_back({0, 1, 0, Distribution::kHash, {0}, types});
    graph.edges.push_back({1, 2, 0, Distribution::kForward, {}, types});
    return graph;
  }

  std::unique_ptr<Job> Start(const JobGraph& graph, TestCoordinator* coordinator, const JobRestore* restore = nullptr,
                             bool checkpoints = true) {
    auto job = Job::Create(
        graph, {.clock = &clock_, .workers = &pool_, .listener = coordinator, .checkpoints = checkpoints}, restore);
    EXPECT_TRUE(job.ok()) << (job.ok() ? "" : job.error().ToString());
    if (!job.ok()) return nullptr;
    (*job)->Start();
    return std::move(*job);
  }

  Rows Expected() const {
    std::map<int64_t, int64_t> counts;
    Rows rows;
    for (int64_t p = 0; p < spec_.parts; ++p) {
      for (int64_t r = 0; r < spec_.rows_per_part; ++r) {
        const int64_t key = spec_.Key(p, r);
        rows.emplace_back(key, ++counts[key]);
      }
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }

  SourceSpec spec_;
  OutsideWorld world_;
  SystemClock clock_;
  WorkerPool pool_{2, clock_};
  std::unique_ptr<CheckpointStorage> storage_ = MakeMemoryCheckpointStorage();
};

TEST_F(JobCheckpoint, TwoPhaseSinksFinishWithOneMoreCheckpoint) {
  for (const int parallelism : {1, 3}) {
    OutsideWorld& world = world_;
    TestCoordinator coordinator(storage_.get());
    const JobGraph graph = Graph(parallelism);
    auto job = Start(graph, &coordinator);
    {
      std::unique_lock lock(coordinator.mutex);
      coordinator.changed.wait(lock, [&] { return coordinator.wanted == parallelism; });
    }
    EXPECT_EQ(job->status(), JobStatus::kRunning);
    EXPECT_EQ(world.Visible(), Rows());
    auto manifest = coordinator.Take(*job, graph, {.id = 1});
    ASSERT_TRUE(manifest);
    EXPECT_EQ(job->status(), JobStatus::kRunning);
    EXPECT_EQ(world.Visible(), Rows());
    for (const VertexSnapshotData& v : manifest->vertices) {
      for (const SubtaskSnapshot& s : v.subtasks) EXPECT_TRUE(s.finished);
    }
    job->ConfirmCheckpoint(1);
    EXPECT_EQ(job->Wait(), JobStatus::kFinished);
    EXPECT_EQ(world.Visible(), Expected());

    // Had it died before the confirmation was heard of: the next attempt commits and is done, without reading.
    const JobRestore restore{*manifest, storage_.get(), false, true};
    for (const int other : {1, 2}) {
      world.committed.clear();
      world.emitted = 0;
      TestCoordinator again(storage_.get());
      auto next = Start(Graph(other), &again, &restore);
      EXPECT_EQ(next->Wait(), JobStatus::kFinished);
      EXPECT_EQ(world.Visible(), Expected());
      EXPECT_EQ(world.emitted, 0);
    }
    world.committed.clear();
  }
}

TEST_F(JobCheckpoint, WithoutCheckpointsSinksCommitAtTheEnd) {
  TestCoordinator coordinator(storage_.get());
  auto job = Start(Graph(2), &coordinator, nullptr, false);
  EXPECT_EQ(job->Wait(), JobStatus::kFinished);
  EXPECT_EQ(world_.Visible(), Expected());
  EXPECT_EQ(coordinator.wanted, 0);
}

TEST_F(JobCheckpoint, SuspendEmitsNothingBehindTheBarrierAndFinishesOnConfirmation) {
  for (const int parallelism : {1, 2}) {
    world_.endless = true;
    world_.emitted = 0;
    TestCoordinator coordinator(storage_.get());
    const JobGraph graph = Graph(parallelism);
    auto job = Start(graph, &coordinator);
    world_.AwaitEmitted(300);
    // Even if it asks for unaligned barriers: a savepoint to stop by is aligned.
    auto manifest = coordinator.Take(
        *job, graph, {.id = 5, .mode = BarrierMode::kUnaligned, .then = AfterCheckpoint::kSuspend, .full = true});
    ASSERT_TRUE(manifest);
    int64_t emitted;
    {
      std::lock_guard lock(world_.mutex);
      emitted = world_.emitted;
    }
    EXPECT_EQ(job->status(), JobStatus::kRunning);
    job->ConfirmCheckpoint(5);
    EXPECT_EQ(job->Wait(), JobStatus::kFinished);
    EXPECT_EQ(world_.emitted, emitted);
    EXPECT_EQ(static_cast<int64_t>(world_.Visible().size()), emitted);
    const JobSnapshot facts = job->Snapshot();
    for (const VertexSnapshot& v : facts.vertices) EXPECT_EQ(v.state, ExecutionState::kFinished);

    world_.endless = false;
    const JobRestore restore{*manifest, storage_.get(), false, false};
    TestCoordinator again(storage_.get());
    const JobGraph other = Graph(3);
    auto next = Start(other, &again, &restore);
    EXPECT_EQ(again.RunToTheEnd(*next, other, 6), JobStatus::kFinished);
    EXPECT_EQ(world_.Visible(), Expected());
    world_.committed.clear();
  }
}

TEST_F(JobCheckpoint, AnAbortedSuspensionGoesOn) {
  TestCoordinator coordinator(storage_.get());
  const JobGraph graph = Graph(2);
  world_.endless = true;
  auto job = Start(graph, &coordinator);
  world_.AwaitEmitted(10);
  ASSERT_TRUE(coordinator.Take(*job, graph, {.id = 1, .then = AfterCheckpoint::kSuspend}));
  job->AbortCheckpoint(1);
  {
    std::lock_guard lock(world_.mutex);
    world_.endless = false;
  }
  EXPECT_EQ(coordinator.RunToTheEnd(*job, graph, 2), JobStatus::kFinished);
  EXPECT_EQ(world_.Visible(), Expected());
}

TEST_F(JobCheckpoint, DrainEndsTheInputFirst) {
  for (const int parallelism : {1, 2}) {
    world_.endless = true;
    TestCoordinator coordinator(storage_.get());
    const JobGraph graph = Graph(parallelism);
    auto job = Start(graph, &coordinator);
    world_.AwaitEmitted(100);
    auto manifest = coordinator.Take(*job, graph, {.id = 1, .then = AfterCheckpoint::kDrain, .full = true});
    ASSERT_TRUE(manifest);
    EXPECT_EQ(job->status(), JobStatus::kRunning);
    EXPECT_EQ(job->Snapshot().vertices[1].watermark, kMaxWatermark);
    EXPECT_TRUE(world_.Visible().empty());
    job->ConfirmCheckpoint(1);
    EXPECT_EQ(job->Wait(), JobStatus::kFinished);
    std::lock_guard lock(world_.mutex);
    int64_t rows = 0;
    for (const int64_t t : world_.committed) rows += static_cast<int64_t>(world_.transactions[t].size());
    EXPECT_EQ(rows, world_.emitted);
    world_.committed.clear();
    world_.emitted = 0;
  }
}

TEST_F(JobCheckpoint, BatchJobsTakeNone) {
  TestCoordinator coordinator(storage_.get());
  JobGraph graph = Graph(1);
  graph.batch = true;
  world_.endless = true;
  auto job = Start(graph, &coordinator, nullptr, false);
  EXPECT_FALSE(coordinator.Take(*job, graph, {.id = 1}));
  EXPECT_EQ(coordinator.declines[1], "Job counts is not a streaming job.");
}

TEST_F(JobCheckpoint, UnconfirmedCommitsGoIntoTheNextCheckpoint) {
  TestCoordinator coordinator(storage_.get());
  const JobGraph graph = Graph(1);
  world_.held = true;
  auto job = Start(graph, &coordinator);
  world_.AwaitEmitted(spec_.parts * spec_.rows_per_part * 9 / 10);
  ASSERT_TRUE(coordinator.Take(*job, graph, {.id = 1}));
  job->AbortCheckpoint(1);
  auto second = coordinator.Take(*job, graph, {.id = 2});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->vertices[2].subtasks[0].prepared, (std::vector<std::string>{"1"}));
  EXPECT_TRUE(world_.Visible().empty());
  job->Cancel();
  job->Wait();

  // Held back: visible only with the next checkpoint of the next job.
  JobRestore restore{*second, storage_.get(), false, true};
  restore.hold_commits = true;
  TestCoordinator again(storage_.get());
  auto next = Start(graph, &again, &restore);
  auto third = again.Take(*next, graph, {.id = 3});
  ASSERT_TRUE(third);
  EXPECT_TRUE(world_.Visible().empty());
  EXPECT_EQ(third->vertices[2].subtasks[0].prepared, (std::vector<std::string>{"1"}));
  world_.Release();
  next->ConfirmCheckpoint(3);
  EXPECT_EQ(again.RunToTheEnd(*next, graph, 4), JobStatus::kFinished);
  EXPECT_EQ(world_.Visible(), Expected());
}

TEST_F(JobCheckpoint, TellsWhatSubtasksDid) {
  TestCoordinator coordinator(storage_.get());
  const JobGraph graph = Graph(2);
  world_.held = true;
  auto job = Start(graph, &coordinator);
  world_.AwaitEmitted(100);
  ASSERT_TRUE(coordinator.Take(*job, graph, {.id = 1}));
  for (const SubtaskAck& ack : coordinator.acks[1]) {
    EXPECT_GT(ack.stats.ack_ms, 0);
    EXPECT_EQ(ack.stats.in_flight_bytes, 0);
    EXPECT_FALSE(ack.stats.unaligned);
    if (ack.vertex != 1) continue;
    EXPECT_GT(ack.stats.state_bytes, 0);
    EXPECT_EQ(ack.snapshot.state->key_groups.first, ack.subtask == 0 ? 0u : 64u);
  }
  const JobSnapshot facts = job->Snapshot();
  ASSERT_EQ(facts.vertices[0].subtasks.size(), 2u);
  EXPECT_EQ(facts.vertices[1].records_in,
            facts.vertices[1].subtasks[0].records_in + facts.vertices[1].subtasks[1].records_in);
  EXPECT_EQ(facts.vertices[0].subtasks[1].state, ExecutionState::kRunning);
}

// --- what does not fit

class CheckRestoreTest : public JobCheckpoint {
 protected:
  CheckRestoreTest() : graph_(Graph(1)) {
    restore_.manifest.vertices.resize(1);
    VertexSnapshotData& v = restore_.manifest.vertices[0];
    v.uid = "cuont";
    v.name = "GroupAggregate";
    v.subtasks.resize(1);
    v.subtasks[0].state = StateSnapshot{};
    v.subtasks[0].state->tables.push_back({.name = "counts"});
  }
  std::string Refusal() {
    const Status status = CheckRestore(graph_, restore_);
    return status.ok() ? "" : status.error().ToString();
  }
  JobGraph graph_;
  JobRestore restore_;
};

TEST_F(CheckRestoreTest, StateWithoutOperator) {
  EXPECT_EQ(
      Refusal(),
      "RESTORE: The snapshot has state of operator 'GroupAggregate' (uid 'cuont'), which the job does not have. The "
      "nearest that it has is operator 'count' (uid 'count'). Allow non-restored state to drop the state.");
  restore_.allow_non_restored = true;
  EXPECT_EQ(Refusal(), "");
}

TEST_F(CheckRestoreTest, NoStateIsNotMissed) {
  restore_.manifest.vertices[0].subtasks[0].state->tables.clear();
  EXPECT_EQ(Refusal(), "");
}

TEST_F(CheckRestoreTest, OtherMaximumParallelism) {
  restore_.manifest.max_parallelism = 32;
  EXPECT_EQ(
      Refusal(),
      "RESTORE: The snapshot was taken with a maximum parallelism of 32, the job has 128. It cannot be changed once "
      "there is state: set pipeline.max-parallelism to 32.");
}

TEST_F(CheckRestoreTest, MixedUpKinds) {
  restore_.manifest.vertices[0].uid = "sink";
  EXPECT_EQ(
      Refusal(),
      "RESTORE: The snapshot has an operator 'GroupAggregate' under the uid 'sink', the job has a sink 'sink' there.");
}

}  // namespace
}  // namespace sluice::engine
