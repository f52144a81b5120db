// PlanToJson and PlanFromJson: every payload's fields named once.
#include <boost/json.hpp>
#include <string>

#include "engine/plan/physical_plan.h"
#include "engine/plan/plan_json.h"

namespace sluice::engine {

namespace json = boost::json;

namespace {

// The fields of each struct; A is Writer or Reader, S const or not.
template <typename A, typename S>
concept Is = std::is_same_v<std::remove_const_t<A>, S>;

#define SLUICE_FIELDS(Type, ...)                       \
  template <typename A, Is<Type> S>                    \
  void Fields(A& a, S& s) {                            \
    auto f = [&](const char* n, auto& v) { a(n, v); }; \
    __VA_ARGS__                                        \
  }

SLUICE_FIELDS(RowField, f("name", s.name); f("type", s.type); f("comment", s.description);)
SLUICE_FIELDS(TableDescription::Metadata, f("column", s.column); f("key", s.key); f("type", s.type);
              f("virtual", s.virtual_column);)
SLUICE_FIELDS(TableDescription, f("identifier", s.identifier); f("physical", s.physical); f("metadata", s.metadata);
              f("partitionKeys", s.partition_keys); f("primaryKey", s.primary_key); f("options", s.options);
              f("batch", s.batch_mode);)
SLUICE_FIELDS(SourceNode, f("table", s.table); f("projection", s.projection); f("filterHints", s.filter_hints);
              f("partitionFilter", s.partition_filter); f("limit", s.limit);)
SLUICE_FIELDS(ValuesNode, f("rows", s.rows);)
SLUICE_FIELDS(CalcNode, f("condition", s.condition); f("projections", s.projections);)
SLUICE_FIELDS(SourceWatermarks, f("idleTimeout", s.idle_timeout_ms); f("onEvent", s.on_event);
              f("alignmentGroup", s.alignment_group); f("maxDrift", s.max_drift_ms);
              f("updateInterval", s.update_interval_ms);)
SLUICE_FIELDS(WatermarkNode, f("column", s.rowtime_column); f("expression", s.expression);
              f("idleTimeout", s.idle_timeout_ms); f("interval", s.emit_interval_ms); f("source", s.source);)
SLUICE_FIELDS(AggregateCall, f("function", s.function); f("args", s.args); f("filter", s.filter);
              f("distinct", s.distinct); f("ignoreNulls", s.ignore_nulls); f("monotonic", s.monotonic);
              f("orderBy", s.order_by); f("literals", s.literals); f("type", s.type); f("argTypes", s.arg_types);)
SLUICE_FIELDS(GroupAggregateNode, f("keys", s.keys); f("calls", s.calls); f("updateBefore", s.emit_update_before);
              f("retracts", s.input_retracts); f("batch", s.batch); f("ttl", s.state_ttl_ms);)
SLUICE_FIELDS(WindowSpec, f("kind", s.kind); f("size", s.size_ms); f("slide", s.slide_ms); f("offset", s.offset_ms);
              f("time", s.time_column); f("processingTime", s.processing_time); f("start", s.window_start_column);
              f("end", s.window_end_column); f("partitionKeys", s.partition_keys); f("zone", s.time_zone);)
SLUICE_FIELDS(WindowTableFunctionNode, f("window", s.window);)
SLUICE_FIELDS(EmitStrategy, f("early", s.early); f("earlyDelay", s.early_delay_ms); f("late", s.late);
              f("lateDelay", s.late_delay_ms); f("lateness", s.lateness_ms);)
SLUICE_FIELDS(WindowAggregateNode, f("window", s.window); f("keys", s.keys); f("calls", s.calls);
              f("properties", s.properties); f("retracts", s.input_retracts); f("batch", s.batch);
              f("legacy", s.legacy_group_window); f("emit", s.emit); f("updateBefore", s.emit_update_before);)
SLUICE_FIELDS(UnionNode, (void)f; (void)s;)
SLUICE_FIELDS(ExpandNode, f("projections", s.projections);)
SLUICE_FIELDS(SortKey, f("column", s.column); f("ascending", s.ascending); f("nullsLast", s.nulls_last);)
SLUICE_FIELDS(SortNode, f("keys", s.keys); f("offset", s.offset); f("limit", s.limit); f("batch", s.batch);
              f("rowtime", s.rowtime_column);)
SLUICE_FIELDS(LimitNode, f("offset", s.offset); f("limit", s.limit); f("batch", s.batch);
              f("updateBefore", s.emit_update_before); f("retracts", s.input_retracts);)
SLUICE_FIELDS(RankNode, f("partitionKeys", s.partition_keys); f("order", s.order); f("function", s.function);
              f("start", s.rank_start); f("end", s.rank_end); f("endColumn", s.rank_end_column);
              f("outputRank", s.output_rank); f("upsertKey", s.upsert_key); f("updateBefore", s.emit_update_before);
              f("retracts", s.input_retracts); f("batch", s.batch); f("ttl", s.state_ttl_ms);)
SLUICE_FIELDS(JoinNode, f("kind", s.kind); f("leftKeys", s.left_keys); f("rightKeys", s.right_keys);
              f("filterNulls", s.filter_nulls); f("condition", s.condition); f("leftRetracts", s.left_retracts);
              f("rightRetracts", s.right_retracts); f("leftUnique", s.left_unique_keys);
              f("rightUnique", s.right_unique_keys); f("updateBefore", s.emit_update_before); f("batch", s.batch);
              f("leftTtl", s.left_ttl_ms); f("rightTtl", s.right_ttl_ms);)
SLUICE_FIELDS(OverFrame, f("rows", s.rows); f("start", s.start); f("end", s.end); f("startOffset", s.start_offset);
              f("endOffset", s.end_offset);)
SLUICE_FIELDS(OverGroup, f("partitionKeys", s.partition_keys); f("order", s.order); f("frame", s.frame);
              f("calls", s.calls);)
SLUICE_FIELDS(OverAggregateNode, f("groups", s.groups); f("time", s.time); f("retracts", s.input_retracts);
              f("batch", s.batch); f("ttl", s.state_ttl_ms);)
SLUICE_FIELDS(IntervalJoinNode, f("kind", s.kind); f("leftKeys", s.left_keys); f("rightKeys", s.right_keys);
              f("filterNulls", s.filter_nulls); f("condition", s.condition); f("processingTime", s.processing_time);
              f("leftTime", s.left_time); f("rightTime", s.right_time); f("lower", s.lower_ms); f("upper", s.upper_ms);)
SLUICE_FIELDS(TemporalJoinNode, f("leftOuter", s.left_outer); f("leftKeys", s.left_keys); f("rightKeys", s.right_keys);
              f("filterNulls", s.filter_nulls); f("condition", s.condition); f("leftTime", s.left_time);
              f("rightTime", s.right_time); f("ttl", s.state_ttl_ms);)
SLUICE_FIELDS(WindowJoinNode, f("kind", s.kind); f("leftKeys", s.left_keys); f("rightKeys", s.right_keys);
              f("filterNulls", s.filter_nulls); f("condition", s.condition); f("leftEnd", s.left_window_end);
              f("rightEnd", s.right_window_end);)
SLUICE_FIELDS(WindowRankNode, f("partitionKeys", s.partition_keys); f("order", s.order); f("windowEnd", s.window_end);
              f("start", s.rank_start); f("end", s.rank_end); f("outputRank", s.output_rank);
              f("lastOfEquals", s.last_of_equals);)
SLUICE_FIELDS(LookupKey, f("column", s.column); f("left", s.left); f("constant", s.constant);)
SLUICE_FIELDS(LookupJoinNode, f("leftOuter", s.left_outer); f("lookup", s.lookup); f("row", s.row); f("keys", s.keys);
              f("filter", s.filter); f("projections", s.projections); f("condition", s.condition);
              f("ordered", s.ordered); f("capacity", s.capacity); f("timeout", s.timeout_ms);
              f("retryOnMiss", s.retry_on_miss); f("retryDelay", s.retry_delay_ms); f("maxAttempts", s.max_attempts);)
SLUICE_FIELDS(SinkMaterializeNode, f("keys", s.keys); f("upsertKey", s.upsert_key); f("ttl", s.state_ttl_ms);)
SLUICE_FIELDS(MatchRef, f("variable", s.variable); f("first", s.first); f("offset", s.offset); f("value", s.value);
              f("aggregate", s.aggregate); f("call", s.call); f("arguments", s.arguments); f("type", s.type);)
SLUICE_FIELDS(MatchExpr, f("expr", s.expr); f("refs", s.refs);)
SLUICE_FIELDS(PatternElement, f("variable", s.variable); f("min", s.min); f("max", s.max); f("greedy", s.greedy);)
SLUICE_FIELDS(MatchNode, f("partitionKeys", s.partition_keys); f("order", s.order); f("time", s.time_column);
              f("processingTime", s.processing_time); f("variables", s.variables); f("pattern", s.pattern);
              f("defines", s.defines); f("measures", s.measures); f("skip", s.skip); f("skipVariable", s.skip_variable);
              f("within", s.within_ms);)
SLUICE_FIELDS(CorrelateNode, f("call", s.call); f("leftOuter", s.left_outer); f("condition", s.condition);)
SLUICE_FIELDS(SinkNode, f("table", s.table); f("overwrite", s.overwrite); f("staticPartition", s.static_partition);
              f("upsertKey", s.upsert_key); f("dropNulls", s.drop_null_violations); f("notNull", s.not_null_columns);
              f("lengthEnforcer", s.length_enforcer);)
SLUICE_FIELDS(ChangelogNormalizeNode, f("keys", s.keys); f("condition", s.condition);
              f("updateBefore", s.emit_update_before); f("ttl", s.state_ttl_ms);)
SLUICE_FIELDS(CollectNode, (void)f; (void)s;)
SLUICE_FIELDS(PlanEdge, f("node", s.node); f("distribution", s.distribution); f("hashKeys", s.hash_keys);)
SLUICE_FIELDS(ChangelogMode, f("updateBefore", s.update_before); f("updateAfter", s.update_after);
              f("deletes", s.deletes);)
SLUICE_FIELDS(PlanSettings, f("batch", s.batch); f("zone", s.time_zone); f("legacyCast", s.legacy_cast);
              f("watermarkInterval", s.auto_watermark_interval_ms); f("stateTtl", s.state_ttl_ms);
              f("miniBatch", s.mini_batch); f("miniBatchSize", s.mini_batch_size);
              f("miniBatchLatency", s.mini_batch_latency_ms); f("options", s.options);)
#undef SLUICE_FIELDS

template <typename T>
constexpr bool kIsVector = false;
template <typename T>
constexpr bool kIsVector<std::vector<T>> = true;
template <typename T>
constexpr bool kIsPair = false;
template <typename A, typename B>
constexpr bool kIsPair<std::pair<A, B>> = true;

struct Writer {
  json::object object;
  template <typename T>
  void operator()(const char* name, const T& field) {
    object[name] = Write(field);
  }

