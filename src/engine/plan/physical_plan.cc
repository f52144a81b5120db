#include "engine/plan/physical_plan.h"

#include <fmt/format.h>

#include <map>

namespace sluice::engine {

std::string_view PlanNodeKind(const PlanPayload& payload) {
  static constexpr std::string_view kNames[] = {"Source",
                                                "Values",
                                                "Calc",
                                                "WatermarkAssigner",
                                                "GroupAggregate",
                                                "WindowTableFunction",
                                                "WindowAggregate",
                                                "Union",
                                                "Expand",
                                                "Sort",
                                                "Limit",
                                                "Rank",
                                                "Join",
                                                "Correlate",
                                                "Sink",
                                                "Collect",
                                                "OverAggregate",
                                                "IntervalJoin",
                                                "TemporalJoin",
                                                "WindowJoin",
                                                "WindowRank",
                                                "ChangelogNormalize",
                                                "Match",
                                                "LookupJoin",
                                                "SinkMaterializer"};
  static_assert(std::size(kNames) == std::variant_size_v<PlanPayload>);
  return kNames[payload.index()];
}

std::vector<int> PhysicalPlan::Roots() const {
  std::vector<bool> read(nodes.size(), false);
  for (const PlanNode& n : nodes) {
    for (const PlanEdge& e : n.inputs) read[static_cast<size_t>(e.node)] = true;
  }
  std::vector<int> out;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!read[i]) out.push_back(static_cast<int>(i));
  }
  return out;
}

namespace {

/// FNV-1a, 64 bit: stable across machines and versions, which std::hash is not.
uint64_t Hash(std::string_view text, uint64_t h = 1469598103934665603ULL) {
  for (unsigned char c : text) {
    h ^= c;
    h *= 1099511628211ULL;
  }
  return h;
}

void Print(const PhysicalPlan& plan, int index, int depth, std::string& out) {
  const PlanNode& n = plan.nodes[static_cast<size_t>(index)];
  if (depth > 0) out += std::string(static_cast<size_t>(depth - 1) * 3, ' ') + "+- ";
  out += n.name.empty() ? std::string(PlanNodeKind(n.payload)) : n.name;
  if (!n.changelog.insert_only()) out += fmt::format(", changelogMode={}", n.changelog.ToString());
  out += "\n";
  for (const PlanEdge& e : n.inputs) {
    int child_depth = depth + 1;
    if (e.distribution != Distribution::kForward) {
      static constexpr const char* kNames[] = {"forward", "hash", "single", "broadcast", "rebalance"};
      std::string keys;
      for (int k : e.hash_keys) {
        keys +=
            (keys.empty() ? "" : ", ") + plan.nodes[static_cast<size_t>(e.node)].schema[static_cast<size_t>(k)].name;
      }
      out += std::string(static_cast<size_t>(depth) * 3, ' ') + "+- Exchange(distribution=[" +
             kNames[static_cast<int>(e.distribution)] + (keys.empty() ? "" : "[" + keys + "]") + "])\n";
      ++child_depth;
    }
    Print(plan, e.node, child_depth, out);
  }
}

}  // namespace

void AssignUids(PhysicalPlan& plan) {
  // The name says what the operator computes; inputs tell equal operators in different places apart; a counter the
  // rest.
  std::map<uint64_t, int> seen;
  for (PlanNode& n : plan.nodes) {
    uint64_t h = Hash(PlanNodeKind(n.payload));
    h = Hash(n.name, h);
    for (const PlanEdge& e : n.inputs) h = Hash(plan.nodes[static_cast<size_t>(e.node)].uid, h);
    const int repeat = seen[h]++;
    if (repeat > 0) h = Hash(std::to_string(repeat), h);
    n.uid = fmt::format("{:016x}{:016x}", h, Hash("uid", h));
  }
}

std::string PlanToText(const PhysicalPlan& plan) {
  std::string out;
  for (int root : plan.Roots()) Print(plan, root, 0, out);
  return out;
}

}  // namespace sluice::engine
