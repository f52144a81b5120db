// OVER windows: calls over the same window become one group; in streaming mode there is one, with Flink's restrictions.
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/errors.h"
#include "engine/sql/planner/physical_planner.h"

namespace sluice::engine::sql {

Error RankNeedsOrder(TextPosition position) {
  return Invalid(
      "Over Agg: The window rank function requires order by clause with non-constant fields. please re-check the over "
      "window statement.",
      position);
}

namespace {

bool IsRankFunction(const std::string& f) { return f == "ROW_NUMBER" || f == "RANK" || f == "DENSE_RANK"; }

/// The frame that holds without one: ROW_NUMBER counts rows, everything else goes up to the last peer.
OverFrame FrameOf(const OverCall& call) {
  if (call.has_frame) return call.frame;
  OverFrame frame;
  frame.rows = call.function == "ROW_NUMBER";
  if (call.order_by.empty()) frame.end = FrameEdge::kUnbounded;
  return frame;
}

bool SameOrder(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SortKey& x, const SortKey& y) {
    return x.column == y.column && x.ascending == y.ascending && x.nulls_last == y.nulls_last;
  });
}

Status CheckOffset(const OverRel& over, const OverCall& call, const DataType& offset) {
  if (offset.kind() == TypeKind::kIntervalYearMonth) {
    return Invalid("INTERVAL_YEAR_MONTH type is not allowed for window boundary", over.position);
  }
  if (call.frame.rows || call.order_by.empty()) return {};
  const DataType& order = over.inputs[0]->schema[static_cast<size_t>(call.order_by[0].column)].type;
  if (order.is_datetime() != offset.is_interval()) {
    return Invalid("Data Type mismatch between ORDER BY and RANGE clause", over.position);
  }
  return {};
}

Status CheckCall(const OverRel& over, const OverCall& call, bool batch) {
  if ((call.function == "RANK" || call.function == "DENSE_RANK") && call.order_by.empty()) {
    return Invalid("RANK or DENSE_RANK functions require ORDER BY clause in window specification", over.position);
  }
  if (IsRankFunction(call.function) && call.order_by.empty()) {
    return RankNeedsOrder(over.position);
  }
  if (batch && call.aggregate.distinct) return Invalid("Distinct not supported in Windowing function!", over.position);
  for (const char* unsupported : {"LEAD", "NTILE", "CUME_DIST", "PERCENT_RANK"}) {
    if (!batch && call.function == unsupported) {
      return Invalid(fmt::format("{} Function is not supported in stream mode.", unsupported), over.position);
    }
  }
  auto has_offset = [](FrameEdge e) { return e == FrameEdge::kPreceding || e == FrameEdge::kFollowing; };
  if (call.has_frame && has_offset(call.frame.start)) {
    SLUICE_RETURN_IF_ERROR(CheckOffset(over, call, call.start_type));
  }
  if (call.has_frame && has_offset(call.frame.end)) SLUICE_RETURN_IF_ERROR(CheckOffset(over, call, call.end_type));
  return {};
}

std::string FrameText(const OverFrame& f) {
  auto edge = [](FrameEdge e, const Value& offset, bool start) -> std::string {
    switch (e) {
      case FrameEdge::kUnbounded: return start ? "UNBOUNDED PRECEDING" : "UNBOUNDED FOLLOWING";
      case FrameEdge::kPreceding:
      case FrameEdge::kFollowing: {
        const std::string n = std::holds_alternative<int64_t>(offset.storage()) ? std::to_string(offset.as_int()) : "?";
        return n + (e == FrameEdge::kPreceding ? " PRECEDING" : " FOLLOWING");
      }
      case FrameEdge::kCurrentRow: break;
    }
    return "CURRENT ROW";
  };
  return fmt::format(" {} BETWEEN {} AND {}", f.rows ? "ROWS" : "RANGE", edge(f.start, f.start_offset, true),
                     edge(f.end, f.end_offset, false));
}

std::string OverText(const OverGroup& group, const Schema& in, const Schema& out) {
  std::string partition, order, select;
  for (const int k : group.partition_keys) {
    partition += (partition.empty() ? "" : ", ") + in[static_cast<size_t>(k)].name;
  }
  for (const SortKey& k : group.order) {
    order += (order.empty() ? "" : ", ") + in[static_cast<size_t>(k.column)].name + (k.ascending ? " ASC" : " DESC");
  }
  for (const RowField& f : out) select += (select.empty() ? "" : ", ") + f.name;
  return fmt::format("OverAggregate({}orderBy=[{}], window=[{}], select=[{}])",
                     partition.empty() ? "" : "partitionBy=[" + partition + "], ", order, FrameText(group.frame),
                     select);
}

}  // namespace

