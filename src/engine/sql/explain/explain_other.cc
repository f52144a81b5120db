// Ranks, sorts, sinks and the nodes without a text of their own as EXPLAIN prints them.
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/explain/plan_explainer.h"

namespace sluice::engine::sql {

std::string PlanExplainer::Strategy(const RankNode& rank, const Names& names) const {
  if (!rank.upsert_key.empty()) return "UpdateFastStrategy[" + JoinNames(Pick(names, rank.upsert_key)) + "]";
  return rank.input_retracts ? "RetractStrategy" : "AppendFastStrategy";
}

Shown PlanExplainer::ShowRank(int node, const RankNode& rank) {
  const PlanNode& n = At(node);
  Shown in = Input(node, 0);
  Names names = in.names;
  if (n.name.starts_with("SortLimit")) {
    const std::string terms =
        fmt::format("orderBy=[{}], offset=[{}], fetch=[{}], strategy=[{}]", Order(rank.order, in.names),
                    rank.rank_start - 1, rank.rank_end - rank.rank_start + 1, Strategy(rank, in.names));
    return Over(Line("SortLimit", terms, n.changelog), Wrap(std::move(in)), names);
  }
  const bool one = rank.rank_end == 1 && rank.order.size() == 1;
  const DataType* time = one ? &At(InputOf(node)).schema[static_cast<size_t>(rank.order[0].column)].type : nullptr;
  const char* attribute = time == nullptr ? "" : time->is_rowtime() ? "ROWTIME" : time->is_proctime() ? "PROCTIME" : "";
  const std::string partition = JoinNames(Pick(in.names, rank.partition_keys));
  if (*attribute != '\0' && options_.style == ExplainStyle::kExecution) {
    const bool last = !rank.order[0].ascending;
    const std::string terms = fmt::format("keep=[{}], key=[{}], order=[{}], outputInsertOnly=[{}]",
                                          last ? "LastRow" : "FirstRow", partition, attribute, !last);
    return Over(Line("Deduplicate", terms, n.changelog), Wrap(std::move(in)), names);
  }
  if (rank.output_rank) names.push_back("w0$o0");
  std::string range = fmt::format("rankStart={}, rankEnd={}", rank.rank_start, rank.rank_end);
  if (rank.rank_end_column >= 0) range = "rankEnd=" + NameAt(in.names, rank.rank_end_column);
  const bool rowtime = one && time->is_rowtime();
  const std::string order = (rowtime ? "ROWTIME " : "") + Order(rank.order, in.names);
  const std::string terms =
      fmt::format("strategy=[{}], rankType=[{}], rankRange=[{}], partitionBy=[{}], orderBy=[{}], select=[{}]",
                  Strategy(rank, in.names), rank.function, range, partition, order, JoinNames(names));
  return Over(Line("Rank", terms, n.changelog), Wrap(std::move(in)), names);
}

const WindowSpec* PlanExplainer::WindowBelow(int node) const {
  const PlanPayload& payload = At(node).payload;
  if (const auto* p = std::get_if<WindowAggregateNode>(&payload)) return &p->window;
  if (const auto* p = std::get_if<WindowTableFunctionNode>(&payload)) return &p->window;
  return At(node).inputs.empty() ? nullptr : WindowBelow(InputOf(node));
}

std::string PlanExplainer::WindowRankText(const PlanNode& n, const WindowRankNode& rank, const Names& names) const {
  const WindowSpec* window = WindowBelow(n.inputs[0].node);
  const std::string bounds = "win_start=[window_start], win_end=[" + NameAt(names, rank.window_end) + "]";
  Names select = names;
  if (rank.output_rank) select.back() = "w0$o0";
  return fmt::format(
      "window=[{}], rankType=[ROW_NUMBER], rankRange=[rankStart={}, rankEnd={}], partitionBy=[{}], "
      "orderBy=[{}], select=[{}]",
      window == nullptr ? "" : WindowText(*window, bounds, names), rank.rank_start, rank.rank_end,
      JoinNames(Pick(names, rank.partition_keys)), Order(rank.order, names), JoinNames(select));
}

Shown PlanExplainer::ShowSink(int node, const SinkNode& sink) {
  int input = InputOf(node);
  const auto* calc = std::get_if<CalcNode>(&At(input).payload);
  if (calc != nullptr && IsIdentity(*calc, At(InputOf(input)).schema.size())) input = InputOf(input);
  const bool materialize = std::holds_alternative<SinkMaterializeNode>(At(input).payload);
  Shown in = Show(materialize ? InputOf(input) : InputOf(node), {});
  const std::string columns = sinks_ < options_.target_columns.size() ? options_.target_columns[sinks_] : "";
  ++sinks_;
  std::string terms = fmt::format("table=[{}], {}fields=[{}]", sink.table.identifier, columns, JoinNames(in.names));
  if (materialize) terms += ", upsertMaterialize=[true]";
  if (options_.changelog_mode) terms += ", changelogMode=[NONE]";
  return Over({"Sink(" + terms + ")", {}, {}}, Wrap(std::move(in)), {});
}

Shown PlanExplainer::ShowPlain(int node) {
  const PlanNode& n = At(node);
  std::vector<Shown> in;
  for (size_t i = 0; i < n.inputs.size(); ++i) in.push_back(Input(node, i));
  Names names = in.empty() ? Names() : in[0].names;
  if (in.size() == 2 && !std::holds_alternative<UnionNode>(n.payload)) names = Unique(in[0].names, in[1].names);
  names.resize(n.schema.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) names[i] = n.schema[i].name;
  }
  const auto [title, terms] = PlainText(n, in, names);
  ExplainTree line = Line(title, terms, n.changelog);
  if (const auto* limit = std::get_if<LimitNode>(&n.payload)) line.facts.rows = static_cast<double>(limit->limit);
  return Over(std::move(line), std::move(in), names);
}

