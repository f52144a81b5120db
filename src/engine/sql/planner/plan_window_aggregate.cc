// Aggregates by windows: of table functions (TUMBLE(TABLE …)) and of the older GROUP BY TUMBLE(…).
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/sql/errors.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/optimizer/optimizer.h"
#include "engine/sql/planner/aggregate_text.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/settings.h"

namespace sluice::engine::sql {

namespace {

/// The relation between an aggregate and its WindowRel as expressions over the WindowRel's *input*: nothing if an
/// expression or condition needs the window itself in a way that only materialised windows can serve.
struct BelowWindow {
  std::vector<ExprPtr> columns;  // over the WindowRel's output
  std::vector<ExprPtr> conditions;
};

BelowWindow Flatten(const Rel& rel) {
  if (rel.kind == RelKind::kWindow) {
    BelowWindow out;
    for (size_t i = 0; i < rel.schema.size(); ++i) out.columns.push_back(ColumnRef(rel.schema, i));
    return out;
  }
  BelowWindow out = Flatten(*rel.inputs[0]);
  if (rel.kind == RelKind::kFilter) {
    out.conditions.push_back(ExprSubstitute(static_cast<const FilterRel&>(rel).condition, out.columns));
    return out;
  }
  std::vector<ExprPtr> columns;
  for (const ExprPtr& e : static_cast<const ProjectRel&>(rel).expressions)
    columns.push_back(ExprSubstitute(e, out.columns));
  out.columns = std::move(columns);
  return out;
}

/// What Flink lacks of `function` in windows that share slices or grow: the class and the method it looks for.
struct MissingMethod {
  const char* class_name;
  const char* method;
};

std::optional<MissingMethod> MissingForWindows(const std::string& function, bool group_window) {
  if (function == "FIRST_VALUE") return MissingMethod{"FirstValueAggFunction", "merge"};
  if (function == "LAST_VALUE") return MissingMethod{"LastValueAggFunction", "merge"};
  if (function.starts_with("JSON_ARRAYAGG")) {
    return MissingMethod{"JsonArrayAggFunction", group_window ? "accumulate" : "merge"};
  }
  if (function.starts_with("JSON_OBJECTAGG") && group_window) {
    return MissingMethod{"JsonObjectAggFunction", "accumulate"};
  }
  return std::nullopt;
}

/// Functions whose accumulators Flink cannot put together are refused in windows where it would have to.
Status CheckWindowCalls(const AggregateRel& rel, const WindowSpec& window, bool group_window) {
  auto refuse = [&](std::string message) { return Invalid(std::move(message), rel.position); };
  if (!group_window && window.kind == WindowKind::kHop && window.size_ms % window.slide_ms != 0) {
    return refuse(
        fmt::format("HOP table function based aggregate requires size must be an integral multiple of slide, but got "
                    "size {} ms and slide {} ms",
                    window.size_ms, window.slide_ms));
  }
  if (window.kind == WindowKind::kTumble) return {};
  for (const AggregateCall& call : rel.calls) {
    if (const auto missing = MissingForWindows(call.function, group_window)) {
      return refuse(
          fmt::format("Could not find an implementation method '{}' in class "
                      "'org.apache.flink.table.runtime.functions.aggregate.{}' for function '{}'",
                      missing->method, missing->class_name, call.function));
    }
  }
  return {};
}

/// The keys of a window aggregate: those that are bounds of the window become properties, the others stay keys.
struct WindowKeys {
  struct Output {
    bool property = false;
    size_t index = 0;
  };
  std::vector<int> plain;  // input columns
  std::vector<WindowProperty> properties;
  std::vector<Output> outputs;  // one a key of the aggregate: which plain key or property it is
};

std::optional<WindowProperty> PropertyOf(int column, const WindowColumns& windows) {
  if (windows.start.contains(column)) return WindowProperty::kStart;
  if (windows.end.contains(column)) return WindowProperty::kEnd;
  if (!windows.time.contains(column)) return std::nullopt;
  return windows.spec.processing_time ? WindowProperty::kProctime : WindowProperty::kRowtime;
}

WindowKeys SplitKeys(const std::vector<int>& keys, const WindowColumns& windows) {
  WindowKeys out;
  for (const int k : keys) {
    const std::optional<WindowProperty> property = PropertyOf(k, windows);
    if (!property) {
      out.outputs.push_back({false, out.plain.size()});
      out.plain.push_back(k);
      continue;
    }
    const auto at = std::find(out.properties.begin(), out.properties.end(), *property);
    out.outputs.push_back({true, static_cast<size_t>(at - out.properties.begin())});
    if (at == out.properties.end()) out.properties.push_back(*property);
  }
  return out;
}

/// The columns of the aggregate's input that it reads, without window bounds.
std::vector<int> ReadColumns(const AggregateRel& rel, const WindowKeys& keys) {
  std::vector<int> out = keys.plain;
  for (const AggregateCall& call : rel.calls) {
    out.insert(out.end(), call.args.begin(), call.args.end());
    if (call.filter >= 0) out.push_back(call.filter);
    for (const auto& [column, ascending] : call.order_by) out.push_back(column);
  }
  return out;
}

/// The input of an aggregate that assigns the windows by itself.
struct AssigningInput {
  RelPtr rel;
  WindowSpec window;
};

/// Columns for the keys by which sessions are cut. A group key that is the same column stands for it: the operator sees
/// that sessions are by the group's keys.
void AddPartitionColumns(const Schema& source, const WindowKeys& keys, WindowSpec& window,
                         std::vector<ExprPtr>& columns, std::vector<std::string>& names) {
  for (int& k : window.partition_keys) {
    const auto same = std::find_if(keys.plain.begin(), keys.plain.end(), [&](int key) {
      const Expr& e = *columns[static_cast<size_t>(key)];
      return e.kind == ExprKind::kInput && e.input == k;
    });
    if (same != keys.plain.end()) {
      k = *same;
      continue;
    }
    columns.push_back(ColumnRef(source, static_cast<size_t>(k)));
    names.push_back("$partition" + std::to_string(k));
    k = static_cast<int>(columns.size() - 1);
  }
}

/// Directly over TUMBLE(..) and its like the assignment moves into the operator, if nothing below needs the bounds.
std::optional<AssigningInput> MergeAssignment(const AggregateRel& rel, const WindowColumns& windows,
                                              const WindowKeys& keys) {
  if (windows.source == nullptr) return std::nullopt;
  const RelPtr& source = windows.source->inputs[0];
  const BelowWindow below = Flatten(*rel.inputs[0]);
  const auto width = static_cast<int>(source->schema.size());
  auto needs_window = [&](const ExprPtr& e) {
    const std::vector<int> used = ExprInputs(*e);
    return !used.empty() && used.back() >= width;
  };
  const std::vector<int> read = ReadColumns(rel, keys);
  if (std::any_of(below.conditions.begin(), below.conditions.end(), needs_window) ||
      std::any_of(read.begin(), read.end(),
                  [&](int c) { return needs_window(below.columns[static_cast<size_t>(c)]); })) {
    return std::nullopt;
  }
  // Bounds are constants for the projection's sake; nobody reads them.
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < below.columns.size(); ++i) {
    const RowField& field = rel.inputs[0]->schema[i];
    const bool is_read = std::find(read.begin(), read.end(), static_cast<int>(i)) != read.end();
    columns.push_back(is_read ? below.columns[i] : Expr::Literal(Value::Null(), field.type.Nullable()));
    names.push_back(field.name);
  }
  AssigningInput out;
  out.window = windows.spec;
  out.window.time_column = static_cast<int>(columns.size());
  columns.push_back(ColumnRef(source->schema, static_cast<size_t>(windows.source->window.time_column)));
  names.push_back("$time");
  AddPartitionColumns(source->schema, keys, out.window, columns, names);
  const RelPtr base = below.conditions.empty() ? source : MakeFilter(source, JoinConjunction(below.conditions));
  out.rel = MakeProject(base, std::move(columns), std::move(names));
  return out;
}

/// GROUPING SETS stand between the aggregate and its windows.
bool GroupsBySets(const Rel& rel) {
  if (rel.kind == RelKind::kExpand) return true;
  const bool passes = rel.kind == RelKind::kProject || rel.kind == RelKind::kFilter;
  return passes && GroupsBySets(*rel.inputs[0]);
}

/// What the operator yields: plain keys, calls, properties.
Schema OperatorSchema(const AggregateRel& rel, const WindowKeys& keys) {
  Schema out;
  for (const int k : keys.plain) out.push_back(rel.inputs[0]->schema[static_cast<size_t>(k)]);
  for (size_t i = 0; i < rel.calls.size(); ++i) out.push_back(rel.schema[rel.keys.size() + i]);
  for (size_t p = 0; p < keys.properties.size(); ++p) {
    const auto key = std::find_if(keys.outputs.begin(), keys.outputs.end(),
                                  [p](const WindowKeys::Output& o) { return o.property && o.index == p; });
    const RowField& field = rel.schema[static_cast<size_t>(key - keys.outputs.begin())];
    out.push_back({field.name, field.type, ""});
  }
  return out;
}

/// The operator's columns in the aggregate's own order: its keys, then its calls.
std::vector<ExprPtr> AggregateOrder(const AggregateRel& rel, const WindowKeys& keys, const Schema& schema) {
  const size_t calls_at = keys.plain.size();
  const size_t properties_at = calls_at + rel.calls.size();
  std::vector<ExprPtr> out;
  for (const auto& [property, index] : keys.outputs) {
    out.push_back(ColumnRef(schema, property ? properties_at + index : index));
  }
  for (size_t i = 0; i < rel.calls.size(); ++i) out.push_back(ColumnRef(schema, calls_at + i));
  return out;
}

bool IsIdentity(const std::vector<ExprPtr>& columns, size_t width) {
  if (columns.size() != width) return false;
  for (size_t i = 0; i < width; ++i) {
    if (columns[i]->input != static_cast<int>(i)) return false;
  }
  return true;
}

}  // namespace

