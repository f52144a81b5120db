#include "engine/sql/planner/physical_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/options_registry.h"
#include "engine/functions/sink_constraints.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/optimizer/optimizer.h"
#include "engine/sql/planner/determinism.h"
#include "engine/sql/planner/mini_batch.h"
#include "engine/sql/planner/plan_traits.h"
#include "engine/sql/planner/source_watermarks.h"
#include "engine/sql/planner/table_parallelism.h"

namespace sluice::engine::sql {

namespace {

std::string AllNames(const Schema& schema) {
  std::string out;
  for (const RowField& f : schema) out += (out.empty() ? "" : ", ") + f.name;
  return out;
}

/// "update", "delete", "update and delete": as Flink words what a sink cannot take.
std::string Kinds(const ChangelogMode& mode) {
  const bool updates = mode.update_after || mode.update_before;
  return updates && mode.deletes ? "update and delete" : updates ? "update" : "delete";
}

}  // namespace

int PhysicalPlanner::Add(PlanPayload payload, std::vector<PlanEdge> inputs, Schema schema, ChangelogMode changelog,
                         std::string name) {
  PlanNode n;
  n.payload = std::move(payload);
  n.inputs = std::move(inputs);
  n.schema = std::move(schema);
  n.changelog = changelog;
  n.name = std::move(name);
  plan_.nodes.push_back(std::move(n));
  return static_cast<int>(plan_.nodes.size() - 1);
}

PlanEdge PhysicalPlanner::Keyed(int input, const std::vector<int>& keys) const {
  if (keys.empty()) return {input, Distribution::kSingleton, {}};
  return {input, Distribution::kHash, keys};
}

int PhysicalPlanner::AddCalc(int input, ExprPtr condition, std::vector<ExprPtr> projections, Schema schema) {
  const Schema& in = node(input).schema;
  std::string text;
  if (!projections.empty()) {
    for (size_t i = 0; i < projections.size(); ++i) {
      const std::string e = ExprToString(*projections[i], in);
      text += (i > 0 ? ", " : "") + e + (e == schema[i].name ? "" : " AS " + schema[i].name);
    }
  } else {
    text = AllNames(schema);
  }
  std::string name = "Calc(select=[" + text + "]";
  if (condition) name += ", where=[" + ExprToString(*condition, in) + "]";
  const ChangelogMode mode = node(input).changelog;
  return Add(CalcNode{std::move(condition), std::move(projections)}, {{input, Distribution::kForward, {}}},
             std::move(schema), mode, name + ")");
}

Result<int> PhysicalPlanner::Build(const RelPtr& rel) {
  switch (rel->kind) {
    case RelKind::kScan: return BuildScan(static_cast<const ScanRel&>(*rel));
    case RelKind::kValues: {
      const auto& values = static_cast<const ValuesRel&>(*rel);
      const int n = Add(ValuesNode{values.rows}, {}, rel->schema, ChangelogMode::InsertOnly(),
                        "Values(tuples=[" + std::to_string(values.rows.size()) + " rows])");
      plan_.nodes.back().parallelism = 1;
      return n;
    }
    case RelKind::kProject:
    case RelKind::kFilter: return BuildCalc(rel);
    case RelKind::kWatermark: return BuildWatermark(static_cast<const WatermarkRel&>(*rel));
    case RelKind::kAggregate: return BuildAggregate(static_cast<const AggregateRel&>(*rel));
    case RelKind::kWindow: {
      const auto& window = static_cast<const WindowRel&>(*rel);
      if (window.window.kind == WindowKind::kSession && batch()) {
        return Error(ErrorCode::kValidation, "Unaligned windows like session are not supported in batch mode yet.",
                     rel->position);
      }
      SLUICE_ASSIGN_OR_RETURN(int input, Build(rel->inputs[0]));
      const bool session = window.window.kind == WindowKind::kSession;
      if (session && !node(input).changelog.insert_only()) {
        return Error(ErrorCode::kNotSupported, "not supported yet: SESSION over updates without an aggregation of it",
                     rel->position);
      }
      const PlanEdge edge =
          session ? Keyed(input, window.window.partition_keys) : PlanEdge{input, Distribution::kForward, {}};
      const int n = Add(WindowTableFunctionNode{window.window}, {edge}, rel->schema, node(input).changelog,
                        "WindowTableFunction(window=[...])");
      if (session && window.window.partition_keys.empty()) plan_.nodes.back().parallelism = 1;
      return n;
    }
    case RelKind::kUnion: return BuildUnion(*rel);
    case RelKind::kSetOp: return BuildSetOp(static_cast<const SetOpRel&>(*rel));
    case RelKind::kSort: return BuildSort(static_cast<const SortRel&>(*rel));
    case RelKind::kMatch: return BuildMatch(static_cast<const MatchRel&>(*rel));
    case RelKind::kOver: return BuildOver(static_cast<const OverRel&>(*rel));
    case RelKind::kJoin: return BuildJoin(static_cast<const JoinRel&>(*rel));
    case RelKind::kCorrelate: return BuildCorrelate(static_cast<const CorrelateRel&>(*rel));
    case RelKind::kExpand: {
      SLUICE_ASSIGN_OR_RETURN(int input, Build(rel->inputs[0]));
      return Add(ExpandNode{static_cast<const ExpandRel&>(*rel).projections}, {{input, Distribution::kForward, {}}},
                 rel->schema, node(input).changelog, "Expand(" + AllNames(rel->schema) + ")");
    }
  }
  return Error(ErrorCode::kInternal, "unknown relation");
}

Result<int> PhysicalPlanner::BuildScan(const ScanRel& rel) {
  if (batch() && !rel.capability.bounded) {
    return Error(
        ErrorCode::kValidation,
        fmt::format("Querying an unbounded table '{}' in batch mode is not allowed. The table source is unbounded.",
                    rel.table.identifier),
        rel.position);
  }
  if (batch() && !rel.capability.changelog.insert_only()) {
    return Error(ErrorCode::kValidation,
                 fmt::format("Querying a table in batch mode is currently only possible for INSERT-only table sources. "
                             "But the source for table '{}' produces other changelog messages than just INSERT.",
                             rel.table.identifier),
                 rel.position);
  }
  SLUICE_ASSIGN_OR_RETURN(const bool normalize, NeedsNormalize(rel));
  if (normalize) return BuildNormalized(rel, nullptr);
  SourceNode source;
  source.table = rel.table;
  source.projection = rel.paths;
  source.partition_filter = rel.partition_filter;
  const int n =
      Add(std::move(source), {}, rel.schema, rel.capability.changelog,
          fmt::format("TableSourceScan(table=[[{}]], fields=[{}])", rel.table.identifier, AllNames(rel.schema)));
  SLUICE_ASSIGN_OR_RETURN(plan_.nodes.back().parallelism, TableParallelism(rel.table, "scan.parallelism"));
  if (rel.capability.supports_limit) takes_limit_.insert(n);
  if (rel.capability.supports_filters) takes_filters_.insert(n);
  return n;
}

Result<int> PhysicalPlanner::BuildCalc(const RelPtr& rel) {
  const ProjectRel* project = rel->kind == RelKind::kProject ? static_cast<const ProjectRel*>(rel.get()) : nullptr;
  RelPtr below = project ? rel->inputs[0] : rel;
  ExprPtr condition;
  if (below->kind == RelKind::kFilter) {
    condition = static_cast<const FilterRel&>(*below).condition;
    below = below->inputs[0];
  }
  if (below->kind == RelKind::kOver && IsTopN(static_cast<const OverRel&>(*below), condition)) {
    const auto& over = static_cast<const OverRel&>(*below);
    const int rank_column = static_cast<int>(over.schema.size()) - 1;
    bool rank_used = project == nullptr;
    if (project != nullptr) {
      for (const ExprPtr& e : project->expressions) {
        for (int i : ExprInputs(*e)) rank_used |= i == rank_column;
      }
    }
    std::vector<ExprPtr> rest;
    SLUICE_ASSIGN_OR_RETURN(int rank, BuildRank(over, condition, rank_used, &rest));
    if (project == nullptr && rest.empty()) return rank;
    return AddCalc(rank, JoinConjunction(rest), project ? project->expressions : std::vector<ExprPtr>{}, rel->schema);
  }
  int input = -1;
  if (condition && below->kind == RelKind::kScan) {
    // Flink has ChangelogNormalize filter: a row that stops to pass is deleted, not half of an update.
    const auto& scan = static_cast<const ScanRel&>(*below);
    SLUICE_ASSIGN_OR_RETURN(const bool normalize, NeedsNormalize(scan));
    if (normalize) {
      SLUICE_ASSIGN_OR_RETURN(input, BuildNormalized(scan, condition));
      condition = nullptr;
      if (project == nullptr) return input;
    }
  }
  if (input < 0) {
    SLUICE_ASSIGN_OR_RETURN(input, Build(below));
  }
  if (condition && takes_filters_.contains(input)) {
    auto& source = std::get<SourceNode>(plan_.nodes[static_cast<size_t>(input)].payload);
    for (const ExprPtr& c : SplitConjunction(condition)) {
      if (IsDeterministic(*c, functions_)) source.filter_hints.push_back(c);
    }
  }
  if (project == nullptr) return AddCalc(input, condition, {}, rel->schema);
  return AddCalc(input, condition, project->expressions, rel->schema);
}

Result<int> PhysicalPlanner::BuildWatermark(const WatermarkRel& rel) {
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel.inputs[0]));
  if (batch()) return input;  // batch needs no progress of event time
  WatermarkNode w;
  w.rowtime_column = rel.column;
  w.expression = rel.expression;
  w.emit_interval_ms = plan_.settings.auto_watermark_interval_ms;
  if (auto it = plan_.settings.options.find("table.exec.source.idle-timeout"); it != plan_.settings.options.end()) {
    SLUICE_ASSIGN_OR_RETURN(auto timeout, ParseOptionDuration(it->second));
    w.idle_timeout_ms = timeout.count();
  }
  const Rel* below = rel.inputs[0].get();
  while (below->kind != RelKind::kScan && below->inputs.size() == 1) below = below->inputs[0].get();
  if (below->kind == RelKind::kScan) {
    SLUICE_ASSIGN_OR_RETURN(w.source, ReadSourceWatermarks(static_cast<const ScanRel*>(below)->table.options));
  }
  std::string name =
      fmt::format("WatermarkAssigner(rowtime=[{}], watermark=[{}])", rel.schema[static_cast<size_t>(rel.column)].name,
                  ExprToString(*rel.expression, rel.schema));
  return Add(std::move(w), {{input, Distribution::kForward, {}}}, rel.schema, node(input).changelog, std::move(name));
}

