// Aggregates: unbounded groups, windows of table functions, older group windows.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/logical/windows.h"
#include "engine/sql/optimizer/optimizer.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/planner/plan_traits.h"
#include "engine/sql/settings.h"

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

/// Sessions cut by other keys than the aggregate groups by: rows get their sessions first, and the groups are ordinary
/// ones.
bool SessionsOfOtherKeys(const AggregateRel& rel) {
  const WindowColumns windows = *FindWindowColumns(*rel.inputs[0]);
  if (windows.source == nullptr || windows.spec.kind != WindowKind::kSession) return false;
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
  auto refuse = [&](std::string message) { return Error(ErrorCode::kValidation, std::move(message), rel.position); };
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
    if (call.function == "LISTAGG" && call.distinct && window.kind == WindowKind::kHop && !group_window) {
      return refuse("This function does not support retraction: LISTAGG(DISTINCT …)");
    }
  }
  return {};
}

}  // namespace

Result<int> PhysicalPlanner::BuildAggregate(const AggregateRel& rel) {
  if (rel.has_group_window) return BuildGroupWindow(rel);
  if (!batch() && IsWindowAggregate(rel) && !SessionsOfOtherKeys(rel)) return BuildWindowAggregate(rel);
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
    if (!rel.calls.empty()) mode.update_before = mode.update_after = true;
    if (aggregate.input_retracts && !rel.keys.empty()) mode.deletes = true;
  }
  const int n = Add(std::move(aggregate), {Keyed(input, rel.keys)}, rel.schema, mode,
                    "GroupAggregate(" + AggregateText(rel) + ")");
  if (rel.keys.empty()) plan_.nodes.back().parallelism = 1;
  return n;
}