bool PhysicalPlanner::SessionsOfOtherKeys(const AggregateRel& rel) {
  const WindowColumns windows = *FindWindowColumns(*rel.inputs[0]);
  if (windows.spec.kind != WindowKind::kSession) return false;
  // Flink cuts the sessions anew where a grouping set leaves a key out that they are partitioned by.
  if (windows.source == nullptr) return windows.spec.partition_keys.empty() && GroupsBySets(*rel.inputs[0]);
  const BelowWindow below = Flatten(*rel.inputs[0]);
  std::vector<int> keys;
  for (const int k : rel.keys) {
    if (windows.start.contains(k) || windows.end.contains(k) || windows.time.contains(k)) continue;
    const Expr& e = *below.columns[static_cast<size_t>(k)];
    keys.push_back(e.kind == ExprKind::kInput ? e.input : -1);
  }
  std::vector<int> partition = windows.spec.partition_keys;
  std::sort(keys.begin(), keys.end());
  std::sort(partition.begin(), partition.end());
  return keys != partition;
}

Result<int> PhysicalPlanner::BuildGroupWindow(const AggregateRel& rel) {
  const auto distinct = [](const AggregateCall& call) { return call.distinct; };
  if (batch() && std::any_of(rel.calls.begin(), rel.calls.end(), distinct)) {
    return Invalid("DISTINCT aggregates are currently not supported.", rel.position);
  }
  if (batch() && rel.group_window.kind == WindowKind::kSession) {
    return Invalid("Window SessionGroupWindow is not supported right now.", rel.position);
  }
  if (!batch()) SLUICE_RETURN_IF_ERROR(CheckWindowCalls(rel, rel.group_window, true));
  SLUICE_ASSIGN_OR_RETURN(int input, Build(rel.inputs[0]));
  WindowAggregateNode w;
  w.window = rel.group_window;
  w.keys = rel.keys;
  w.calls = rel.calls;
  w.properties = rel.properties;
  w.input_retracts = !node(input).changelog.insert_only();
  w.batch = batch();
  w.legacy_group_window = true;
  ChangelogMode mode = ChangelogMode::InsertOnly();
  if (!batch()) {
    SLUICE_ASSIGN_OR_RETURN(
        w.emit, ReadEmitStrategy(plan_.settings.options, w.window.processing_time, plan_.settings.state_ttl_ms));
    if (w.emit.updates()) mode = {.update_before = true, .update_after = true, .deletes = w.input_retracts};
  }
  const int n =
      Add(std::move(w), {Keyed(input, rel.keys)}, rel.schema, mode, "GroupWindowAggregate(" + AggregateText(rel) + ")");
  if (rel.keys.empty()) plan_.nodes.back().parallelism = 1;
  return n;
}