Result<int> PhysicalPlanner::BuildUnion(const Rel& rel) {
  std::vector<PlanEdge> edges;
  ChangelogMode mode;
  for (const RelPtr& in : rel.inputs) {
    SLUICE_ASSIGN_OR_RETURN(int input, Build(in));
    edges.push_back({input, Distribution::kForward, {}});
    const ChangelogMode& m = node(input).changelog;
    mode.update_before |= m.update_before;
    mode.update_after |= m.update_after;
    mode.deletes |= m.deletes;
  }
  return Add(UnionNode{}, std::move(edges), rel.schema, mode,
             "Union(all=[true], union=[" + AllNames(rel.schema) + "])");
}

Result<int> PhysicalPlanner::BuildSetOp(const SetOpRel& rel) {
  if (rel.all) return BuildSetOpAll(rel);
  // Distinct rows of the left side that have (or lack) an equal row on the right, NULLs being equal.
  auto join = std::make_shared<JoinRel>();
  join->join = rel.intersect ? JoinKind::kSemi : JoinKind::kAnti;
  join->inputs = rel.inputs;
  join->schema = rel.inputs[0]->schema;
  std::vector<ExprPtr> equal;
  const size_t width = rel.schema.size();
  for (size_t i = 0; i < width; ++i) {
    equal.push_back(Expr::Call(
        "IS NOT DISTINCT FROM",
        {ColumnRef(rel.inputs[0]->schema, i), Expr::Input(static_cast<int>(width + i), rel.inputs[1]->schema[i].type)},
        DataType::Boolean().NotNull()));
  }
  join->condition = JoinConjunction(equal);
  auto distinct = std::make_shared<AggregateRel>();
  distinct->inputs = {join};
  distinct->schema = join->schema;
  for (size_t i = 0; i < width; ++i) distinct->keys.push_back(static_cast<int>(i));
  return Build(distinct);
}