  template <typename T>
  static json::value Write(const T& v) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, int> || std::is_same_v<T, int64_t>) {
      return v;
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<int>(v);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return json::string(v);
    } else if constexpr (std::is_same_v<T, DataType>) {
      return TypeToJson(v);
    } else if constexpr (std::is_same_v<T, Value>) {
      return ValueToJson(v);
    } else if constexpr (std::is_same_v<T, ExprPtr>) {
      return ExprToJson(v);
    } else if constexpr (std::is_same_v<T, OptionMap>) {
      json::object o;
      for (const auto& [key, value] : v) o[key] = value;
      return o;
    } else if constexpr (kIsPair<T>) {
      return json::array{Write(v.first), Write(v.second)};
    } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
      json::array a;
      for (bool b : v) a.push_back(b);
      return a;
    } else if constexpr (kIsVector<T>) {
      json::array a;
      for (const auto& e : v) a.push_back(Write(e));
      return a;
    } else {
      Writer w;
      Fields(w, const_cast<T&>(v));
      return std::move(w.object);
    }
  }
};

struct Reader {
  const json::object* object = nullptr;
  std::optional<Error> error;

  template <typename T>
  void operator()(const char* name, T& field) {
    if (error) return;
    const json::value* v = object->if_contains(name);
    if (v == nullptr) return Fail(name);
    Read(*v, field, name);
  }
  void Fail(const char* name) {
    if (!error)
      error = Error(ErrorCode::kData, std::string("The plan is damaged at '") + name + "'. Plan the SQL again.");
  }
  template <typename R, typename T>
  void Take(R result, T& field) {
    if (result.ok()) {
      field = std::move(*result);
    } else if (!error) {
      error = result.error();
    }
  }
  template <typename T>
  void Read(const json::value& v, T& f, const char* name) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!v.is_bool()) return Fail(name);
      f = v.as_bool();
    } else if constexpr (std::is_same_v<T, int> || std::is_same_v<T, int64_t>) {
      if (!v.is_int64()) return Fail(name);
      f = static_cast<T>(v.as_int64());
    } else if constexpr (std::is_enum_v<T>) {
      if (!v.is_int64() || v.as_int64() < 0 || v.as_int64() > 32) return Fail(name);
      f = static_cast<T>(v.as_int64());
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!v.is_string()) return Fail(name);
      f = std::string(v.as_string());
    } else if constexpr (std::is_same_v<T, DataType>) {
      Take(TypeFromJson(v), f);
    } else if constexpr (std::is_same_v<T, Value>) {
      Take(ValueFromJson(v), f);
    } else if constexpr (std::is_same_v<T, ExprPtr>) {
      Take(ExprFromJson(v), f);
    } else if constexpr (std::is_same_v<T, OptionMap>) {
      if (!v.is_object()) return Fail(name);
      for (const auto& [key, value] : v.as_object()) {
        if (!value.is_string()) return Fail(name);
        f[std::string(key)] = std::string(value.as_string());
      }
    } else if constexpr (kIsPair<T>) {
      if (!v.is_array() || v.as_array().size() != 2) return Fail(name);
      Read(v.as_array()[0], f.first, name);
      Read(v.as_array()[1], f.second, name);
    } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
      if (!v.is_array()) return Fail(name);
      for (const json::value& e : v.as_array()) f.push_back(e.is_bool() && e.as_bool());
    } else if constexpr (kIsVector<T>) {
      if (!v.is_array()) return Fail(name);
      for (const json::value& e : v.as_array()) {
        f.emplace_back();
        Read(e, f.back(), name);
      }
    } else {
      if (!v.is_object()) return Fail(name);
      Reader inner;
      inner.object = &v.as_object();
      Fields(inner, f);
      if (inner.error && !error) error = inner.error;
    }
  }
};