std::pair<std::string, std::string> PlanExplainer::PlainText(const PlanNode& n, const std::vector<Shown>& in,
                                                             const Names& names) const {
  if (std::holds_alternative<UnionNode>(n.payload)) return {"Union", "all=[true], union=[" + JoinNames(names) + "]"};
  if (const auto* p = std::get_if<LimitNode>(&n.payload)) {
    return {"Limit", fmt::format("offset=[{}], fetch=[{}]", p->offset, p->limit)};
  }
  if (const auto* p = std::get_if<SortNode>(&n.payload)) {
    return {p->batch ? "Sort" : "TemporalSort", "orderBy=[" + Order(p->keys, names) + "]"};
  }
  if (const auto* p = std::get_if<WindowTableFunctionNode>(&n.payload)) {
    return {"WindowTableFunction",
            "window=[" + WindowText(p->window, WindowTime(p->window, in[0].names), in[0].names) + "]"};
  }
  if (const auto* p = std::get_if<ExpandNode>(&n.payload))
    return {"Expand", "projects=[" + ExpandText(*p, in[0].names, names) + "]"};
  if (const auto* p = std::get_if<ChangelogNormalizeNode>(&n.payload)) {
    return {"ChangelogNormalize", "key=[" + JoinNames(Pick(names, p->keys)) + "]"};
  }
  if (const auto* p = std::get_if<TemporalJoinNode>(&n.payload)) {
    return {"TemporalJoin", TemporalText(*p, in[0].names.size(), names)};
  }
  if (const auto* p = std::get_if<WindowRankNode>(&n.payload)) return {"WindowRank", WindowRankText(n, *p, names)};
  if (const auto* p = std::get_if<WindowJoinNode>(&n.payload)) {
    return {"WindowJoin", WindowJoinText(*p, in[0].names.size(), names)};
  }
  // The planner's own text, without its brackets.
  const size_t open = n.name.find('(');
  if (open == std::string::npos) return {n.name, ""};
  return {n.name.substr(0, open), n.name.substr(open + 1, n.name.size() - open - 2)};
}

namespace {

bool IsNull(const Expr& e) { return e.kind == ExprKind::kLiteral && e.value.is_null(); }

/// As Flink numbers grouping sets: a bit for each key, the first one's the highest, set where it is left out.
int64_t GroupingId(const ExpandNode& expand, const std::vector<ExprPtr>& row) {
  int64_t id = 0;
  for (size_t i = 0; i + 1 < row.size(); ++i) {
    const bool key = std::any_of(expand.projections.begin(), expand.projections.end(),
                                 [&](const std::vector<ExprPtr>& other) { return IsNull(*other[i]); });
    if (key) id = id * 2 + (IsNull(*row[i]) ? 1 : 0);
  }
  return id;
}

}  // namespace

std::string PlanExplainer::ExpandText(const ExpandNode& expand, const Names& in, const Names& out) const {
  std::string text;
  for (const std::vector<ExprPtr>& row : expand.projections) {
    std::string cells;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string e = IsNull(*row[i])       ? "null"
                            : i + 1 == row.size() ? std::to_string(GroupingId(expand, row))
                                                  : Text(*row[i], in);
      cells += (i > 0 ? ", " : "") + e + (e == out[i] ? "" : " AS " + out[i]);
    }
    text += (text.empty() ? "{" : ", {") + cells + "}";
  }
  return text;
}

}  // namespace sluice::engine::sql
