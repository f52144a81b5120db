#include "engine/job/job_builder.h"

#include <algorithm>
#include <bit>

#include "base/clock.h"
#include "base/options_registry.h"
#include "engine/connectors/shared_parts.h"
#include "engine/functions/function.h"
#include "engine/operators/make_operator.h"

namespace sluice::engine {
namespace {

class CollectSink : public Sink {
 public:
  explicit CollectSink(ResultConsumer consumer) : consumer_(std::move(consumer)) {}
  Status Open(const TaskContext&) override { return {}; }
  Status Write(Batch batch) override { return consumer_(std::move(batch)); }

 private:
  ResultConsumer consumer_;
};

/// What all makers of one job share; kept alive by them.
struct BuildContext {
  std::shared_ptr<const PhysicalPlan> plan;
  JobBuildEnvironment environment;
  ResultConsumer consumer;
  SessionFacts facts;
  ConnectorEnvironment connectors;
  OperatorEnvironment operators;
};

std::shared_ptr<BuildContext> MakeContext(std::shared_ptr<const PhysicalPlan> plan, const JobBuildEnvironment& env,
                                          ResultConsumer consumer) {
  auto context = std::make_shared<BuildContext>();
  const PlanSettings& settings = plan->settings;
  context->environment = env;
  context->consumer = std::move(consumer);
  context->facts.time_zone = settings.time_zone;
  context->facts.legacy_cast = settings.legacy_cast;
  context->facts.batch = settings.batch;
  context->facts.random = env.random;
  if (settings.batch) {
    context->facts.now_ms = [now = env.clock->NowMs()] { return now; };
  } else {
    context->facts.now_ms = [clock = env.clock] { return clock->NowMs(); };
  }
  context->connectors.formats = &env.builtins->formats;
  context->connectors.clock = env.clock;
  context->connectors.out = env.out;
  context->connectors.err = env.err;
  context->connectors.settings = &plan->settings;
  context->connectors.random = env.random;
  context->connectors.shared = std::make_shared<SharedParts>();
  context->operators.functions = env.builtins->functions;
  context->operators.facts = &context->facts;
  context->plan = std::move(plan);
  return context;
}

Result<const Connector*> ConnectorOf(const TableDescription& table, const Builtins& builtins) {
  auto option = table.options.find("connector");
  if (option == table.options.end()) {
    return Error(ErrorCode::kOption, "table " + table.identifier + " has no option 'connector'");
  }
  auto found = builtins.connectors.find(option->second);
  if (found == builtins.connectors.end()) {
    return Error(ErrorCode::kNotSupported, "not supported yet: the connector '" + option->second + "'");
  }
  return &found->second;
}

/// Look-ups in the tables of any connector that can.
std::function<Result<std::unique_ptr<LookupSource>>(const LookupJoinNode&)> LookupMaker(
    const Builtins* builtins, const ConnectorEnvironment* environment) {
  return [builtins, environment](const LookupJoinNode& node) -> Result<std::unique_ptr<LookupSource>> {
    SLUICE_ASSIGN_OR_RETURN(const Connector* connector, ConnectorOf(node.lookup.table, *builtins));
    if (connector->make_lookup == nullptr) {
      return Error(ErrorCode::kNotSupported,
                   "not supported yet: look-ups through the connector '" + connector->descriptor.name + "'");
    }
    return connector->make_lookup(node, *environment);
  };
}

/// Sets the one maker that fits the node's kind.
Status SetMaker(const PlanNode& node, const std::shared_ptr<BuildContext>& context, JobVertex& vertex) {
  const Builtins& builtins = *context->environment.builtins;
  if (const auto* source = std::get_if<SourceNode>(&node.payload)) {
    SLUICE_ASSIGN_OR_RETURN(const Connector* connector, ConnectorOf(source->table, builtins));
    if (connector->make_source == nullptr) {
      return Error(ErrorCode::kNotSupported,
                   "not supported yet: reading from the connector '" + connector->descriptor.name + "'");
    }
    vertex.make_source = [connector, source, &node, context] {
      return connector->make_source(*source, node.schema, context->connectors);
    };
  } else if (const auto* sink = std::get_if<SinkNode>(&node.payload)) {
    SLUICE_ASSIGN_OR_RETURN(const Connector* connector, ConnectorOf(sink->table, builtins));
    if (connector->make_sink == nullptr) {
      return Error(ErrorCode::kNotSupported,
                   "not supported yet: writing to the connector '" + connector->descriptor.name + "'");
    }
    vertex.make_sink = [connector, sink, &node, context] {
      return connector->make_sink(*sink, node.schema, context->connectors);
    };
  } else if (std::holds_alternative<ValuesNode>(node.payload)) {
    vertex.make_source = [&node, context]() -> Result<std::unique_ptr<Source>> { return MakeValuesSource(node); };
  } else if (std::holds_alternative<CollectNode>(node.payload)) {
    vertex.make_sink = [context]() -> Result<std::unique_ptr<Sink>> {
      return std::unique_ptr<Sink>(std::make_unique<CollectSink>(context->consumer));
    };
  } else {
    vertex.make_operator = [&node, context] { return MakeOperator(node, *context->plan, context->operators); };
  }
  return {};
}

constexpr Option<int32_t> kMaxParallelism{
    .key = "pipeline.max-parallelism",
    .default_value = "-1",
    .text = "Key groups of the job: the largest parallelism that it can be rescaled to. -1: by the parallelism."};

/// Rows must come together in one place, or come from one.
bool IsSingle(const PlanNode& node) {
  if (std::holds_alternative<ValuesNode>(node.payload) || std::holds_alternative<CollectNode>(node.payload))
    return true;
  return std::any_of(node.inputs.begin(), node.inputs.end(),
                     [](const PlanEdge& edge) { return edge.distribution == Distribution::kSingleton; });
}

/// Rows that stay in their subtask stay in order, which changes of one key must: a node takes over the parallelism of
/// what it reads from directly, as in Flink; of several inputs the smallest, which no order is lost by.
const JobVertex* ParallelismFrom(const PlanNode& node, const JobGraph& graph) {
  const JobVertex* smallest = nullptr;
  for (const PlanEdge& edge : node.inputs) {
    if (edge.distribution != Distribution::kForward) return nullptr;
    const JobVertex& from = graph.vertices[static_cast<size_t>(edge.node)];
    const bool smaller = smallest == nullptr || from.parallelism < smallest->parallelism;
    // One that must stay as it is decides for the others too.
    if (smaller || (from.parallelism == smallest->parallelism && !from.rescalable)) smallest = &from;
  }
  return smallest;
}

/// As Flink's KeyGroupRangeAssignment.computeDefaultMaxParallelism.
int DefaultMaxParallelism(int parallelism) {
  const auto half_more = static_cast<uint32_t>(parallelism + parallelism / 2);
  return static_cast<int>(std::clamp<uint32_t>(std::bit_ceil(half_more), 128, 1U << 15));
}

Result<int> MaxParallelismOf(const JobGraph& graph, const PlanSettings& settings) {
  int largest = 1;
  for (const JobVertex& vertex : graph.vertices) largest = std::max(largest, vertex.parallelism);
  const OptionValues values(settings.options.begin(), settings.options.end());
  SLUICE_ASSIGN_OR_RETURN(const int32_t wanted, GetOption(values, kMaxParallelism));
  if (wanted == -1) return DefaultMaxParallelism(largest);
  if (wanted < 1 || wanted > (1 << 15)) {
    return Error(ErrorCode::kOption, "Maximum parallelism must be between 1 and 32768, not " + std::to_string(wanted));
  }
  if (largest > wanted) {
    return Error(ErrorCode::kOption, "Vertex's parallelism (" + std::to_string(largest) +
                                         ") should be less than or equal to the maximum parallelism (" +
                                         std::to_string(wanted) + "), 'pipeline.max-parallelism'");
  }
  return wanted;
}

}  // namespace

Result<JobGraph> BuildJobGraph(std::shared_ptr<const PhysicalPlan> plan, const JobBuildEnvironment& environment,
                               ResultConsumer consumer) {
  auto context = MakeContext(std::move(plan), environment, std::move(consumer));
  context->operators.make_lookup = LookupMaker(environment.builtins, &context->connectors);
  const PhysicalPlan& p = *context->plan;
  JobGraph graph;
  graph.name = p.job_name;
  graph.batch = p.settings.batch;
  graph.batch_rows = environment.batch_rows;
  for (size_t i = 0; i < p.nodes.size(); ++i) {
    const PlanNode& node = p.nodes[i];
    JobVertex vertex;
    vertex.uid = node.uid;
    vertex.name = node.name.empty() ? std::string(PlanNodeKind(node.payload)) : node.name;
    const JobVertex* from = node.parallelism > 0 ? nullptr : ParallelismFrom(node, graph);
    vertex.rescalable = !IsSingle(node) && node.parallelism <= 0 && (from == nullptr || from->rescalable);
    vertex.parallelism = IsSingle(node)         ? 1
                         : node.parallelism > 0 ? node.parallelism
                         : from != nullptr      ? from->parallelism
                                                : environment.default_parallelism;
    SLUICE_RETURN_IF_ERROR(SetMaker(node, context, vertex));
    graph.vertices.push_back(std::move(vertex));
    for (size_t input = 0; input < node.inputs.size(); ++input) {
      const PlanEdge& edge = node.inputs[input];
      // Rows need not be spread from as many subtasks to as many.
      const bool even = edge.distribution == Distribution::kRebalance &&
                        graph.vertices[static_cast<size_t>(edge.node)].parallelism == graph.vertices.back().parallelism;
      graph.edges.push_back({edge.node, static_cast<int>(i), static_cast<int>(input),
                             even ? Distribution::kForward : edge.distribution, edge.hash_keys});
      for (const RowField& field : p.nodes[static_cast<size_t>(edge.node)].schema) {
        graph.edges.back().types.push_back(field.type);
      }
    }
  }
  SLUICE_ASSIGN_OR_RETURN(graph.max_parallelism, MaxParallelismOf(graph, p.settings));
  return graph;
}

}  // namespace sluice::engine
