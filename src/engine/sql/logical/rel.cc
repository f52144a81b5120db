#include "engine/sql/logical/rel.h"

#include <fmt/format.h>

namespace sluice::engine::sql {

namespace {
bool HasConjunct(const JoinRel& join, std::string_view function) {
  for (const ExprPtr& c : SplitConjunction(join.condition)) {
    if (c->kind == ExprKind::kCall && c->function == function) return true;
  }
  return false;
}
}  // namespace

bool IsTemporalJoin(const JoinRel& join) { return HasConjunct(join, kTemporalCondition); }
bool IsLookupJoin(const JoinRel& join) { return HasConjunct(join, kLookupCondition); }

RelPtr MakeProject(RelPtr input, std::vector<ExprPtr> expressions, std::vector<std::string> names) {
  auto rel = std::make_shared<ProjectRel>();
  for (size_t i = 0; i < expressions.size(); ++i) rel->schema.push_back({names[i], expressions[i]->type, ""});
  rel->expressions = std::move(expressions);
  rel->inputs = {std::move(input)};
  return rel;
}

RelPtr MakeFilter(RelPtr input, ExprPtr condition) {
  auto rel = std::make_shared<FilterRel>();
  rel->schema = input->schema;
  rel->condition = std::move(condition);
  rel->inputs = {std::move(input)};
  return rel;
}

RelPtr MakeUnion(std::vector<RelPtr> inputs, Schema schema) {
  auto rel = std::make_shared<Rel>(RelKind::kUnion);
  rel->schema = std::move(schema);
  rel->inputs = std::move(inputs);
  return rel;
}

namespace {

void Split(const ExprPtr& e, std::vector<ExprPtr>& out) {
  if (e->kind == ExprKind::kCall && e->function == "AND") {
    for (const ExprPtr& a : e->args) Split(a, out);
  } else {
    out.push_back(e);
  }
}

std::string Describe(const Rel& rel) {
  auto in = [&]() -> const Schema& { return rel.inputs[0]->schema; };
  switch (rel.kind) {
    case RelKind::kScan: return "LogicalTableScan(table=[[" + static_cast<const ScanRel&>(rel).table.identifier + "]])";
    case RelKind::kValues:
      return fmt::format("LogicalValues(rows=[{}])", static_cast<const ValuesRel&>(rel).rows.size());
    case RelKind::kProject: {
      const auto& p = static_cast<const ProjectRel&>(rel);
      std::string list;
      for (size_t i = 0; i < p.expressions.size(); ++i) {
        if (i > 0) list += ", ";
        list += p.schema[i].name + "=[" + ExprToString(*p.expressions[i], in()) + "]";
      }
      return "LogicalProject(" + list + ")";
    }
    case RelKind::kFilter:
      return "LogicalFilter(condition=[" + ExprToString(*static_cast<const FilterRel&>(rel).condition, in()) + "])";
    case RelKind::kWatermark: {
      const auto& w = static_cast<const WatermarkRel&>(rel);
      return fmt::format("LogicalWatermarkAssigner(rowtime=[{}], watermark=[{}])",
                         rel.schema[static_cast<size_t>(w.column)].name, ExprToString(*w.expression, in()));
    }
    case RelKind::kAggregate: {
      const auto& a = static_cast<const AggregateRel&>(rel);
      return fmt::format("LogicalAggregate(keys=[{}], calls=[{}])", fmt::join(a.keys, ", "), a.calls.size());
    }
    case RelKind::kWindow: return "LogicalTableFunctionScan(window)";
    case RelKind::kUnion: return "LogicalUnion(all=[true])";
    case RelKind::kSetOp: return static_cast<const SetOpRel&>(rel).intersect ? "LogicalIntersect" : "LogicalMinus";
    case RelKind::kSort: return "LogicalSort";
    case RelKind::kOver: return "LogicalOver";
    case RelKind::kJoin: return "LogicalJoin";
    case RelKind::kCorrelate: return "LogicalCorrelate";
    case RelKind::kExpand: return "LogicalExpand";
    case RelKind::kMatch: return "LogicalMatch";
  }
  return "";
}

void Print(const Rel& rel, int depth, std::string& out) {
  if (depth > 0) out += std::string(static_cast<size_t>(depth - 1) * 3, ' ') + "+- ";
  out += Describe(rel) + "\n";
  for (const RelPtr& input : rel.inputs) Print(*input, depth + 1, out);
}

}  // namespace

std::vector<ExprPtr> SplitConjunction(const ExprPtr& condition) {
  std::vector<ExprPtr> out;
  if (condition) Split(condition, out);
  return out;
}

ExprPtr JoinConjunction(const std::vector<ExprPtr>& conjuncts) {
  if (conjuncts.empty()) return nullptr;
  if (conjuncts.size() == 1) return conjuncts[0];
  bool nullable = false;
  for (const ExprPtr& c : conjuncts) nullable |= c->type.nullable();
  return Expr::Call("AND", conjuncts, DataType::Boolean().WithNullable(nullable));
}

std::string RelToText(const Rel& rel) {
  std::string out;
  Print(rel, 0, out);
  return out;
}

}  // namespace sluice::engine::sql
