// Sources, their projections and watermarks, Calc and Values as EXPLAIN prints them.
#include <fmt/format.h>

#include "engine/sql/explain/plan_explainer.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

namespace {

/// Sources that cannot leave columns out in Flink: the projection shows as a node of its own.
bool ReadsAllColumns(const SourceNode& source) {
  const auto connector = source.table.options.find("connector");
  return connector != source.table.options.end() && connector->second == "datagen";
}

/// The bounds of a window that the aggregate above assigns by itself.
bool IsOpenWindow(const Expr& e, const std::string& name) {
  return e.kind == ExprKind::kLiteral && e.value.is_null() && e.type.is_timestamp() && name.starts_with("window_");
}

}  // namespace

Names PlanExplainer::FieldNames(const SourceNode& source, const PlanNode& n, bool whole) const {
  Names fields;
  for (const RowField& f : whole ? source.table.physical : n.schema) fields.push_back(f.name);
  return fields;
}

Shown PlanExplainer::ShowSource(int node, const SourceNode& source, bool bare) {
  const PlanNode& n = At(node);
  bool projected = source.projection.size() != source.table.physical.size() || !source.table.metadata.empty();
  for (size_t i = 0; i < source.projection.size() && !projected; ++i) {
    projected = source.projection[i] != std::vector<int>{static_cast<int>(i)};
  }
  const bool whole = projected && ReadsAllColumns(source);
  std::string table = ExplainTableName(source.table.identifier);
  std::string abilities;
  if (!source.filter_hints.empty()) {
    std::string filters;
    for (const ExprPtr& f : source.filter_hints) {
      filters += (filters.empty() ? "" : ", ") + ExplainExpr(*f, FieldNames(source, n, false), ExplainStyle::kPhysical);
    }
    abilities += ", filter=[" + (source.filter_hints.size() > 1 ? "and(" + filters + ")" : filters) + "]";
  }
  if (projected && !whole) {
    abilities += ", project=[" + JoinNames(FieldNames(source, n, false)) + "], metadata=[]";
  }
  if (source.limit >= 0) abilities += fmt::format(", limit=[{}]", source.limit);
  table.insert(table.size() - 1, abilities);
  ExplainTree line =
      Line("TableSourceScan", "table=[" + table + "], fields=[" + JoinNames(FieldNames(source, n, whole)) + "]",
           n.changelog);
  Names names = FieldNames(source, n, false);
  if (!whole || bare) return {std::move(line), std::move(names)};
  return Projected(std::move(line), names, n.changelog);
}

Shown PlanExplainer::Projected(ExplainTree below, const Names& names, const ChangelogMode& mode) const {
  ExplainTree calc = Line("Calc", "select=[" + JoinNames(names) + "]", mode);
  calc.inputs.push_back(std::move(below));
  return {std::move(calc), names};
}

bool PlanExplainer::HidesProjection(int node) const {
  const auto* source = std::get_if<SourceNode>(&At(node).payload);
  return source != nullptr && ReadsAllColumns(*source) && source->projection.size() != source->table.physical.size();
}

Shown PlanExplainer::ShowWatermark(int node, const WatermarkNode& w, bool bare) {
  const int input = InputOf(node);
  const auto* source = std::get_if<SourceNode>(&At(input).payload);
  Shown in = source != nullptr ? ShowSource(input, *source, true) : Input(node, 0);
  ExplainTree line = Line(
      "WatermarkAssigner",
      fmt::format("rowtime=[{}], watermark=[{}]", NameAt(in.names, w.rowtime_column), Text(*w.expression, in.names)),
      At(node).changelog);
  line.inputs.push_back(std::move(in.tree));
  if (bare || !HidesProjection(input)) return {std::move(line), std::move(in.names)};
  return Projected(std::move(line), in.names, At(node).changelog);
}

