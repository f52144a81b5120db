#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/clock.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/job/sql_test_runner.h"

namespace sluice::engine::stest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

DisplayedRow Row(RowKind kind, std::vector<std::string> fields) { return {kind, std::move(fields)}; }

TEST(CheckBlockUnordered, ComparesTheTableThatChangesLeave) {
  Block block;
  block.kind = BlockKind::kChangelog;
  block.expected = {"+I\ta\t1", "-U\ta\t1", "+U\ta\t2", "+I\tb\t1", "-D\tb\t1"};
  StatementOutput fewer;
  fewer.rows = {Row(RowKind::kInsert, {"a", "2"})};
  EXPECT_TRUE(CheckBlock(block, "/d", fewer, false).passed);
  EXPECT_FALSE(CheckBlock(block, "/d", fewer, true).passed);
  StatementOutput other;
  other.rows = {Row(RowKind::kInsert, {"a", "3"})};
  EXPECT_FALSE(CheckBlock(block, "/d", other, false).passed);
  StatementOutput doubled;
  doubled.rows = {Row(RowKind::kInsert, {"a", "2"}), Row(RowKind::kInsert, {"a", "2"})};
  EXPECT_FALSE(CheckBlock(block, "/d", doubled, false).passed);
}

TEST(CheckBlockUnordered, RowsInAnyOrder) {
  Block block;
  block.kind = BlockKind::kRows;
  block.expected = {"2", "1"};
  StatementOutput output;
  output.rows = {Row(RowKind::kInsert, {"1"}), Row(RowKind::kInsert, {"2"})};
  EXPECT_TRUE(CheckBlock(block, "/d", output, false).passed);
  EXPECT_FALSE(CheckBlock(block, "/d", output, true).passed);
}

class DisturbedRunTest : public ::testing::Test {
 protected:
  DisturbedRunTest() : folder_(*MakeTemporaryFolder("sluice-disturbed-")) {
    std::ofstream in(folder_ + "/in.json");
    for (int i = 0; i < 60; ++i) in << "{\"k\":" << i % 7 << ",\"v\":" << i << "}\n";
  }
  ~DisturbedRunTest() override { (void)RemoveTree(folder_); }

  Result<StatementOutput> Run(StatementRunner& runner, std::string sql) const {
    return runner.Run(ReplaceAll(sql, "${dir}", folder_), std::chrono::seconds(60));
  }

  const std::string folder_;
  SystemClock clock_;
  SeededRandom random_{3};
  const std::unique_ptr<const Builtins> builtins_ = MakeBuiltins();
};

TEST_F(DisturbedRunTest, TheTableIsTheSameAtEverySeed) {
  for (const Disturbance disturbance : {Disturbance::kRestore, Disturbance::kRescale}) {
    for (uint64_t seed = 0; seed < 12; ++seed) {
      const MatrixPoint point{seed % 2 == 0 ? size_t{1} : size_t{7}, 1 + 2 * static_cast<int>(seed % 3 == 0),
                              disturbance, seed};
      auto runner = MakeSqlTestRunners(*builtins_, clock_, random_, point)(false);
      ASSERT_TRUE(Run(*runner,
                      "CREATE TABLE t (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', "
                      "'path' = '${dir}/in.json')")
                      .ok());
      const auto output = Run(*runner, "SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k");
      ASSERT_TRUE(output.ok()) << point.ToString() << ": " << output.error().ToString();
      EXPECT_THAT(
          *ResultLines(BlockKind::kTable, output->rows),
          ElementsAre("0\t9\t252", "1\t9\t261", "2\t9\t270", "3\t9\t279", "4\t8\t228", "5\t8\t236", "6\t8\t244"))
          << point.ToString();
    }
  }
}

TEST_F(DisturbedRunTest, InsertedFilesHoldEveryRowOnce) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const MatrixPoint point{1, 1 + 2 * static_cast<int>(seed % 2), Disturbance::kRestore, seed};
    auto runner = MakeSqlTestRunners(*builtins_, clock_, random_, point)(false);
    const std::string out = "out" + std::to_string(seed);
    for (const char* table : {"in.json", out.c_str()}) {
      const std::string name = std::string(table) == "in.json" ? "t" : "o";
      ASSERT_TRUE(Run(*runner, "CREATE TABLE " + name +
                                   " (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = "
                                   "'${dir}/" +
                                   table + "')")
                      .ok());
    }
    ASSERT_TRUE(Run(*runner, "INSERT INTO o SELECT k, v FROM t").ok()) << point.ToString();
    const auto output = Run(*runner, "SELECT COUNT(*), COUNT(DISTINCT v), SUM(v) FROM o");
    ASSERT_TRUE(output.ok()) << output.error().ToString();
    EXPECT_THAT(*ResultLines(BlockKind::kTable, output->rows), ElementsAre("60\t60\t1770")) << point.ToString();
  }
}

TEST_F(DisturbedRunTest, BranchesThatHaveEndedEndOnce) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const MatrixPoint point{1, 1, Disturbance::kRestore, seed};
    auto runner = MakeSqlTestRunners(*builtins_, clock_, random_, point)(false);
    const auto output = Run(*runner,
                            "SELECT x FROM (VALUES (1), (2)) AS t(x) UNION ALL SELECT x FROM (VALUES (3)) AS u(x) "
                            "UNION ALL SELECT x + 1 FROM (VALUES (3)) AS v(x)");
    ASSERT_TRUE(output.ok()) << output.error().ToString();
    EXPECT_THAT(*ResultLines(BlockKind::kTable, output->rows), ElementsAre("1", "2", "3", "4")) << point.ToString();
  }
}

TEST_F(DisturbedRunTest, AFailingJobSaysWhy) {
  auto runner = MakeSqlTestRunners(*builtins_, clock_, random_, {1, 3, Disturbance::kRestore, 4})(false);
  ASSERT_TRUE(Run(*runner,
                  "CREATE TABLE t (k INT, v BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', "
                  "'path' = '${dir}/none.json')")
                  .ok());
  const auto output = Run(*runner, "SELECT * FROM t");
  ASSERT_FALSE(output.ok());
  EXPECT_THAT(output.error().ToString(), HasSubstr("none.json"));
}

}  // namespace
}  // namespace sluice::engine::stest
