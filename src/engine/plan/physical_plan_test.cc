#include "engine/plan/physical_plan.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

PhysicalPlan SmallPlan() {
  PhysicalPlan plan;
  plan.job_name = "job";
  PlanNode values;
  values.payload =
      ValuesNode{{{Value::Int(1), Value::String(std::string("a\0b\xff", 4))},
                  {Value::Null(), Value::List({Value::Bool(true), Value::Decimal(static_cast<int128_t>(-7) << 70)})}}};
  values.schema = {{"a", DataType::Integer(), "note"}, {"b", DataType::Array(DataType::Decimal(38, 3).NotNull()), ""}};
  values.name = "Values";
  plan.nodes.push_back(values);
  PlanNode calc;
  ExprPtr a = Expr::Input(0, DataType::Integer());
  calc.payload = CalcNode{
      Expr::Call(">", {a, Expr::Literal(Value::Double(0.1), DataType::Double())}, DataType::Boolean(), {3, 4}), {a}};
  calc.inputs = {{0, Distribution::kHash, {0}}};
  calc.schema = {{"a", DataType::Integer(), ""}};
  calc.changelog = ChangelogMode::All();
  plan.nodes.push_back(calc);
  AssignUids(plan);
  return plan;
}

TEST(PhysicalPlanTest, JsonRoundTripKeepsEverything) {
  const PhysicalPlan plan = SmallPlan();
  const std::string json = PlanToJson(plan);
  auto back = PlanFromJson(json);
  ASSERT_TRUE(back.ok()) << back.error().ToString();
  EXPECT_EQ(PlanToJson(*back), json);
  EXPECT_EQ(std::get<ValuesNode>(back->nodes[0].payload).rows, std::get<ValuesNode>(plan.nodes[0].payload).rows);
  EXPECT_TRUE(ExprEquals(*std::get<CalcNode>(back->nodes[1].payload).condition,
                         *std::get<CalcNode>(plan.nodes[1].payload).condition));
}

TEST(PhysicalPlanTest, DamagedAndNewerPlansAreRefused) {
  std::string json = PlanToJson(SmallPlan());
  EXPECT_FALSE(PlanFromJson(json.substr(0, json.size() / 2)).ok());
  std::string newer = json;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":9");
  auto refused = PlanFromJson(newer);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotSupported);
  for (size_t i = 0; i + 1 < json.size(); i += 3) {
    std::string broken = json;
    broken[i] = broken[i] == '1' ? '{' : '1';
    (void)PlanFromJson(broken);  // any answer, no crash
  }
}

TEST(PhysicalPlanTest, UidsFollowTheShape) {
  const PhysicalPlan one = SmallPlan();
  const PhysicalPlan two = SmallPlan();
  EXPECT_EQ(one.nodes[1].uid, two.nodes[1].uid);
  EXPECT_NE(one.nodes[0].uid, one.nodes[1].uid);
}

}  // namespace
}  // namespace sluice::engine
