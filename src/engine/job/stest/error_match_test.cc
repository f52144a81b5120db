#include "engine/job/stest/error_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine::stest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The messages are Flink 2.3's.

TEST(ErrorMatchTest, TakesQuotedNamesAndDropsDefaultPaths) {
  EXPECT_THAT(RequiredNames("SELECT nope FROM t", "Column 'nope' not found in any table; did you mean 'nop'?"),
              ElementsAre("nope"));
  EXPECT_THAT(RequiredNames("INSERT INTO nowhere.t VALUES (1)",
                            "Cannot find table '`default_catalog`.`nowhere`.`t`' in any of the catalogs "
                            "[default_catalog], nor as a temporary table."),
              ElementsAre("nowhere.t"));
}

TEST(ErrorMatchTest, TakesTypesOutOfCallForms) {
  EXPECT_THAT(RequiredNames("SELECT LPAD(7, 3, '0')",
                            "Cannot apply 'LPAD' to arguments of type 'LPAD(<INTEGER>, <INTEGER>, <CHAR(1)>)'. "
                            "Supported form(s): 'LPAD(<CHARACTER>, <INTEGER>, <CHARACTER>)'"),
              ElementsAre("LPAD", "INTEGER", "CHAR(1)"));
}

TEST(ErrorMatchTest, TakesOptionKeysWithoutQuotes) {
  EXPECT_THAT(RequiredNames("SELECT * FROM e3",
                            "Unsupported options found for 'datagen'.\n\nUnsupported options:\n\nfields.nope.min\n\n"
                            "Supported options:\n\nconnector\nfields.id.kind"),
              ElementsAre("datagen", "fields.nope.min"));
}

TEST(ErrorMatchTest, LeavesInnerNamesOut) {
  EXPECT_THAT(RequiredNames("SELECT f(1)", "No enum constant org.apache.flink.table.api.SqlDialect.COBOL"), IsEmpty());
  EXPECT_THAT(RequiredNames("SELECT COUNT(*) FROM t GROUP BY TUMBLE(v, INTERVAL '5' SECOND)",
                            "Cannot apply '$TUMBLE' to arguments of type '$TUMBLE(<INTEGER>, <INTERVAL SECOND>)'. "
                            "Supported form(s): '$TUMBLE(<DATETIME>, <DATETIME_INTERVAL>)'"),
              ElementsAre("TUMBLE", "INTEGER", "INTERVAL SECOND"));
}

TEST(ErrorMatchTest, AnApostropheIsNoQuote) {
  EXPECT_THAT(RequiredNames("DESCRIBE nope",
                            "Tables with the identifier 'default_catalog.default_database.nope' "
                            "doesn't exist, it isn't."),
              ElementsAre("nope"));
}

std::optional<std::string> Why(std::string_view statement, std::string_view flink, ErrorCode code,
                               std::string message) {
  return WhyNotTheSameError(statement, flink, Error(code, std::move(message)));
}

TEST(ErrorMatchTest, PassesOnTheSameNameAndFailsOnAnother) {
  const std::string_view flink = "Column 'ab' not found in any table";
  EXPECT_EQ(Why("SELECT ab FROM t", flink, ErrorCode::kValidation, "There is no column ab in t"), std::nullopt);
  EXPECT_NE(Why("SELECT ab FROM t", flink, ErrorCode::kValidation, "There is no column abc in t"), std::nullopt);
  EXPECT_NE(Why("SELECT ab FROM t", flink, ErrorCode::kValidation, "no such column"), std::nullopt);
}

TEST(ErrorMatchTest, RefusalForLackOfAFeatureNeverPasses) {
  const std::string_view flink = "WHERE clause must be a condition";
  EXPECT_NE(Why("SELECT x", flink, ErrorCode::kNotSupported, "not supported yet: WHERE"), std::nullopt);
  EXPECT_NE(Why("SELECT x", flink, ErrorCode::kInternal, "WHERE"), std::nullopt);
  EXPECT_NE(Why("SELECT x", flink, ErrorCode::kTimeout, "WHERE"), std::nullopt);
  EXPECT_NE(Why("SELECT x", flink, ErrorCode::kSyntax, "Encountered \"x\" at line 1, column 2."), std::nullopt);
  EXPECT_EQ(Why("SELECT x", flink, ErrorCode::kValidation, "WHERE clause must be a condition"), std::nullopt);
}

TEST(ErrorMatchTest, SyntaxErrorsNameTheToken) {
  const std::string_view flink = "Encountered \"+ <EOF>\" at line 1, column 10.\nWas expecting one of:\n    <EOF> ";
  EXPECT_EQ(Why("SELECT 1 +", flink, ErrorCode::kSyntax, "Encountered \"+\" at line 1, column 10."), std::nullopt);
  EXPECT_NE(Why("SELECT 1 +", flink, ErrorCode::kSyntax, "Encountered \"<EOF>\" at line 1, column 11."), std::nullopt);
  EXPECT_NE(Why("SELECT 1 +", flink, ErrorCode::kValidation, "operator + needs two operands"), std::nullopt);
}

TEST(ErrorMatchTest, SynonymsOfTypesAreEqual) {
  const std::string_view flink = "Cast function cannot convert value of type INTEGER to type VARCHAR(2147483647)";
  EXPECT_EQ(Why("SELECT 1", flink, ErrorCode::kValidation, "cannot cast INT to STRING"), std::nullopt);
  EXPECT_NE(Why("SELECT 1", flink, ErrorCode::kValidation, "cannot cast BIGINT to STRING"), std::nullopt);
}

TEST(ErrorMatchTest, UnsupportedBlocksWantAClearRefusal) {
  EXPECT_TRUE(IsClearRefusal(Error(ErrorCode::kNotSupported, "x")));
  EXPECT_TRUE(IsClearRefusal(Error(ErrorCode::kValidation, "x")));
  EXPECT_FALSE(IsClearRefusal(Error(ErrorCode::kInternal, "x")));
  EXPECT_FALSE(IsClearRefusal(Error(ErrorCode::kTimeout, "x")));
}

}  // namespace
}  // namespace sluice::engine::stest