Result<OverTime> PhysicalPlanner::CheckStreamingOver(const OverRel& over, const std::vector<OverGroup>& groups) {
  if (groups.size() > 1) {
    return Invalid(
        "Over Agg: Unsupported use of OVER windows. All aggregates must be computed on the same window. please "
        "re-check "
        "the over window statement.",
        over.position);
  }
  const OverGroup& group = groups[0];
  if (group.order.size() != 1) {
    return Invalid("The window can only be ordered by a single time column.", over.position);
  }
  if (!group.order[0].ascending) {
    return Invalid("The window can only be ordered in ASCENDING mode.", over.position);
  }
  if (group.frame.end != FrameEdge::kCurrentRow ||
      (group.frame.start != FrameEdge::kUnbounded && group.frame.start != FrameEdge::kPreceding)) {
    return Invalid("OVER RANGE FOLLOWING windows are not supported yet.", over.position);
  }
  const DataType& order = over.inputs[0]->schema[static_cast<size_t>(group.order[0].column)].type;
  if (order.is_proctime()) return OverTime::kProcessingTime;
  if (order.is_rowtime()) return OverTime::kEventTime;
  if (group.frame.start != FrameEdge::kUnbounded) {
    return Invalid("Non-time attribute sort is not supported for bounded OVER window.", over.position);
  }
  return OverTime::kNone;
}

const PlanNode& PhysicalPlanner::ProducerOfChanges(int input) const {
  while (std::holds_alternative<CalcNode>(node(input).payload) ||
         std::holds_alternative<UnionNode>(node(input).payload)) {
    int next = -1;
    for (const PlanEdge& e : node(input).inputs) {
      if (!node(e.node).changelog.insert_only()) next = e.node;
    }
    if (next < 0) break;
    input = next;
  }
  return node(input);
}

Result<int> PhysicalPlanner::BuildOver(const OverRel& over) {
  OverAggregateNode result;
  result.batch = batch();
  result.state_ttl_ms = plan_.settings.state_ttl_ms;
  std::vector<std::vector<size_t>> members;  // of each group: numbers of its calls
  for (size_t c = 0; c < over.calls.size(); ++c) {
    const OverCall& call = over.calls[c];
    SLUICE_RETURN_IF_ERROR(CheckCall(over, call, batch()));
    const OverFrame frame = FrameOf(call);
    size_t g = 0;
    while (g < result.groups.size() &&
           !(result.groups[g].partition_keys == call.partition_by && SameOrder(result.groups[g].order, call.order_by) &&
             result.groups[g].frame == frame)) {
      ++g;
    }
    if (g == result.groups.size()) {
      result.groups.push_back({call.partition_by, call.order_by, frame, {}});
      members.emplace_back();
    }
    AggregateCall aggregate = call.aggregate;
    if (!batch() && IsRankFunction(call.function)) {
      // Over a growing frame they count its rows; Flink's RANK and DENSE_RANK see no peers either.
      aggregate = AggregateCall();
      aggregate.function = "COUNT";
      aggregate.type = call.aggregate.type;
    }
    result.groups[g].calls.push_back(std::move(aggregate));
    members[g].push_back(c);
  }
  if (!batch()) {
    SLUICE_ASSIGN_OR_RETURN(result.time, CheckStreamingOver(over, result.groups));
  }
  SLUICE_ASSIGN_OR_RETURN(int input, Build(over.inputs[0]));
  const ChangelogMode in = node(input).changelog;
  result.input_retracts = !in.insert_only();
  if (!batch() && result.time != OverTime::kNone && result.input_retracts) {
    const bool updates = in.update_after || in.update_before;
    return Invalid(fmt::format("StreamPhysicalOverAggregate doesn't support consuming {} changes which is produced by "
                               "node {}",
                               updates && in.deletes ? "update and delete"
                               : updates             ? "update"
                                                     : "delete",
                               ProducerOfChanges(input).name),
                   over.position);
  }
  const size_t width = over.inputs[0]->schema.size();
  Schema schema(over.schema.begin(), over.schema.begin() + static_cast<std::ptrdiff_t>(width));
  std::vector<ExprPtr> order(over.schema.size());
  for (size_t c = 0; c < width; ++c) order[c] = ColumnRef(over.schema, c);
  bool in_order = true;
  for (const std::vector<size_t>& group : members) {
    for (const size_t c : group) {
      in_order &= schema.size() == width + c;
      order[width + c] = Expr::Input(static_cast<int>(schema.size()), over.schema[width + c].type);
      schema.push_back(over.schema[width + c]);
    }
  }
  const OverGroup& first = result.groups[0];
  std::vector<int> keys = result.groups.size() == 1 ? first.partition_keys : std::vector<int>();
  std::string name = OverText(first, over.inputs[0]->schema, schema);
  const ChangelogMode mode =
      batch() || result.time != OverTime::kNone ? ChangelogMode::InsertOnly() : ChangelogMode::All();
  const int n = Add(std::move(result), {Keyed(input, keys)}, schema, mode, std::move(name));
  if (keys.empty()) plan_.nodes.back().parallelism = 1;
  return in_order ? n : AddCalc(n, nullptr, std::move(order), over.schema);
}

}  // namespace sluice::engine::sql
