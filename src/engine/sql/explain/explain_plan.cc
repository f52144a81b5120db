#include "engine/sql/explain/explain_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/functions/sink_constraints.h"
#include "engine/sql/explain/explain_rel.h"
#include "engine/sql/explain/explain_text.h"
#include "engine/sql/logical/rel.h"
#include "engine/sql/planner/plan_traits.h"

namespace sluice::engine::sql {

namespace {

/// A node as it shows: its tree, and the names of its columns.
struct Shown {
  ExplainTree tree;
  Names names;
};

/// How a consumer calls the columns; empty: it does not say.
using Wanted = Names;

/// Sources that cannot leave columns out in Flink: the projection shows as a node of its own.
bool ReadsAllColumns(const SourceNode& source) {
  const auto connector = source.table.options.find("connector");
  return connector != source.table.options.end() && connector->second == "datagen";
}

bool IsConstraint(const Expr& e) {
  return e.kind == ExprKind::kCall && (e.function == kRequireNotNull || e.function == kEnforceLength);
}

/// `inputs` projections that are just the columns in their order.
bool IsIdentity(const CalcNode& calc, size_t width) {
  if (calc.condition) return false;
  if (calc.projections.empty()) return true;
  if (calc.projections.size() != width) return false;
  for (size_t i = 0; i < width; ++i) {
    const Expr* e = calc.projections[i].get();
    if (IsConstraint(*e)) e = e->args[0].get();
    if (e->kind != ExprKind::kInput || e->input != static_cast<int>(i)) return false;
  }
  return true;
}

/// Flink would compute the aggregate in two steps if it had mini-batches.
bool CouldBeLocal(const PlanNode& node, const PlanSettings& settings) {
  const auto* aggregate = std::get_if<GroupAggregateNode>(&node.payload);
  return aggregate != nullptr && !aggregate->batch && !settings.mini_batch && !aggregate->calls.empty();
}

class PlanExplainer {
 public:
  PlanExplainer(const PhysicalPlan& plan, const ExplainPlanOptions& options) : plan_(plan), options_(options) {}

  std::vector<ExplainTree> Explain() {
    std::vector<ExplainTree> out;
    for (const int root : plan_.Roots()) {
      const bool query = std::holds_alternative<CollectNode>(At(root).payload);
      out.push_back(Show(query ? InputOf(root) : root, {}).tree);
    }
    return out;
  }

 private:
  const PlanNode& At(int node) const { return plan_.nodes[static_cast<size_t>(node)]; }
  int InputOf(int node, size_t i = 0) const { return At(node).inputs[i].node; }

  std::string Text(const Expr& e, const Names& names) const { return ExplainExpr(e, names, options_.style); }

  ExplainTree Line(std::string name, const std::string& terms, const ChangelogMode& mode) const {
    std::string text = std::move(name) + "(" + terms;
    if (options_.changelog_mode) text += (terms.empty() ? "" : ", ") + ("changelogMode=" + mode.ToString());
    return {text + ")", {}};
  }

  /// The input behind its exchange, if it has one.
  Shown Input(int node, size_t i, const Wanted& wanted = {}) {
    const PlanEdge& edge = At(node).inputs[i];
    Shown shown = Show(edge.node, wanted);
    // Rows of a source with a parallelism of its own are spread by the job, not by an exchange of the plan.
    if (edge.distribution == Distribution::kForward || edge.distribution == Distribution::kRebalance) return shown;
    static constexpr const char* kNames[] = {"forward", "hash", "single", "broadcast", "rebalance"};
    std::string how = kNames[static_cast<int>(edge.distribution)];
    if (!edge.hash_keys.empty()) how += "[" + JoinNames(Pick(shown.names, edge.hash_keys)) + "]";
    ExplainTree exchange = Line("Exchange", "distribution=[" + how + "]", At(edge.node).changelog);
    exchange.inputs.push_back(std::move(shown.tree));
    shown.tree = std::move(exchange);
    return shown;
  }

  Shown Over(ExplainTree line, std::vector<Shown> inputs, Names names) const {
    for (Shown& in : inputs) line.inputs.push_back(std::move(in.tree));
    return {std::move(line), std::move(names)};
  }

