// Random graphs, checkpoints at random moments, restores at random parallelisms, in all modes.
#include <algorithm>

#include "base/random.h"
#include "engine/runtime/checkpoint_world_test.h"

namespace sluice::engine {
namespace {

using Rows = std::vector<std::pair<int64_t, int64_t>>;

struct Scenario {
  Scenario(uint64_t seed, bool late_is_wrong) : random(seed), late_is_wrong(late_is_wrong) {
    shape = static_cast<int>(random.Below(5));
    const int sources = shape == 1 ? 2 : 1;
    for (int s = 0; s < sources; ++s) {
      SourceSpec spec;
      spec.parts = 1 + static_cast<int64_t>(random.Below(8));
      spec.rows_per_part = 100 + static_cast<int64_t>(random.Below(500));
      spec.keys = 1 + static_cast<int64_t>(random.Below(40));
      spec.salt = static_cast<int64_t>(random.Below(1000));
      specs.push_back(spec);
    }
  }

  int Parallelism() { return 1 + static_cast<int>(random.Below(4)); }

  int Add(JobGraph& graph, const std::string& uid, int parallelism) {
    JobVertex vertex;
    vertex.uid = vertex.name = uid;
    vertex.parallelism = parallelism;
    graph.vertices.push_back(std::move(vertex));
    return static_cast<int>(graph.vertices.size()) - 1;
  }
  int Source(JobGraph& graph, size_t number) {
    const int v = Add(graph, "source" + std::to_string(number), Parallelism());
    graph.vertices.back().make_source = PartsSource(&world, specs[number]);
    return v;
  }
  int Count(JobGraph& graph, const std::string& uid, const std::vector<int>& inputs, bool check_late) {
    const int v = Add(graph, uid, Parallelism());
    graph.vertices.back().make_operator = CountingOperator(check_late && late_is_wrong);
    for (size_t i = 0; i < inputs.size(); ++i) Edge(graph, inputs[i], v, static_cast<int>(i), Distribution::kHash);
    return v;
  }
  void Edge(JobGraph& graph, int from, int to, int input, Distribution distribution) {
    JobEdge edge{from, to, input, distribution, {}, {DataType::Bigint(), DataType::Bigint()}};
    if (distribution == Distribution::kHash) edge.hash_keys = {0};
    graph.edges.push_back(std::move(edge));
  }

  /// The same graph each time but for the parallelisms.
  JobGraph Graph() {
    JobGraph graph;
    graph.name = "random";
    const bool alone = random.Below(4) == 0;  // a single task
    int last = 0;
    switch (shape) {
      case 0: last = Count(graph, "count", {Source(graph, 0)}, true); break;
      case 1: last = Count(graph, "join", {Source(graph, 0), Source(graph, 1)}, true); break;
      case 2: {  // through something stateless, spread evenly
        const int source = Source(graph, 0);
        const int pass = Add(graph, "pass", Parallelism());
        graph.vertices.back().make_operator = PassingOperator();
        Edge(graph, source, pass, 0, Distribution::kRebalance);
        last = Count(graph, "count", {pass}, true);
        break;
      }
      case 3:  // two counts in a row
        last = Count(graph, "second", {Count(graph, "first", {Source(graph, 0)}, true)}, false);
        break;
      default: {  // a diamond
        const int source = Source(graph, 0);
        last = Count(graph, "join", {Count(graph, "side", {source}, true), source}, false);
      }
    }
    const int sink = Add(graph, "sink",
                         random.Below(2) == 0 ? graph.vertices[static_cast<size_t>(last)].parallelism : Parallelism());
    graph.vertices.back().make_sink = TransactionSink(&world);
    Edge(graph, last, sink, 0, Distribution::kForward);
    if (alone) {
      for (JobVertex& v : graph.vertices) v.parallelism = 1;
    }
    return graph;
  }

  Rows Expected() const {
    std::map<int64_t, int64_t> counts;
    for (const SourceSpec& spec : specs) {
      for (int64_t p = 0; p < spec.parts; ++p) {
        for (int64_t r = 0; r < spec.rows_per_part; ++r) counts[spec.Key(p, r)] += shape == 4 ? 2 : 1;
      }
    }
    Rows rows;
    for (const auto& [key, count] : counts) {
      for (int64_t n = 1; n <= count; ++n) rows.emplace_back(key, n);
    }
    return rows;
  }

  int64_t TotalRows() const {
    int64_t total = 0;
    for (const SourceSpec& spec : specs) total += spec.parts * spec.rows_per_part;
    return total;
  }

