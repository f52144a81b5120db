// What the front end hands to the runtime: shapes of plans that speed and correctness rest on.
#include "engine/sql/planner/physical_planner.h"

#include <gtest/gtest.h>

#include "engine/sql/session.h"

namespace sluice::engine::sql {
namespace {

class PlannerTest : public ::testing::Test {
 protected:
  PlannerTest() {
    ConnectorDescriptor any;
    any.name = "any";
    any.is_source = any.is_sink = true;
    any.source = [](const TableDescription&) -> Result<TableCapability> { return TableCapability{}; };
    any.sink = [](const TableDescription&) -> Result<TableCapability> { return TableCapability{}; };
    connectors_.Add(any);
    SessionEnvironment environment;
    environment.connectors = &connectors_;
    environment.functions = &BuiltinFunctions();
    environment.now_ms = [] { return int64_t{0}; };
    environment.random = [] { return uint64_t{4}; };
    session_ = std::make_unique<Session>(environment, OptionMap{});
  }

  void Run(const std::string& sql) {
    auto result = session_->Execute(sql);
    ASSERT_TRUE(result.ok()) << result.error().ToString();
  }
  PhysicalPlan Plan(const std::string& sql) {
    auto result = session_->Execute(sql);
    EXPECT_TRUE(result.ok()) << result.error().ToString();
    return result.ok() ? std::move(result->plan) : PhysicalPlan{};
  }
  template <typename T>
  static const T* Find(const PhysicalPlan& plan) {
    for (const PlanNode& n : plan.nodes) {
      if (const T* payload = std::get_if<T>(&n.payload)) return payload;
    }
    return nullptr;
  }

  ConnectorCatalog connectors_;
  std::unique_ptr<Session> session_;
};

TEST_F(PlannerTest, OnlyFieldsThatAreReadReachTheSource) {
  Run("CREATE TABLE e (kind INT, a ROW<x BIGINT, y STRING, z ROW<u INT, v INT>>, b ROW<x BIGINT>, "
      "t AS a.x + 1) WITH ('connector' = 'any')");
  const PhysicalPlan plan = Plan("SELECT a.z.v, t FROM e WHERE kind = 2");
  const auto* source = Find<SourceNode>(plan);
  ASSERT_NE(source, nullptr);
  const std::vector<std::vector<int>> expected = {{0}, {1, 0}, {1, 2, 1}};
  EXPECT_EQ(source->projection, expected);
}

TEST_F(PlannerTest, FiltersStayAboveTheWatermark) {
  Run("CREATE TABLE e (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'any')");
  const PhysicalPlan plan = Plan("SELECT k FROM e WHERE k > 1");
  int watermark = -1, filter = -1;
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    if (std::holds_alternative<WatermarkNode>(plan.nodes[i].payload)) watermark = static_cast<int>(i);
    if (const auto* calc = std::get_if<CalcNode>(&plan.nodes[i].payload); calc != nullptr && calc->condition)
      filter = static_cast<int>(i);
  }
  ASSERT_GE(watermark, 0);
  EXPECT_LT(watermark, filter);
}

TEST_F(PlannerTest, WindowAssignmentMovesIntoTheAggregate) {
  Run("CREATE TABLE e (k INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'any')");
  const std::string from =
      "FROM TABLE(TUMBLE(TABLE e, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, k";
  const PhysicalPlan merged = Plan("SELECT k, window_end, COUNT(*) " + from);
  EXPECT_EQ(Find<WindowTableFunctionNode>(merged), nullptr);
  const auto* aggregate = Find<WindowAggregateNode>(merged);
  ASSERT_NE(aggregate, nullptr);
  EXPECT_EQ(aggregate->window.size_ms, 10000);
  EXPECT_EQ(aggregate->keys.size(), 1u);
  // An argument that needs the bounds keeps them as columns.
  const PhysicalPlan attached = Plan("SELECT k, MAX(window_start) " + from);
  EXPECT_NE(Find<WindowTableFunctionNode>(attached), nullptr);
  EXPECT_GE(Find<WindowAggregateNode>(attached)->window.window_end_column, 0);
}

TEST_F(PlannerTest, WhereOfACommaJoinBecomesKeys) {
  Run("CREATE TABLE l (a INT, b STRING) WITH ('connector' = 'any')");
  Run("CREATE TABLE r (a BIGINT, c STRING) WITH ('connector' = 'any')");
  const PhysicalPlan plan = Plan("SELECT b, c FROM l, r WHERE l.a = r.a AND b = 'x'");
  const auto* join = Find<JoinNode>(plan);
  ASSERT_NE(join, nullptr);
  EXPECT_EQ(join->left_keys.size(), 1u);
  EXPECT_EQ(join->condition, nullptr);
}

TEST_F(PlannerTest, PlansSurviveJson) {
  Run("CREATE TABLE e (k INT, v DECIMAL(10, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH "
      "('connector' = 'any')");
  const PhysicalPlan plan = Plan(
      "SELECT k, SUM(v) FROM TABLE(HOP(TABLE e, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)) "
      "WHERE v > 1.5 GROUP BY window_start, window_end, k");
  auto back = PlanFromJson(PlanToJson(plan));
  ASSERT_TRUE(back.ok()) << back.error().ToString();
  EXPECT_EQ(PlanToJson(*back), PlanToJson(plan));
  EXPECT_EQ(back->nodes.back().uid, plan.nodes.back().uid);
}

TEST_F(PlannerTest, SinksRefuseWhatTheyCannotTake) {
  Run("CREATE TABLE e (k INT) WITH ('connector' = 'any')");
  Run("CREATE TABLE o (k INT, c BIGINT) WITH ('connector' = 'any')");
  auto refused = session_->Execute("INSERT INTO o SELECT k, COUNT(*) FROM e GROUP BY k");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("doesn't support consuming update changes"), std::string::npos);
  EXPECT_TRUE(session_->Execute("INSERT INTO o SELECT k, 1 FROM e").ok());
}

}  // namespace
}  // namespace sluice::engine::sql
