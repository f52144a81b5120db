#include "service/runner/flink_plan.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "service/runner/flink_checkpoints.h"
#include "service/runner/flink_submission.h"

namespace sluice::service {
namespace {

constexpr FlinkVersion k118 = {1, 18};
constexpr FlinkVersion k120 = {1, 20};
constexpr FlinkVersion k23 = {2, 3};

void ExpectPlan(const TaskManagerPlan& plan, int count, int slots, int64_t mib) {
  EXPECT_EQ(plan.count, count);
  EXPECT_EQ(plan.slots, slots);
  EXPECT_EQ(plan.mib, mib);
}

TEST(FlinkPlanTest, KpusAreParallelismOverParallelismPerKpuRoundedUp) {
  FlinkLimits limits;
  ExpectPlan(PlanTaskManagers(1, 1, limits), 1, 1, 4096);
  ExpectPlan(PlanTaskManagers(3, 1, limits), 3, 1, 4096);
  ExpectPlan(PlanTaskManagers(8, 4, limits), 2, 4, 4096);
  ExpectPlan(PlanTaskManagers(9, 4, limits), 3, 4, 4096);
  // More KPUs than processes: they are put together.
  ExpectPlan(PlanTaskManagers(20, 1, limits), 4, 5, 5 * 4096);
  ExpectPlan(PlanTaskManagers(5, 1, limits), 3, 2, 2 * 4096);
}

TEST(FlinkPlanTest, AKpuHasThreeGibOfHeapAndOneOfNativeMemory) {
  auto memory = SplitMemory(4096, {});
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->heap(), 3072);
  EXPECT_EQ(memory->total(), 4096);
  auto small = SplitMemory(640, {});
  ASSERT_TRUE(small.ok()) << small.error().message();
  EXPECT_EQ(small->total(), 640);
}

TEST(FlinkPlanTest, TheOwnersMemoryOptionsAreHeeded) {
  auto sizes =
      SplitMemory(4096, {{"taskmanager.memory.managed.size", "1 gb"}, {"taskmanager.memory.network.max", "64mb"}});
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(sizes->managed, 1024);
  EXPECT_EQ(sizes->network, 64);
  EXPECT_EQ(sizes->total(), 4096);
  auto fraction = SplitMemory(4096, {{"taskmanager.memory.managed.fraction", "0.5"}});
  ASSERT_TRUE(fraction.ok());
  EXPECT_EQ(fraction->managed, (4096 - 256 - 128) / 2);
  auto none = SplitMemory(4096, {{"taskmanager.memory.managed.size", "4 gb"}});
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().message().find("for its heap"), std::string::npos);
  EXPECT_FALSE(SplitMemory(4096, {{"taskmanager.memory.managed.size", "much"}}).ok());
  EXPECT_FALSE(SplitMemory(4096, {{"taskmanager.memory.managed.fraction", "2"}}).ok());
}

TEST(FlinkPlanTest, MemorySizes) {
  EXPECT_EQ(*ParseMemoryMib("512m"), 512);
  EXPECT_EQ(*ParseMemoryMib("1 gb"), 1024);
  EXPECT_EQ(*ParseMemoryMib("2048 kb"), 2);
  EXPECT_EQ(*ParseMemoryMib("1048576"), 1);
  for (const char* bad : {"", "m", "1 parsec", "-1m", "99999999999999g"}) EXPECT_FALSE(ParseMemoryMib(bad).ok()) << bad;
}

JobSpec Spec() {
  JobSpec spec;
  spec.arn = "arn:aws:kinesisanalytics:us-east-1:123456789012:application/a";
  spec.version = 3;
  spec.parallelism = 2;
  spec.log_level = "WARN";
  spec.configuration = {{"execution.checkpointing.num-retained", "1"}, {"pipeline.name", "a: #1 \"x\""}};
  return spec;
}

FlinkOptionMap Configuration(const JobSpec& spec, FlinkVersion version) {
  return ClusterConfiguration(spec, version, {"/data/apps/a/flink", "/data/cp", "/data/sp", "/data/log"}, {1234, 1235},
                              PlanTaskManagers(2, 1, {}), *SplitMemory(4096, {}), {});
}

TEST(FlinkPlanTest, EachVersionGetsItsOwnNames) {
  const FlinkOptionMap newest = Configuration(Spec(), k23);
  EXPECT_EQ(newest.at("execution.checkpointing.dir"), "file:///data/cp");
  EXPECT_EQ(newest.at("state.backend.type"), "rocksdb");
  EXPECT_EQ(newest.at("execution.checkpointing.num-retained"), "1");
  const FlinkOptionMap old = Configuration(Spec(), k118);
  EXPECT_EQ(old.at("state.checkpoints.dir"), "file:///data/cp");
  EXPECT_EQ(old.at("state.backend"), "rocksdb");
  EXPECT_EQ(old.at("state.checkpoints.num-retained"), "1");
  EXPECT_EQ(old.count("execution.checkpointing.dir"), 0u);
}