  Shown Show(int node, const Wanted& wanted) {
    const PlanNode& n = At(node);
    if (const auto* p = std::get_if<SourceNode>(&n.payload)) return ShowSource(node, *p, false);
    if (const auto* p = std::get_if<ValuesNode>(&n.payload)) return ShowValues(n, *p, wanted);
    if (const auto* p = std::get_if<CalcNode>(&n.payload)) return ShowCalc(node, *p, wanted);
    if (const auto* p = std::get_if<WatermarkNode>(&n.payload)) return ShowWatermark(node, *p, false);
    if (const auto* p = std::get_if<GroupAggregateNode>(&n.payload)) return ShowAggregate(node, *p, wanted);
    if (const auto* p = std::get_if<WindowAggregateNode>(&n.payload)) return ShowWindowAggregate(node, *p, wanted);
    if (const auto* p = std::get_if<JoinNode>(&n.payload)) return ShowJoin(node, *p);
    if (const auto* p = std::get_if<IntervalJoinNode>(&n.payload)) return ShowIntervalJoin(node, *p);
    if (const auto* p = std::get_if<LookupJoinNode>(&n.payload)) return ShowLookupJoin(node, *p);
    if (const auto* p = std::get_if<RankNode>(&n.payload)) return ShowRank(node, *p);
    if (const auto* p = std::get_if<SinkNode>(&n.payload)) return ShowSink(node, *p);
    if (const auto* p = std::get_if<OverAggregateNode>(&n.payload)) return ShowOver(node, *p);
    return ShowPlain(node);
  }

  // --- sources and projections

  Names FieldNames(const SourceNode& source, const PlanNode& n, bool whole) const {
    Names fields;
    for (const RowField& f : whole ? source.table.physical : n.schema) fields.push_back(f.name);
    return fields;
  }

