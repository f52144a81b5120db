#include "engine/runtime/watermark_alignment.h"

#include <gtest/gtest.h>

#include "engine/columnar/batch.h"

namespace sluice::engine {
namespace {

TEST(WatermarkAlignment, WhoIsTooFarAheadWaitsForTheSlowest) {
  WatermarkAlignment alignment;
  auto fast = alignment.Join("g", 100, 1000), slow = alignment.Join("g", 100, 1000);
  auto other = alignment.Join("h", 100, 1000);
  EXPECT_TRUE(fast->MayRead(0)) << "nobody has reported";
  fast->Report(500);
  other->Report(500);
  slow->Report(kNoWatermark);
  EXPECT_FALSE(fast->MayRead(1000)) << "the slow one has none";
  EXPECT_TRUE(slow->MayRead(1000));
  EXPECT_TRUE(other->MayRead(1000)) << "another group";
  slow->Report(399);
  EXPECT_FALSE(fast->MayRead(1999)) << "not looked at before the interval is over";
  EXPECT_FALSE(fast->MayRead(2000)) << "101 behind";
  slow->Report(400);
  EXPECT_TRUE(fast->MayRead(3000)) << "100 behind";
}

TEST(WatermarkAlignment, IdleEndedAndClosedOnesDoNotCount) {
  WatermarkAlignment alignment;
  auto fast = alignment.Join("g", 100, 10), slow = alignment.Join("g", 100, 10);
  fast->Report(10'000);
  slow->Report(5);
  EXPECT_FALSE(fast->MayRead(0));
  slow->Report(kMaxWatermark);
  EXPECT_TRUE(fast->MayRead(10));
  slow->Report(6);
  EXPECT_FALSE(fast->MayRead(20));
  slow.reset();
  EXPECT_TRUE(fast->MayRead(30));
  fast->Report(kMaxWatermark);
  EXPECT_TRUE(fast->MayRead(40));
}

}  // namespace
}  // namespace sluice::engine
