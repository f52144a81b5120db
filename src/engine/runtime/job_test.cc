#include "engine/runtime/job.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "engine/runtime/watermark_merger.h"
#include "engine/runtime/worker_pool.h"

namespace sluice::engine {
namespace {

/// 0, 1, 2, … `rows` numbers, 100 a batch; fails at `fail_at`.
class Numbers : public Source {
 public:
  explicit Numbers(int64_t rows, int64_t fail_at = -1) : rows_(rows), fail_at_(fail_at) {}
  Status Open(const TaskContext& context) override {
    next_ = context.subtask;
    step_ = context.parallelism;
    return {};
  }
  Result<PollResult> Poll(Output& out) override {
    Batch batch;
    ColumnPtr c = Column::Make(DataType::Bigint(), 0);
    for (int i = 0; i < 100 && next_ < rows_; ++i, next_ += step_) {
      if (next_ == fail_at_) return Error(ErrorCode::kData, "bad row");
      c->Append(next_);
    }
    batch.length = c->size();
    batch.columns = {c};
    if (Status s = out.Emit(std::move(batch)); !s.ok()) return s.error();
    return PollResult{next_ >= rows_ ? PollState::kEnd : PollState::kMore};
  }

 private:
  int64_t rows_, fail_at_, next_ = 0, step_ = 1;
};

class Endless : public Source {
 public:
  Status Open(const TaskContext&) override { return {}; }
  Result<PollResult> Poll(Output&) override { return PollResult{PollState::kIdle, 1000000}; }
};

/// Idle once, for what is as good as for ever, until its waker is called; then has rows for many polls.
class WokenOnce : public Source {
 public:
  Status Open(const TaskContext& context) override {
    wake_ = context.wake;
    return {};
  }
  Result<PollResult> Poll(Output&) override {
    if (polls_++ == 0) {
      wake_();
      return PollResult{PollState::kIdle, 1000000};
    }
    return PollResult{polls_ < 100 ? PollState::kMore : PollState::kEnd};
  }

 private:
  std::function<void()> wake_;
  int polls_ = 0;
};

/// Emits one batch with all it got, at the end of its inputs.
class Gather : public Operator {
 public:
  explicit Gather(int inputs) : open_(inputs) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Process(int, Batch batch, Output&) override {
    batch.rows().ForEach([&](size_t i) { rows_->Append(batch.columns[0]->at<int64_t>(i)); });
    return {};
  }
  Status EndInput(int, Output& out) override {
    if (--open_ > 0) return {};
    Batch batch;
    batch.length = rows_->size();
    batch.columns = {rows_};
    return out.Emit(std::move(batch));
  }

 private:
  int open_;
  ColumnPtr rows_ = Column::Make(DataType::Bigint(), 0);
};

struct Seen {
  std::mutex mutex;
  std::vector<int64_t> rows;
  int finished = 0, closed = 0;
};

class Collect : public Sink {
 public:
  explicit Collect(Seen* seen) : seen_(seen) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch batch) override {
    std::lock_guard lock(seen_->mutex);
    batch.rows().ForEach([&](size_t i) { seen_->rows.push_back(batch.columns[0]->at<int64_t>(i)); });
    return {};
  }
  Status Finish() override {
    std::lock_guard lock(seen_->mutex);
    ++seen_->finished;
    return {};
  }
  Status Close() override {
    std::lock_guard lock(seen_->mutex);
    ++seen_->closed;
    return {};
  }

