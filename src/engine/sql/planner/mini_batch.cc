#include "engine/sql/planner/mini_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "engine/plan/mini_batch.h"

namespace sluice::engine::sql {

namespace {

enum class Mode : uint8_t { kNone, kProcessingTime, kEventTime, kOff };

/// What a node's readers ask of the marks below it.
struct Interval {
  Mode mode = Mode::kNone;
  int64_t ms = 0;
};

Interval Merged(const Interval& a, const Interval& b) {
  if (a.mode == Mode::kOff || b.mode == Mode::kOff) return {Mode::kOff, 0};
  if (a.mode == Mode::kNone) return b;
  if (b.mode == Mode::kNone) return a;
  if (a.mode == b.mode) {
    return a.mode == Mode::kEventTime ? Interval{a.mode, std::gcd(a.ms, b.ms)} : a;
  }
  const Interval& event = a.mode == Mode::kEventTime ? a : b;
  const Interval& clock = a.mode == Mode::kEventTime ? b : a;
  return {Mode::kEventTime, event.ms > 0 ? event.ms : clock.ms};
}

/// The operator goes by the watermarks of its input.
struct NeedsWatermarks {
  bool operator()(const WindowTableFunctionNode&) const { return true; }
  bool operator()(const WindowAggregateNode& n) const { return !n.window.processing_time; }
  bool operator()(const WindowJoinNode&) const { return true; }
  bool operator()(const WindowRankNode&) const { return true; }
  bool operator()(const IntervalJoinNode& n) const { return !n.processing_time; }
  bool operator()(const TemporalJoinNode& n) const { return n.left_time >= 0; }
  bool operator()(const MatchNode& n) const { return !n.processing_time; }
  bool operator()(const OverAggregateNode& n) const { return n.time == OverTime::kEventTime; }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

/// Flink's Deduplicate by event time, which its planner takes for one that goes by watermarks.
bool KeepsByEventTime(const PlanNode& node) {
  const auto* rank = std::get_if<RankNode>(&node.payload);
  if (rank == nullptr || rank->rank_end != 1 || rank->rank_end_column >= 0 || rank->order.size() != 1) return false;
  return !rank->input_retracts && node.schema[static_cast<size_t>(rank->order[0].column)].type.is_rowtime();
}

Interval AskedOfInputs(const PlanNode& node, const Interval& own) {
  if (std::holds_alternative<WatermarkNode>(node.payload)) return {};
  const auto* window = std::get_if<WindowAggregateNode>(&node.payload);
  if (window != nullptr && window->legacy_group_window) return {Mode::kOff, 0};
  return std::visit(NeedsWatermarks(), node.payload) || KeepsByEventTime(node) ? Merged(own, {Mode::kEventTime, 0})
                                                                               : own;
}

std::vector<Interval> AskedOf(const PhysicalPlan& plan) {
  std::vector<Interval> asked(plan.nodes.size());
  for (const int root : plan.Roots()) {
    asked[static_cast<size_t>(root)] = {Mode::kProcessingTime, plan.settings.mini_batch_latency_ms};
  }
  for (size_t i = plan.nodes.size(); i-- > 0;) {
    const Interval below = AskedOfInputs(plan.nodes[i], asked[i]);
    for (const PlanEdge& edge : plan.nodes[i].inputs) {
      Interval& input = asked[static_cast<size_t>(edge.node)];
      input = Merged(input, below);
    }
  }
  return asked;
}

PlanNode MarksBehind(const PlanNode& node, int index, const Interval& interval) {
  const auto* watermark = std::get_if<WatermarkNode>(&node.payload);
  const bool by_clock = interval.mode == Mode::kProcessingTime;
  PlanNode marks;
  marks.name =
      fmt::format("MiniBatchAssigner(interval=[{}ms], mode=[{}])", interval.ms, by_clock ? "ProcTime" : "RowTime");
  // As long and as unlikely to meet again as the node's own.
  marks.uid = std::string(node.uid.rbegin(), node.uid.rend());
  marks.payload = by_clock ? ClockMarks(interval.ms)
                           : EventTimeMarks(watermark != nullptr ? watermark->rowtime_column : 0, interval.ms);
  marks.inputs = {{index, Distribution::kForward, {}}};
  marks.schema = node.schema;
  marks.changelog = node.changelog;
  marks.parallelism = node.parallelism;
  return marks;
}

}  // namespace

void PlaceMiniBatches(PhysicalPlan& plan) {
  if (!plan.settings.mini_batch || plan.settings.batch) return;
  const std::vector<Interval> asked = AskedOf(plan);
  std::vector<PlanNode> nodes;
  std::vector<int> moved(plan.nodes.size());
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    PlanNode& node = plan.nodes[i];
    for (PlanEdge& edge : node.inputs) edge.node = moved[static_cast<size_t>(edge.node)];
    nodes.push_back(std::move(node));
    moved[i] = static_cast<int>(nodes.size()) - 1;
    const PlanNode& placed = nodes.back();
    const bool starts =
        std::holds_alternative<WatermarkNode>(placed.payload) || std::holds_alternative<SourceNode>(placed.payload);
    if (!starts || asked[i].mode == Mode::kNone || asked[i].mode == Mode::kOff) continue;
    nodes.push_back(MarksBehind(placed, moved[i], asked[i]));
    ++moved[i];
  }
  plan.nodes = std::move(nodes);
}

}  // namespace sluice::engine::sql