Result<int> PhysicalPlanner::BuildWindowAggregate(const AggregateRel& rel) {
  const WindowColumns windows = *FindWindowColumns(*rel.inputs[0]);
  SLUICE_RETURN_IF_ERROR(CheckWindowCalls(rel, windows.spec, false));
  const WindowKeys keys = SplitKeys(rel.keys, windows);
  WindowAggregateNode w;
  RelPtr below = rel.inputs[0];
  if (auto assigning = MergeAssignment(rel, windows, keys)) {
    w.window = assigning->window;
    below = PushFilters(assigning->rel, functions_);
  } else if (windows.spec.processing_time) {
    return NotYet("processing-time windows that are attached to rows", rel.position);
  } else {
    w.window = windows.spec;
    w.window.time_column = -1;
    w.window.window_start_column = *windows.start.begin();
    w.window.window_end_column = *windows.end.begin();
  }
  SLUICE_ASSIGN_OR_RETURN(const int input, Build(below));
  const auto undone = [](const AggregateCall& call) { return call.function == "LISTAGG" && call.distinct; };
  if (windows.spec.kind == WindowKind::kHop && node(input).changelog.insert_only() &&
      std::any_of(rel.calls.begin(), rel.calls.end(), undone)) {
    return Invalid("This function does not support retraction: LISTAGG(DISTINCT …)", rel.position);
  }
  w.keys = keys.plain;
  w.calls = rel.calls;
  w.properties = keys.properties;
  w.input_retracts = !node(input).changelog.insert_only();
  const Schema schema = OperatorSchema(rel, keys);
  const int n = Add(std::move(w), {Keyed(input, keys.plain)}, schema, ChangelogMode::InsertOnly(),
                    "WindowAggregate(" + AggregateText(rel) + ")");
  if (keys.plain.empty()) plan_.nodes.back().parallelism = 1;
  std::vector<ExprPtr> order = AggregateOrder(rel, keys, schema);
  return IsIdentity(order, schema.size()) ? n : AddCalc(n, nullptr, std::move(order), rel.schema);
}

}  // namespace sluice::engine::sql