  /// `bare`: without the projection that a source which reads all columns needs.
  Shown ShowSource(int node, const SourceNode& source, bool bare) {
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
        filters +=
            (filters.empty() ? "" : ", ") + ExplainExpr(*f, FieldNames(source, n, false), ExplainStyle::kPhysical);
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

  Shown Projected(ExplainTree below, const Names& names, const ChangelogMode& mode) const {
    ExplainTree calc = Line("Calc", "select=[" + JoinNames(names) + "]", mode);
    calc.inputs.push_back(std::move(below));
    return {std::move(calc), names};
  }

  /// A pruned source under a watermark: the projection shows above it.
  bool HidesProjection(int node) const {
    const auto* source = std::get_if<SourceNode>(&At(node).payload);
    return source != nullptr && ReadsAllColumns(*source) && source->projection.size() != source->table.physical.size();
  }

  Shown ShowWatermark(int node, const WatermarkNode& w, bool bare) {
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

  /// The input of a Calc, which does a pruned source's projection as well.
  Shown BelowCalc(int node, const Wanted& wanted) {
    const int input = InputOf(node);
    if (const auto* source = std::get_if<SourceNode>(&At(input).payload)) return ShowSource(input, *source, true);
    if (const auto* w = std::get_if<WatermarkNode>(&At(input).payload)) return ShowWatermark(input, *w, true);
    return Input(node, 0, wanted);
  }

  /// A Calc over one that only picks columns is one.
  int Merge(int node, CalcNode& calc) const {
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

  /// The bounds of a window that the aggregate above assigns by itself.
  static bool IsOpenWindow(const Expr& e, const std::string& name) {
    return e.kind == ExprKind::kLiteral && e.value.is_null() && e.type.is_timestamp() && name.starts_with("window_");
  }

  Shown ShowCalc(int top, CalcNode calc, const Wanted& wanted) {
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

  Shown ShowValues(const PlanNode& n, const ValuesNode& values, const Wanted& wanted) {
    std::string rows, type;
    if (n.schema.empty()) {  // Calcite's row of nothing
      const char* zero = options_.style == ExplainStyle::kExecution ? "" : "type=[RecordType(INTEGER ZERO)], ";
      return {Line("Values", std::string(zero) + "tuples=[[{ 0 }]]", n.changelog), {}};
    }
    for (const std::vector<Value>& row : values.rows) {
      std::string cells;
      for (size_t i = 0; i < row.size(); ++i) {
        cells +=
            (i > 0 ? ", " : "") + ExplainExpr(*Expr::Literal(row[i], n.schema[i].type), {}, ExplainStyle::kLogical);
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

  // --- aggregates

  std::string CallText(const AggregateCall& call, const Names& in, bool retracts) const {
    std::string out = call.function + (retracts && !call.monotonic ? "_RETRACT(" : "(");
    if (call.distinct) out += "DISTINCT ";
    out += call.args.empty() ? "*" : JoinNames(Pick(in, call.args));
    out += ")";
    if (call.filter >= 0) out += " FILTER " + NameAt(in, call.filter);
    return out;
  }

  /// A call's output as its consumer calls it, or as Calcite numbers it.
  static std::string OutputName(const PlanNode& n, size_t column, const Wanted& wanted) {
    if (column < wanted.size()) return wanted[column].empty() ? "$f" + std::to_string(column) : wanted[column];
    return n.schema[column].name;
  }

  Shown ShowAggregate(int node, const GroupAggregateNode& aggregate, const Wanted& wanted) {
    const PlanNode& n = At(node);
    const Schema& input = At(InputOf(node)).schema;
    Wanted below(input.size());
    for (size_t k = 0; k < aggregate.keys.size() && k < wanted.size(); ++k) {
      const auto column = static_cast<size_t>(aggregate.keys[k]);
      // What has no name of its own takes the consumer's.
      below[column] = input[column].name.starts_with("$f") ? wanted[k] : input[column].name;
    }
    for (size_t c = 0; c < below.size(); ++c) {
      if (below[c].empty()) below[c] = input[c].name;
    }
    Shown in = Input(node, 0, below);
    Names keys = Pick(in.names, aggregate.keys);
    Names names = keys, select = keys;
    for (size_t i = 0; i < aggregate.calls.size(); ++i) {
      names.push_back(OutputName(n, keys.size() + i, wanted));
      select.push_back(CallText(aggregate.calls[i], in.names, aggregate.input_retracts) + " AS " + names.back());
    }
    const std::string by = keys.empty() ? "" : "groupBy=[" + JoinNames(keys) + "], ";
    const std::string advice = options_.advice && CouldBeLocal(n, plan_.settings) ? "advice=[1], " : "";
    return Over(Line("GroupAggregate", advice + by + "select=[" + JoinNames(select) + "]", n.changelog),
                Wrap(std::move(in)), names);
  }

  static std::vector<Shown> Wrap(Shown in) {
    std::vector<Shown> out;
    out.push_back(std::move(in));
    return out;
  }

  static std::string EmitText(const EmitStrategy& emit) {
    auto fire = [](std::string_view which, int64_t delay) {
      return delay > 0 ? fmt::format("{} delay {} millisecond", which, delay) : fmt::format("{} no delay", which);
    };
    Names parts;
    if (emit.early) parts.push_back(fire("early", emit.early_delay_ms));
    if (emit.late) parts.push_back(fire("late", emit.late_delay_ms));
    return parts.empty() ? "" : ", emit=[" + JoinNames(parts) + "]";
  }

  /// GROUP BY TUMBLE(…): Flink computes all properties that the time has.
  Shown ShowGroupWindow(const PlanNode& n, const WindowAggregateNode& w, Shown in, Names names) const {
    const WindowSpec& spec = w.window;
    const std::string time = spec.time_column >= 0 ? NameAt(in.names, spec.time_column) : "";
    std::string window;
    switch (spec.kind) {
      case WindowKind::kHop:
        window = fmt::format("SlidingGroupWindow('w$, {}, {}, {})", time, spec.size_ms, spec.slide_ms);
        break;
      case WindowKind::kSession: window = fmt::format("SessionGroupWindow('w$, {}, {})", time, spec.size_ms); break;
      default: window = fmt::format("TumblingGroupWindow('w$, {}, {})", time, spec.size_ms); break;
    }
    Names keys = Pick(in.names, w.keys);
    Names select = keys;
    for (size_t i = 0; i < w.calls.size(); ++i) {
      select.push_back(CallText(w.calls[i], in.names, w.input_retracts) + " AS " + names[keys.size() + i]);
    }
    Names properties;
    if (!w.properties.empty()) properties = {"w$start", "w$end"};
    if (!w.properties.empty() && !spec.processing_time) properties.emplace_back("w$rowtime");
    if (!w.properties.empty()) properties.emplace_back("w$proctime");
    for (const std::string& p : properties) select.push_back(p.substr(2) + "('w$) AS " + p);
    static constexpr const char* kNames[] = {"w$start", "w$end", "w$rowtime", "w$proctime"};
    for (size_t i = 0; i < w.properties.size(); ++i) {
      names[keys.size() + w.calls.size() + i] = kNames[static_cast<int>(w.properties[i])];
    }
    const std::string by = keys.empty() ? "" : "groupBy=[" + JoinNames(keys) + "], ";
    return Over(Line("GroupWindowAggregate",
                     by + "window=[" + window + "], " +
                         (properties.empty() ? "" : "properties=[" + JoinNames(properties) + "], ") + "select=[" +
                         JoinNames(select) + "]" + EmitText(w.emit),
                     n.changelog),
                Wrap(std::move(in)), names);
  }

  Shown ShowWindowAggregate(int node, const WindowAggregateNode& w, const Wanted& wanted) {
    const PlanNode& n = At(node);
    const bool two = TwoPhases(w);
    Shown in = two ? Show(InputOf(node), {}) : Input(node, 0);
    const Names keys = Pick(in.names, w.keys);
    const std::string by = keys.empty() ? "" : "groupBy=[" + JoinNames(keys) + "], ";
    const Names partial = Accumulators(w.calls);
    Names names = keys, local = keys, global = keys;
    for (size_t i = 0; i < w.calls.size(); ++i) {
      names.push_back(OutputName(n, keys.size() + i, wanted));
      const std::string call = CallText(w.calls[i], in.names, w.input_retracts);
      local.push_back(call + " AS " + partial[i]);
      global.push_back((two ? w.calls[i].function + "(" + partial[i] + ")" : call) + " AS " + names.back());
    }
    static constexpr const char* kPropertyNames[] = {"window_start", "window_end", "window_time", "window_time"};
    for (const WindowProperty p : w.properties) {
      names.emplace_back(kPropertyNames[static_cast<int>(p)]);
      global.push_back(std::string(PropertyText(p)) + " AS " + names.back());
    }
    if (w.legacy_group_window) return ShowGroupWindow(n, w, std::move(in), names);
    if (!two) {
      const std::string window = WindowText(w.window, WindowTime(w.window, in.names), in.names);
      return Over(
          Line("WindowAggregate", by + "window=[" + window + "], select=[" + JoinNames(global) + "]", n.changelog),
          Wrap(std::move(in)), names);
    }
    local.push_back("slice_end('w$) AS $slice_end");
    ExplainTree first = Line("LocalWindowAggregate",
                             by + "window=[" + WindowText(w.window, WindowTime(w.window, in.names), in.names) +
                                 "], select=[" + JoinNames(local) + "]",
                             ChangelogMode::InsertOnly());
    first.inputs.push_back(std::move(in.tree));
    ExplainTree exchange =
        Line("Exchange", keys.empty() ? "distribution=[single]" : "distribution=[hash[" + JoinNames(keys) + "]]",
             ChangelogMode::InsertOnly());
    exchange.inputs.push_back(std::move(first));
    const std::string end = w.window.time_column >= 0 ? "slice_end=[$slice_end]" : "win_end=[$window_end]";
    ExplainTree line = Line(
        "GlobalWindowAggregate",
        by + "window=[" + WindowText(w.window, end, in.names) + "], select=[" + JoinNames(global) + "]", n.changelog);
    line.inputs.push_back(std::move(exchange));
    return {std::move(line), std::move(names)};
  }

  Shown ShowOver(int node, const OverAggregateNode& over) {
    const PlanNode& n = At(node);
    Shown in = Input(node, 0);
    const OverGroup& group = over.groups[0];
    Names names = in.names, select = in.names;
    size_t number = 0;
    for (const OverGroup& g : over.groups) {
      for (const AggregateCall& call : g.calls) {
        names.push_back(fmt::format("w0$o{}", number++));
        select.push_back(CallText(call, in.names, false) + " AS " + names.back());
      }
    }
    std::string terms;
    if (!group.partition_keys.empty())
      terms = "partitionBy=[" + JoinNames(Pick(in.names, group.partition_keys)) + "], ";
    terms += fmt::format("orderBy=[{}], window=[ {} BETWEEN {} AND {}], select=[{}]", Order(group.order, in.names),
                         group.frame.rows ? "ROWS" : "RANGE",
                         FrameEdgeText(group.frame.start, group.frame.start_offset, true),
                         FrameEdgeText(group.frame.end, group.frame.end_offset, false), JoinNames(select));
    return Over(Line("OverAggregate", terms, n.changelog), Wrap(std::move(in)), names);
  }

  // --- joins

  std::string KeySpec(int input, const std::vector<int>& keys) const {
    const PlanTraits traits = TraitsOf(plan_, input);
    if (traits.upsert_keys.empty()) return "NoUniqueKey";
    return HoldsUpsertKey(traits, keys) ? "JoinKeyContainsUniqueKey" : "HasUniqueKey";
  }

  /// Equalities of the keys, then the condition, over both sides' names.
  template <typename Join>
  std::string Where(const Join& join, size_t left_width, const Names& both) const {
    std::vector<ExprPtr> all;
    for (size_t k = 0; k < join.left_keys.size(); ++k) {
      const ExprPtr l = Expr::Input(join.left_keys[k], DataType::Integer());
      const ExprPtr r = Expr::Input(join.right_keys[k] + static_cast<int>(left_width), DataType::Integer());
      all.push_back(Expr::Call(join.filter_nulls[k] ? "=" : "IS NOT DISTINCT FROM", {l, r}, DataType::Boolean()));
    }
    if (join.condition) all.push_back(join.condition);
    return all.empty() ? "true" : Text(*JoinConjunction(all), both);
  }

  Shown ShowJoin(int node, const JoinNode& join) {
    const PlanNode& n = At(node);
    std::vector<Shown> in;
    in.push_back(Input(node, 0));
    in.push_back(Input(node, 1));
    const Names both = Unique(in[0].names, in[1].names);
    const Names names = join.kind == JoinKind::kSemi || join.kind == JoinKind::kAnti ? in[0].names : both;
    std::string terms = fmt::format("joinType=[{}], where=[{}], select=[{}]", JoinName(join.kind),
                                    Where(join, in[0].names.size(), both), JoinNames(names));
    if (!join.batch) {
      terms += fmt::format(", leftInputSpec=[{}], rightInputSpec=[{}]", KeySpec(InputOf(node, 0), join.left_keys),
                           KeySpec(InputOf(node, 1), join.right_keys));
    }
    return Over(Line(join.batch ? "HashJoin" : "Join", terms, n.changelog), std::move(in), names);
  }

  Shown ShowIntervalJoin(int node, const IntervalJoinNode& join) {
    std::vector<Shown> in;
    in.push_back(Input(node, 0));
    in.push_back(Input(node, 1));
    const Names both = Unique(in[0].names, in[1].names);
    IntervalJoinNode shown = join;
    shown.condition = WithBounds(join, in[0].names.size());
    const std::string terms = fmt::format(
        "joinType=[{}], windowBounds=[isRowTime={}, leftLowerBound={}, leftUpperBound={}, leftTimeIndex={}, "
        "rightTimeIndex={}], where=[{}], select=[{}]",
        JoinName(join.kind), !join.processing_time, join.lower_ms, join.upper_ms, join.left_time, join.right_time,
        Where(shown, in[0].names.size(), both), JoinNames(both));
    return Over(Line("IntervalJoin", terms, At(node).changelog), std::move(in), both);
  }

  Shown ShowLookupJoin(int node, const LookupJoinNode& join) {
    Shown in = Input(node, 0);
    Names found, keys;
    for (const RowField& f : join.row) found.push_back(f.name);
    for (const LookupKey& k : join.keys) {
      keys.push_back(NameAt(found, k.column) + "=" +
                     (k.left >= 0 ? NameAt(in.names, k.left) : ExplainExpr(*k.constant, {}, ExplainStyle::kLogical)));
    }
    Names projected;
    for (size_t i = in.names.size(); i < At(node).schema.size(); ++i) projected.push_back(At(node).schema[i].name);
    const Names both = Unique(in.names, projected);
    std::string terms = fmt::format("table=[{}], joinType=[{}], lookup=[{}]", join.lookup.table.identifier,
                                    join.left_outer ? "LeftOuterJoin" : "InnerJoin", JoinNames(keys));
    if (join.filter) terms += ", where=[" + Text(*join.filter, found) + "]";
    if (join.condition) terms += ", joinCondition=[" + Text(*join.condition, both) + "]";
    terms += ", select=[" + JoinNames(both) + "]";
    if (join.retry_on_miss) {
      terms += fmt::format(", retry=[lookup_miss, FIXED_DELAY, {}ms, {}]", join.retry_delay_ms, join.max_attempts);
    }
    return Over(Line("LookupJoin", terms, At(node).changelog), Wrap(std::move(in)), both);
  }

  // --- ranks, sorts, sinks

  std::string Strategy(const RankNode& rank, const Names& names) const {
    if (!rank.upsert_key.empty()) return "UpdateFastStrategy[" + JoinNames(Pick(names, rank.upsert_key)) + "]";
    return rank.input_retracts ? "RetractStrategy" : "AppendFastStrategy";
  }

  Shown ShowRank(int node, const RankNode& rank) {
    const PlanNode& n = At(node);
    Shown in = Input(node, 0);
    Names names = in.names;
    if (n.name.starts_with("SortLimit")) {
      const std::string terms =
          fmt::format("orderBy=[{}], offset=[{}], fetch=[{}], strategy=[{}]", Order(rank.order, in.names),
                      rank.rank_start - 1, rank.rank_end - rank.rank_start + 1, Strategy(rank, in.names));
      return Over(Line("SortLimit", terms, n.changelog), Wrap(std::move(in)), names);
    }
    const bool one = rank.rank_end == 1 && rank.order.size() == 1;
    const DataType* time = one ? &At(InputOf(node)).schema[static_cast<size_t>(rank.order[0].column)].type : nullptr;
    const char* attribute = time == nullptr       ? ""
                            : time->is_rowtime()  ? "ROWTIME"
                            : time->is_proctime() ? "PROCTIME"
                                                  : "";
    const std::string partition = JoinNames(Pick(in.names, rank.partition_keys));
    if (*attribute != '\0' && options_.style == ExplainStyle::kExecution) {
      const bool last = !rank.order[0].ascending;
      const std::string terms = fmt::format("keep=[{}], key=[{}], order=[{}], outputInsertOnly=[{}]",
                                            last ? "LastRow" : "FirstRow", partition, attribute, !last);
      return Over(Line("Deduplicate", terms, n.changelog), Wrap(std::move(in)), names);
    }
    if (rank.output_rank) names.push_back("w0$o0");
    std::string range = fmt::format("rankStart={}, rankEnd={}", rank.rank_start, rank.rank_end);
    if (rank.rank_end_column >= 0) range = "rankEnd=" + NameAt(in.names, rank.rank_end_column);
    const std::string order = (*attribute == '\0' ? "" : std::string(attribute) + " ") + Order(rank.order, in.names);
    const std::string terms =
        fmt::format("strategy=[{}], rankType=[{}], rankRange=[{}], partitionBy=[{}], orderBy=[{}], select=[{}]",
                    Strategy(rank, in.names), rank.function, range, partition, order, JoinNames(names));
    return Over(Line("Rank", terms, n.changelog), Wrap(std::move(in)), names);
  }

  Shown ShowSink(int node, const SinkNode& sink) {
    int input = InputOf(node);
    const auto* calc = std::get_if<CalcNode>(&At(input).payload);
    if (calc != nullptr && IsIdentity(*calc, At(InputOf(input)).schema.size())) input = InputOf(input);
    const bool materialize = std::holds_alternative<SinkMaterializeNode>(At(input).payload);
    Shown in = Show(materialize ? InputOf(input) : InputOf(node), {});
    std::string terms = fmt::format("table=[{}], fields=[{}]", sink.table.identifier, JoinNames(in.names));
    if (materialize) terms += ", upsertMaterialize=[true]";
    if (options_.changelog_mode) terms += ", changelogMode=[NONE]";
    return Over({"Sink(" + terms + ")", {}}, Wrap(std::move(in)), {});
  }

  Shown ShowPlain(int node) {
    const PlanNode& n = At(node);
    std::vector<Shown> in;
    for (size_t i = 0; i < n.inputs.size(); ++i) in.push_back(Input(node, i));
    Names names = in.empty() ? Names() : in[0].names;
    if (in.size() == 2 && !std::holds_alternative<UnionNode>(n.payload)) names = Unique(in[0].names, in[1].names);
    names.resize(n.schema.size());
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i].empty()) names[i] = n.schema[i].name;
    }
    const auto [title, terms] = PlainText(n, in, names);
    return Over(Line(title, terms, n.changelog), std::move(in), names);
  }

  std::pair<std::string, std::string> PlainText(const PlanNode& n, const std::vector<Shown>& in,
                                                const Names& names) const {
    if (std::holds_alternative<UnionNode>(n.payload)) return {"Union", "all=[true], union=[" + JoinNames(names) + "]"};
    if (const auto* p = std::get_if<LimitNode>(&n.payload)) {
      return {"Limit", fmt::format("offset=[{}], fetch=[{}]", p->offset, p->limit)};
    }
    if (const auto* p = std::get_if<SortNode>(&n.payload)) {
      return {p->batch ? "Sort" : "TemporalSort", "orderBy=[" + Order(p->keys, names) + "]"};
    }
    if (const auto* p = std::get_if<WindowTableFunctionNode>(&n.payload)) {
      return {"WindowTableFunction",
              "window=[" + WindowText(p->window, WindowTime(p->window, in[0].names), in[0].names) + "]"};
    }
    if (const auto* p = std::get_if<ExpandNode>(&n.payload))
      return {"Expand", "projects=[" + ExpandText(*p, in[0].names, names) + "]"};
    if (const auto* p = std::get_if<ChangelogNormalizeNode>(&n.payload)) {
      return {"ChangelogNormalize", "key=[" + JoinNames(Pick(names, p->keys)) + "]"};
    }
    if (const auto* p = std::get_if<TemporalJoinNode>(&n.payload)) {
      return {"TemporalJoin", TemporalText(*p, in[0].names.size(), names)};
    }
    if (const auto* p = std::get_if<WindowJoinNode>(&n.payload)) {
      return {"WindowJoin", fmt::format("joinType=[{}], where=[{}], select=[{}]", JoinName(p->kind),
                                        Where(*p, in[0].names.size(), names), JoinNames(names))};
    }
    // The planner's own text, without its brackets.
    const size_t open = n.name.find('(');
    if (open == std::string::npos) return {n.name, ""};
    return {n.name.substr(0, open), n.name.substr(open + 1, n.name.size() - open - 2)};
  }

  /// With the condition that makes the join temporal, as Flink's planner carries it along.
  std::string TemporalText(const TemporalJoinNode& join, size_t left_width, const Names& names) const {
    auto column = [](int c) { return Expr::Input(c, DataType::Integer()); };
    auto call = [](const char* name, std::vector<ExprPtr> args) {
      return Expr::Call(std::string("__TEMPORAL_JOIN_") + name, std::move(args), DataType::Boolean());
    };
    const auto shift = static_cast<int>(left_width);
    std::vector<ExprPtr> left, right;
    for (const int k : join.left_keys) left.push_back(column(k));
    for (const int k : join.right_keys) right.push_back(column(k + shift));
    TemporalJoinNode shown = join;
    shown.condition =
        call("CONDITION", {column(join.left_time), column(join.right_time + shift),
                           call("CONDITION_PRIMARY_KEY", right), call("LEFT_KEY", left), call("RIGHT_KEY", right)});
    if (join.condition) shown.condition = JoinConjunction({shown.condition, join.condition});
    return fmt::format("joinType=[{}], where=[{}], select=[{}]", join.left_outer ? "LeftOuterJoin" : "InnerJoin",
                       Where(shown, left_width, names), JoinNames(names));
  }

  std::string ExpandText(const ExpandNode& expand, const Names& in, const Names& out) const {
    std::string text;
    for (const std::vector<ExprPtr>& row : expand.projections) {
      std::string cells;
      for (size_t i = 0; i < row.size(); ++i) {
        const bool null = row[i]->kind == ExprKind::kLiteral && row[i]->value.is_null();
        const std::string e = null ? "null" : Text(*row[i], in);
        cells += (i > 0 ? ", " : "") + e + (e == out[i] ? "" : " AS " + out[i]);
      }
      text += (text.empty() ? "{" : ", {") + cells + "}";
    }
    return text;
  }

  const PhysicalPlan& plan_;
  const ExplainPlanOptions options_;
};

}  // namespace

bool HasAdvice(const PhysicalPlan& plan) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(),
                     [&](const PlanNode& n) { return CouldBeLocal(n, plan.settings); });
}

std::vector<ExplainTree> PlanTrees(const PhysicalPlan& plan, const ExplainPlanOptions& options) {
  return PlanExplainer(plan, options).Explain();
}

std::string ExplainPlan(const PhysicalPlan& plan, const ExplainPlanOptions& options) {
  std::string out;
  for (const ExplainTree& tree : PlanTrees(plan, options)) out += (out.empty() ? "" : "\n") + DrawTree(tree);
  return out;
}

}  // namespace sluice::engine::sql
