// Aggregates of unbounded groups, and the choice between them and windows.
#include <fmt/format.h>

#include "engine/sql/errors.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/planner/aggregate_text.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/planner/plan_traits.h"

namespace sluice::engine::sql {

namespace {

std::string CallText(const AggregateCall& call, const Schema& in) {
  std::string args;
  for (int a : call.args) args += (args.empty() ? "" : ", ") + in[static_cast<size_t>(a)].name;
  std::string out = call.function + "(" + (call.distinct ? "DISTINCT " : "") +
                    (call.args.empty() && call.function == "COUNT" ? "*" : args) + ")";
  if (call.filter >= 0) out += " FILTER " + in[static_cast<size_t>(call.filter)].name;
  return out;
}

}  // namespace

std::string AggregateText(const AggregateRel& rel) {
  const Schema& in = rel.inputs[0]->schema;
  std::string keys, select;
  for (int k : rel.keys) {
    keys += (keys.empty() ? "" : ", ") + in[static_cast<size_t>(k)].name;
    select += (select.empty() ? "" : ", ") + in[static_cast<size_t>(k)].name;
  }
  for (size_t i = 0; i < rel.calls.size(); ++i) {
    select += (select.empty() ? "" : ", ") + CallText(rel.calls[i], in) + " AS " + rel.schema[rel.keys.size() + i].name;
  }
  return (keys.empty() ? "" : "groupBy=[" + keys + "], ") + "select=[" + select + "]";
}

namespace {

/// Flink sorts by the keys in batch mode.
Status CheckBatchKeys(const AggregateRel& rel) {
  for (const int k : rel.keys) {
    const DataType& type = rel.inputs[0]->schema[static_cast<size_t>(k)].type;
    if (type.kind() != TypeKind::kMap && type.kind() != TypeKind::kMultiset) continue;
    return Invalid(fmt::format("Type({}) is not an orderable data type, it is not supported as a "
                               "ORDER_BY/GROUP_BY/JOIN_EQUAL field.",
                               type.ToString()),
                   rel.position);
  }
  return {};
}

}  // namespace

Result<int> PhysicalPlanner::BuildAggregate(const AggregateRel& rel) {
  if (rel.has_group_window) return BuildGroupWindow(rel);
  if (!batch() && IsWindowAggregate(rel) && !SessionsOfOtherKeys(rel)) return BuildWindowAggregate(rel);
  if (batch()) SLUICE_RETURN_IF_ERROR(CheckBatchKeys(rel));
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel.inputs[0]));
  const ChangelogMode in = node(input).changelog;
  GroupAggregateNode aggregate;
  aggregate.keys = rel.keys;
  aggregate.calls = rel.calls;
  aggregate.input_retracts = !in.insert_only();
  aggregate.batch = batch();
  aggregate.state_ttl_ms = rel.state_ttl_ms >= 0 ? rel.state_ttl_ms : plan_.settings.state_ttl_ms;
  MarkMonotonicCalls(TraitsOf(plan_, input), in, aggregate);
  ChangelogMode mode;
  if (!batch()) {
    mode.update_before = mode.update_after = true;  // also without calls: a time to live makes them (as Flink says)
    if (aggregate.input_retracts && !rel.keys.empty()) mode.deletes = true;
  }
  const int n = Add(std::move(aggregate), {Keyed(input, rel.keys)}, rel.schema, mode,
                    "GroupAggregate(" + AggregateText(rel) + ")");
  if (rel.keys.empty()) plan_.nodes.back().parallelism = 1;
  return n;
}

}  // namespace sluice::engine::sql
