// Watermarks by split and by subtask: idleness, splits that come and go, and the documentation's worked example.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/operators/operator_parts.h"
#include "engine/runtime/watermark_alignment.h"
#include "engine/runtime/watermark_merger.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {
namespace {

constexpr int64_t kStart = 1'000'000;

/// One assigner: rows are (watermark after the row), what comes out is text.
class Assigner : public Output {
 public:
  Assigner(ManualClock* clock, int64_t idle_ms, int64_t interval_ms, const SourceWatermarks& source = {},
           WatermarkAlignment* alignment = nullptr)
      : clock_(clock) {
    schema_ = {{"ts", DataType::Bigint()}};
    node_.schema = schema_;
    WatermarkNode watermark;
    watermark.expression = Expr::Input(0, DataType::Bigint());
    watermark.idle_timeout_ms = idle_ms;
    watermark.emit_interval_ms = interval_ms;
    watermark.source = source;
    OperatorEnvironment environment{&functions_, &facts_};
    OperatorPlan plan{node_, {&schema_}, settings_, environment};
    op_ = std::move(*MakeWatermark(watermark, plan));
    StateBackendRequest request;
    request.key_groups = KeyGroupsOfSubtask(0, 128, 1);
    request.max_parallelism = 128;
    request.clock = clock;
    state_ = MakeMemoryStateBackend(request);
    context_.clock = clock;
    context_.alignment = alignment;
    context_.state = state_.get();
    EXPECT_TRUE(op_->Open(context_).ok());
  }

  void Splits(const std::vector<int32_t>& splits) { EXPECT_TRUE(op_->SetSplits(splits, *this).ok()); }
  void Rows(const std::vector<int64_t>& watermarks, int32_t split = kNoSplit) {
    Batch batch;
    batch.columns.push_back(Column::Make(DataType::Bigint(), 0));
    for (const int64_t w : watermarks) batch.columns[0]->Append(w);
    batch.length = watermarks.size();
    batch.split = split;
    EXPECT_TRUE(op_->Process(0, std::move(batch), *this).ok());
  }
  void Time() {
    if (op_->NextProcessingTime() <= clock_->NowMs()) {
      EXPECT_TRUE(op_->AdvanceProcessingTime(clock_->NowMs(), *this).ok());
    }
  }
  bool HeldBack() { return op_->HoldsBack(clock_->NowMs()); }
  void End() { EXPECT_TRUE(op_->AdvanceWatermark(kMaxWatermark, *this).ok()); }

  Status Emit(Batch batch) override {
    EXPECT_EQ(batch.split, kNoSplit);
    for (const int64_t w : batch.watermark_before) before.push_back(w == kNoWatermark ? -1 : w);
    if (batch.watermark != kNoWatermark) {
      last = batch.watermark;
      fresh = true;
    }
    return {};
  }
  Status SetIdle(bool now) override {
    idle = now;
    idle_told = true;
    return {};
  }

  int64_t last = kNoWatermark;
  bool fresh = false, idle = false, idle_told = false;
  std::vector<int64_t> before;