Shown PlanExplainer::BelowCalc(int node, const Wanted& wanted) {
  const int input = InputOf(node);
  if (const auto* source = std::get_if<SourceNode>(&At(input).payload)) return ShowSource(input, *source, true);
  if (const auto* w = std::get_if<WatermarkNode>(&At(input).payload)) return ShowWatermark(input, *w, true);
  return Input(node, 0, wanted);
}

int PlanExplainer::Merge(int node, CalcNode& calc) const {
  while (true) {
    const auto* below = std::get_if<CalcNode>(&At(InputOf(node)).payload);
    const bool forward = At(node).inputs[0].distribution == Distribution::kForward;
    if (below == nullptr || below->condition || below->projections.empty() || !forward || calc.projections.empty()) {
      return node;
    }
    if (calc.condition) calc.condition = ExprSubstitute(calc.condition, below->projections);
    for (ExprPtr& e : calc.projections) e = ExprSubstitute(e, below->projections);
    node = InputOf(node);
  }
}

Shown PlanExplainer::ShowCalc(int top, CalcNode calc, const Wanted& wanted) {
  const PlanNode& n = At(top);
  const int node = Merge(top, calc);
  const size_t width = At(InputOf(node)).schema.size();
  Names own;
  for (size_t i = 0; i < n.schema.size(); ++i) {
    own.push_back(i < wanted.size() && !wanted[i].empty() ? wanted[i] : n.schema[i].name);
  }
  if (IsIdentity(calc, width)) return Input(node, 0, own);
  Wanted below(width);
  for (size_t i = 0; i < calc.projections.size(); ++i) {
    const Expr& e = *calc.projections[i];
    if (e.kind == ExprKind::kInput && below[static_cast<size_t>(e.input)].empty() && own[i] != "$time") {
      below[static_cast<size_t>(e.input)] = own[i];
    }
  }
  Shown in = BelowCalc(node, below);
  Names select, names;
  if (calc.projections.empty()) select = names = in.names;
  for (size_t i = 0; i < calc.projections.size(); ++i) {
    const std::string text = Text(*calc.projections[i], in.names);
    names.push_back(own[i] == "$time" ? text : own[i]);
    if (!IsOpenWindow(*calc.projections[i], own[i])) {
      select.push_back(text + (text == names.back() ? "" : " AS " + names.back()));
    }
  }
  std::string terms = "select=[" + JoinNames(select) + "]";
  if (calc.condition) terms += ", where=[" + Text(*calc.condition, in.names) + "]";
  ExplainTree line = Line("Calc", terms, n.changelog);
  line.inputs.push_back(std::move(in.tree));
  return {std::move(line), std::move(names)};
}

Shown PlanExplainer::ShowValues(const PlanNode& n, const ValuesNode& values, const Wanted& wanted) {
  std::string rows, type;
  if (n.schema.empty()) {  // Calcite's row of nothing
    const char* zero = options_.style == ExplainStyle::kExecution ? "" : "type=[RecordType(INTEGER ZERO)], ";
    return {Line("Values", std::string(zero) + "tuples=[[{ 0 }]]", n.changelog), {}};
  }
  for (const std::vector<Value>& row : values.rows) {
    std::string cells;
    for (size_t i = 0; i < row.size(); ++i) {
      cells += (i > 0 ? ", " : "") + ExplainExpr(*Expr::Literal(row[i], n.schema[i].type), {}, ExplainStyle::kLogical);
    }
    rows += (rows.empty() ? "" : ", ") + ("{ " + cells + " }");
  }
  Names names;
  for (size_t i = 0; i < n.schema.size(); ++i) {
    names.push_back(i < wanted.size() && !wanted[i].empty() ? wanted[i] : n.schema[i].name);
    type += (type.empty() ? "" : ", ") + n.schema[i].type.Nullable().ToCalciteString() + " " + names.back();
  }
  const std::string of = options_.style == ExplainStyle::kExecution ? "" : "type=[RecordType(" + type + ")], ";
  return {Line("Values", of + "tuples=[[" + rows + "]]", n.changelog), names};
}

}  // namespace sluice::engine::sql