Result<int> PhysicalPlanner::BuildGroupWindow(const AggregateRel& rel) {
  if (batch() && rel.group_window.kind == WindowKind::kSession) {
    return Error(ErrorCode::kValidation, "Window SessionGroupWindow is not supported right now.", rel.position);
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
  WindowAggregateNode w;
  w.window = windows.spec;
  w.calls = rel.calls;

  // Keys that are window bounds become properties; the others stay keys.
  std::vector<int> plain_keys;                       // input columns
  std::vector<std::pair<bool, size_t>> output_from;  // per key: (is property, index)
  auto property = [&](WindowProperty p) {
    auto at = std::find(w.properties.begin(), w.properties.end(), p);
    if (at == w.properties.end()) {
      w.properties.push_back(p);
      return w.properties.size() - 1;
    }
    return static_cast<size_t>(at - w.properties.begin());
  };
  for (int k : rel.keys) {
    if (windows.start.contains(k)) {
      output_from.emplace_back(true, property(WindowProperty::kStart));
    } else if (windows.end.contains(k)) {
      output_from.emplace_back(true, property(WindowProperty::kEnd));
    } else if (windows.time.contains(k)) {
      output_from.emplace_back(
          true, property(windows.spec.processing_time ? WindowProperty::kProctime : WindowProperty::kRowtime));
    } else {
      output_from.emplace_back(false, plain_keys.size());
      plain_keys.push_back(k);
    }
  }

  // Directly over TUMBLE(..) and its like the assignment moves into the operator, if nothing below needs the bounds.
  int input = -1;
  bool merged = false;
  if (windows.source != nullptr) {
    BelowWindow below = Flatten(*rel.inputs[0]);
    const auto width = static_cast<int>(windows.source->inputs[0]->schema.size());
    auto free_of_window = [&](const ExprPtr& e) {
      const std::vector<int> used = ExprInputs(*e);
      return used.empty() || used.back() < width;
    };
    merged = std::all_of(below.conditions.begin(), below.conditions.end(), free_of_window);
    std::vector<int> needed = plain_keys;
    for (const AggregateCall& call : rel.calls) {
      needed.insert(needed.end(), call.args.begin(), call.args.end());
      if (call.filter >= 0) needed.push_back(call.filter);
      for (const auto& [column, ascending] : call.order_by) needed.push_back(column);
    }
    for (int c : needed) merged &= free_of_window(below.columns[static_cast<size_t>(c)]);
    if (merged) {
      // Bounds are constants for the projection's sake; nobody reads them.
      std::vector<ExprPtr> columns;
      std::vector<std::string> names;
      for (size_t i = 0; i < below.columns.size(); ++i) {
        const bool needed_here = std::find(needed.begin(), needed.end(), static_cast<int>(i)) != needed.end();
        const DataType& type = rel.inputs[0]->schema[i].type;
        columns.push_back(needed_here ? below.columns[i] : Expr::Literal(Value::Null(), type.Nullable()));
        names.push_back(rel.inputs[0]->schema[i].name);
      }
      const RelPtr& source = windows.source->inputs[0];
      columns.push_back(ColumnRef(source->schema, static_cast<size_t>(windows.source->window.time_column)));
      names.push_back("$time");
      for (int& k : w.window.partition_keys) {
        // A group key that is the same column stands for it: the operator sees that sessions are by the group's keys.
        const auto same = std::find_if(plain_keys.begin(), plain_keys.end(), [&](int key) {
          const Expr& e = *columns[static_cast<size_t>(key)];
          return e.kind == ExprKind::kInput && e.input == k;
        });
        if (same != plain_keys.end()) {
          k = *same;
          continue;
        }
        columns.push_back(ColumnRef(source->schema, static_cast<size_t>(k)));
        names.push_back("$partition" + std::to_string(k));
        k = static_cast<int>(columns.size() - 1);
      }
      w.window.time_column = static_cast<int>(below.columns.size());
      RelPtr base = source;
      if (!below.conditions.empty()) base = MakeFilter(base, JoinConjunction(below.conditions));
      SLUICE_ASSIGN_OR_RETURN(input,
                              Build(PushFilters(MakeProject(base, std::move(columns), std::move(names)), functions_)));
    }
  }
  if (!merged) {
    if (windows.spec.processing_time) {
      return Error(ErrorCode::kNotSupported, "not supported yet: processing-time windows that are attached to rows",
                   rel.position);
    }
    SLUICE_ASSIGN_OR_RETURN(input, Build(rel.inputs[0]));
    w.window.time_column = -1;
    w.window.window_start_column = *windows.start.begin();
    w.window.window_end_column = *windows.end.begin();
  }
  w.keys = plain_keys;
  w.input_retracts = !node(input).changelog.insert_only();

  Schema schema;
  for (int k : plain_keys) schema.push_back(rel.inputs[0]->schema[static_cast<size_t>(k)]);
  for (size_t i = 0; i < rel.calls.size(); ++i) schema.push_back(rel.schema[rel.keys.size() + i]);
  for (size_t p = 0; p < w.properties.size(); ++p) {
    size_t key = 0;
    while (!(output_from[key].first && output_from[key].second == p)) ++key;
    schema.push_back({rel.schema[key].name, rel.schema[key].type, ""});
  }
  const size_t calls_at = plain_keys.size();
  const size_t properties_at = calls_at + rel.calls.size();
  const int n = Add(std::move(w), {Keyed(input, plain_keys)}, schema, ChangelogMode::InsertOnly(),
                    "WindowAggregate(" + AggregateText(rel) + ")");
  if (plain_keys.empty()) plan_.nodes.back().parallelism = 1;

  // Back to the aggregate's own order: its keys, then its calls.
  std::vector<ExprPtr> order;
  for (const auto& [is_property, index] : output_from)
    order.push_back(ColumnRef(schema, is_property ? properties_at + index : index));
  for (size_t i = 0; i < rel.calls.size(); ++i) order.push_back(ColumnRef(schema, calls_at + i));
  bool same = order.size() == schema.size();
  for (size_t i = 0; same && i < order.size(); ++i) same = order[i]->input == static_cast<int>(i);
  return same ? n : AddCalc(n, nullptr, std::move(order), rel.schema);
}

// --- ROW_NUMBER() … <= n

namespace {

/// rank <op> literal → bounds [first, last]; false if it is no such condition.
bool RankBounds(const Expr& e, int rank_column, int64_t* first, int64_t* last) {
  if (e.kind != ExprKind::kCall || e.args.size() != 2) return false;
  const Expr* a = e.args[0].get();
  const Expr* b = e.args[1].get();
  std::string op = e.function;
  auto strip = [](const Expr* x) {
    while (x->kind == ExprKind::kCall && x->function == "CAST") x = x->args[0].get();
    return x;
  };
  a = strip(a);
  b = strip(b);
  if (b->kind == ExprKind::kInput) {
    std::swap(a, b);
    op = op == "<" ? ">" : op == "<=" ? ">=" : op == ">" ? "<" : op == ">=" ? "<=" : op;
  }
  if (a->kind != ExprKind::kInput || a->input != rank_column || b->kind != ExprKind::kLiteral || b->value.is_null() ||
      !b->type.is_exact_integer()) {
    return false;
  }
  const int64_t n = b->value.as_int();
  if (op == "<=")
    *last = std::min(*last, n);
  else if (op == "<")
    *last = std::min(*last, n - 1);
  else if (op == ">=")
    *first = std::max(*first, n);
  else if (op == ">")
    *first = std::max(*first, n + 1);
  else if (op == "=")
    *first = std::max(*first, n), *last = std::min(*last, n);
  else
    return false;
  return true;
}

/// The input column of rn <= column; -1 if `e` is something else. Flink takes rn < column for the same.
int BoundingColumn(const Expr& e, int rank_column) {
  if (e.kind != ExprKind::kCall || e.args.size() != 2) return -1;
  const bool less = e.function == "<=" || e.function == "<";
  const bool greater = e.function == ">=" || e.function == ">";
  if (!less && !greater) return -1;
  auto strip = [](const Expr* x) {
    while (x->kind == ExprKind::kCall && x->function == "CAST") x = x->args[0].get();
    return x;
  };
  const Expr* rank = strip(e.args[less ? 0 : 1].get());
  const Expr* bound = strip(e.args[less ? 1 : 0].get());
  const bool columns = rank->kind == ExprKind::kInput && bound->kind == ExprKind::kInput;
  if (!columns || rank->input != rank_column || bound->input == rank_column || !bound->type.is_exact_integer())
    return -1;
  return bound->input;
}

/// The columns of `rel`, then the group keys that a projection above an aggregate left out: a rank finds a group's row
/// again by them, as Flink keeps the unique key of a rank's input.
RelPtr WithGroupKeys(const RelPtr& rel) {
  if (rel->kind != RelKind::kProject || rel->inputs[0]->kind != RelKind::kAggregate) return rel;
  const auto& project = static_cast<const ProjectRel&>(*rel);
  const auto& aggregate = static_cast<const AggregateRel&>(*rel->inputs[0]);
  if (aggregate.has_group_window) return rel;
  std::vector<ExprPtr> columns = project.expressions;
  std::vector<std::string> names;
  for (const RowField& f : rel->schema) names.push_back(f.name);
  for (size_t k = 0; k < aggregate.keys.size(); ++k) {
    const auto is_key = [&](const ExprPtr& e) {
      return e->kind == ExprKind::kInput && e->input == static_cast<int>(k);
    };
    if (std::any_of(columns.begin(), columns.end(), is_key)) continue;
    columns.push_back(ColumnRef(aggregate.schema, k));
    names.push_back(aggregate.schema[k].name);
  }
  if (columns.size() == project.expressions.size()) return rel;
  return MakeProject(rel->inputs[0], std::move(columns), std::move(names));
}

}  // namespace

void PhysicalPlanner::ChooseUpsertRank(int input, RankNode& rank) {
  if (!rank.input_retracts || !CanOmitUpdateBefore(plan_, input)) return;
  const PlanTraits traits = TraitsOf(plan_, input);
  if (!traits.monotonicity) return;
  for (const SortKey& k : rank.order) {
    const Monotonicity m = (*traits.monotonicity)[static_cast<size_t>(k.column)];
    const bool better = k.ascending ? m == Monotonicity::kDecreasing : m == Monotonicity::kIncreasing;
    if (!better && m != Monotonicity::kConstant) return;
  }
  for (const std::vector<int>& key : traits.upsert_keys) {
    const bool within = std::all_of(rank.partition_keys.begin(), rank.partition_keys.end(),
                                    [&](int p) { return std::find(key.begin(), key.end(), p) != key.end(); });
    if (!within || key.empty()) continue;
    rank.upsert_key = key;
    OmitUpdateBefore(plan_, input);
    return;
  }
}

bool PhysicalPlanner::IsTopN(const OverRel& over, const ExprPtr& condition) const {
  const std::string& f = over.calls[0].function;
  if (over.calls.size() != 1 || (f != "ROW_NUMBER" && f != "RANK" && f != "DENSE_RANK")) return false;
  int64_t first = 1, last = INT64_MAX;
  for (const ExprPtr& c : SplitConjunction(condition)) {
    const int rank_column = static_cast<int>(over.schema.size()) - 1;
    RankBounds(*c, rank_column, &first, &last);
    if (!batch() && BoundingColumn(*c, rank_column) >= 0) return true;
  }
  return last != INT64_MAX || (!batch() && first > 1);
}

Result<int> PhysicalPlanner::BuildRank(const OverRel& over, const ExprPtr& condition, bool rank_used,
                                       std::vector<ExprPtr>* rest) {
  const Error not_yet(ErrorCode::kNotSupported, "not supported yet: OVER aggregates", over.position);
  if (over.calls.size() != 1) return not_yet;
  const OverCall& call = over.calls[0];
  if (call.function != "ROW_NUMBER" && call.function != "RANK" && call.function != "DENSE_RANK") return not_yet;
  const int rank_column = static_cast<int>(over.schema.size()) - 1;
  RankNode rank;
  constexpr int64_t kNone = INT64_MAX;
  rank.rank_start = 1;
  rank.rank_end = kNone;
  for (const ExprPtr& c : SplitConjunction(condition)) {
    if (RankBounds(*c, rank_column, &rank.rank_start, &rank.rank_end)) continue;
    const int bound = batch() ? -1 : BoundingColumn(*c, rank_column);
    if (bound >= 0 && rank.rank_end_column < 0) {
      rank.rank_end_column = bound;
    } else {
      rest->push_back(c);
    }
  }
  if (rank.rank_end == kNone && rank.rank_end_column < 0) {
    return Error(ErrorCode::kValidation,
                 "Rank end is not specified. Currently rank only support TopN, which means the rank end must be "
                 "specified: add a condition like rn <= 10.",
                 over.position);
  }
  if (rank.rank_end <= 0) {
    return Error(ErrorCode::kValidation,
                 fmt::format("Rank end should not less than zero, but now is {}", rank.rank_end), over.position);
  }
  for (const ExprPtr& c : *rest) {
    for (int i : ExprInputs(*c)) rank_used |= i == rank_column;
  }
  if (auto windows = FindWindowColumns(*over.inputs[0]); windows && !batch()) {
    const bool by_window = std::any_of(call.partition_by.begin(), call.partition_by.end(),
                                       [&](int k) { return windows->end.contains(k); });
    const bool by_start = std::any_of(call.partition_by.begin(), call.partition_by.end(),
                                      [&](int k) { return windows->start.contains(k); });
    if (by_window && by_start && rank.rank_end_column < 0)
      return BuildWindowRank(over, *windows, rank.rank_start, rank.rank_end, rank_used);
  }
  const size_t width = over.inputs[0]->schema.size();
  SLUICE_ASSIGN_OR_RETURN(int input, Build(batch() ? over.inputs[0] : WithGroupKeys(over.inputs[0])));
  const ChangelogMode in = node(input).changelog;
  rank.partition_keys = call.partition_by;
  rank.order = call.order_by;
  rank.function = call.function;
  // Rank 1 is a constant: it need not be tracked.
  const bool constant = rank.rank_start == 1 && rank.rank_end == 1 && call.function == "ROW_NUMBER";
  rank.output_rank = rank_used && !constant;
  rank.input_retracts = !in.insert_only();
  rank.batch = batch();
  rank.state_ttl_ms = plan_.settings.state_ttl_ms;
  Schema schema = node(input).schema;
  if (rank.output_rank) schema.push_back(over.schema.back());
  ChangelogMode mode = batch() ? ChangelogMode::InsertOnly() : ChangelogMode::All();
  // Flink takes every first row for one that stays, unless it is the last by one column: rows that replace it are
  // updates without -U. (Right for deduplication by time; what it is for other orders, Flink's answers have too.)
  const bool keeps_last = rank.order.size() == 1 && !rank.order[0].ascending;
  if (!batch() && constant && !rank.input_retracts && !keeps_last && !plan_.settings.mini_batch) {
    mode = ChangelogMode::InsertOnly();
    rank.emit_update_before = false;
  }
  if (!batch() && rank.rank_end_column < 0) ChooseUpsertRank(input, rank);
  const std::vector<int> keys = rank.partition_keys;
  const bool with_rank = rank.output_rank;
  std::string text;
  for (const SortKey& k : rank.order)
    text += (text.empty() ? "" : ", ") + schema[static_cast<size_t>(k.column)].name + (k.ascending ? " ASC" : " DESC");
  const int n = Add(std::move(rank), {Keyed(input, keys)}, schema, mode,
                    fmt::format("Rank(rankType=[{}], orderBy=[{}])", call.function, text));
  if (keys.empty()) plan_.nodes.back().parallelism = 1;
  if (with_rank && schema.size() == width + 1) return n;
  // Consumers still count the rank column: give it its constant (it is read only where it is one).
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < width; ++i) columns.push_back(ColumnRef(schema, i));
  columns.push_back(with_rank ? ColumnRef(schema, schema.size() - 1)
                              : Expr::Literal(Value::Int(1), DataType::Bigint().NotNull()));
  return AddCalc(n, nullptr, std::move(columns), over.schema);
}

}  // namespace sluice::engine::sql