template <size_t I = 0>
bool ReadPayload(std::string_view kind, const json::value& v, Reader& reader, PlanPayload& out) {
  if constexpr (I == std::variant_size_v<PlanPayload>) {
    return false;
  } else {
    std::variant_alternative_t<I, PlanPayload> candidate;
    if (PlanNodeKind(PlanPayload(candidate)) != kind) return ReadPayload<I + 1>(kind, v, reader, out);
    reader.Read(v, candidate, "payload");
    out = std::move(candidate);
    return true;
  }
}

}  // namespace

std::string PlanToJson(const PhysicalPlan& plan) {
  json::object o;
  o["version"] = plan.version;
  o["name"] = plan.job_name;
  o["settings"] = Writer::Write(plan.settings);
  json::array nodes;
  for (const PlanNode& n : plan.nodes) {
    json::object node;
    node["uid"] = n.uid;
    node["name"] = n.name;
    node["kind"] = json::string(PlanNodeKind(n.payload));
    node["payload"] = std::visit([](const auto& p) { return Writer::Write(p); }, n.payload);
    node["inputs"] = Writer::Write(n.inputs);
    node["schema"] = Writer::Write(n.schema);
    node["changelog"] = Writer::Write(n.changelog);
    node["parallelism"] = n.parallelism;
    nodes.push_back(std::move(node));
  }
  o["nodes"] = std::move(nodes);
  return json::serialize(o);
}

