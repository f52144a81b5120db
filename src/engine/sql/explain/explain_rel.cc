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

/// How the node above calls the columns; empty where it does not.
using Wanted = std::vector<std::string>;

/// ", groups=[[{0, 1}, {0}, {}]]"
std::string GroupsText(const ExpandRel& sets, const std::vector<int>& keys) {
  std::string out;
  for (const std::vector<ExprPtr>& row : sets.projections) {
    std::vector<int> kept;
    for (const int k : keys) {
      const Expr& e = *row[static_cast<size_t>(k)];
      if (e.kind != ExprKind::kLiteral || !e.value.is_null()) kept.push_back(k);
    }
    out += fmt::format("{}{{{}}}", out.empty() ? "" : ", ", fmt::join(kept, ", "));
  }
  return ", groups=[[" + out + "]]";
}

/// `sets`: what the aggregate reads, where it has grouping sets.
std::string AggregateText(const AggregateRel& rel, const Wanted& wanted, const ExpandRel* sets = nullptr) {
  std::vector<int> keys = rel.keys;
  if (sets != nullptr) keys.pop_back();
  std::sort(keys.begin(), keys.end());
  std::string out = fmt::format("LogicalAggregate(group=[{{{}}}]", fmt::join(keys, ", "));
  if (sets != nullptr) out += GroupsText(*sets, keys);
  for (size_t i = 0; i < rel.calls.size(); ++i) {
    const size_t column = rel.keys.size() + i;
    const bool named = column < wanted.size() && !wanted[column].empty();
    out += ", " + (named ? wanted[column] : "agg#" + std::to_string(i)) + "=[" + CallText(rel.calls[i]) + "]";
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
  if (rel.schema.empty()) rows = "{ 0 }";  // Calcite's row of nothing
  return "LogicalValues(tuples=[[" + rows + "]])";
}

std::string ColumnType(const DataType& type) {
  if (!type.is_rowtime() && !type.is_proctime()) return type.Nullable().ToCalciteString();
  const bool local = type.kind() == TypeKind::kTimestampLtz;
  return fmt::format("{}({}) *{}*", local ? "TIMESTAMP_LTZ" : "TIMESTAMP", type.precision(),
                     type.is_rowtime() ? "ROWTIME" : "PROCTIME");
}

std::string WindowText(const WindowRel& rel) {
  const WindowSpec& w = rel.window;
  auto ms = [](int64_t v) {
    return fmt::format("{}:INTERVAL {}", v, v % 3600000 == 0 ? "HOUR" : v % 60000 == 0 ? "MINUTE" : "SECOND");
  };
  std::string arguments = fmt::format("TABLE(#0), DESCRIPTOR(_UTF-16LE'{}')",
                                      rel.inputs[0]->schema[static_cast<size_t>(w.time_column)].name);
  std::string partition;
  for (const int k : w.partition_keys) partition += fmt::format("{}${}", partition.empty() ? "" : ", ", k);
  std::string call;
  switch (w.kind) {
    case WindowKind::kTumble: call = fmt::format("TUMBLE({}, {})", arguments, ms(w.size_ms)); break;
    case WindowKind::kHop: call = fmt::format("HOP({}, {}, {})", arguments, ms(w.slide_ms), ms(w.size_ms)); break;
    case WindowKind::kCumulate:
      call = fmt::format("CUMULATE({}, {}, {})", arguments, ms(w.slide_ms), ms(w.size_ms));
      break;
    case WindowKind::kSession: {
      std::string table = arguments;
      if (!partition.empty()) table.insert(table.find(','), " PARTITION BY(" + partition + ")");
      call = fmt::format("SESSION({}, {})", table, ms(w.size_ms));
      break;
    }
  }
  std::string columns;
  for (const RowField& f : rel.schema) {
    columns += (columns.empty() ? "" : ", ") + ColumnType(f.type) + " " + f.name;
  }
  return "LogicalTableFunctionScan(invocation=[" + call + "], rowType=[RecordType(" + columns + ")])";
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
    case RelKind::kAggregate: return AggregateText(static_cast<const AggregateRel&>(rel), {});
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

std::string OrderText(const std::vector<SortKey>& order) {
  std::string out;
  for (const SortKey& k : order) {
    out +=
        fmt::format("{}${}{}", out.empty() ? "" : ", ", k.column,
                    k.ascending ? (k.nulls_last ? "" : " NULLS FIRST") : (k.nulls_last ? " DESC NULLS LAST" : " DESC"));
  }
  return out;
}

std::string FrameEdgeText(FrameEdge edge, const Value& offset, const DataType& type) {
  switch (edge) {
    case FrameEdge::kUnbounded: return "UNBOUNDED PRECEDING";
    case FrameEdge::kCurrentRow: return "CURRENT ROW";
    case FrameEdge::kPreceding:
    case FrameEdge::kFollowing: break;
  }
  return Logical(*Expr::Literal(offset, type)) + (edge == FrameEdge::kPreceding ? " PRECEDING" : " FOLLOWING");
}

/// " ROWS 2 PRECEDING"; nothing for the frame that a window has by itself.
std::string FrameText(const OverCall& call) {
  if (!call.has_frame) return "";
  const OverFrame& frame = call.frame;
  const bool whole = frame.start == FrameEdge::kUnbounded && frame.end == FrameEdge::kCurrentRow;
  if (whole && !frame.rows) return "";
  const std::string start = FrameEdgeText(frame.start, frame.start_offset, call.start_type);
  const std::string unit = frame.rows ? " ROWS " : " RANGE ";
  if (frame.end == FrameEdge::kCurrentRow) return unit + start;
  return unit + "BETWEEN " + start + " AND " + FrameEdgeText(frame.end, frame.end_offset, call.end_type);
}

/// "ROW_NUMBER() OVER (PARTITION BY $0 ORDER BY $2 DESC NULLS LAST)"
std::string OverText(const OverCall& call) {
  if (call.function == "SUM") {
    OverCall part = call;
    part.function = "COUNT";
    const std::string count = OverText(part);
    part.function = "$SUM0";
    return fmt::format("CASE(>({}, 0), {}, null:{})", count, OverText(part),
                       ExplainType(call.aggregate.type, ExplainStyle::kLogical));
  }
  std::string out = call.function + "(";
  for (size_t i = 0; i < call.aggregate.args.size(); ++i)
    out += fmt::format("{}${}", i > 0 ? ", " : "", call.aggregate.args[i]);
  out += ") OVER (";
  std::string keys;
  for (const int k : call.partition_by) keys += fmt::format("{}${}", keys.empty() ? "" : ", ", k);
  if (!keys.empty()) out += "PARTITION BY " + keys;
  if (!call.order_by.empty()) out += (keys.empty() ? "" : " ") + ("ORDER BY " + OrderText(call.order_by));
  return out + FrameText(call) + ")";
}

ExplainTree TreeOf(const Rel& rel, const Wanted& wanted);
ExplainTree WithProjection(const Rel& rel);

ExplainTree Over(std::string text, const Rel& input, const Wanted& wanted = {}) {
  ExplainTree tree{std::move(text), {}, {}};
  tree.inputs.push_back(TreeOf(input, wanted));
  return tree;
}

/// A projection over OVER calls has them in its expressions.
ExplainTree OverTree(const Schema& schema, const std::vector<ExprPtr>& expressions, const OverRel& over) {
  const auto width = static_cast<int>(over.inputs[0]->schema.size());
  std::string out;
  for (size_t i = 0; i < expressions.size(); ++i) {
    const Expr& e = *expressions[i];
    const bool call = e.kind == ExprKind::kInput && e.input >= width;
    const std::string text = call ? OverText(over.calls[static_cast<size_t>(e.input - width)]) : Logical(e);
    out += (i > 0 ? ", " : "") + schema[i].name + "=[" + text + "]";
  }
  return Over("LogicalProject(" + out + ")", *over.inputs[0]);
}

bool IsIdentity(const ProjectRel& project) {
  if (project.expressions.size() != project.inputs[0]->schema.size()) return false;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    if (e.kind != ExprKind::kInput || e.input != static_cast<int>(i)) return false;
  }
  return true;
}

const Rel& BelowFilters(const Rel& rel) { return rel.kind == RelKind::kFilter ? BelowFilters(*rel.inputs[0]) : rel; }

/// The rows repeated for grouping sets, if `rel` aggregates those.
const ExpandRel* GroupingSetsOf(const Rel& rel) {
  if (rel.kind != RelKind::kAggregate || rel.inputs[0]->kind != RelKind::kExpand) return nullptr;
  const auto& aggregate = static_cast<const AggregateRel&>(rel);
  const int id = static_cast<int>(rel.inputs[0]->schema.size()) - 1;
  const bool by_id = !aggregate.keys.empty() && aggregate.keys.back() == id;
  return by_id ? static_cast<const ExpandRel*>(rel.inputs[0].get()) : nullptr;
}

/// The projection is the aggregate's columns without the grouping set's id.
bool IsWithoutId(const ProjectRel& project, const Rel& aggregate) {
  const int id = static_cast<int>(static_cast<const AggregateRel&>(aggregate).keys.size()) - 1;
  if (project.expressions.size() + 1 != aggregate.schema.size()) return false;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    const int column = static_cast<int>(i) + (static_cast<int>(i) >= id ? 1 : 0);
    if (e.kind != ExprKind::kInput || e.input != column) return false;
  }
  return true;
}