/// As Flink's PushLimitIntoTableSourceScanRule: the source ends after so many rows, be they updates or deletes. For
/// sources of inserts alone that changes no answer.
void PhysicalPlanner::PushLimit(int input, int64_t rows) {
  if (const auto* calc = std::get_if<CalcNode>(&node(input).payload)) {
    const auto& columns = calc->projections;
    if (calc->condition ||
        !std::all_of(columns.begin(), columns.end(), [](const ExprPtr& e) { return e->kind == ExprKind::kInput; })) {
      return;
    }
    input = node(input).inputs[0].node;
  }
  auto* source = std::get_if<SourceNode>(&plan_.nodes[static_cast<size_t>(input)].payload);
  if (source == nullptr) return;
  const auto connector = source->table.options.find("connector");
  const bool filesystem = connector != source->table.options.end() && connector->second == "filesystem";
  const bool inserts = node(input).changelog.insert_only();
  if (inserts ? takes_limit_.contains(input) : filesystem) source->limit = rows;
}

Result<int> PhysicalPlanner::BuildSort(const SortRel& rel) {
  if (!batch() && !rel.keys.empty() && rel.limit < 0) {
    const RowField& first = rel.inputs[0]->schema[static_cast<size_t>(rel.keys[0].column)];
    const bool by_time = (first.type.is_rowtime() || first.type.is_proctime()) && rel.keys[0].ascending;
    if (!by_time) {
      return Error(ErrorCode::kValidation, "Sort on a non-time-attribute field is not supported.", rel.position);
    }
  }
  if (!batch() && rel.limit < 0 && rel.offset > 0) {
    return Error(ErrorCode::kValidation, "FETCH is missed, which on streaming table is not supported currently.",
                 rel.position);
  }
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel.inputs[0]));
  const ChangelogMode in = node(input).changelog;
  if (rel.keys.empty() && rel.limit >= 0) PushLimit(input, rel.offset + rel.limit);
  const PlanEdge edge{input, Distribution::kSingleton, {}};
  std::string keys;
  for (const SortKey& k : rel.keys) {
    keys +=
        (keys.empty() ? "" : ", ") + rel.schema[static_cast<size_t>(k.column)].name + (k.ascending ? " ASC" : " DESC");
  }
  int added = 0;
  if (rel.keys.empty()) {
    LimitNode limit{rel.offset, rel.limit, batch(), true, !in.insert_only()};
    added = Add(limit, {edge}, rel.schema, in, fmt::format("Limit(offset=[{}], fetch=[{}])", rel.offset, rel.limit));
  } else if (!batch() && rel.limit >= 0) {
    RankNode rank;
    rank.order = rel.keys;
    rank.state_ttl_ms = plan_.settings.state_ttl_ms;
    rank.rank_start = rel.offset + 1;
    rank.rank_end = rel.offset + rel.limit;
    rank.input_retracts = !in.insert_only();
    if (rank.rank_end < rank.rank_start) {
      LimitNode none{0, 0, false, true, !in.insert_only()};
      added = Add(none, {edge}, rel.schema, in, "Limit(fetch=[0])");
    } else {
      ChooseUpsertRank(input, rank);
      added = Add(rank, {edge}, rel.schema, ChangelogMode::All(),
                  fmt::format("SortLimit(orderBy=[{}], offset=[{}], fetch=[{}])", keys, rel.offset, rel.limit));
    }
  } else {
    int64_t limit = rel.limit;
    if (auto it = plan_.settings.options.find("table.exec.sort.default-limit");
        batch() && limit < 0 && it != plan_.settings.options.end()) {
      SLUICE_ASSIGN_OR_RETURN(limit, ParseOptionLong(it->second));
    }
    if (batch() && rel.offset > 0 && limit < 0 && !rel.keys.empty()) {
      return Error(ErrorCode::kValidation,
                   "Not support limitEnd is max value now! ORDER BY with OFFSET needs a LIMIT or FETCH.", rel.position);
    }
    SortNode sort{rel.keys, rel.offset, limit, batch(), batch() ? -1 : rel.keys[0].column};
    added = Add(std::move(sort), {edge}, rel.schema, in, "Sort(orderBy=[" + keys + "])");
  }
  plan_.nodes.back().parallelism = 1;
  return added;
}

