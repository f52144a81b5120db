#include "engine/columnar/java_hash_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;

// The hash codes are those of Java's Integer, Long, Boolean, Double and BigDecimal.
TEST(JavaHashCodeTest, AgreesWithJava) {
  ColumnPtr longs = Column::Make(DataType::Bigint(), 1);
  longs->data<int64_t>()[0] = (int64_t{1} << 32) + 5;
  EXPECT_EQ(JavaHashCode(*longs, 0), 4);
  ColumnPtr booleans = Column::Make(DataType::Boolean(), 2);
  booleans->data<uint8_t>()[0] = 1;
  EXPECT_EQ(JavaHashCode(*booleans, 0), 1231);
  EXPECT_EQ(JavaHashCode(*booleans, 1), 1237);
  ColumnPtr doubles = Column::Make(DataType::Double(), 1);
  doubles->data<double>()[0] = 1.0;
  EXPECT_EQ(JavaHashCode(*doubles, 0), 0x3ff00000);
  ColumnPtr decimals = Column::Make(DataType::Decimal(5, 1), 2);
  decimals->data<int128_t>()[0] = 30;
  decimals->data<int128_t>()[1] = -30;
  EXPECT_EQ(JavaHashCode(*decimals, 0), 931);
  EXPECT_EQ(JavaHashCode(*decimals, 1), -929);
}

TEST(HashMapOrderTest, FollowsBuckets) {
  const std::vector<int32_t> few = {3, 1, 17};  // 17 shares the bucket of 1
  EXPECT_THAT(HashMapOrder(std::span(few)), ElementsAre(1, 2, 0));
  std::vector<int32_t> many;
  for (int32_t i = 0; i < 13; ++i) many.push_back(i == 0 ? 16 : i);  // 32 buckets: 16 is not in that of 0 any more
  EXPECT_THAT(HashMapOrder(std::span(many)), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0));
}

}  // namespace
}  // namespace sluice::engine