ExplainTree AggregateTree(const AggregateRel& rel, const Wanted& wanted);

ExplainTree ProjectTree(const ProjectRel& project, const Wanted& wanted) {
  const Rel& input = *project.inputs[0];
  if (project.expressions.empty()) return TreeOf(input, {});  // nothing is read but how many rows there are
  Schema schema = project.schema;
  for (size_t i = 0; i < schema.size() && i < wanted.size(); ++i) {
    if (!wanted[i].empty()) schema[i].name = wanted[i];
  }
  if (input.kind == RelKind::kOver) return OverTree(schema, project.expressions, static_cast<const OverRel&>(input));
  Wanted below(input.schema.size());
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    if (e.kind == ExprKind::kInput && below[static_cast<size_t>(e.input)].empty()) {
      below[static_cast<size_t>(e.input)] = schema[i].name;
    }
  }
  if (const ExpandRel* sets = GroupingSetsOf(input); sets != nullptr && IsWithoutId(project, input)) {
    return AggregateTree(static_cast<const AggregateRel&>(input), below);
  }
  const RelKind source = BelowFilters(input).kind;
  if (IsIdentity(project) && (input.kind == RelKind::kAggregate || input.kind == RelKind::kProject)) {
    return TreeOf(input, below);
  }
  if (source != RelKind::kAggregate) below.clear();
  return Over(Projection(schema, project.expressions), input, below);
}

