#include "engine/job/stest/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>

#include "base/files.h"
#include "engine/job/stest/test_report.h"

namespace sluice::engine::stest {
namespace {

/// Understands a few words instead of SQL; counts its statements, so that a test sees which session ran what.
class FakeRunner : public StatementRunner {
 public:
  Result<StatementOutput> Run(const std::string& statement, std::chrono::milliseconds) override {
    ++statements_;
    if (statement == "CRASH") raise(SIGKILL);
    if (statement == "HANG") Hang();
    if (statement == "FAIL") return Error(ErrorCode::kValidation, "Column 'x' not found");
    if (statement == "COUNT") return StatementOutput{{{RowKind::kInsert, {std::to_string(statements_)}}}};
    if (statement.starts_with("CAT ")) {
      auto text = ReadFile(statement.substr(4));
      if (!text.ok()) return text.error();
      return StatementOutput{{{RowKind::kInsert, {*text}}}};
    }
    return StatementOutput{};
  }

 private:
  [[noreturn]] static void Hang() {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    while (true) never.wait(lock);
  }
  int statements_ = 0;
};

class SupervisorTest : public testing::Test {
 protected:
  FileReport RunOne(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    auto file = ParseTestFile("f.stest", text);
    EXPECT_TRUE(file.ok());
    SuiteOptions options;
    options.block_limit = limit;
    options.grace = std::chrono::milliseconds(0);
    int told = 0;
    auto reports = RunSuite(
        {*file}, [](bool) { return std::make_unique<FakeRunner>(); }, options, clock_,
        [&](const FileReport&) { ++told; });
    EXPECT_TRUE(reports.ok());
    EXPECT_EQ(told, 1);
    return reports->at(0);
  }
  SystemClock clock_;
};

TEST_F(SupervisorTest, RunsBlocksInOrderOnOneSessionAndCounts) {
  FileReport report = RunOne(
      "file a/b.txt\nx\n\nok\nSET\n\nrows\nCOUNT\n----\n2\n\nrows\nCAT ${dir}/a/b.txt\n----\nx\\n\n\n"
      "error\nFAIL\n----\nColumn 'x' not found in any table\n\nrows\nCOUNT\n----\n7\n");
  EXPECT_EQ(report.passed, 4u);
  EXPECT_EQ(report.failed, 1u);
  EXPECT_FALSE(report.blocks[5].outcome.passed);
  EXPECT_EQ(report.blocks[5].outcome.actual, std::vector<std::string>{"5"});
}

TEST_F(SupervisorTest, ACrashIsOneFailureAndTheRestRuns) {
  FileReport report = RunOne("ok\nSET\n\nok\nCRASH\n\nrows\nCOUNT\n----\n2\n");
  EXPECT_EQ(report.failed, 1u);
  EXPECT_TRUE(report.blocks[2].outcome.passed);
  EXPECT_THAT(report.blocks[1].outcome.note, testing::HasSubstr("crash: signal Killed"));
}

TEST_F(SupervisorTest, AHangIsOneFailureAndTheRestRuns) {
  FileReport report = RunOne("ok\nHANG\n\nrows\nCOUNT\n----\n1\n", std::chrono::milliseconds(200));
  EXPECT_EQ(report.failed, 1u);
  EXPECT_TRUE(report.blocks[1].outcome.passed);
  EXPECT_THAT(report.blocks[0].outcome.note, testing::HasSubstr("time-out"));
}

TEST_F(SupervisorTest, ReportsAsDiffAndXml) {
  FileReport report = RunOne("ok\nSET\n\nrows\nCOUNT\n----\n7<&\n");
  EXPECT_EQ(FailureText(report.file, report.file.blocks[1], report.blocks[1]),
            "FAIL f.stest:4 rows\n    | COUNT\n    -7<&\n    +2\n");
  EXPECT_THAT(JUnitXml({report}), testing::HasSubstr("tests=\"2\" failures=\"1\""));
  EXPECT_THAT(JUnitXml({report}), testing::HasSubstr("-7&lt;&amp;"));
}

TEST(TestReportTest, DiffKeepsTheCommonLines) {
  EXPECT_EQ(DiffLines({"a", "b", "c"}, {"a", "x", "c"}), (std::vector<std::string>{" a", "-b", "+x", " c"}));
  EXPECT_EQ(DiffLines({"1", "2", "3", "4", "5"}, {"1", "2", "3", "4"}),
            (std::vector<std::string>{" …", " 3", " 4", "-5"}));
}

TEST(BlockCheckTest, TableFoldsTheChangelog) {
  std::vector<DisplayedRow> rows = {{RowKind::kInsert, {"b", "1"}},
                                    {RowKind::kInsert, {"a", "<NULL>"}},
                                    {RowKind::kUpdateBefore, {"b", "1"}},
                                    {RowKind::kUpdateAfter, {"b", "2"}}};
  EXPECT_EQ(*ResultLines(BlockKind::kTable, rows), (std::vector<std::string>{"a\t<NULL>", "b\t2"}));
  EXPECT_EQ(*ResultLines(BlockKind::kChanges, rows),
            (std::vector<std::string>{"+I\ta\t<NULL>", "+I\tb\t1", "+U\tb\t2", "-U\tb\t1"}));
  EXPECT_EQ(ResultLines(BlockKind::kRows, rows)->front(), "b\t1");
  EXPECT_FALSE(ResultLines(BlockKind::kTable, {{RowKind::kDelete, {"a"}}}).ok());
}

}  // namespace
}  // namespace sluice::engine::stest
