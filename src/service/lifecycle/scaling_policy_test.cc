#include "service/lifecycle/scaling_policy.h"

#include <gtest/gtest.h>

namespace sluice::service {
namespace {

constexpr int64_t kMinute = 60'000;

/// An application's load, a datapoint a minute.
class LoadHistoryTest : public testing::Test {
 protected:
  /// `count` datapoints of `percent`; the wish of the last one. None of the others may have one.
  ScalingWish Feed(int count, double percent) {
    ScalingWish wish = ScalingWish::kNone;
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(wish, ScalingWish::kNone) << "datapoint " << i;
      wish = history_.Add({}, ++minute_ * kMinute, percent);
    }
    return wish;
  }
  LoadHistory history_;
  int64_t minute_ = 1000;
};

TEST_F(LoadHistoryTest, UpAfterFifteenMinutesAtSeventyFivePercent) {
  EXPECT_EQ(Feed(14, 75), ScalingWish::kNone);
  EXPECT_EQ(Feed(1, 75), ScalingWish::kUp);
  EXPECT_EQ(Feed(14, 100), ScalingWish::kNone);
  EXPECT_EQ(Feed(1, 74.9), ScalingWish::kNone);
  EXPECT_EQ(Feed(15, 400), ScalingWish::kUp);
}

TEST_F(LoadHistoryTest, DownAfterSixHoursBelowTenPercent) {
  EXPECT_EQ(Feed(359, 9.9), ScalingWish::kNone);
  EXPECT_EQ(Feed(1, 10), ScalingWish::kNone);
  EXPECT_EQ(Feed(360, 0), ScalingWish::kDown);
}

TEST_F(LoadHistoryTest, AMissingDatapointEndsTheRow) {
  EXPECT_EQ(Feed(14, 90), ScalingWish::kNone);
  ++minute_;
  EXPECT_EQ(Feed(14, 90), ScalingWish::kNone);
  EXPECT_EQ(Feed(1, 90), ScalingWish::kUp);
}

TEST_F(LoadHistoryTest, TheRowGoesOnWithTheNextService) {
  EXPECT_EQ(Feed(14, 90), ScalingWish::kNone);
  history_ = LoadHistory::Parse(history_.Serialize());
  EXPECT_EQ(Feed(1, 90), ScalingWish::kUp);
  history_ = LoadHistory::Parse("14 minutes");
  EXPECT_EQ(Feed(14, 90), ScalingWish::kNone);
}

int64_t Up(const ScalingBounds& bounds) { return ScaledParallelism(ScalingWish::kUp, bounds); }
int64_t Down(const ScalingBounds& bounds) { return ScaledParallelism(ScalingWish::kDown, bounds); }

TEST(ScalingPolicyTest, DoublesUpToWhatTheKpusAndTheOperatorsAllow) {
  EXPECT_EQ(Up({.current = 3}), 6);
  EXPECT_EQ(Up({.current = 48, .max_kpus = 64}), 64);
  EXPECT_EQ(Up({.current = 48, .per_kpu = 4, .max_kpus = 64}), 96);
  EXPECT_EQ(Up({.current = 8, .max_parallelism = 8}), 8);
  EXPECT_EQ(Up({.current = 6, .max_parallelism = 8}), 8);
  EXPECT_EQ(Up({.current = 100, .max_kpus = 64}), 100);  // the quota was lowered since
}

TEST(ScalingPolicyTest, HalvesRoundedUpButNeverBelowTheConfigured) {
  EXPECT_EQ(Down({.current = 8, .configured = 1}), 4);
  EXPECT_EQ(Down({.current = 5, .configured = 1}), 3);
  EXPECT_EQ(Down({.current = 8, .configured = 6}), 6);
  EXPECT_EQ(Down({.current = 6, .configured = 6}), 6);
  EXPECT_EQ(Down({.current = 1, .configured = 1}), 1);
}

TEST(ScalingPolicyTest, KpusAreRoundedUp) {
  EXPECT_EQ(KpusFor(1, 1), 1);
  EXPECT_EQ(KpusFor(9, 4), 3);
  EXPECT_EQ(KpusFor(8, 4), 2);
}

}  // namespace
}  // namespace sluice::service
