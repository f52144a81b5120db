// Sources, their projections and watermarks, Calc and Values as EXPLAIN prints them.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "engine/plan/mini_batch.h"
#include "engine/sql/explain/explain_cost.h"
#include "engine/sql/explain/plan_explainer.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

namespace {

/// Sources that cannot leave columns out in Flink: the projection shows as a node of its own.
bool ReadsAllColumns(const SourceNode& source) {
  const auto connector = source.table.options.find("connector");
  return connector != source.table.options.end() && connector->second == "datagen";
}

bool IsFiles(const SourceNode& source) {
  const auto connector = source.table.options.find("connector");
  return connector != source.table.options.end() && connector->second == "filesystem";
}

double WidthOf(const SourceNode& source, const Names& columns) {
  Schema wide;
  for (const RowField& f : source.table.physical) {
    if (std::find(columns.begin(), columns.end(), f.name) != columns.end()) wide.push_back(f);
  }
  return RowWidth(wide);
}

/// All of the table's columns in their order, and no metadata.
bool IsWhole(const SourceNode& source) {
  if (source.projection.size() != source.table.physical.size() || !source.table.metadata.empty()) return false;
  for (size_t i = 0; i < source.projection.size(); ++i) {
    if (source.projection[i] != std::vector<int>{static_cast<int>(i)}) return false;
  }
  return true;
}

/// The bounds of a window that the aggregate above assigns by itself.
bool IsOpenWindow(const Expr& e) { return e.kind == ExprKind::kLiteral && e.value.is_null() && e.type.is_timestamp(); }

bool HasOpenWindow(const CalcNode& calc) {
  return std::any_of(calc.projections.begin(), calc.projections.end(),
                     [](const ExprPtr& e) { return IsOpenWindow(*e); });
}

}  // namespace

void PlanExplainer::LimitFiles() {
  for (const PlanNode& n : plan_.nodes) {
    const auto* limit = std::get_if<LimitNode>(&n.payload);
    if (limit == nullptr || limit->limit < 0) continue;
    int at = n.inputs[0].node;
    if (const auto* calc = std::get_if<CalcNode>(&At(at).payload); calc != nullptr && !calc->condition) {
      at = InputOf(at);
    }
    auto* source = std::get_if<SourceNode>(&plan_.nodes[static_cast<size_t>(at)].payload);
    if (source != nullptr && IsFiles(*source)) source->limit = limit->offset + limit->limit;
  }
}

void PlanExplainer::FindSharedScans() {
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    const auto* calc = std::get_if<CalcNode>(&plan_.nodes[i].payload);
    if (calc == nullptr || !calc->condition) continue;
    const int input = InputOf(static_cast<int>(i));
    if (std::holds_alternative<SourceNode>(At(input).payload)) conditions_[input] = calc->condition;
  }
  std::map<std::string, std::vector<int>> scans;  // by table and filters
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    const auto* source = std::get_if<SourceNode>(&plan_.nodes[i].payload);
    if (source == nullptr || !source->table.metadata.empty() || source->limit >= 0 || ReadsAllColumns(*source))
      continue;
    const bool nested = std::any_of(source->projection.begin(), source->projection.end(),
                                    [](const std::vector<int>& path) { return path.size() != 1; });
    const auto condition = conditions_.find(static_cast<int>(i));
    // The condition's columns are told by number, which is of the scan: only scans without one are compared.
    if (!nested && condition == conditions_.end()) scans[source->table.identifier].push_back(static_cast<int>(i));
  }
  for (const auto& [table, nodes] : scans) {
    std::set<int> columns;
    for (const int node : nodes) {
      for (const std::vector<int>& path : std::get<SourceNode>(At(node).payload).projection) columns.insert(path[0]);
    }
    for (const int node : nodes) shared_[node] = {columns.begin(), columns.end()};
  }
}

std::optional<Names> PlanExplainer::WiderFields(int node, const SourceNode& source) const {
  Names fields;
  if (ReadsAllColumns(source)) {
    for (const RowField& f : source.table.physical) fields.push_back(f.name);
    if (IsWhole(source)) return std::nullopt;
    return fields;
  }
  const auto shared = shared_.find(node);
  if (shared == shared_.end() || shared->second.size() == source.projection.size()) return std::nullopt;
  for (const int column : shared->second) fields.push_back(source.table.physical[static_cast<size_t>(column)].name);
  return fields;
}