  SeededRandom random;
  bool late_is_wrong;
  int shape;
  std::vector<SourceSpec> specs;
  OutsideWorld world;
};

struct Tried {
  int restores = 0, in_flight = 0, unaligned = 0, beside = 0;
};

/// Runs until a checkpoint is complete, then "crashes"; at last to the end.
void RunScenario(uint64_t seed, BarrierMode mode, Rows* visible, Rows* expected, Tried* tried) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", mode " + std::to_string(static_cast<int>(mode)));
  // At least once, a row that comes again may be late: its watermark came along the first time.
  Scenario scenario(seed, mode != BarrierMode::kAtLeastOnce);
  SystemClock clock;
  auto storage = MakeMemoryCheckpointStorage();
  std::optional<JobRestore> restore;
  int64_t id = 1;
  const int crashes = 1 + static_cast<int>(scenario.random.Below(3));
  for (int attempt = 0; attempt <= crashes; ++attempt) {
    WorkerPool pool(1 + static_cast<int>(scenario.random.Below(3)), clock);
    TestCoordinator coordinator(storage.get());
    JobGraph graph = scenario.Graph();
    {
      std::lock_guard lock(scenario.world.mutex);
      scenario.world.held = attempt < crashes;
      scenario.world.emitted = 0;
    }
    auto job = Job::Create(
        graph, {.clock = &clock, .workers = &pool, .listener = &coordinator, .checkpoints = true, .attempt = attempt},
        restore ? &*restore : nullptr);
    ASSERT_TRUE(job.ok()) << job.error().ToString();
    (*job)->Start();
    if (attempt == crashes) {
      ASSERT_EQ(coordinator.RunToTheEnd(**job, graph, id), JobStatus::kFinished)
          << ((*job)->failure() ? (*job)->failure()->ToString() : "");
      break;
    }
    // What remains before the hold is unknown after a restore; only the first attempt waits for rows.
    if (attempt == 0) {
      scenario.world.AwaitEmitted(
          static_cast<int64_t>(scenario.random.Below(static_cast<uint64_t>(scenario.TotalRows() * 8 / 10) + 1)));
    }
    const int checkpoints = 1 + static_cast<int>(scenario.random.Below(3));
    for (int c = 0; c < checkpoints; ++c, ++id) {
      CheckpointRequest request{.id = id, .mode = mode, .full = scenario.random.Below(4) == 0};
      if (mode == BarrierMode::kAligned && scenario.random.Below(3) == 0) request.aligned_timeout_ms = 0;
      if (scenario.random.Below(4) == 0) {
        coordinator.Trigger(**job, request);
        (*job)->AbortCheckpoint(id);
        continue;
      }
      if (mode == BarrierMode::kAligned && request.aligned_timeout_ms < 0 && scenario.random.Below(3) == 0) {
        // Another one behind it at once; either may be complete first, and the first may be given up.
        coordinator.Trigger(**job, request);
        request.id = ++id;
        ++tried->beside;
        if (scenario.random.Below(3) == 0) (*job)->AbortCheckpoint(id - 1);
      }
      auto manifest = coordinator.Take(**job, graph, request);
      ASSERT_TRUE(manifest) << ((*job)->failure() ? (*job)->failure()->ToString()
                                                  : "declined: " + coordinator.declines[id]);
      for (const VertexSnapshotData& v : manifest->vertices) {
        for (const SubtaskSnapshot& s : v.subtasks) tried->in_flight += static_cast<int>(s.in_flight.size());
      }
      for (const SubtaskAck& ack : coordinator.acks[id]) tried->unaligned += ack.stats.unaligned ? 1 : 0;
      restore = JobRestore{std::move(*manifest), storage.get(), false, !request.full};
      ++tried->restores;
      if (scenario.random.Below(3) != 0) (*job)->ConfirmCheckpoint(id);
    }
  }
  *visible = scenario.world.Visible();
  *expected = scenario.Expected();
}

constexpr int kSeedsEach = 25;

TEST(RandomCheckpoints, AlignedIsExactlyOnce) {
  Tried tried;
  for (uint64_t seed = 0; seed < kSeedsEach; ++seed) {
    Rows visible, expected;
    RunScenario(seed, BarrierMode::kAligned, &visible, &expected, &tried);
    ASSERT_EQ(visible, expected) << "seed " << seed;
  }
  EXPECT_GT(tried.restores, kSeedsEach);
  EXPECT_GT(tried.beside, 0);
}

TEST(RandomCheckpoints, UnalignedIsExactlyOnce) {
  Tried tried;
  for (uint64_t seed = 1000; seed < 1000 + kSeedsEach; ++seed) {
    Rows visible, expected;
    RunScenario(seed, BarrierMode::kUnaligned, &visible, &expected, &tried);
    ASSERT_EQ(visible, expected) << "seed " << seed;
  }
  EXPECT_GT(tried.in_flight, 0);
  EXPECT_GT(tried.unaligned, 0);
}

TEST(RandomCheckpoints, AtLeastOnceLosesNothing) {
  Tried tried;
  for (uint64_t seed = 2000; seed < 2000 + kSeedsEach; ++seed) {
    Rows visible, expected;
    RunScenario(seed, BarrierMode::kAtLeastOnce, &visible, &expected, &tried);
    visible.erase(std::unique(visible.begin(), visible.end()), visible.end());
    ASSERT_TRUE(std::includes(visible.begin(), visible.end(), expected.begin(), expected.end())) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sluice::engine
