#include "engine/sql/planner/table_parallelism.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/options_registry.h"
#include "engine/sql/planner/plan_traits.h"

namespace sluice::engine::sql {
namespace {

/// What Flink's planner knows of a node's parallelism: -1 is the job's.
int KnownParallelism(const PhysicalPlan& plan, int n) {
  const PlanNode& node = plan.nodes[static_cast<size_t>(n)];
  if (node.parallelism > 0) return node.parallelism;
  if (std::holds_alternative<ValuesNode>(node.payload)) return 1;
  int known = node.inputs.empty() ? -1 : std::numeric_limits<int>::max();
  for (const PlanEdge& edge : node.inputs) {
    if (edge.distribution == Distribution::kSingleton) return 1;
    if (edge.distribution != Distribution::kForward) return -1;
    known = std::min(known, KnownParallelism(plan, edge.node));
  }
  return known;
}

bool IsOnlyForward(const PlanNode& node) {
  return node.inputs.size() == 1 && node.inputs[0].distribution == Distribution::kForward;
}

/// Nodes from which only calcs lead to a watermark's assigner, which is marked too.
std::vector<bool> LeadToWatermarks(const PhysicalPlan& plan) {
  std::vector<bool> leads(plan.nodes.size(), false);
  for (size_t i = plan.nodes.size(); i-- > 0;) {
    const PlanNode& node = plan.nodes[i];
    const bool watermark = std::holds_alternative<WatermarkNode>(node.payload);
    leads[i] = leads[i] || watermark;
    const bool passes = watermark || (std::holds_alternative<CalcNode>(node.payload) && leads[i]);
    if (passes && IsOnlyForward(node)) leads[static_cast<size_t>(node.inputs[0].node)] = true;
  }
  return leads;
}

}  // namespace

Result<int> TableParallelism(const TableDescription& table, std::string_view option) {
  const auto found = table.options.find(std::string(option));
  if (found == table.options.end()) return 0;
  const OptionValues values = {{found->first, found->second}};
  Option<int32_t> typed;
  typed.key = option;
  SLUICE_ASSIGN_OR_RETURN(const int32_t parallelism, GetOption(values, typed));
  if (parallelism > 0) return parallelism;
  return Error(ErrorCode::kOption,
               fmt::format("Invalid configured parallelism {} for table '{}'.", parallelism, table.identifier));
}

void SpreadSources(PhysicalPlan& plan) {
  const std::vector<bool> leads = LeadToWatermarks(plan);
  // A source with a parallelism of its own, and what stands with it.
  std::vector<bool> own(plan.nodes.size(), false);
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    PlanNode& node = plan.nodes[i];
    const bool source = std::holds_alternative<SourceNode>(node.payload);
    own[i] = source ? node.parallelism > 0
                    : leads[i] && IsOnlyForward(node) && own[static_cast<size_t>(node.inputs[0].node)];
    if (own[i]) continue;
    for (PlanEdge& edge : node.inputs) {
      if (!own[static_cast<size_t>(edge.node)] || edge.distribution != Distribution::kForward) continue;
      if (plan.nodes[static_cast<size_t>(edge.node)].changelog.insert_only()) {
        edge.distribution = Distribution::kRebalance;
        continue;
      }
      // Changes of a row stay in order if its key decides where they go; without one they stay where they are.
      const std::vector<std::vector<int>> keys = TraitsOf(plan, edge.node).upsert_keys;
      const auto key = std::find_if(keys.begin(), keys.end(), [](const auto& k) { return !k.empty(); });
      if (key == keys.end()) continue;
      edge.distribution = Distribution::kHash;
      edge.hash_keys = *key;
    }
  }
}

Result<PlanEdge> EdgeToSink(const PhysicalPlan& plan, int input, const SinkNode& sink, int parallelism) {
  const PlanEdge forward{input, Distribution::kForward, {}};
  const int before = KnownParallelism(plan, input);
  if (before == parallelism || plan.nodes[static_cast<size_t>(input)].changelog.insert_only()) return forward;
  PlanEdge edge{input, Distribution::kHash, {}};
  const auto& names = sink.table.primary_key;
  for (size_t i = 0; i < sink.table.physical.size(); ++i) {
    if (std::find(names.begin(), names.end(), sink.table.physical[i].name) != names.end()) {
      edge.hash_keys.push_back(static_cast<int>(i));
    }
  }
  if (!edge.hash_keys.empty()) return edge;
  return Error(ErrorCode::kValidation,
               fmt::format("The sink for table '{}' has a configured parallelism of {}, while the input parallelism is "
                           "{}. Since the configured parallelism is different from the input's parallelism and the "
                           "changelog mode is not insert-only, a primary key is required but could not be found.",
                           sink.table.identifier, parallelism, before));
}

}  // namespace sluice::engine::sql