Result<int> PhysicalPlanner::BuildCorrelate(const CorrelateRel& rel) {
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel.inputs[0]));
  CorrelateNode c{rel.call, rel.left_outer, rel.condition};
  return Add(std::move(c), {{input, Distribution::kForward, {}}}, rel.schema, node(input).changelog,
             "Correlate(invocation=[" + ExprToString(*rel.call, rel.inputs[0]->schema) + "])");
}

Status PhysicalPlanner::AddCollect(const RelPtr& rel, const std::string& length_enforcer, bool drop_nulls) {
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel));
  SinkNode constraints;
  constraints.length_enforcer = length_enforcer;
  constraints.drop_null_violations = drop_nulls;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    if (!rel->schema[i].type.nullable()) constraints.not_null_columns.push_back(static_cast<int>(i));
  }
  SLUICE_RETURN_IF_ERROR(RequireDeterminism(input, {}));
  input = AddSinkConstraints(input, constraints);
  Add(CollectNode{}, {{input, Distribution::kSingleton, {}}}, rel->schema, node(input).changelog, "Collect");
  plan_.nodes.back().parallelism = 1;
  return {};
}

namespace {

/// A NOT NULL decimal becomes NULL by overflow, and a text where a function has no answer (LPAD with an empty pad).
bool CanBeNullAllTheSame(const PlanNode& producer, size_t column) {
  const DataType& type = producer.schema[column].type;
  if (type.kind() == TypeKind::kDecimal) return true;
  const auto* calc = std::get_if<CalcNode>(&producer.payload);
  if (!type.is_character() || calc == nullptr || column >= calc->projections.size()) return false;
  return calc->projections[column]->kind == ExprKind::kCall;
}

}  // namespace