std::string PlanExplainer::FilterText(const SourceNode& source, const Names& names, const ExprPtr& condition) const {
  std::vector<ExprPtr> filters = source.filter_hints;
  if (IsFiles(source)) filters = condition ? SplitConjunction(condition) : std::vector<ExprPtr>();
  if (filters.empty()) return "";
  return ExplainPushedFilter(filters, names);
}

Shown PlanExplainer::ShowSource(int node, const SourceNode& source, const SourceUse& use) {
  const PlanNode& n = At(node);
  Shown out;
  for (const RowField& f : n.schema) out.names.push_back(f.name);
  const std::optional<Names> wider = WiderFields(node, source);
  if (!wider) out.order = use.order;
  const Names fields = wider ? *wider : use.order.empty() ? out.names : Pick(out.names, use.order);
  std::string table = ExplainTableName(source.table.identifier);
  std::string abilities;
  if (const std::string filter = FilterText(source, out.names, use.condition); !filter.empty()) {
    abilities += ", filter=[" + filter + "]";
  }
  if (!ReadsAllColumns(source) && (fields.size() != source.table.physical.size() || !IsWhole(source))) {
    abilities += ", project=[" + JoinNames(fields) + "], metadata=[]";
  }
  if (source.limit >= 0) abilities += fmt::format(", limit=[{}]", source.limit);
  table.insert(table.size() - 1, abilities);
  out.tree = Line("TableSourceScan", "table=[" + table + "], fields=[" + JoinNames(fields) + "]", n.changelog);
  out.tree.facts.width = wider ? WidthOf(source, fields) : RowWidth(n.schema);
  if (source.limit >= 0) out.tree.facts.rows = static_cast<double>(source.limit);
  out.wider = wider.has_value();
  if (!wider || use.projected) return out;
  return Projected(std::move(out.tree), out.names, n.changelog);
}

Shown PlanExplainer::Projected(ExplainTree below, const Names& names, const ChangelogMode& mode) const {
  ExplainTree calc = Line("Calc", "select=[" + JoinNames(names) + "]", mode);
  calc.inputs.push_back(std::move(below));
  return {std::move(calc), names, {}};
}

bool PlanExplainer::HidesProjection(int node) const {
  const auto* source = std::get_if<SourceNode>(&At(node).payload);
  return source != nullptr && ReadsAllColumns(*source) && source->projection.size() != source->table.physical.size();
}

bool PlanExplainer::MakesProctime(int node) const {
  const auto* calc = std::get_if<CalcNode>(&At(node).payload);
  if (calc == nullptr || calc->condition) return false;
  const auto* source = std::get_if<SourceNode>(&At(InputOf(node)).payload);
  const bool pruned = source != nullptr && ReadsAllColumns(*source) && !IsWhole(*source);
  size_t times = 0;
  for (const ExprPtr& e : calc->projections) {
    const bool time = e->kind == ExprKind::kCall && e->function == "PROCTIME";
    if (!time && e->kind != ExprKind::kInput) return false;
    times += time ? 1 : 0;
  }
  return pruned && times == 1;
}

Shown PlanExplainer::ShowWhole(int node) {
  const PlanNode& n = At(node);
  const auto& source = std::get<SourceNode>(At(InputOf(node)).payload);
  Names names, select;
  for (const RowField& f : n.schema) names.push_back(f.name);
  for (const RowField& f : source.table.physical) select.push_back(f.name);
  const auto& columns = std::get<CalcNode>(n.payload).projections;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i]->kind == ExprKind::kCall) select.push_back("PROCTIME() AS " + names[i]);
  }
  SourceUse all;
  all.projected = true;
  Shown out = ShowSource(InputOf(node), source, all);
  out.tree = Projected(std::move(out.tree), select, n.changelog).tree;
  out.names = std::move(names);
  return out;
}

