#include "engine/operators/full_lookup_cache.h"

#include <gmock/gmock.h>

namespace sluice::engine {
namespace {

constexpr int64_t kHour = 3'600'000;

/// A table whose one row is (1, how often it was read) and another with the key NULL.
class Counted : public LookupSource {
 public:
  Result<size_t> Lookup(std::span<const ColumnPtr> keys, size_t, std::span<const ColumnPtr> out) override {
    EXPECT_TRUE(keys.empty());
    out[0]->Append(int32_t{1});
    out[1]->Append(++reads_);
    out[0]->AppendNull();
    out[1]->Append(int32_t{0});
    return size_t{2};
  }

 private:
  int32_t reads_ = 0;
};

class FullLookupCacheTest : public testing::Test {
 protected:
  void Make(FullCacheSettings settings) {
    LookupJoinNode node;
    node.row = {{"k", DataType::Integer()}, {"v", DataType::Integer()}};
    LookupKey key;
    key.column = 0;
    key.left = 0;
    node.keys = {key};
    cache_ = std::make_unique<FullLookupCache>(node, settings, std::make_unique<Counted>(), clock_);
  }

  /// The row's v; -1: no row.
  int Find(int32_t k) {
    const ColumnPtr key = Column::Make(DataType::Integer(), 0);
    key->Append(k);
    const std::vector<ColumnPtr> out = {Column::Make(DataType::Integer(), 0), Column::Make(DataType::Integer(), 0)};
    const auto count = cache_->Lookup(std::span(&key, 1), 0, out);
    EXPECT_TRUE(count.ok());
    return *count == 0 ? -1 : out[1]->at<int32_t>(0);
  }

  ManualClock clock_{5 * kHour};
  std::unique_ptr<FullLookupCache> cache_;
};

TEST_F(FullLookupCacheTest, ReadsOnceUntilTheIntervalIsOver) {
  Make({.interval_ms = 100});
  EXPECT_EQ(Find(1), 1);
  EXPECT_EQ(Find(2), -1);
  clock_.Advance(std::chrono::milliseconds(99));
  EXPECT_EQ(Find(1), 1);
  clock_.Advance(std::chrono::milliseconds(1));
  EXPECT_EQ(Find(1), 2);
}

TEST_F(FullLookupCacheTest, ReadsAtATimeOfTheDay) {
  Make({.time_of_day_ms = 6 * kHour, .days = 1});
  EXPECT_EQ(Find(1), 1);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Find(1), 2);
  clock_.Advance(std::chrono::hours(23));
  EXPECT_EQ(Find(1), 2);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Find(1), 3);
}

TEST(FullCacheSettings, AreReadFromTheTablesOptions) {
  EXPECT_FALSE(ReadFullCache({{"lookup.cache", "PARTIAL"}}, "UTC")->has_value());
  const OptionMap periodic = {{"lookup.cache", "FULL"},
                              {"lookup.full-cache.periodic-reload.interval", "10 min"},
                              {"lookup.full-cache.periodic-reload.schedule-mode", "FIXED_RATE"}};
  EXPECT_EQ(NextReload(**ReadFullCache(periodic, "UTC"), 1000, 5000), 601000);
  OptionMap timed = {{"lookup.cache", "FULL"},
                     {"lookup.full-cache.reload-strategy", "TIMED"},
                     {"lookup.full-cache.timed-reload.iso-time", "10:15+01:00"}};
  EXPECT_EQ(*(*ReadFullCache(timed, "UTC"))->time_of_day_ms, 9 * kHour + kHour / 4);
  timed["lookup.full-cache.timed-reload.iso-time"] = "10:15";
  EXPECT_EQ(*(*ReadFullCache(timed, "Asia/Tokyo"))->time_of_day_ms, kHour + kHour / 4);
  timed["lookup.full-cache.timed-reload.iso-time"] = "25:00";
  EXPECT_THAT(ReadFullCache(timed, "UTC").error().message(), testing::HasSubstr("25:00"));
  EXPECT_FALSE(ReadFullCache({{"lookup.cache", "FULL"}}, "UTC").ok());
}

}  // namespace
}  // namespace sluice::engine