int PhysicalPlanner::AddSinkConstraints(int input, const SinkNode& sink) {
  const Schema schema = node(input).schema;
  std::vector<ExprPtr> columns;
  std::vector<ExprPtr> conditions;
  bool changed = false;
  auto symbol = [](const std::string& text) { return Expr::Literal(Value::String(text), DataType::Symbol()); };
  for (size_t i = 0; i < schema.size(); ++i) {
    ExprPtr e = ColumnRef(schema, i);
    const RowField& column = schema[i];
    const std::string& name = i < sink.table.physical.size() ? sink.table.physical[i].name : column.name;
    const bool not_null = std::find(sink.not_null_columns.begin(), sink.not_null_columns.end(), static_cast<int>(i)) !=
                          sink.not_null_columns.end();
    if (not_null && (column.type.nullable() || CanBeNullAllTheSame(node(input), i))) {
      if (sink.drop_null_violations) {
        const ExprPtr value = Expr::Input(static_cast<int>(i), column.type.Nullable());
        conditions.push_back(Expr::Call("IS NOT NULL", {value}, DataType::Boolean().NotNull()));
      } else {
        e = Expr::Call(kRequireNotNull, {e, symbol(name)}, column.type);
        changed = true;
      }
    }
    const DataType& t = column.type;
    const bool bounded = (t.is_character() || t.is_binary()) && t.length() != kMaxLength;
    if (bounded && sink.length_enforcer != "IGNORE") {
      e = Expr::Call(kEnforceLength, {e, symbol(sink.length_enforcer), symbol(name)}, t);
      changed = true;
    }
    columns.push_back(std::move(e));
  }
  if (!changed && conditions.empty()) return input;
  return AddCalc(input, JoinConjunction(conditions), changed ? std::move(columns) : std::vector<ExprPtr>{}, schema);
}

namespace {
std::vector<int> PrimaryKeyColumns(const TableDescription& table) {
  std::vector<int> key;
  for (size_t i = 0; i < table.physical.size(); ++i) {
    const auto& names = table.primary_key;
    if (std::find(names.begin(), names.end(), table.physical[i].name) != names.end()) {
      key.push_back(static_cast<int>(i));
    }
  }
  return key;
}
}  // namespace