 private:
  ManualClock* clock_;
  FunctionRegistry functions_;
  SessionFacts facts_;
  PlanSettings settings_;
  PlanNode node_;
  Schema schema_;
  std::unique_ptr<KeyedStateBackend> state_;
  TaskContext context_;
  std::unique_ptr<Operator> op_;
};

class SplitWatermarkTest : public testing::Test {
 protected:
  void At(Assigner& a, int64_t ms) {
    clock_.SetNowMs(kStart + ms);
    a.Time();
  }
  ManualClock clock_{kStart};
};

TEST_F(SplitWatermarkTest, TheWatermarkIsTheSmallestOfAllSplits) {
  Assigner a(&clock_, 0, 200);
  a.Splits({3, 7});
  a.Rows({100, 90}, 3);
  At(a, 200);
  EXPECT_EQ(a.last, kNoWatermark) << "split 7 has not said anything";
  a.Rows({40}, 7);
  At(a, 400);
  EXPECT_EQ(a.last, 40);
  a.Rows({150}, 7);
  At(a, 600);
  EXPECT_EQ(a.last, 100);
  a.Splits({7});
  At(a, 800);
  EXPECT_EQ(a.last, 150) << "split 3 is gone and holds nothing back";
}

TEST_F(SplitWatermarkTest, WhoRunsAheadOfItsGroupIsHeldBack) {
  WatermarkAlignment alignment;
  const SourceWatermarks group{.alignment_group = "g", .max_drift_ms = 50, .update_interval_ms = 100};
  Assigner fast(&clock_, 0, 10, group, &alignment), slow(&clock_, 0, 10, group, &alignment);
  fast.Splits({0});
  slow.Splits({0});
  fast.Rows({200}, 0);
  slow.Rows({100}, 0);
  EXPECT_FALSE(slow.HeldBack());
  At(fast, 200);
  EXPECT_TRUE(fast.HeldBack());
  EXPECT_FALSE(slow.HeldBack());
  slow.Rows({150}, 0);
  EXPECT_FALSE(slow.HeldBack());
  At(fast, 400);
  EXPECT_FALSE(fast.HeldBack()) << "50 ahead";
  fast.Rows({500}, 0);
  EXPECT_TRUE(fast.HeldBack());
  slow.End();
  At(fast, 600);
  EXPECT_FALSE(fast.HeldBack()) << "the other has ended";
}

TEST_F(SplitWatermarkTest, TheSourcesOwnTimeoutAndEmissionCount) {
  Assigner a(&clock_, 0, 200, {.idle_timeout_ms = 300, .on_event = true});
  a.Splits({0, 1});
  a.Rows({10, 30}, 0);
  EXPECT_EQ(a.before.size(), 2u) << "a watermark follows every row";
  EXPECT_EQ(a.last, kNoWatermark);
  At(a, 200);
  a.Rows({40}, 0);
  At(a, 301);
  At(a, 600);
  EXPECT_EQ(a.last, 40) << "split 1 was silent for longer than the source's own timeout";
}

TEST_F(SplitWatermarkTest, AnIdleSplitIsLeftOutUntilItSpeaksAgain) {
  Assigner a(&clock_, 1000, 200);
  a.Splits({0, 1});
  a.Rows({500}, 0);
  At(a, 600);
  a.Rows({700}, 0);
  At(a, 1000);
  EXPECT_EQ(a.last, kNoWatermark);
  At(a, 1001);
  EXPECT_EQ(a.last, 700) << "split 1 was silent for longer than the timeout";
  EXPECT_FALSE(a.idle);
  At(a, 1601);
  EXPECT_TRUE(a.idle) << "both are silent";
  a.Rows({710}, 1);
  EXPECT_FALSE(a.idle);
  At(a, 1801);
  EXPECT_EQ(a.last, 710) << "split 0 is still idle";
  a.Rows({705}, 0);
  a.Rows({800}, 1);
  At(a, 2001);
  EXPECT_EQ(a.last, 710) << "split 0 counts again, and watermarks do not go back";
}

TEST_F(SplitWatermarkTest, WhoLooksLateSeesTheSplitsFallSilentInTheirOrder) {
  Assigner a(&clock_, 1000, 200);
  a.Splits({0, 1, 2});
  At(a, 50);
  a.Rows({500}, 0);
  At(a, 5000);
  EXPECT_TRUE(a.idle) << "all are silent";
  EXPECT_EQ(a.last, 500) << "splits 1 and 2 fell silent before split 0, whose watermark held then";
}

TEST_F(SplitWatermarkTest, ANewSplitHoldsTheWatermarkBack) {
  Assigner a(&clock_, 1000, 200);
  a.Splits({0});
  a.Rows({10}, 0);
  At(a, 200);
  a.Splits({0, 1});
  a.Rows({300}, 0);
  At(a, 400);
  EXPECT_EQ(a.last, 10);
  a.Rows({250}, 1);
  At(a, 600);
  EXPECT_EQ(a.last, 250);
}

TEST_F(SplitWatermarkTest, ASourceThatNamesNoSplitsAnyMoreHasTheHighestOfThem) {
  for (const bool greater_first : {true, false}) {
    for (const std::vector<int32_t>& left : {std::vector<int32_t>{0}, {1}, {0, 1}}) {
      Assigner a(&clock_, 1000, 0);
      a.Splits({0, 1});
      a.Rows({greater_first ? 900 : 40}, 0);
      a.Rows({greater_first ? 40 : 900}, 1);
      EXPECT_EQ(a.last, 40);
      a.Splits(left);
      a.Splits({});
      EXPECT_EQ(a.last, 900);
      a.Rows({950}, 0);
      EXPECT_EQ(a.last, 950) << "and goes on by subtask";
      a.Splits({2});
      EXPECT_EQ(a.last, 950) << "watermarks do not go back";
    }
  }
}

TEST_F(SplitWatermarkTest, WithoutAnIntervalEveryRowMovesTheSmallest) {
  Assigner a(&clock_, 0, 0);
  a.Splits({0, 1});
  a.Rows({10, 20}, 0);
  EXPECT_EQ(a.before, (std::vector<int64_t>{-1, -1}));
  EXPECT_EQ(a.last, kNoWatermark);
  a.before.clear();
  a.Rows({5, 15, 30}, 1);
  EXPECT_EQ(a.before, (std::vector<int64_t>{-1, 5, 15}));
  EXPECT_EQ(a.last, 20);
  a.Splits({1});
  EXPECT_EQ(a.last, 30) << "at once: no row may follow";
  a.End();
  EXPECT_EQ(a.last, kMaxWatermark);
}

/// Eight subtasks that read 16 shards with eight records, as the developer guide prints it ("Watermarks and idle
/// shards"); the watermark is the row's time less a millisecond. What the window operator hears, in order.
std::vector<int64_t> WorkedExample(int64_t idle_ms) {
  struct Read {
    int64_t at_ms;
    size_t subtask;
    int64_t event;
  };
  // A subtask starts on its second and third shard one and a half and three seconds later.
  const std::vector<Read> reads = {{0, 0, 1648030822428},    {1400, 6, 1648030809282}, {1500, 2, 1648030797697},
                                   {1500, 2, 1648030810871}, {2900, 7, 1648030834105}, {3100, 0, 1648030794441},
                                   {3100, 0, 1648030796122}, {3100, 0, 1648030887171}};
  ManualClock clock{kStart};
  std::vector<std::unique_ptr<Assigner>> subtasks;
  for (int i = 0; i < 8; ++i) subtasks.push_back(std::make_unique<Assigner>(&clock, idle_ms, 200));
  WatermarkMerger merger(8);
  std::vector<int64_t> heard;
  auto hear = [&](int64_t advanced) {
    if (advanced != kNoWatermark) heard.push_back(advanced);
  };
  size_t next = 0;
  for (int64_t ms = 0; ms <= 60'000; ms += 100) {
    clock.SetNowMs(kStart + ms);
    for (; next < reads.size() && reads[next].at_ms <= ms; ++next) {
      subtasks[reads[next].subtask]->Rows({reads[next].event - 1});
    }
    for (size_t s = 0; s < subtasks.size(); ++s) {
      subtasks[s]->Time();
      if (std::exchange(subtasks[s]->fresh, false)) {
        Batch mark;
        mark.watermark = subtasks[s]->last;
        hear(merger.Merge(s, mark));
      }
      if (std::exchange(subtasks[s]->idle_told, false)) hear(merger.SetIdle(s, subtasks[s]->idle));
    }
  }
  return heard;
}

/// The first watermark at which a session of that end closes; 0 if none does.
int64_t ClosedBy(const std::vector<int64_t>& heard, int64_t end) {
  for (const int64_t w : heard) {
    if (w >= end - 1) return w;
  }
  return 0;
}

TEST(WatermarkExample, IdleSubtasksLetTheWindowsClose) {
  const std::vector<int64_t> heard = WorkedExample(15'000);
  EXPECT_EQ(ClosedBy(heard, 1648030807697), 1648030809281) << "{3, 1, 2}";
  EXPECT_EQ(ClosedBy(heard, 1648030820871), 1648030834104) << "{4, 5}";
  EXPECT_EQ(ClosedBy(heard, 1648030832428), 1648030834104) << "{6}";
  EXPECT_EQ(ClosedBy(heard, 1648030844105), 1648030887170) << "{7}";
  EXPECT_EQ(ClosedBy(heard, 1648030897171), 0) << "{8} waits for a later record";
}

/// In whatever order the subtasks fall silent: those that are left make the watermark, and when none is left it is the
/// highest that any of them said (StatusWatermarkValve).
TEST(WatermarkExample, TheOrderOfIdlenessDoesNotMatter) {
  const std::vector<int64_t> said = {kNoWatermark, 30, 10, 20};
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    WatermarkMerger merger(said.size());
    std::vector<bool> idle(said.size());
    for (size_t c = 0; c < said.size(); ++c) {
      Batch mark;
      mark.watermark = said[c];
      EXPECT_EQ(merger.Merge(c, mark), kNoWatermark) << "channel 0 has not said anything";
    }
    int64_t expected = kNoWatermark;
    for (const size_t c : order) {
      merger.SetIdle(c, true);
      idle[c] = true;
      int64_t least = kMaxWatermark;
      for (size_t k = 0; k < said.size(); ++k) {
        if (!idle[k]) least = std::min(least, said[k]);
      }
      expected = std::max(expected, merger.idle() ? 30 : least);
      EXPECT_EQ(merger.watermark(), expected);
    }
    EXPECT_EQ(merger.watermark(), 30);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(WatermarkExample, WithoutIdlenessNoWindowCloses) { EXPECT_TRUE(WorkedExample(0).empty()); }

}  // namespace
}  // namespace sluice::engine
