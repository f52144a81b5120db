#include "engine/connectors/filesystem/partition_time.h"

#include <gtest/gtest.h>

namespace sluice::engine::filesystem {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kJanuary2024 = 19'723 * kDay;

Result<int64_t> BeginOf(const OptionMap& options, const PartitionSpec& partition) {
  auto time = PartitionTime::Make(options);
  return time.ok() ? time->Begin(partition) : Result<int64_t>(time.error());
}

TEST(PartitionTime, FirstValueByDefault) {
  EXPECT_EQ(*BeginOf({}, {{"dt", "2024-01-01"}, {"h", "7"}}), kJanuary2024);
  EXPECT_EQ(*BeginOf({}, {{"dt", "2024-1-1 7:05:00.25"}}), kJanuary2024 + 7 * 3'600'000 + 5 * 60'000 + 250);
}

TEST(PartitionTime, FieldsRunOver) {
  EXPECT_EQ(*BeginOf({}, {{"dt", "2023-13-01"}}), kJanuary2024);
  EXPECT_EQ(*BeginOf({}, {{"dt", "2023-12-32 24:00:00"}}), kJanuary2024 + kDay);
}

TEST(PartitionTime, Pattern) {
  const OptionMap options = {{"partition.time-extractor.timestamp-pattern", "$y-$m-$d $h:00:00"}};
  EXPECT_EQ(*BeginOf(options, {{"y", "2024"}, {"m", "01"}, {"d", "1"}, {"h", "03"}}), kJanuary2024 + 3 * 3'600'000);
}

TEST(PartitionTime, FormatterAndZone) {
  const OptionMap options = {{"partition.time-extractor.timestamp-formatter", "yyyyMMdd"},
                             {"sink.partition-commit.watermark-time-zone", "Asia/Shanghai"}};
  EXPECT_EQ(*BeginOf(options, {{"dt", "20240101"}}), kJanuary2024 - 8 * 3'600'000);
}

TEST(PartitionTime, Refusals) {
  const auto no_time = BeginOf({}, {{"dt", "nodate"}});
  ASSERT_FALSE(no_time.ok());
  EXPECT_NE(no_time.error().message().find("Text 'nodate' could not be parsed"), std::string::npos);
  EXPECT_FALSE(BeginOf({}, {{"dt", "2024-01-01 10:00"}}).ok());
  EXPECT_FALSE(BeginOf({}, {{"dt", "2024-01-01x"}}).ok());
  EXPECT_FALSE(BeginOf({{"sink.partition-commit.watermark-time-zone", "Nowhere/Land"}}, {{"dt", "2024-01-01"}}).ok());
  const auto custom = BeginOf({{"partition.time-extractor.kind", "custom"}}, {{"dt", "2024-01-01"}});
  EXPECT_EQ(custom.error().code(), ErrorCode::kNotSupported);
}

}  // namespace
}  // namespace sluice::engine::filesystem