 private:
  Seen* seen_;
};

JobGraph Graph(Seen* seen, std::function<Result<std::unique_ptr<Source>>()> source, int parallelism,
               Distribution distribution) {
  JobGraph graph;
  graph.vertices.push_back({.uid = "s", .name = "numbers", .parallelism = parallelism, .make_source = source});
  graph.vertices.push_back(
      {.uid = "g",
       .name = "gather",
       .parallelism = parallelism,
       .make_operator = []() -> Result<std::unique_ptr<Operator>> { return std::make_unique<Gather>(1); }});
  graph.vertices.push_back(
      {.uid = "c", .name = "collect", .parallelism = 1, .make_sink = [seen]() -> Result<std::unique_ptr<Sink>> {
         return std::make_unique<Collect>(seen);
       }});
  graph.edges.push_back({.from = 0, .to = 1, .distribution = distribution, .hash_keys = {0}});
  graph.edges.push_back({.from = 1, .to = 2, .distribution = Distribution::kSingleton});
  return graph;
}

auto NumbersSource(int64_t rows, int64_t fail_at = -1) {
  return [=]() -> Result<std::unique_ptr<Source>> { return std::make_unique<Numbers>(rows, fail_at); };
}

TEST(Job, RunsToTheEndChainedAndParallel) {
  SystemClock clock;
  WorkerPool pool(2, clock);
  for (const int parallelism : {1, 2, 3}) {
    for (const Distribution d : {Distribution::kForward, Distribution::kHash, Distribution::kRebalance}) {
      Seen seen;
      auto job = Job::Create(Graph(&seen, NumbersSource(10007), parallelism, d), {.clock = &clock, .workers = &pool});
      ASSERT_TRUE(job.ok());
      (*job)->Start();
      EXPECT_EQ((*job)->Wait(), JobStatus::kFinished);
      std::sort(seen.rows.begin(), seen.rows.end());
      ASSERT_EQ(seen.rows.size(), 10007u);
      for (int64_t i = 0; i < 10007; ++i) ASSERT_EQ(seen.rows[static_cast<size_t>(i)], i);
      EXPECT_EQ(seen.finished, 1);
      const JobSnapshot snapshot = (*job)->Snapshot();
      EXPECT_EQ(snapshot.vertices[1].records_in, 10007);
      EXPECT_EQ(snapshot.vertices[1].watermark, kMaxWatermark);
      EXPECT_EQ(snapshot.vertices[0].state, ExecutionState::kFinished);
      EXPECT_EQ(snapshot.vertices[2].task == 0, parallelism == 1);
    }
  }
}

TEST(Job, ASourceThatWasWokenIsPolledAsLongAsItHasMore) {
  SystemClock clock;
  WorkerPool pool(1, clock);
  Seen seen;
  const auto source = []() -> Result<std::unique_ptr<Source>> { return std::make_unique<WokenOnce>(); };
  auto job = Job::Create(Graph(&seen, source, 1, Distribution::kForward), {.clock = &clock, .workers = &pool});
  ASSERT_TRUE(job.ok());
  (*job)->Start();
  EXPECT_EQ((*job)->Wait(), JobStatus::kFinished);  // and not after 1000 s
}

TEST(Job, FailureNamesTheOperatorAndSubtask) {
  SystemClock clock;
  WorkerPool pool(2, clock);
  Seen seen;
  auto job = Job::Create(Graph(&seen, NumbersSource(10000, 5001), 2, Distribution::kHash),
                         {.clock = &clock, .workers = &pool});
  (*job)->Start();
  EXPECT_EQ((*job)->Wait(), JobStatus::kFailed);
  ASSERT_TRUE((*job)->failure());
  EXPECT_EQ((*job)->failure()->message(), "operator 'numbers' (2/2): bad row");
  EXPECT_EQ(seen.finished, 0);
  EXPECT_EQ(seen.closed, 1);
}

TEST(Job, CancelEndsAnEndlessJob) {
  ManualClock clock;
  WorkerPool pool(1, clock);
  Seen seen;
  auto job = Job::Create(Graph(
                             &seen, []() -> Result<std::unique_ptr<Source>> { return std::make_unique<Endless>(); }, 1,
                             Distribution::kHash),
                         {.clock = &clock, .workers = &pool});
  (*job)->Start();
  (*job)->Cancel();
  EXPECT_EQ((*job)->Wait(), JobStatus::kCanceled);
}

TEST(Job, StopEndsSourcesWhereTheyAreAndFinishesSinks) {
  for (const bool batch : {false, true}) {
    ManualClock clock;
    WorkerPool pool(1, clock);
    Seen seen;
    JobGraph graph = Graph(
        &seen, []() -> Result<std::unique_ptr<Source>> { return std::make_unique<Endless>(); }, 2, Distribution::kHash);
    graph.batch = batch;
    auto job = Job::Create(std::move(graph), {.clock = &clock, .workers = &pool});
    (*job)->Start();
    (*job)->Stop();
    EXPECT_EQ((*job)->Wait(), batch ? JobStatus::kCanceled : JobStatus::kFinished);
    EXPECT_EQ(seen.finished, batch ? 0 : 1);
    // Open windows must not fire.
    EXPECT_NE((*job)->Snapshot().vertices[1].watermark, kMaxWatermark);
  }
}

TEST(Chaining, OnlyForwardEdgesIntoOneInputWhenParallel) {
  Seen seen;
  EXPECT_EQ(ChainVertices(Graph(&seen, NumbersSource(1), 1, Distribution::kHash)), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(ChainVertices(Graph(&seen, NumbersSource(1), 2, Distribution::kForward)), (std::vector<int>{0, 0, 1}));
  EXPECT_EQ(ChainVertices(Graph(&seen, NumbersSource(1), 2, Distribution::kHash)), (std::vector<int>{0, 1, 2}));
}

TEST(WatermarkMerger, MinOverActiveChannels) {
  WatermarkMerger merger(2);
  Batch a;
  a.watermark = 10;
  EXPECT_EQ(merger.Merge(0, a), kNoWatermark);
  Batch b;
  b.length = 2;
  b.watermark_before = {kNoWatermark, 4};
  b.watermark = 20;
  EXPECT_EQ(merger.Merge(1, b), 10);
  EXPECT_EQ(b.watermark_before, (std::vector<int64_t>{kNoWatermark, 4}));
  EXPECT_EQ(merger.SetIdle(0, true), 20);
  EXPECT_EQ(merger.SetIdle(0, false), kNoWatermark);
}

}  // namespace
}  // namespace sluice::engine
