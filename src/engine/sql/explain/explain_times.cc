#include "engine/sql/explain/explain_times.h"

#include <utility>

#include "engine/functions/sink_constraints.h"

namespace sluice::engine::sql {
namespace {

bool IsAttribute(const DataType& type) { return type.is_rowtime() || type.is_proctime(); }

DataType PlainTime(const DataType& type) {
  const DataType plain =
      type.kind() == TypeKind::kTimestampLtz ? DataType::TimestampLtz(type.precision()) : DataType::TimestampType(3);
  return type.nullable() ? plain.Nullable() : plain.NotNull();
}

ExprPtr Plain(const ExprPtr& time) {
  if (time->type.is_proctime()) return Expr::Call("PROCTIME_MATERIALIZE", {time}, PlainTime(time->type));
  return Expr::Call("CAST", {time}, PlainTime(time->type));
}

/// `e` with conversions around the attributes among its arguments. `input`: the schema that it reads.
ExprPtr WithPlainArguments(const ExprPtr& e, const Schema& input) {
  if (e->kind != ExprKind::kCall || e->function == "PROCTIME_MATERIALIZE" || e->function == "CAST") return e;
  std::vector<ExprPtr> args;
  for (const ExprPtr& a : e->args) {
    if (a->kind == ExprKind::kInput && IsAttribute(input[static_cast<size_t>(a->input)].type)) {
      args.push_back(Plain(Expr::Input(a->input, input[static_cast<size_t>(a->input)].type)));
    } else {
      args.push_back(WithPlainArguments(a, input));
    }
  }
  return Expr::Call(e->function, std::move(args), e->type, e->position);
}

void ConvertCalc(PhysicalPlan& plan, size_t node) {
  auto* calc = std::get_if<CalcNode>(&plan.nodes[node].payload);
  if (calc == nullptr) return;
  const Schema& input = plan.nodes[static_cast<size_t>(plan.nodes[node].inputs[0].node)].schema;
  if (calc->condition) calc->condition = WithPlainArguments(calc->condition, input);
  for (ExprPtr& e : calc->projections) e = WithPlainArguments(e, input);
}

/// A Calc on the way of `edge` that converts its attributes: processing times only, or all.
void ConvertEdge(PhysicalPlan& plan, size_t reader, size_t edge, bool all) {
  const int from = plan.nodes[reader].inputs[edge].node;
  PlanNode calc;
  calc.schema = plan.nodes[static_cast<size_t>(from)].schema;
  calc.changelog = plan.nodes[static_cast<size_t>(from)].changelog;
  calc.inputs = {{from, Distribution::kForward, {}}};
  CalcNode conversions;
  bool any = false;
  for (size_t i = 0; i < calc.schema.size(); ++i) {
    DataType& type = calc.schema[i].type;
    ExprPtr e = Expr::Input(static_cast<int>(i), type);
    if (type.is_proctime() || (all && type.is_rowtime())) {
      e = Plain(e);
      type = e->type;
      any = true;
    }
    conversions.projections.push_back(std::move(e));
  }
  if (!any) return;
  calc.payload = std::move(conversions);
  plan.nodes[reader].inputs[edge].node = static_cast<int>(plan.nodes.size());
  plan.nodes.push_back(std::move(calc));
}

/// Columns that pass through are what they have become below.
void PassTimesOn(PhysicalPlan& plan, size_t node) {
  const auto* calc = std::get_if<CalcNode>(&plan.nodes[node].payload);
  if (calc == nullptr) return;
  const Schema& input = plan.nodes[static_cast<size_t>(plan.nodes[node].inputs[0].node)].schema;
  if (calc->projections.empty()) {
    for (size_t i = 0; i < input.size(); ++i) plan.nodes[node].schema[i].type = input[i].type;
  }
  for (size_t i = 0; i < calc->projections.size(); ++i) {
    const Expr& e = *calc->projections[i];
    if (e.kind == ExprKind::kInput) plan.nodes[node].schema[i].type = input[static_cast<size_t>(e.input)].type;
  }
}

bool IsConstraint(const Expr& e) {
  return e.kind == ExprKind::kCall && (e.function == kRequireNotNull || e.function == kEnforceLength);
}

}  // namespace

void DropConstraints(PhysicalPlan& plan) {
  for (PlanNode& node : plan.nodes) {
    auto* calc = std::get_if<CalcNode>(&node.payload);
    if (calc == nullptr) continue;
    for (ExprPtr& e : calc->projections) {
      while (IsConstraint(*e)) e = ExprPtr(e->args[0]);
    }
  }
}

void MaterializeTimes(PhysicalPlan& plan) {
  const size_t count = plan.nodes.size();
  for (size_t i = 0; i < count; ++i) {
    PassTimesOn(plan, i);
    ConvertCalc(plan, i);
    const PlanPayload& payload = plan.nodes[i].payload;
    const bool join = std::holds_alternative<JoinNode>(payload);
    const bool leaves = std::holds_alternative<CollectNode>(payload) || std::holds_alternative<SinkNode>(payload);
    if (!join && !leaves) continue;
    for (size_t k = 0; k < plan.nodes[i].inputs.size(); ++k) ConvertEdge(plan, i, k, join);
    if (!join) continue;
    for (RowField& f : plan.nodes[i].schema) {
      if (IsAttribute(f.type)) f.type = PlainTime(f.type);
    }
  }
}

}  // namespace sluice::engine::sql