bool PhysicalPlanner::SinkKeyIsUpsertKey(int input, const SinkNode& sink) const {
  if (sink.table.primary_key.empty()) return true;
  const std::vector<int> key = PrimaryKeyColumns(sink.table);
  const std::vector<std::vector<int>> known = TraitsOf(plan_, input).upsert_keys;
  return std::find(known.begin(), known.end(), key) != known.end();
}

namespace {
constexpr Option<std::string> kMaterialize{
    .key = "table.exec.sink.upsert-materialize",
    .default_value = "AUTO",
    .text =
        "AUTO: changes whose own key is not the sink's primary key are put in order by that key, in state, before "
        "they are written. NONE: never. FORCE: whenever the sink has a primary key."};
constexpr Option<bool> kRequireOnConflict{
    .key = "table.exec.sink.require-on-conflict",
    .default_value = "true",
    .text = "An INSERT whose changes do not have the sink's primary key as their own must say ON CONFLICT."};

/// Flink's words for changes that are not by the sink's primary key.
Error ConflictError(const SinkNode& sink, const std::vector<int>& upsert_key, const Schema& schema) {
  std::string known;
  for (const int c : upsert_key) known += (known.empty() ? "" : ", ") + schema[static_cast<size_t>(c)].name;
  return Error(
      ErrorCode::kValidation,
      fmt::format(
          "The query has an upsert key that differs from the primary key of the sink table '{}'. Primary key: [{}], "
          "upsert key: {}. This can lead to non-deterministic results when multiple records with different upsert keys "
          "map to the same primary key. Please specify an ON CONFLICT clause to define how conflicts should be "
          "handled: ON CONFLICT DO DEDUPLICATE (update to the latest record, state intensive, since we need to keep "
          "the entire history), or ON CONFLICT DO ERROR (fail on conflict), or ON CONFLICT DO NOTHING (keep first "
          "record).",
          sink.table.identifier, fmt::join(sink.table.primary_key, ", "), known.empty() ? "" : "[" + known + "]"));
}

}  // namespace

