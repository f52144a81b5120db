// The master over real jobs: what is committed in the end is what an undisturbed run would have committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "engine/runtime/job_master.h"
#include "engine/runtime/worker_pool.h"

namespace sluice::engine {
namespace {

constexpr int64_t kRows = 4000;
constexpr int kSplits = 8;

/// What source, operator and sink of all attempts share with the test.
struct World {
  std::atomic<int64_t> gate{0};  // each split gives its first gate/kSplits rows
  std::atomic<bool> fail{false};
  std::atomic<int64_t> seen{0};  // rows that went through the operator
  std::mutex mutex;
  std::set<std::string> transactions;  // committed ones
  std::vector<int64_t> committed;
};

/// Split s gives s, s + kSplits, s + 2 * kSplits, …
class Splits : public Source {
 public:
  explicit Splits(World& world) : world_(world) {}
  Status Open(const TaskContext& context) override {
    context_ = context;
    for (int s = context.subtask; s < kSplits; s += context.parallelism) next_[s] = 0;
    return {};
  }
  Status RestorePositions(const std::vector<std::string>& positions) override {
    for (const std::string& position : positions) {
      std::istringstream in(position);
      int split;
      int64_t next;
      while (in >> split >> next) {
        if (split % context_.parallelism == context_.subtask) next_[split] = next;
      }
    }
    return {};
  }
  Result<std::string> SnapshotPosition() override {
    std::ostringstream out;
    for (const auto& [split, next] : next_) out << split << ' ' << next << ' ';
    return out.str();
  }
  Result<PollResult> Poll(Output& out) override {
    Batch batch;
    ColumnPtr c = Column::Make(DataType::Bigint(), 0);
    bool more = false;
    for (auto& [split, next] : next_) {
      const int64_t limit = std::min(world_.gate.load(), kRows) / kSplits;
      for (int i = 0; i < 10 && next < limit; ++i) c->Append(next++ * kSplits + split);
      more |= next < kRows / kSplits;
    }
    batch.length = c->size();
    const bool any = batch.length > 0;
    batch.columns = {c};
    if (any) SLUICE_RETURN_IF_ERROR(out.Emit(std::move(batch)));
    return PollResult{!more ? PollState::kEnd : any ? PollState::kMore : PollState::kIdle, 1};
  }

 private:
  World& world_;
  TaskContext context_;
  std::map<int, int64_t> next_;
};

class Pass : public Operator {
 public:
  explicit Pass(World& world) : world_(world) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Process(int, Batch batch, Output& out) override {
    if (world_.fail.exchange(false)) return Error(ErrorCode::kData, "bad row");
    const auto rows = static_cast<int64_t>(batch.row_count());
    SLUICE_RETURN_IF_ERROR(out.Emit(std::move(batch)));
    world_.seen += rows;
    return {};
  }

 private:
  World& world_;
};

class Transactions : public Sink {
 public:
  Transactions(World& world, Random& random) : world_(world), id_(random.Next()) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch batch) override {
    batch.rows().ForEach([&](size_t i) { open_ += " " + std::to_string(batch.columns[0]->at<int64_t>(i)); });
    return {};
  }
  bool two_phase() const override { return true; }
  Result<std::string> PrepareCommit(int64_t) override {
    std::string prepared = std::to_string(id_) + "-" + std::to_string(++number_) + std::exchange(open_, "");
    return prepared;
  }
  Status Commit(std::string_view prepared) override {
    std::istringstream in{std::string(prepared)};
    std::string transaction;
    in >> transaction;
    std::lock_guard lock(world_.mutex);
    if (!world_.transactions.insert(transaction).second) return {};
    int64_t row;
    while (in >> row) world_.committed.push_back(row);
    return {};
  }

