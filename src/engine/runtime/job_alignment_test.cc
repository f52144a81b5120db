// Watermark alignment in a running job: the task asks its operators before it reads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "engine/runtime/job.h"
#include "engine/runtime/watermark_alignment.h"
#include "engine/runtime/worker_pool.h"

namespace sluice::engine {
namespace {

constexpr int64_t kRowsABatch = 100, kMaxDrift = 250, kFastRows = 10000;

/// What the two sources of a test tell it and are told.
struct World {
  std::atomic<int64_t> fast_read = 0;  // rows of the fast source so far
  std::atomic<int> slow_polls = 0;
  std::atomic<int> polls_in_vain = 0;   // of the slow source, while the fast one had to wait
  std::atomic<bool> slow_ends = false;  // the order to the slow one
  std::atomic<bool> overtaken = false;  // the fast one was read although it was too far ahead
  // The highest row is the watermark; the slow source's stays 0.
  bool must_wait() const { return fast_read - 1 > kMaxDrift; }
};

Status EmitNumbers(int64_t from, int64_t count, Output& out) {
  Batch batch;
  batch.columns = {Column::Make(DataType::Bigint(), 0)};
  for (int64_t i = from; i < from + count; ++i) batch.columns[0]->Append(i);
  batch.length = static_cast<size_t>(count);
  return out.Emit(std::move(batch));
}

class Fast : public Source {
 public:
  explicit Fast(World* world) : world_(world) {}
  Status Open(const TaskContext&) override { return {}; }
  Result<PollResult> Poll(Output& out) override {
    if (world_->slow_polls == 0) return PollResult{PollState::kIdle, 1};
    if (world_->must_wait() && !world_->slow_ends) world_->overtaken = true;
    SLUICE_RETURN_IF_ERROR(EmitNumbers(world_->fast_read, kRowsABatch, out));
    world_->fast_read += kRowsABatch;
    return PollResult{world_->fast_read >= kFastRows ? PollState::kEnd : PollState::kMore};
  }

 private:
  World* world_;
};

/// One row, then nothing until it is told to end.
class Slow : public Source {
 public:
  explicit Slow(World* world) : world_(world) {}
  Status Open(const TaskContext&) override { return {}; }
  Result<PollResult> Poll(Output& out) override {
    if (world_->slow_ends) return PollResult{PollState::kEnd};
    if (world_->slow_polls++ == 0) SLUICE_RETURN_IF_ERROR(EmitNumbers(0, 1, out));
    if (world_->must_wait()) ++world_->polls_in_vain;
    return PollResult{PollState::kIdle, 1};
  }

 private:
  World* world_;
};

/// The watermark is the row's number.
class Marks : public Operator {
 public:
  Status Open(const TaskContext& context) override {
    member_ = context.alignment->Join("group", kMaxDrift, 1);
    return {};
  }
  Status Process(int, Batch batch, Output& out) override {
    batch.rows().ForEach([&](size_t i) { watermark_ = batch.columns[0]->at<int64_t>(i); });
    batch.watermark = watermark_;
    return out.Emit(std::move(batch));
  }
  Status AdvanceWatermark(int64_t watermark, Output&) override {
    if (watermark == kMaxWatermark) member_->Report(kMaxWatermark);
    return {};
  }
  bool HoldsBack(int64_t now_ms) override {
    member_->Report(watermark_);
    return !member_->MayRead(now_ms);
  }
  bool holds_watermark() const override { return true; }

 private:
  std::unique_ptr<WatermarkAlignment::Member> member_;
  int64_t watermark_ = kNoWatermark;
};

class Nowhere : public Sink {
 public:
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch) override { return {}; }
};

template <typename S>
void AddBranch(JobGraph& graph, const std::string& name, World* world) {
  const int first = static_cast<int>(graph.vertices.size());
  graph.vertices.push_back({.uid = name, .name = name, .make_source = [world]() -> Result<std::unique_ptr<Source>> {
                              return std::make_unique<S>(world);
                            }});
  graph.vertices.push_back(
      {.uid = name + "-marks", .name = name + "-marks", .make_operator = []() -> Result<std::unique_ptr<Operator>> {
         return std::make_unique<Marks>();
       }});
  graph.vertices.push_back(
      {.uid = name + "-sink", .name = name + "-sink", .make_sink = []() -> Result<std::unique_ptr<Sink>> {
         return std::make_unique<Nowhere>();
       }});
  for (const int at : {first, first + 1}) {
    graph.edges.push_back({.from = at, .to = at + 1, .distribution = Distribution::kForward});
  }
}

TEST(JobAlignment, TheSourceThatRanAheadIsReadAgainOnceTheOtherHasEnded) {
  SystemClock clock;
  WorkerPool pool(1, clock);  // one worker: as often as the slow source is polled, the fast one could have been
  World world;
  JobGraph graph;
  AddBranch<Slow>(graph, "slow", &world);
  AddBranch<Fast>(graph, "fast", &world);
  auto job = Job::Create(std::move(graph), {.clock = &clock, .workers = &pool});
  ASSERT_TRUE(job.ok());
  (*job)->Start();
  while (world.polls_in_vain < 20 && !world.overtaken) std::this_thread::yield();
  EXPECT_FALSE(world.overtaken);
  EXPECT_LT(world.fast_read, kFastRows);
  world.slow_ends = true;
  EXPECT_EQ((*job)->Wait(), JobStatus::kFinished);
  EXPECT_EQ(world.fast_read, kFastRows);
}

}  // namespace
}  // namespace sluice::engine