ExplainTree AggregateTree(const AggregateRel& rel, const Wanted& wanted) {
  Wanted below(rel.inputs[0]->schema.size());
  for (size_t k = 0; k < rel.keys.size() && k < wanted.size(); ++k) {
    const auto column = static_cast<size_t>(rel.keys[k]);
    if (rel.inputs[0]->schema[column].name.starts_with("$f")) below[column] = wanted[k];
  }
  if (const ExpandRel* sets = GroupingSetsOf(rel)) {
    return Over(AggregateText(rel, wanted, sets), *sets->inputs[0], below);
  }
  return Over(AggregateText(rel, wanted), *rel.inputs[0], below);
}

/// What is below a projection of nothing but the input's columns in their order, some of them cast.
const Rel& WithoutCasts(const Rel& rel) {
  if (rel.kind != RelKind::kProject) return rel;
  const auto& project = static_cast<const ProjectRel&>(rel);
  const Rel& input = *rel.inputs[0];
  bool casts = false;
  if (project.expressions.size() != input.schema.size()) return rel;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr* e = project.expressions[i].get();
    if (e->kind == ExprKind::kCall && e->function == "CAST") {
      casts = true;
      e = e->args[0].get();
    }
    if (e->kind != ExprKind::kInput || e->input != static_cast<int>(i)) return rel;
  }
  return casts ? input : rel;
}

ExplainTree TreeOf(const Rel& rel, const Wanted& wanted) {
  if (rel.kind == RelKind::kProject) return ProjectTree(static_cast<const ProjectRel&>(rel), wanted);
  if (rel.kind == RelKind::kAggregate) return AggregateTree(static_cast<const AggregateRel&>(rel), wanted);
  if (rel.kind == RelKind::kFilter) {
    Wanted names = wanted;
    for (size_t i = 0; wanted.empty() && i < rel.schema.size(); ++i) names.push_back(rel.schema[i].name);
    return Over(Text(rel), *rel.inputs[0], names);
  }
  if (rel.kind == RelKind::kOver) {
    std::vector<ExprPtr> all;
    for (size_t i = 0; i < rel.schema.size(); ++i) all.push_back(ColumnRef(rel.schema, i));
    return OverTree(rel.schema, all, static_cast<const OverRel&>(rel));
  }
  ExplainTree tree{Text(rel), {}, {}};
  for (const RelPtr& in : rel.inputs) {
    // The table of a window function is a query of its own: SELECT *. Casts to a union's types come later.
    tree.inputs.push_back(rel.kind == RelKind::kWindow
                              ? WithProjection(*in)
                              : TreeOf(rel.kind == RelKind::kUnion ? WithoutCasts(*in) : *in, {}));
  }
  return tree;
}

/// SELECT * is a projection in Calcite's tree even where it changes nothing.
ExplainTree WithProjection(const Rel& rel) {
  const bool plain = rel.kind == RelKind::kScan || rel.kind == RelKind::kWatermark || rel.kind == RelKind::kFilter ||
                     rel.kind == RelKind::kJoin || rel.kind == RelKind::kValues || rel.kind == RelKind::kWindow;
  if (rel.kind == RelKind::kSort) {
    ExplainTree tree{Text(rel), {}, {}};
    tree.inputs.push_back(WithProjection(*rel.inputs[0]));
    return tree;
  }
  const bool having = rel.kind == RelKind::kFilter && BelowFilters(rel).kind == RelKind::kAggregate;
  if (!plain || having) return TreeOf(rel, {});
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < rel.schema.size(); ++i) columns.push_back(ColumnRef(rel.schema, i));
  ExplainTree tree{Projection(rel.schema, columns), {}, {}};
  tree.inputs.push_back(TreeOf(rel, {}));
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
