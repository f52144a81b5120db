#include "service/observe/package_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/observe/metrics_board.h"

namespace sluice::service {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PackageMetricsTest, AreKnownByTheirGroup) {
  const auto metric = ParsePackageMetric("Map.KinesisAnalytics.Program.Orders.Tokenizer.TotalWords");
  ASSERT_TRUE(metric);
  EXPECT_EQ(metric->op, "Map");
  EXPECT_EQ(metric->group, "Program.Orders.Tokenizer");
  EXPECT_EQ(metric->name, "TotalWords");
  const auto bare = ParsePackageMetric("Map.kinesisanalytics.Total");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->group, "");
  EXPECT_EQ(bare->name, "Total");
  for (const char* other : {"", ".", "numRecordsIn", "Map.numRecordsIn", "Map.Program.Total", "KinesisAnalytics.Total",
                            "Map.KinesisAnalytics", "Map.KinesisAnalytics.", "Map.Program.KinesisAnalytics.Total"}) {
    EXPECT_FALSE(ParsePackageMetric(other)) << other;
  }
}

TEST(PackageMetricsTest, NeitherHistogramsNorOtherNamesThatAreNotAlphanumericAreShown) {
  EXPECT_FALSE(ParsePackageMetric("Map.KinesisAnalytics.Latency_p99"));
  EXPECT_FALSE(ParsePackageMetric("Map.KinesisAnalytics.total-words"));
}

TEST(PackageMetricsTest, EachLevelShowsItsParts) {
  TaskReading first{"id1", "Source", {}, {}};
  first.values = {
      {"A.KinesisAnalytics.P.Total", {1, 2, 3}}, {"B.KinesisAnalytics.P.Total", {4, 4, 4}}, {"A.Total", {9, 9, 9}}};
  first.subtasks = {{{"A.KinesisAnalytics.P.Total", 1}, {"A.Total", 9}}, {{"A.KinesisAnalytics.P.Total", 2}}};
  TaskReading second{"id2", "Sink", {}, {}};
  second.values = {{"C.KinesisAnalytics.P.Total", {10, 10, 10}}};
  EngineReading engine;
  engine.jobs = {JobReading{{}, {first, second}}};
  const auto text = [&](MetricsLevel level) {
    MetricsBoard board;
    board.Put("a", SamplesOf("a", engine, {}, level));
    return board.PrometheusText({});
  };
  const std::string application = text(MetricsLevel::kApplication);
  EXPECT_THAT(application, HasSubstr("sluice_app_custom{application=\"a\",group=\"P\",metric=\"Total\"} 17\n"));
  EXPECT_THAT(application, Not(HasSubstr("sluice_app_task_custom")));
  const std::string all = text(MetricsLevel::kParallelism);
  for (const char* part :
       {R"(sluice_app_task_custom{application="a",task_id="id1",task="Source",group="P",metric="Total"} 7)",
        R"(sluice_app_task_custom{application="a",task_id="id2",task="Sink",group="P",metric="Total"} 10)",
        R"(task="Source",operator="B",group="P",metric="Total"} 4)",
        R"(task="Source",operator="A",subtask="1",group="P",metric="Total"} 2)"}) {
    EXPECT_THAT(all, HasSubstr(part));
  }
  EXPECT_THAT(all, Not(HasSubstr(" 9\n")));
}

TEST(PackageMetricsTest, AreAlwaysAskedFor) {
  EXPECT_TRUE(IsWantedOfTask("Map.KinesisAnalytics.Total", MetricsLevel::kApplication));
}

}  // namespace
}  // namespace sluice::service
