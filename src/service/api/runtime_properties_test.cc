#include "service/api/runtime_properties.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sluice::service {
namespace {

PropertyGroups Groups() {
  return ReadPropertyGroups(boost::json::parse(R"({"EnvironmentPropertyDescriptions":{"PropertyGroupDescriptions":[
    {"PropertyGroupId":"In","PropertyMap":{"path":"/data","who":"O'Brien","col":"a`b","n":"5"}},
    {"PropertyGroupId":"sluice.flink.options","PropertyMap":{"state.backend.type":"rocksdb"}}]}})")
                                .as_object());
}

std::string Fill(std::string_view sql) {
  auto filled = FillInVariables(sql, Groups());
  return filled.ok() ? *filled : "error: " + filled.error().message();
}

TEST(RuntimePropertiesTest, VariablesInSql) {
  EXPECT_EQ(Fill("'path' = '${In:path}/x' LIMIT ${In:n}"), "'path' = '/data/x' LIMIT 5");
  EXPECT_EQ(Fill("'${In:who}' `${In:col}`"), "'O''Brien' `a``b`");
  EXPECT_EQ(Fill("'it''s ${In:path}'"), "'it''s /data'");
  EXPECT_EQ(Fill("${In:none:-7} ${Other:x:-} ${In:n:-8}"), "7  5");
  EXPECT_EQ(Fill("-- ${No:x}\n/* ${No:x} */ ${In:n}"), "-- ${No:x}\n/* ${No:x} */ 5");
  EXPECT_EQ(Fill("'-- ${In:n}'"), "'-- 5'");
  EXPECT_EQ(Fill("'^(a)${1}$' '${' '${x}' ${"), "'^(a)${1}$' '${' '${x}' ${");
  EXPECT_EQ(Fill(""), "");
}

TEST(RuntimePropertiesTest, VariablesThatAreNotThere) {
  EXPECT_EQ(
      Fill("SELECT\n  '${In:other}'"),
      "error: line 2, column 4 of the SQL uses ${In:other}, but the group 'In' has no property 'other'; add it to the "
      "application's EnvironmentProperties");
  EXPECT_TRUE(Fill("${Out:path}").starts_with("error: line 1, column 1 of the SQL uses ${Out:path}, but there is no "));
}

TEST(RuntimePropertiesTest, FlinkOptions) {
  EXPECT_EQ((*FlinkOptions(Groups())).at("state.backend.type"), "rocksdb");
  EXPECT_TRUE((*FlinkOptions({})).empty());
  auto taken = FlinkOptions({{"sluice.flink.options", {{"parallelism.default", "2"}}}});
  ASSERT_FALSE(taken.ok());
  EXPECT_NE(taken.error().message().find("ParallelismConfiguration"), std::string::npos);
}

TEST(RuntimePropertiesTest, RunOptions) {
  EXPECT_TRUE((*RunOptions({})).empty());
  EXPECT_EQ((*RunOptions({{"sluice.run.options", {{"engine", "flink"}}}})).at("engine"), "flink");
  EXPECT_FALSE(RunOptions({{"sluice.run.options", {{"engine", "spark"}}}}).ok());
  EXPECT_FALSE(RunOptions({{"sluice.run.options", {{"entry-class", "a.B"}}}}).ok());
}

TEST(RuntimePropertiesTest, WordsOfACommandLine) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(SplitWords(""), Words());
  EXPECT_EQ(SplitWords("  --a 1\t--b=2 "), Words({"--a", "1", "--b=2"}));
  EXPECT_EQ(SplitWords("'a b' \"c 'd'\" e\\ f ''"), Words({"a b", "c 'd'", "e f", ""}));
}

}  // namespace
}  // namespace sluice::service