Result<PhysicalPlan> PlanFromJson(std::string_view text) {
  boost::system::error_code parse_error;
  const json::value v = json::parse(text, parse_error);
  if (parse_error || !v.is_object()) return Error(ErrorCode::kData, "The plan is not JSON: " + parse_error.message());
  Reader reader;
  reader.object = &v.as_object();
  PhysicalPlan plan;
  reader("version", plan.version);
  if (!reader.error && plan.version > kPlanVersion) {
    return Error(ErrorCode::kNotSupported, "The plan has version " + std::to_string(plan.version) +
                                               "; this program reads up to " + std::to_string(kPlanVersion) +
                                               ". Use the newer program, or plan the SQL again.");
  }
  reader("name", plan.job_name);
  reader("settings", plan.settings);
  const json::value* nodes = reader.object->if_contains("nodes");
  if (nodes == nullptr || !nodes->is_array()) reader.Fail("nodes");
  if (reader.error) return *reader.error;
  for (const json::value& element : nodes->as_array()) {
    if (!element.is_object()) return Error(ErrorCode::kData, "The plan is damaged at 'nodes'. Plan the SQL again.");
    Reader node_reader;
    node_reader.object = &element.as_object();
    PlanNode node;
    std::string kind;
    node_reader("uid", node.uid);
    node_reader("name", node.name);
    node_reader("kind", kind);
    node_reader("inputs", node.inputs);
    node_reader("schema", node.schema);
    node_reader("changelog", node.changelog);
    node_reader("parallelism", node.parallelism);
    const json::value* payload = node_reader.object->if_contains("payload");
    if (payload == nullptr || (!node_reader.error && !ReadPayload(kind, *payload, node_reader, node.payload)))
      node_reader.Fail("payload");
    for (const PlanEdge& e : node.inputs) {
      if (e.node < 0 || static_cast<size_t>(e.node) >= plan.nodes.size()) node_reader.Fail("inputs");
    }
    if (node_reader.error) return *node_reader.error;
    plan.nodes.push_back(std::move(node));
  }
  return plan;
}

}  // namespace sluice::engine