Shown PlanExplainer::ShowWatermark(int node, const WatermarkNode& w, const SourceUse& use) {
  const int input = InputOf(node);
  const auto* source = std::get_if<SourceNode>(&At(input).payload);
  if (EndsBundles(w)) {
    const auto* watermark = std::get_if<WatermarkNode>(&At(input).payload);
    // What takes columns out of a source that has more stands above the marks.
    SourceUse whole = use;
    whole.projected = true;
    Shown below = source != nullptr      ? ShowSource(input, *source, whole)
                  : watermark != nullptr ? ShowWatermark(input, *watermark, whole)
                                         : Input(node, 0);
    const std::string& name = At(node).name;
    const size_t open = name.find('(');
    ExplainTree marks = Line(name.substr(0, open), name.substr(open + 1, name.size() - open - 2), At(node).changelog);
    marks.inputs.push_back(std::move(below.tree));
    below.tree = std::move(marks);
    if (below.wider && !use.projected) return Projected(std::move(below.tree), below.names, At(node).changelog);
    return below;
  }
  SourceUse all;
  all.projected = source != nullptr && ReadsAllColumns(*source);
  const bool whole = MakesProctime(input);
  Shown in = source != nullptr ? ShowSource(input, *source, all) : whole ? ShowWhole(input) : Input(node, 0);
  const bool hidden = whole || HidesProjection(input);
  const bool below = hidden && !whole && options_.computed.contains(source->table.identifier);
  if (below) {
    // The projection that makes the computed columns takes what is not read out as well.
    in.order = use.order;
    const Names fields = in.order.empty() ? in.names : Pick(in.names, in.order);
    in.tree = Projected(std::move(in.tree), fields, At(input).changelog).tree;
  }
  ExplainTree line = Line(
      "WatermarkAssigner",
      fmt::format("rowtime=[{}], watermark=[{}]", NameAt(in.names, w.rowtime_column), Text(*w.expression, in.names)),
      At(node).changelog);
  line.inputs.push_back(std::move(in.tree));
  in.tree = std::move(line);
  in.wider = hidden && !below;
  if (below || use.projected || !hidden) return in;
  return Projected(std::move(in.tree), in.names, At(node).changelog);
}

