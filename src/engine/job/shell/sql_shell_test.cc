#include "engine/job/shell/sql_shell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/random.h"
#include "engine/job/builtins.h"

namespace sluice::engine::shell {
namespace {

using testing::HasSubstr;

class SqlShellTest : public testing::Test {
 protected:
  SqlShell::Outcome Run(const std::string& statement) {
    out_.str("");
    return shell_.Run({statement, {1, 1}});
  }

  SystemClock clock_;
  SeededRandom random_{1};
  std::unique_ptr<const Builtins> builtins_ = MakeBuiltins();
  std::ostringstream out_;
  sql::Session session_{{.connectors = &builtins_->catalog,
                         .functions = builtins_->functions,
                         .now_ms = [this] { return clock_.NowMs(); },
                         .random = [this] { return random_.Next(); }},
                        {{"sql-client.display.print-time-cost", "false"}, {"parallelism.default", "1"}}};
  LocalExecutor executor_{{.builtins = builtins_.get(),
                           .clock = &clock_,
                           .out = &out_,
                           .err = &out_,
                           .random = [this] { return random_.Next(); }},
                          {}};
  std::atomic<bool> interrupted_{false};
  SqlShell shell_{{.session = &session_,
                   .executor = &executor_,
                   .clock = &clock_,
                   .random = &random_,
                   .out = &out_,
                   .interrupted = &interrupted_}};
};

// The texts are those of Flink 2.3's SQL client.
TEST_F(SqlShellTest, PrintsChangesInStreamingMode) {
  ASSERT_EQ(Run("SELECT a, COUNT(*) c FROM (VALUES (1), (1), (2)) t(a) GROUP BY a"), SqlShell::Outcome::kOk);
  EXPECT_EQ(out_.str(),
            "+----+-------------+----------------------+\n"
            "| op |           a |                    c |\n"
            "+----+-------------+----------------------+\n"
            "| +I |           1 |                    1 |\n"
            "| -U |           1 |                    1 |\n"
            "| +U |           1 |                    2 |\n"
            "| +I |           2 |                    1 |\n"
            "+----+-------------+----------------------+\n"
            "Received a total of 4 rows\n");
}

TEST_F(SqlShellTest, PrintsTheTableInBatchMode) {
  ASSERT_EQ(Run("SET 'execution.runtime-mode' = 'batch'"), SqlShell::Outcome::kOk);
  EXPECT_EQ(out_.str(), "[INFO] Execute statement succeeded.\n");
  Run("SELECT a FROM (VALUES (1), (22)) t(a)");
  EXPECT_EQ(out_.str(), "+----+\n|  a |\n+----+\n|  1 |\n| 22 |\n+----+\n2 rows in set\n");
  Run("SELECT a FROM (VALUES (1)) t(a) WHERE a > 1");
  EXPECT_EQ(out_.str(), "Empty set\n");
}

TEST_F(SqlShellTest, TableModeFoldsTheChanges) {
  Run("SET 'sql-client.execution.result-mode' = 'table'");
  Run("SELECT COUNT(*) c FROM (VALUES (1), (1), (2)) t(a)");
  EXPECT_EQ(out_.str(), "+---+\n| c |\n+---+\n| 3 |\n+---+\n1 row in set\n");
}

TEST_F(SqlShellTest, ErrorsHaveACaret) {
  EXPECT_EQ(Run("SELECT nope FROM (VALUES (1)) t(a)"), SqlShell::Outcome::kFailed);
  EXPECT_THAT(out_.str(), HasSubstr("[ERROR] Could not execute SQL statement. Reason:\nSQL_VALIDATION: Column 'nope'"));
  EXPECT_THAT(out_.str(), HasSubstr("\n    SELECT nope FROM (VALUES (1)) t(a)\n           ^ line 1, column 8\n"));
}

TEST_F(SqlShellTest, InsertsRunBesideOrAreAwaited) {
  Run("CREATE TABLE b (k INT) WITH ('connector' = 'blackhole')");
  Run("INSERT INTO b VALUES (1)");
  EXPECT_THAT(out_.str(), HasSubstr("successfully submitted to the cluster:\nJob ID: "));
  EXPECT_EQ(shell_.running_jobs(), 1u);
  EXPECT_TRUE(shell_.AwaitJobs());
  Run("SET 'table.dml-sync' = 'true'");
  Run("INSERT INTO b VALUES (1)");
  EXPECT_EQ(out_.str(), "[INFO] Complete execution of the SQL update statement.\n");
  Run("SET 'table.dml-sync' = 'false'");
  Run("INSERT INTO b SELECT CAST(x AS INT) FROM (VALUES ('z')) AS t(x)");
  EXPECT_FALSE(shell_.AwaitJobs());
  EXPECT_THAT(out_.str(), HasSubstr("'z'"));
}

TEST_F(SqlShellTest, ClientWords) {
  EXPECT_EQ(Run("quit"), SqlShell::Outcome::kQuit);
  EXPECT_EQ(Run("HELP"), SqlShell::Outcome::kOk);
  EXPECT_THAT(out_.str(), HasSubstr("QUIT"));
}

}  // namespace
}  // namespace sluice::engine::shell
