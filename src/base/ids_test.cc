#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace sluice {
namespace {

using TestId = HexId<struct TestIdTag>;

TEST(IdsTest, PrintsAndParses32HexDigits) {
  auto id = TestId::Parse("00ff00000000000a0123456789ABCDEF");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->ToString(), "00ff00000000000a0123456789abcdef");
  EXPECT_FALSE(id->none());
  EXPECT_TRUE(TestId().none());
  for (const char* bad : {"", "00ff", "00ff00000000000a0123456789abcdeg", "00ff00000000000a0123456789abcdef0"}) {
    auto parsed = TestId::Parse(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(IdsTest, NewIdsComeFromTheInjectedRandom) {
  SeededRandom a(1), b(1), c(2);
  EXPECT_EQ(TestId::New(a), TestId::New(b));
  EXPECT_NE(TestId::New(a), TestId::New(c));
  SystemRandom system;
  EXPECT_NE(TestId::New(system), TestId::New(system));
}

TEST(RandomTest, SplitMixIsTheKnownSequence) {
  // Reference values of SplitMix64 with seed 1234567.
  SeededRandom random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
}

TEST(RandomTest, BelowStaysBelowAndReachesAll) {
  SeededRandom random(3);
  std::set<uint64_t> seen;
  for (int i = 0; i < 200; ++i) seen.insert(random.Below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
  for (int i = 0; i < 100; ++i) {
    const double d = random.NextDouble();
    EXPECT_GE(d, 0.0);
    EXPECT_LT(d, 1.0);
  }
}

}  // namespace
}  // namespace sluice