Result<int> PhysicalPlanner::AddSinkMaterializer(int input, const SinkNode& sink, const std::string& on_conflict) {
  const std::vector<int> key = PrimaryKeyColumns(sink.table);
  const OptionValues values(plan_.settings.options.begin(), plan_.settings.options.end());
  SLUICE_ASSIGN_OR_RETURN(const std::string setting, GetOption(values, kMaterialize));
  SLUICE_ASSIGN_OR_RETURN(const bool require_clause, GetOption(values, kRequireOnConflict));
  if (UpperCase(setting) == "NONE") return input;
  const bool force = UpperCase(setting) == "FORCE";
  if (!force && SinkKeyIsUpsertKey(input, sink)) return input;
  const std::vector<std::vector<int>> known = TraitsOf(plan_, input).upsert_keys;
  std::vector<int> upsert_key;
  const bool one_row = std::any_of(known.begin(), known.end(), [](const auto& k) { return k.empty(); });
  if (!force && one_row) return input;
  if (!known.empty()) {
    upsert_key =
        *std::min_element(known.begin(), known.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  }
  if (!force && on_conflict.empty() && require_clause) return ConflictError(sink, upsert_key, node(input).schema);
  if (!on_conflict.empty() && on_conflict != "DEDUPLICATE") {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: ON CONFLICT DO " + on_conflict + "; ON CONFLICT DO DEDUPLICATE is");
  }
  if (!force && on_conflict.empty() && node(input).changelog.insert_only()) return input;
  SinkMaterializeNode materialize;
  materialize.keys = key;
  materialize.upsert_key = std::move(upsert_key);
  materialize.state_ttl_ms = plan_.settings.state_ttl_ms;
  return Add(std::move(materialize), {Keyed(input, key)}, node(input).schema, ChangelogMode::Upsert(),
             "SinkMaterializer(" + sink.table.identifier + ")");
}

Status PhysicalPlanner::RequireDeterminism(int input, std::vector<int> key) const {
  SLUICE_ASSIGN_OR_RETURN(const bool wanted, WantsDeterminism(plan_.settings.options));
  if (!wanted || batch()) return {};
  if (key.empty()) {
    key.resize(node(input).schema.size());
    std::iota(key.begin(), key.end(), 0);
  }
  return CheckDeterminism(plan_, functions_, input, key);
}

Status PhysicalPlanner::AddSink(const RelPtr& rel, SinkNode sink, const TableCapability& capability,
                                const std::string& on_conflict) {
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel));
  const ChangelogMode in = node(input).changelog;
  if (!capability.accepts_any) {
    ChangelogMode excess;
    const bool takes_updates = capability.changelog.update_after;
    excess.update_after = in.update_after && !takes_updates;
    excess.deletes = in.deletes && !capability.changelog.deletes;
    if (!excess.insert_only()) {
      int producer = input;
      while (std::holds_alternative<CalcNode>(node(producer).payload) ||
             std::holds_alternative<UnionNode>(node(producer).payload)) {
        int next = -1;
        for (const PlanEdge& e : node(producer).inputs) {
          if (!node(e.node).changelog.insert_only()) next = e.node;
        }
        if (next < 0) break;
        producer = next;
      }
      return Error(ErrorCode::kValidation,
                   fmt::format("Table sink '{}' doesn't support consuming {} changes which is produced by node {}",
                               sink.table.identifier, Kinds(excess), node(producer).name));
    }
  }
  const bool wants_upserts = capability.accepts_any
                                 ? capability.omits_update_before
                                 : capability.changelog.update_after && !capability.changelog.update_before;
  if (wants_upserts && SinkKeyIsUpsertKey(input, sink) && CanOmitUpdateBefore(plan_, input)) {
    OmitUpdateBefore(plan_, input);
  }
  const ChangelogMode written_mode = capability.accepts_any ? node(input).changelog : capability.changelog;
  // A sink that wants -U (formats of changelogs) takes the changes as they are, whatever its primary key.
  const bool retracts = !capability.accepts_any && capability.changelog.update_before;
  const bool by_key = !batch() && !sink.table.primary_key.empty() && !written_mode.insert_only() && !retracts;
  if (!on_conflict.empty() && !by_key && !batch()) {
    return Error(
        ErrorCode::kValidation,
        fmt::format("ON CONFLICT clause is only allowed for upsert sinks. The sink '{}' is not an upsert sink "
                    "because it {}.",
                    sink.table.identifier,
                    retracts ? "requires UPDATE_BEFORE (retract mode)" : "only accepts INSERT (append-only) changes"));
  }
  SLUICE_ASSIGN_OR_RETURN(const int parallelism, TableParallelism(sink.table, "sink.parallelism"));
  SLUICE_RETURN_IF_ERROR(RequireDeterminism(input, PrimaryKeyColumns(sink.table)));
  if (by_key) {
    const int before = input;
    SLUICE_ASSIGN_OR_RETURN(input, AddSinkMaterializer(input, sink, on_conflict));
    if (input != before) plan_.nodes.back().parallelism = parallelism;
  }
  input = AddSinkConstraints(input, sink);
  // The sink takes its columns by the table's names; those of the query may differ.
  Schema columns = rel->schema;
  const size_t physical = sink.table.physical.size();
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].name = i < physical ? sink.table.physical[i].name : sink.table.metadata[i - physical].column;
  }
  const std::string name = fmt::format("Sink(table=[{}], fields=[{}])", sink.table.identifier, AllNames(columns));
  const ChangelogMode written = node(input).changelog;
  PlanEdge edge{input, Distribution::kForward, {}};
  if (parallelism > 0) {
    SLUICE_ASSIGN_OR_RETURN(edge, EdgeToSink(plan_, input, sink, parallelism));
  }
  Add(std::move(sink), {std::move(edge)}, std::move(columns), written, name);
  plan_.nodes.back().parallelism = parallelism;
  return {};
}

PhysicalPlan PhysicalPlanner::Finish(std::string job_name) {
  plan_.job_name = std::move(job_name);
  SpreadSources(plan_);
  AssignUids(plan_);
  PlaceMiniBatches(plan_);
  return std::move(plan_);
}

}  // namespace sluice::engine::sql
