// Aggregates and OVER as EXPLAIN prints them.
#include <fmt/format.h>

#include <algorithm>

#include "engine/plan/mini_batch.h"
#include "engine/sql/explain/explain_cost.h"
#include "engine/sql/explain/plan_explainer.h"

namespace sluice::engine::sql {

namespace {

std::string EmitText(const EmitStrategy& emit) {
  auto fire = [](std::string_view which, int64_t delay) {
    return delay > 0 ? fmt::format("{} delay {} millisecond", which, delay) : fmt::format("{} no delay", which);
  };
  Names parts;
  if (emit.early) parts.push_back(fire("early", emit.early_delay_ms));
  if (emit.late) parts.push_back(fire("late", emit.late_delay_ms));
  return parts.empty() ? "" : ", emit=[" + JoinNames(parts) + "]";
}

/// Of a row of the local step: the keys, what the calls have counted, and the slice's end.
double LocalWidth(const Schema& input, const WindowAggregateNode& w, const std::vector<AggregateCall>& calls) {
  Schema row = {{"", DataType::Bigint(), ""}};
  for (const int k : w.keys) row.push_back(input[static_cast<size_t>(k)]);
  for (const AggregateCall& c : calls) {
    if (c.function == "AVG") row.push_back({"", DataType::Bigint(), ""});
    row.push_back({"", c.function == "COUNT" ? DataType::Bigint() : c.type, ""});
  }
  return RowWidth(row);
}

}  // namespace

std::string PlanExplainer::CallText(const AggregateCall& call, const Names& in, bool retracts,
                                    const std::string& distinct) const {
  std::string out = FunctionText(call, retracts) + "(";
  if (call.distinct) out += distinct;
  out += call.args.empty() ? "*" : JoinNames(Pick(in, call.args));
  out += ")";
  if (call.filter >= 0) out += " FILTER " + NameAt(in, call.filter);
  return out;
}

Names PlanExplainer::LocalSelect(Names keys, const std::vector<AggregateCall>& calls, const Names& in,
                                 bool retracts) const {
  const std::vector<std::vector<int>> views = DistinctViews(calls);
  const Names partial = Accumulators(calls, retracts);
  Names out = std::move(keys);
  for (size_t i = 0; i < calls.size(); ++i) {
    out.push_back(CallText(calls[i], in, retracts, ViewText(views, calls[i])) + " AS " + partial[i]);
  }
  for (size_t i = 0; i < views.size(); ++i) {
    out.push_back(fmt::format("DISTINCT({}) AS distinct${}", JoinNames(Pick(in, views[i])), i));
  }
  return out;
}

ExplainTree PlanExplainer::Exchanged(ExplainTree local, const Names& keys) const {
  ExplainTree out =
      Line("Exchange", keys.empty() ? "distribution=[single]" : "distribution=[hash[" + JoinNames(keys) + "]]",
           ChangelogMode::InsertOnly());
  out.facts.keys = static_cast<int>(keys.size());
  out.inputs.push_back(std::move(local));
  return out;
}

Shown PlanExplainer::ShowGlobalAggregate(int node, const GroupAggregateNode& aggregate, const Wanted& wanted,
                                         Shown in) const {
  const PlanNode& n = At(node);
  const bool retracts = aggregate.input_retracts;
  const Names keys = Pick(in.names, aggregate.keys);
  const std::string by = keys.empty() ? "" : "groupBy=[" + JoinNames(keys) + "], ";
  std::vector<AggregateCall> calls = aggregate.calls;
  // Whether a group is left is a matter of its rows.
  if (retracts && !CountsRows(calls)) calls.emplace_back().function = "COUNT";
  const Names partial = Accumulators(calls, retracts);
  const std::vector<std::vector<int>> views = DistinctViews(calls);
  Names names = keys, global = keys;
  for (size_t i = 0; i < aggregate.calls.size(); ++i) {
    names.push_back(OutputName(n, keys.size() + i, wanted));
    global.push_back(FunctionText(calls[i], retracts) + "(" + ViewText(views, calls[i]) + partial[i] + ") AS " +
                     names.back());
  }
  ExplainTree local =
      Line("LocalGroupAggregate", by + "select=[" + JoinNames(LocalSelect(keys, calls, in.names, retracts)) + "]",
           ChangelogMode::InsertOnly());
  local.inputs.push_back(std::move(in.tree));
  ExplainTree line = Line("GlobalGroupAggregate", by + "select=[" + JoinNames(global) + "]", n.changelog);
  line.inputs.push_back(Exchanged(std::move(local), keys));
  return {std::move(line), std::move(names), {}};
}

void PlanExplainer::DropOrderings() {
  for (PlanNode& n : plan_.nodes) {
    auto* aggregate = std::get_if<GroupAggregateNode>(&n.payload);
    if (aggregate == nullptr) continue;
    const PlanNode& between = At(n.inputs[0].node);
    const auto* calc = std::get_if<CalcNode>(&between.payload);
    if (calc == nullptr || calc->condition || calc->projections.empty()) continue;
    PlanNode& below = plan_.nodes[static_cast<size_t>(between.inputs[0].node)];
    if (!std::holds_alternative<GroupAggregateNode>(below.payload)) continue;
    std::vector<int> order;
    for (const ExprPtr& e : calc->projections) {
      if (e->kind == ExprKind::kInput && std::find(order.begin(), order.end(), e->input) == order.end()) {
        order.push_back(e->input);
      }
    }
    if (order.size() != calc->projections.size() || order.size() != below.schema.size()) continue;
    auto move = [&order](std::vector<int>& columns) {
      for (int& c : columns) c = order[static_cast<size_t>(c)];
    };
    for (size_t i = 0; i < order.size(); ++i) {
      below.schema[static_cast<size_t>(order[i])].name = between.schema[i].name;
    }
    move(aggregate->keys);
    move(n.inputs[0].hash_keys);
    for (AggregateCall& call : aggregate->calls) {
      move(call.args);
      if (call.filter >= 0) call.filter = order[static_cast<size_t>(call.filter)];
    }
    n.inputs[0].node = between.inputs[0].node;
  }
}

std::string PlanExplainer::OutputName(const PlanNode& n, size_t column, const Wanted& wanted) {
  if (column < wanted.size()) return wanted[column].empty() ? "$f" + std::to_string(column) : wanted[column];
  return n.schema[column].name;
}

Shown PlanExplainer::ShowAggregate(int node, const GroupAggregateNode& aggregate, const Wanted& wanted) {
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
  const bool two = plan_.settings.mini_batch && !aggregate.batch && HasTwoPhases(aggregate, plan_.settings) &&
                   n.inputs[0].distribution != Distribution::kForward;
  if (two) return ShowGlobalAggregate(node, aggregate, wanted, Show(InputOf(node), below));
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

Shown PlanExplainer::ShowGroupWindow(const PlanNode& n, const WindowAggregateNode& w, Shown in, Names names) const {
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

Shown PlanExplainer::ShowWindowAggregate(int node, const WindowAggregateNode& w, const Wanted& wanted) {
  const PlanNode& n = At(node);
  const bool two = TwoPhases(w, plan_.settings);
  Shown in = two ? Show(InputOf(node), {}) : Input(node, 0);
  const Names keys = Pick(in.names, w.keys);
  const std::string by = keys.empty() ? "" : "groupBy=[" + JoinNames(keys) + "], ";
  std::vector<AggregateCall> calls = w.calls;
  // Of windows that overlap Flink counts the rows, and calls the columns one off.
  const bool adds_count = two && w.window.kind == WindowKind::kHop && !CountsRows(calls);
  if (adds_count) calls.emplace_back().function = "COUNT";
  const Names partial = Accumulators(calls, false);
  const std::vector<std::vector<int>> views = DistinctViews(calls);
  Names names = keys, global = keys;
  for (size_t i = 0; i < w.calls.size(); ++i) {
    names.push_back(OutputName(n, keys.size() + i, wanted));
    const AggregateCall& call = w.calls[i];
    global.push_back((two ? call.function + "(" + ViewText(views, call) + partial[i] + ")"
                          : CallText(call, in.names, w.input_retracts)) +
                     " AS " + names.back());
  }
  static constexpr const char* kPropertyNames[] = {"window_start", "window_end", "window_time", "window_time"};
  Names extra;
  if (adds_count) extra.push_back("COUNT(" + partial.back() + ")");
  for (const WindowProperty p : w.properties) {
    names.emplace_back(kPropertyNames[static_cast<int>(p)]);
    extra.emplace_back(PropertyText(p));
  }
  for (size_t i = 0; i < w.properties.size(); ++i) {
    global.push_back(extra[i] + " AS " + names[keys.size() + w.calls.size() + i]);
  }
  if (w.legacy_group_window) return ShowGroupWindow(n, w, std::move(in), names);
  if (!two) {
    const std::string window = WindowText(w.window, WindowTime(w.window, in.names), in.names);
    return Over(
        Line("WindowAggregate", by + "window=[" + window + "], select=[" + JoinNames(global) + "]", n.changelog),
        Wrap(std::move(in)), names);
  }
  Names local = LocalSelect(keys, calls, in.names, false);
  local.push_back("slice_end('w$) AS $slice_end");
  ExplainTree first = Line("LocalWindowAggregate",
                           by + "window=[" + WindowText(w.window, WindowTime(w.window, in.names), in.names) +
                               "], select=[" + JoinNames(local) + "]",
                           ChangelogMode::InsertOnly());
  first.facts.width = LocalWidth(At(InputOf(node)).schema, w, calls);
  first.inputs.push_back(std::move(in.tree));
  const std::string end = w.window.time_column >= 0 ? "slice_end=[$slice_end]" : "win_end=[$window_end]";
  ExplainTree line = Line(
      "GlobalWindowAggregate",
      by + "window=[" + WindowText(w.window, end, in.names) + "], select=[" + JoinNames(global) + "]", n.changelog);
  line.inputs.push_back(Exchanged(std::move(first), keys));
  return {std::move(line), std::move(names), {}};
}

Shown PlanExplainer::ShowOver(int node, const OverAggregateNode& over) {
  const PlanNode& n = At(node);
  Shown in = Input(node, 0);
  const OverGroup& group = over.groups[0];
  Names names = in.names, select = in.names;
  size_t number = 0;
  for (const OverGroup& g : over.groups) {
    for (const AggregateCall& call : g.calls) {
      auto add = [&](const std::string& text) {
        const std::string name = fmt::format("w0$o{}", number++);
        select.push_back(text + " AS " + name);
        return name;
      };
      if (call.function != "SUM") {
        names.push_back(add(CallText(call, in.names, false)));
        continue;
      }
      // A sum of nothing is NULL: Calcite counts and sums.
      AggregateCall part = call;
      part.function = "COUNT";
      const std::string count = add(CallText(part, in.names, false));
      part.function = "$SUM0";
      const std::string sum = add(CallText(part, in.names, false));
      const bool execution = options_.style == ExplainStyle::kExecution;
      names.push_back(fmt::format("CASE({}, {}, null:{})",
                                  execution ? "(" + count + " > 0)" : ">(" + count + ", 0:BIGINT)", sum,
                                  ExplainType(call.type, options_.style)));
    }
  }
  std::string terms;
  if (!group.partition_keys.empty()) terms = "partitionBy=[" + JoinNames(Pick(in.names, group.partition_keys)) + "], ";
  terms +=
      fmt::format("orderBy=[{}], window=[ {} BETWEEN {} AND {}], select=[{}]", Order(group.order, in.names),
                  group.frame.rows ? "ROWS" : "RANGE", FrameEdgeText(group.frame.start, group.frame.start_offset, true),
                  FrameEdgeText(group.frame.end, group.frame.end_offset, false), JoinNames(select));
  return Over(Line("OverAggregate", terms, n.changelog), Wrap(std::move(in)), names);
}

}  // namespace sluice::engine::sql
