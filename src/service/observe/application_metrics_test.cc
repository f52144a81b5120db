#include "service/observe/application_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "service/observe/metrics_board.h"

namespace sluice::service {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kNoWatermark = -9223372036854775808.0;

MetricSpread Spread(double min, double max, double sum) { return {min, max, sum}; }

/// A job of two tasks; the first has two subtasks and two operators.
EngineReading TwoTasks() {
  JobReading job;
  job.job = {{"uptime", 5000}, {"downtime", 0}, {"numberOfFailedCheckpoints", 2}};
  TaskReading source{"id1", "Source: a -> Map", {}, {}};
  source.values = {{"numRecordsIn", Spread(0, 0, 0)},
                   {"numRecordsOut", Spread(10, 30, 40)},
                   {"busyTimeMsPerSecond", Spread(100, 900, 1000)},
                   {"idleTimeMsPerSecond", Spread(50, 800, 850)},
                   {"currentInputWatermark", Spread(kNoWatermark, kNoWatermark, 2 * kNoWatermark)},
                   {"Source__a.numRecordsOut", Spread(20, 40, 60)},
                   {"Source__a.KafkaSourceReader.KafkaConsumer.records-lag-max", Spread(3, 7, 10)},
                   {"Map.numRecordsIn", Spread(20, 40, 60)},
                   {"Map.numLateRecordsDropped", Spread(1, 2, 3)}};
  source.subtasks = {{{"numRecordsOut", 10}, {"Map.numRecordsIn", 20}},
                     {{"numRecordsOut", 30}, {"Map.numRecordsIn", 40}}};
  TaskReading sink{"id2", "Sink", {}, {}};
  sink.values = {
      {"numRecordsIn", Spread(40, 40, 40)},
      {"currentInputWatermark", Spread(77, 77, 77)},
      {"busyTimeMsPerSecond", Spread(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN(),
                                     std::numeric_limits<double>::quiet_NaN())},
      {"Sink.numLateRecordsDropped", Spread(4, 4, 4)}};
  job.tasks = {source, sink};
  EngineReading out;
  out.jobs = {job};
  out.task_manager_count = 2;
  out.task_managers = {{"Status.JVM.CPU.Load", Spread(0.1, 0.3, 0.4)},
                       {"Status.JVM.Memory.Heap.Used", Spread(1, 1, 30)},
                       {"Status.JVM.Memory.Heap.Max", Spread(1, 1, 120)},
                       {"Status.JVM.GarbageCollector.G1_Old_Generation.Count", Spread(1, 2, 3)}};
  return out;
}

std::string TextOf(MetricsLevel level) {
  MetricsBoard board;
  board.Put("orders", SamplesOf("orders", TwoTasks(), {.kpus = 2, .processors = 0.5}, level));
  return board.PrometheusText({RunningSample("orders", true), RunningSample("lost", false)});
}

TEST(ApplicationMetricsTest, OfTheWholeApplication) {
  const std::string text = TextOf(MetricsLevel::kApplication);
  for (const char* line :
       {"sluice_app_running{application=\"orders\"} 1\n", "sluice_app_running{application=\"lost\"} 0\n",
        "sluice_app_uptime{application=\"orders\"} 5000\n",
        "sluice_app_numberOfFailedCheckpoints{application=\"orders\"} 2\n",
        "sluice_app_KPUs{application=\"orders\"} 2\n",
        "sluice_app_containerCPUUtilization{application=\"orders\"} 25\n",
        "sluice_app_cpuUtilization{application=\"orders\"} 20\n",
        "sluice_app_heapMemoryUtilization{application=\"orders\"} 25\n",
        "sluice_app_oldGenerationGCCount{application=\"orders\"} 3\n", "# TYPE sluice_app_numRecordsIn counter\n",
        "sluice_app_numRecordsIn{application=\"orders\"} 40\n", "sluice_app_numRecordsOut{application=\"orders\"} 40\n",
        "sluice_app_numLateRecordsDropped{application=\"orders\"} 7\n",
        "sluice_app_currentInputWatermark{application=\"orders\"} 77\n",
        "sluice_app_records_lag_max{application=\"orders\"} 7\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  for (const char* none :
       {"sluice_app_task", "sluice_app_operator", "busyTime", "managedMemory", "nan", "millisBehind"}) {
    EXPECT_THAT(text, Not(HasSubstr(none)));
  }
}

TEST(ApplicationMetricsTest, EachLevelShowsWhatThoseBeforeItShow) {
  const std::string task = TextOf(MetricsLevel::kTask);
  const std::string labels = R"({application="orders",task_id="id1",task="Source: a -> Map")";
  EXPECT_THAT(task, HasSubstr("sluice_app_numRecordsIn{application=\"orders\"} 40\n"));
  EXPECT_THAT(task, HasSubstr("sluice_app_task_numRecordsOut" + labels + "} 40\n"));
  EXPECT_THAT(task, HasSubstr("sluice_app_task_busyTimeMsPerSecond" + labels + "} 900\n"));
  EXPECT_THAT(task, HasSubstr("sluice_app_task_idleTimeMsPerSecond" + labels + "} 50\n"));
  EXPECT_THAT(task, HasSubstr("sluice_app_task_numLateRecordsDropped" + labels + "} 3\n"));
  EXPECT_THAT(task, Not(HasSubstr("sluice_app_operator")));
  const std::string op = TextOf(MetricsLevel::kOperator);
  EXPECT_THAT(op, HasSubstr("sluice_app_task_numRecordsOut" + labels + "} 40\n"));
  EXPECT_THAT(op, HasSubstr("sluice_app_operator_numRecordsIn" + labels + ",operator=\"Map\"} 60\n"));
  EXPECT_THAT(op, HasSubstr("sluice_app_operator_records_lag_max" + labels + ",operator=\"Source__a\"} 7\n"));
  EXPECT_THAT(op, Not(HasSubstr("_subtask_")));
  const std::string all = TextOf(MetricsLevel::kParallelism);
  EXPECT_THAT(all, HasSubstr("sluice_app_operator_numRecordsIn" + labels + ",operator=\"Map\"} 60\n"));
  EXPECT_THAT(all, HasSubstr("sluice_app_task_subtask_numRecordsOut" + labels + ",subtask=\"1\"} 30\n"));
  EXPECT_THAT(all,
              HasSubstr("sluice_app_operator_subtask_numRecordsIn" + labels + ",operator=\"Map\",subtask=\"0\"} 20\n"));
}

TEST(ApplicationMetricsTest, OnlyWhatIsShownIsAskedFor) {
  EXPECT_TRUE(IsWantedOfTask("numRecordsIn", MetricsLevel::kApplication));
  EXPECT_FALSE(IsWantedOfTask("Map.numRecordsIn", MetricsLevel::kTask));
  EXPECT_TRUE(IsWantedOfTask("Map.numRecordsIn", MetricsLevel::kOperator));
  EXPECT_TRUE(IsWantedOfTask("Map.numLateRecordsDropped", MetricsLevel::kApplication));
  EXPECT_FALSE(IsWantedOfTask("busyTimeMsPerSecond", MetricsLevel::kApplication));
  EXPECT_TRUE(IsWantedOfTask("busyTimeMsPerSecond", MetricsLevel::kTask));
  EXPECT_FALSE(IsWantedOfTask("Map.busyTimeMsPerSecond", MetricsLevel::kParallelism));
  EXPECT_FALSE(IsWantedOfTask("buffers.inPoolUsage", MetricsLevel::kParallelism));
}

TEST(ApplicationMetricsTest, Levels) {
  EXPECT_EQ(MetricsLevelOf("PARALLELISM"), MetricsLevel::kParallelism);
  EXPECT_EQ(MetricsLevelOf(""), MetricsLevel::kApplication);
}

TEST(MetricsBoardTest, WhatIsRemovedIsNotShown) {
  MetricsBoard board;
  board.Put("a", {RunningSample("a", true)});
  board.Remove("a");
  EXPECT_EQ(board.PrometheusText({}), "");
}

}  // namespace
}  // namespace sluice::service