 private:
  World& world_;
  const uint64_t id_;
  int number_ = 0;
  std::string open_;
};

class JobRecoveryTest : public testing::Test {
 protected:
  std::unique_ptr<JobMaster> Make(OptionValues options) {
    options["restart-strategy.type"] = "fixed-delay";
    options["restart-strategy.fixed-delay.attempts"] = "10";
    options["restart-strategy.fixed-delay.delay"] = "1 ms";
    options["execution.checkpointing.interval"] = "1 h";
    JobGraph graph;
    graph.name = "recovery";
    JobVertex source, pass, sink;
    source.uid = source.name = "source";
    source.make_source = [this]() -> Result<std::unique_ptr<Source>> { return std::make_unique<Splits>(world_); };
    pass.uid = pass.name = "pass";
    pass.make_operator = [this]() -> Result<std::unique_ptr<Operator>> { return std::make_unique<Pass>(world_); };
    sink.uid = sink.name = "sink";
    sink.make_sink = [this]() -> Result<std::unique_ptr<Sink>> {
      return std::make_unique<Transactions>(world_, random_);
    };
    graph.vertices = {source, pass, sink};
    graph.edges = {{0, 1, 0, Distribution::kHash, {0}, {DataType::Bigint()}},
                   {1, 2, 0, Distribution::kForward, {}, {DataType::Bigint()}}};
    JobMasterEnvironment env;
    env.clock = &clock_;
    env.random = &random_;
    env.workers = &workers_;
    env.on_note = [this](const std::string& line, bool) {
      std::lock_guard lock(world_.mutex);
      notes_ += line + "\n";
    };
    auto config = ReadJobConfig(options);
    EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().ToString());
    auto master = JobMaster::Create("0123456789abcdef0123456789abcdef", std::move(graph), *config, env);
    EXPECT_TRUE(master.ok()) << (master.ok() ? "" : master.error().ToString());
    return std::move(*master);
  }
  template <typename F>
  void Eventually(F holds) {
    for (int64_t i = 0; !holds(); ++i) {
      clock_.Advance(std::chrono::milliseconds(1));
      std::this_thread::yield();
      ASSERT_LT(i, 3'000'000) << notes_;
    }
  }
  /// Lets the sources go on to `rows` and waits until they are through the operator, counted from `from`.
  void ReadTo(int64_t rows, int64_t from = 0) {
    world_.seen = from;
    world_.gate = rows;
    Eventually([&] { return world_.seen >= rows; });
  }
  void Checkpoint(JobMaster& master) {
    const int64_t order = master.TriggerCheckpoint();
    Eventually([&] { return master.FindOrder(order)->done; });
    ASSERT_FALSE(master.FindOrder(order)->error) << master.FindOrder(order)->error->ToString();
  }
  size_t Committed() {
    std::lock_guard lock(world_.mutex);
    return world_.committed.size();
  }
  /// The confirmation reaches the sinks a little later than the order is done.
  void AwaitCommitted(size_t rows) {
    Eventually([&] { return Committed() >= rows; });
    EXPECT_EQ(Committed(), rows);
  }
  void ExpectAllOnce() {
    std::sort(world_.committed.begin(), world_.committed.end());
    ASSERT_EQ(world_.committed.size(), static_cast<size_t>(kRows));
    for (int64_t i = 0; i < kRows; ++i) ASSERT_EQ(world_.committed[static_cast<size_t>(i)], i);
  }

  ManualClock clock_{1'000'000};
  SeededRandom random_{5};
  World world_;
  std::string notes_;
  WorkerPool workers_{2, clock_};
};

TEST_F(JobRecoveryTest, EveryRowOnceThroughAFailure) {
  auto master = Make({});
  master->Start();
  ReadTo(1000);
  Checkpoint(*master);
  AwaitCommitted(1000);
  ReadTo(2000, 1000);
  EXPECT_EQ(Committed(), 1000u) << "nothing more is durable";
  world_.fail = true;
  world_.gate = 2400;
  Eventually([&] { return master->History().restarts == 1; });
  world_.gate = kRows;
  Eventually([&] { return IsTerminal(master->status()); });
  EXPECT_EQ(master->status(), JobStatus::kFinished) << notes_;
  EXPECT_EQ(master->Checkpoints().latest_restored->id, 1);
  ExpectAllOnce();
}

TEST_F(JobRecoveryTest, WithoutACheckpointItStartsOver) {
  auto master = Make({});
  master->Start();
  ReadTo(1000);
  world_.fail = true;
  world_.gate = kRows;
  Eventually([&] { return IsTerminal(master->status()); });
  EXPECT_EQ(master->status(), JobStatus::kFinished) << notes_;
  EXPECT_EQ(master->History().restarts, 1);
  ExpectAllOnce();
}

TEST_F(JobRecoveryTest, RescaledInPlaceNothingIsReadAgain) {
  auto master = Make({});
  master->Start();
  ReadTo(1000);
  Checkpoint(*master);
  AwaitCommitted(1000);
  ReadTo(2000, 1000);
  ASSERT_TRUE(master->UpdateParallelism(3).ok());
  Eventually([&] { return master->History().rescales == 1; });
  EXPECT_EQ(master->Snapshot().vertices[1].parallelism, 3);
  EXPECT_EQ(Committed(), 1000u) << "what was prepared waits for a checkpoint";
  world_.seen = 2000;
  world_.gate = 3000;
  Eventually([&] { return world_.seen == 3000; });
  ASSERT_TRUE(master->UpdateParallelism(2).ok());
  Eventually([&] { return master->History().rescales == 2; });
  Checkpoint(*master);
  AwaitCommitted(3000);
  world_.gate = kRows;
  Eventually([&] { return IsTerminal(master->status()); });
  EXPECT_EQ(master->status(), JobStatus::kFinished) << notes_;
  EXPECT_EQ(world_.seen, kRows) << "no row was read twice";
  EXPECT_EQ(master->Checkpoints().restored, 0);
  ExpectAllOnce();
}

TEST_F(JobRecoveryTest, AFailureAfterARescaleGoesBackToTheLastCheckpoint) {
  auto master = Make({});
  master->Start();
  ReadTo(1000);
  Checkpoint(*master);
  ReadTo(2000, 1000);
  ASSERT_TRUE(master->UpdateParallelism(2).ok());
  Eventually([&] { return master->History().rescales == 1; });
  world_.fail = true;
  world_.gate = kRows;
  Eventually([&] { return IsTerminal(master->status()); });
  EXPECT_EQ(master->status(), JobStatus::kFinished) << notes_;
  EXPECT_EQ(master->Snapshot().vertices[1].parallelism, 2);
  ExpectAllOnce();
}

}  // namespace
}  // namespace sluice::engine