TEST(FlinkPlanTest, TheOwnersOptionsStandAboveOursButNotAboveTheClustersAddresses) {
  JobSpec spec = Spec();
  spec.own_options = {{"state.backend", "hashmap"}, {"rest.bind-address", "0.0.0.0"}, {"heartbeat.interval", "9000"}};
  const FlinkOptionMap options = Configuration(spec, k120);
  EXPECT_EQ(options.at("state.backend.type"), "hashmap");
  EXPECT_EQ(options.count("state.backend"), 0u);
  EXPECT_EQ(options.at("rest.bind-address"), "127.0.0.1");
  EXPECT_EQ(options.at("heartbeat.interval"), "9000");
}

TEST(FlinkPlanTest, ConfigurationFiles) {
  EXPECT_EQ(ConfigurationFileName(k118), "flink-conf.yaml");
  EXPECT_EQ(ConfigurationFileName(k23), "config.yaml");
  EXPECT_EQ(ConfigurationText({{"pipeline.name", "a: #1 \"x\""}}, k23), "pipeline.name: \"a: #1 \\\"x\\\"\"\n");
  EXPECT_EQ(ConfigurationText({{"pipeline.name", "a"}}, k118), "pipeline.name: a\n");
}

TEST(FlinkPlanTest, ModulesAreOpenedFromJava9On) {
  EXPECT_TRUE(ModuleOptions(8).empty());
  const auto options = ModuleOptions(17);
  EXPECT_NE(std::find(options.begin(), options.end(), "--add-opens=java.base/java.util=ALL-UNNAMED"), options.end());
}

TEST(FlinkPlanTest, TheLogHasTheOwnersLevelAndTheApplicationsName) {
  const std::string text = LogConfigurationText(Spec(), "/data/log");
  EXPECT_NE(text.find("rootLogger.level = WARN\n"), std::string::npos);
  EXPECT_NE(text.find("appender.file.fileName = /data/log\n"), std::string::npos);
  EXPECT_NE(text.find("\"applicationVersionId\":\"3\""), std::string::npos);
}

TEST(FlinkPlanTest, TheLastCompleteCheckpointIsFound) {
  const std::string folder = *MakeTemporaryFolder("checkpoints");
  for (const char* name : {"chk-2", "chk-10", "chk-11", "shared", "chk-x"}) {
    ASSERT_TRUE(MakeFolders(folder + "/job/" + name).ok());
    if (std::string_view(name) != "chk-11") std::ofstream(folder + "/job/" + name + "/_metadata") << "x";
  }
  EXPECT_EQ(LastCheckpoint(folder, "job"), folder + "/job/chk-10");
  EXPECT_EQ(LastCheckpoint(folder, "other"), folder + "/job/chk-10");  // the only job there
  ASSERT_TRUE(MakeFolders(folder + "/third").ok());
  EXPECT_EQ(LastCheckpoint(folder, "other"), "");
  ASSERT_TRUE(RemoveTree(folder).ok());
}

TEST(FlinkSubmissionTest, ThePythonProgramsOptionsBecomeArguments) {
  JobSpec spec = Spec();
  spec.python = {{"python", "app/main.py"}, {"jarfile", "lib/a.jar"}, {"pyFiles", "my_deps/,/abs/b.py"}};
  JobStart start;
  start.savepoints = {"/sp/1"};
  start.allow_non_restored = true;
  auto arguments = PythonArguments(spec, start, "/p", {"/venv/bin/python", "/venv/bin/python"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(*arguments, (std::vector<std::string>{
                            "run", "--detached", "--fromSavepoint", "/sp/1", "--allowNonRestoredState", "--parallelism",
                            "2", "-pyclientexec", "/venv/bin/python", "-pyexec", "/venv/bin/python", "--python",
                            "/p/app/main.py", "--pyFiles", "/p/my_deps,/abs/b.py", "--jarfile", "/p/lib/a.jar"}));
  spec.python = {{"pyModule", "app.main"}};
  arguments = PythonArguments(spec, {}, "/p", {"py", ""});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ((*arguments)[6], "--pyModule") << "without -pyexec: the cluster's own Python";
  EXPECT_EQ(arguments->back(), "/p");
  spec.python.clear();
  arguments = PythonArguments(spec, {}, "/p", {"py", ""});
  ASSERT_FALSE(arguments.ok());
  EXPECT_NE(arguments.error().message().find("kinesis.analytics.flink.run.options"), std::string::npos);
}

TEST(FlinkSubmissionTest, TheRootCauseComesFirst) {
  const std::string text = "a.Outer: o\n\tat x\nCaused by: b.Inner: line 1\nline 2\n\tat y\n\t... 3 more\n";
  EXPECT_EQ(WithRootCauseFirst(text), "b.Inner: line 1\nline 2\n" + text);
  EXPECT_EQ(WithRootCauseFirst("a.Outer: o\n\tat x"), "a.Outer: o\n\tat x");
}

TEST(FlinkSubmissionTest, AFaultIsShownWithoutItsStack) {
  EXPECT_EQ(
      FaultOf(
          "[ERROR] Could not execute SQL statement. Reason:\n\n  \tat a.B(C.java:1)\nx.Y: no table t\n\t... 3 more\n"),
      "[ERROR] Could not execute SQL statement. Reason:\nx.Y: no table t\n");
}

}  // namespace
}  // namespace sluice::service
