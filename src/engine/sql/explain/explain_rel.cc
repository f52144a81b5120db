#include "engine/sql/explain/explain_rel.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/explain/explain_expr.h"

namespace sluice::engine::sql {

namespace {

void Draw(const ExplainTree& tree, const std::string& first, const std::string& rest, std::string& out) {
  out += first + tree.text + "\n";
  for (size_t i = 0; i < tree.inputs.size(); ++i) {
    const bool last = i + 1 == tree.inputs.size();
    Draw(tree.inputs[i], rest + (last ? "+- " : ":- "), rest + (last ? "   " : ":  "), out);
  }
}

std::string Logical(const Expr& e) { return ExplainExpr(e, {}, ExplainStyle::kLogical); }

std::string Projection(const Schema& schema, const std::vector<ExprPtr>& expressions) {
  std::string out;
  for (size_t i = 0; i < expressions.size(); ++i) {
    out += (i > 0 ? ", " : "") + schema[i].name + "=[" + Logical(*expressions[i]) + "]";
  }
  return "LogicalProject(" + out + ")";
}

std::string CallText(const AggregateCall& call) {
  std::string out = call.function + "(" + (call.distinct ? "DISTINCT " : "");
  for (size_t i = 0; i < call.args.size(); ++i) out += (i > 0 ? ", $" : "$") + std::to_string(call.args[i]);
  out += ")";
  if (call.filter >= 0) out += " FILTER $" + std::to_string(call.filter);
  return out;
}

std::string AggregateText(const AggregateRel& rel) {
  std::vector<int> keys = rel.keys;
  std::sort(keys.begin(), keys.end());
  std::string out = fmt::format("LogicalAggregate(group=[{{{}}}]", fmt::join(keys, ", "));
  for (size_t i = 0; i < rel.calls.size(); ++i) {
    out += ", " + rel.schema[rel.keys.size() + i].name + "=[" + CallText(rel.calls[i]) + "]";
  }
  return out + ")";
}

std::string SortText(const SortRel& rel) {
  std::string out;
  auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  for (size_t i = 0; i < rel.keys.size(); ++i) add(fmt::format("sort{}=[${}]", i, rel.keys[i].column));
  for (size_t i = 0; i < rel.keys.size(); ++i) {
    const SortKey& k = rel.keys[i];
    add(fmt::format("dir{}=[{}-nulls-{}]", i, k.ascending ? "ASC" : "DESC", k.nulls_last ? "last" : "first"));
  }
  if (rel.offset > 0) add(fmt::format("offset=[{}]", rel.offset));
  if (rel.limit >= 0) add(fmt::format("fetch=[{}]", rel.limit));
  return "LogicalSort(" + out + ")";
}

const char* JoinName(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner: return "inner";
    case JoinKind::kLeft: return "left";
    case JoinKind::kRight: return "right";
    case JoinKind::kFull: return "full";
    case JoinKind::kSemi: return "semi";
    case JoinKind::kAnti: return "anti";
  }
  return "";
}

std::string ValuesText(const ValuesRel& rel) {
  std::string rows;
  for (const std::vector<Value>& row : rel.rows) {
    std::string cells;
    for (size_t i = 0; i < row.size(); ++i) {
      cells += (i > 0 ? ", " : "") + Logical(*Expr::Literal(row[i], rel.schema[i].type));
    }
    rows += (rows.empty() ? "" : ", ") + ("{ " + cells + " }");
  }
  return "LogicalValues(tuples=[[" + rows + "]])";
}

std::string WindowText(const WindowRel& rel) {
  const WindowSpec& w = rel.window;
  auto ms = [](int64_t v) {
    return fmt::format("{}:INTERVAL {}", v, v % 3600000 == 0 ? "HOUR" : v % 60000 == 0 ? "MINUTE" : "SECOND");
  };
  std::string arguments = fmt::format("TABLE(#0), DESCRIPTOR(_UTF-16LE'{}')",
                                      rel.inputs[0]->schema[static_cast<size_t>(w.time_column)].name);
  switch (w.kind) {
    case WindowKind::kTumble:
      return fmt::format("LogicalTableFunctionScan(invocation=[TUMBLE({}, {})])", arguments, ms(w.size_ms));
    case WindowKind::kHop:
      return fmt::format("LogicalTableFunctionScan(invocation=[HOP({}, {}, {})])", arguments, ms(w.slide_ms),
                         ms(w.size_ms));
    case WindowKind::kCumulate:
      return fmt::format("LogicalTableFunctionScan(invocation=[CUMULATE({}, {}, {})])", arguments, ms(w.slide_ms),
                         ms(w.size_ms));
    case WindowKind::kSession:
      return fmt::format("LogicalTableFunctionScan(invocation=[SESSION({}, {})])", arguments, ms(w.size_ms));
  }
  return "";
}

std::string Text(const Rel& rel) {
  switch (rel.kind) {
    case RelKind::kScan: {
      return "LogicalTableScan(table=[" + ExplainTableName(static_cast<const ScanRel&>(rel).table.identifier) + "])";
    }
    case RelKind::kValues: return ValuesText(static_cast<const ValuesRel&>(rel));
    case RelKind::kProject: return Projection(rel.schema, static_cast<const ProjectRel&>(rel).expressions);
    case RelKind::kFilter:
      return "LogicalFilter(condition=[" + Logical(*static_cast<const FilterRel&>(rel).condition) + "])";
    case RelKind::kWatermark: {
      const auto& w = static_cast<const WatermarkRel&>(rel);
      return fmt::format("LogicalWatermarkAssigner(rowtime=[{}], watermark=[{}])",
                         rel.schema[static_cast<size_t>(w.column)].name, Logical(*w.expression));
    }
    case RelKind::kAggregate: return AggregateText(static_cast<const AggregateRel&>(rel));
    case RelKind::kWindow: return WindowText(static_cast<const WindowRel&>(rel));
    case RelKind::kUnion: return "LogicalUnion(all=[true])";
    case RelKind::kSetOp: {
      const auto& op = static_cast<const SetOpRel&>(rel);
      return fmt::format("Logical{}(all=[{}])", op.intersect ? "Intersect" : "Minus", op.all);
    }
    case RelKind::kSort: return SortText(static_cast<const SortRel&>(rel));
    case RelKind::kOver:
      return "LogicalWindow(calls=[" + std::to_string(static_cast<const OverRel&>(rel).calls.size()) + "])";
    case RelKind::kJoin: {
      const auto& join = static_cast<const JoinRel&>(rel);
      return fmt::format("LogicalJoin(condition=[{}], joinType=[{}])",
                         join.condition ? Logical(*join.condition) : "true", JoinName(join.join));
    }
    case RelKind::kCorrelate: {
      return "LogicalTableFunctionScan(invocation=[" + Logical(*static_cast<const CorrelateRel&>(rel).call) + "])";
    }
    case RelKind::kExpand:
      return "LogicalExpand(sets=[" + std::to_string(static_cast<const ExpandRel&>(rel).projections.size()) + "])";
    case RelKind::kMatch: return "LogicalMatch(…)";
  }
  return "";
}

ExplainTree TreeOf(const Rel& rel) {
  ExplainTree tree{Text(rel), {}};
  for (const RelPtr& in : rel.inputs) tree.inputs.push_back(TreeOf(*in));
  return tree;
}

/// SELECT * is a projection in Calcite's tree even where it changes nothing.
ExplainTree WithProjection(const Rel& rel) {
  const bool plain = rel.kind == RelKind::kScan || rel.kind == RelKind::kWatermark || rel.kind == RelKind::kFilter ||
                     rel.kind == RelKind::kJoin || rel.kind == RelKind::kValues || rel.kind == RelKind::kWindow;
  if (rel.kind == RelKind::kSort) {
    ExplainTree tree{Text(rel), {}};
    tree.inputs.push_back(WithProjection(*rel.inputs[0]));
    return tree;
  }
  if (!plain) return TreeOf(rel);
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < rel.schema.size(); ++i) columns.push_back(ColumnRef(rel.schema, i));
  ExplainTree tree{Projection(rel.schema, columns), {}};
  tree.inputs.push_back(TreeOf(rel));
  return tree;
}

}  // namespace

std::string ExplainTableName(const std::string& identifier) {
  std::string out = "[";
  for (const char c : identifier) out += c == '.' ? std::string(", ") : std::string(1, c);
  return out + "]";
}

std::string DrawTree(const ExplainTree& tree) {
  std::string out;
  Draw(tree, "", "", out);
  return out;
}

std::string ExplainRel(const Rel& rel, const std::string& sink) {
  ExplainTree tree = WithProjection(rel);
  if (sink.empty()) return DrawTree(tree);
  ExplainTree top{sink, {}};
  top.inputs.push_back(std::move(tree));
  return DrawTree(top);
}

}  // namespace sluice::engine::sql