namespace {

void FirstUses(const Expr& e, std::vector<int>& order) {
  if (e.kind == ExprKind::kInput && std::find(order.begin(), order.end(), e.input) == order.end()) {
    order.push_back(e.input);
  }
  for (const ExprPtr& a : e.args) FirstUses(*a, order);
}

/// A projection alone is pushed down in the order of its use; with a condition the columns stay in their order.
SourceUse UseOf(const CalcNode& calc, size_t width) {
  SourceUse use;
  use.projected = true;
  use.condition = calc.condition;
  if (calc.condition || calc.projections.empty() || HasOpenWindow(calc)) return use;
  for (const ExprPtr& e : calc.projections) FirstUses(*e, use.order);
  for (size_t i = 0; i < width; ++i) FirstUses(*Expr::Input(static_cast<int>(i), DataType::Integer()), use.order);
  return use;
}

/// `calc` is the columns as they show below it.
bool IsOrder(const CalcNode& calc, const std::vector<int>& order) {
  if (calc.condition) return false;
  size_t next = 0;
  for (const ExprPtr& e : calc.projections) {
    if (IsOpenWindow(*e)) continue;
    if (next == order.size() || e->kind != ExprKind::kInput || e->input != order[next]) return false;
    ++next;
  }
  return next == order.size();
}

bool IsPermutation(const CalcNode& calc, size_t width) {
  return !calc.condition && calc.projections.size() == width &&
         std::all_of(calc.projections.begin(), calc.projections.end(),
                     [](const ExprPtr& e) { return e->kind == ExprKind::kInput; });
}

std::vector<int> InOrder(size_t width) {
  std::vector<int> out(width);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

/// Columns that a condition says are equal to a constant are that constant.
void PutConstants(CalcNode& calc, const Schema& input) {
  if (!calc.condition) return;
  const bool all = calc.projections.empty();
  for (size_t i = 0; all && i < input.size(); ++i) calc.projections.push_back(ColumnRef(input, i));
  for (const ExprPtr& term : SplitConjunction(calc.condition)) {
    const bool equality = term->kind == ExprKind::kCall && term->function == "=" && term->args.size() == 2;
    if (!equality || term->args[0]->kind != ExprKind::kInput || term->args[1]->kind != ExprKind::kLiteral) continue;
    const int column = term->args[0]->input;
    const DataType& type = input[static_cast<size_t>(column)].type;
    for (ExprPtr& e : calc.projections) {
      if (e->kind != ExprKind::kInput || e->input != column) continue;
      const ExprPtr constant = Expr::Literal(term->args[1]->value, type.NotNull());
      e = type.nullable() ? Expr::Call("CAST", {constant}, type) : constant;
    }
  }
}

}  // namespace

Shown PlanExplainer::BelowCalc(int node, const CalcNode& calc, const Wanted& wanted) {
  const int input = InputOf(node);
  const SourceUse use = UseOf(calc, At(input).schema.size());
  if (const auto* source = std::get_if<SourceNode>(&At(input).payload)) return ShowSource(input, *source, use);
  if (const auto* w = std::get_if<WatermarkNode>(&At(input).payload)) return ShowWatermark(input, *w, use);
  return Input(node, 0, wanted);
}

int PlanExplainer::Merge(int node, CalcNode& calc) const {
  while (true) {
    const int next = InputOf(node);
    const auto* below = std::get_if<CalcNode>(&At(next).payload);
    if (below == nullptr || At(node).inputs[0].distribution != Distribution::kForward) return node;
    std::vector<ExprPtr> columns = below->projections;
    if (columns.empty()) {
      for (size_t i = 0; i < At(next).schema.size(); ++i) columns.push_back(ColumnRef(At(next).schema, i));
    }
    if (calc.projections.empty()) {
      calc.projections = columns;
    } else {
      for (ExprPtr& e : calc.projections) e = ExprSubstitute(e, columns);
    }
    std::vector<ExprPtr> conditions = SplitConjunction(below->condition);
    if (calc.condition) conditions.push_back(ExprSubstitute(calc.condition, columns));
    calc.condition = JoinConjunction(conditions);
    node = next;
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
  if (std::holds_alternative<ExpandNode>(At(InputOf(node)).payload) && IsPermutation(calc, width)) {
    Shown in = Input(node, 0);
    Names names;
    for (const ExprPtr& e : calc.projections) names.push_back(NameAt(in.names, e->input));
    return {std::move(in.tree), std::move(names), {}};
  }
  Wanted below(width);
  for (size_t i = 0; i < calc.projections.size(); ++i) {
    const Expr& e = *calc.projections[i];
    if (e.kind == ExprKind::kInput && below[static_cast<size_t>(e.input)].empty() && own[i] != "$time") {
      below[static_cast<size_t>(e.input)] = own[i];
    }
  }
  Shown in = BelowCalc(node, calc, below);
  const std::vector<int> order = in.order.empty() ? InOrder(width) : in.order;
  if (!in.wider && IsOrder(calc, order)) {
    for (size_t i = 0; i < own.size(); ++i) {
      if (!IsOpenWindow(*calc.projections[i])) own[i] = NameAt(in.names, calc.projections[i]->input);
    }
    return {std::move(in.tree), std::move(own), {}};
  }
  PutConstants(calc, At(InputOf(node)).schema);
  Names select, names;
  if (calc.projections.empty()) select = names = in.names;
  for (size_t i = 0; i < calc.projections.size(); ++i) {
    const std::string text = Text(*calc.projections[i], in.names);
    names.push_back(own[i] == "$time" ? text : own[i]);
    if (!own[i].starts_with("window_") || !IsOpenWindow(*calc.projections[i])) {
      select.push_back(text + (text == names.back() ? "" : " AS " + names.back()));
    }
  }
  std::string terms = "select=[" + JoinNames(select) + "]";
  if (calc.condition) terms += ", where=[" + Text(*calc.condition, in.names) + "]";
  ExplainTree line = Line("Calc", terms, n.changelog);
  if (calc.condition) line.facts.factor = Selectivity(*calc.condition);
  line.facts.computations = Computations(calc.projections);
  line.inputs.push_back(std::move(in.tree));
  return {std::move(line), std::move(names), {}};
}

Shown PlanExplainer::ShowValues(const PlanNode& n, const ValuesNode& values, const Wanted& wanted) {
  std::string rows, type;
  if (n.schema.empty()) {  // Calcite's row of nothing
    const bool untyped = options_.style == ExplainStyle::kExecution || options_.costs;
    ExplainTree line = Line(
        "Values", std::string(untyped ? "" : "type=[RecordType(INTEGER ZERO)], ") + "tuples=[[{ 0 }]]", n.changelog);
    line.facts.rows = 1;
    return {std::move(line), {}, {}};
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
  const bool untyped = options_.style == ExplainStyle::kExecution || options_.costs;
  const std::string of = untyped ? "" : "type=[RecordType(" + type + ")], ";
  ExplainTree line = Line("Values", of + "tuples=[[" + rows + "]]", n.changelog);
  line.facts.rows = static_cast<double>(values.rows.size());
  return {std::move(line), names, {}};
}

}  // namespace sluice::engine::sql
