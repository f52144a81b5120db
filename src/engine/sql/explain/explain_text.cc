#include "engine/sql/explain/explain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/plan/mini_batch.h"
#include "engine/sql/explain/explain_expr.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

std::string NameAt(const Names& names, int column) { return names[static_cast<size_t>(column)]; }

Names Pick(const Names& names, const std::vector<int>& columns) {
  Names out;
  for (const int c : columns) out.push_back(NameAt(names, c));
  return out;
}

Names Unique(const Names& left, const Names& right) {
  Names out = left;
  std::set<std::string> used(left.begin(), left.end());
  for (const std::string& name : right) {
    std::string fresh = name;
    for (int k = 0; used.contains(fresh); ++k) fresh = name + std::to_string(k);
    used.insert(fresh);
    out.push_back(std::move(fresh));
  }
  return out;
}

std::string Order(const std::vector<SortKey>& order, const Names& names) {
  std::string out;
  for (const SortKey& k : order)
    out += (out.empty() ? "" : ", ") + NameAt(names, k.column) + (k.ascending ? " ASC" : " DESC");
  return out;
}

std::string Span(int64_t ms) {
  if (ms % 86400000 == 0) return fmt::format("{} d", ms / 86400000);
  if (ms % 3600000 == 0) return fmt::format("{} h", ms / 3600000);
  if (ms % 60000 == 0) return fmt::format("{} min", ms / 60000);
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000) : fmt::format("{} ms", ms);
}

std::string WindowText(const WindowSpec& w, const std::string& time, const Names& names) {
  std::string out;
  switch (w.kind) {
    case WindowKind::kTumble: out = fmt::format("TUMBLE({}, size=[{}]", time, Span(w.size_ms)); break;
    case WindowKind::kHop:
      out = fmt::format("HOP({}, size=[{}], slide=[{}]", time, Span(w.size_ms), Span(w.slide_ms));
      break;
    case WindowKind::kCumulate:
      out = fmt::format("CUMULATE({}, max_size=[{}], step=[{}]", time, Span(w.size_ms), Span(w.slide_ms));
      break;
    case WindowKind::kSession:
      out = fmt::format("SESSION({}, gap=[{}]", time, Span(w.size_ms));
      if (!w.partition_keys.empty()) out += ", partition keys=[" + JoinNames(Pick(names, w.partition_keys)) + "]";
      break;
  }
  if (w.offset_ms != 0) out += ", offset=[" + Span(w.offset_ms) + "]";
  return out + ")";
}

std::string WindowTime(const WindowSpec& w, const Names& names) {
  if (w.time_column >= 0) return "time_col=[" + NameAt(names, w.time_column) + "]";
  if (w.window_start_column < 0 || w.window_end_column < 0) return "attached";
  return "win_start=[" + NameAt(names, w.window_start_column) + "], win_end=[" + NameAt(names, w.window_end_column) +
         "]";
}

const char* PropertyText(WindowProperty p) {
  switch (p) {
    case WindowProperty::kStart: return "start('w$)";
    case WindowProperty::kEnd: return "end('w$)";
    case WindowProperty::kRowtime: return "rowtime('w$)";
    case WindowProperty::kProctime: return "proctime('w$)";
  }
  return "";
}

bool TwoPhases(const WindowAggregateNode& w, const PlanSettings& settings) {
  static const std::set<std::string> kMergeable = {"COUNT", "SUM", "MIN", "MAX", "AVG"};
  const bool calls = std::all_of(w.calls.begin(), w.calls.end(),
                                 [](const AggregateCall& c) { return kMergeable.contains(c.function); });
  return calls && !IsOnePhase(settings) && !w.batch && !w.legacy_group_window && !w.input_retracts &&
         !w.window.processing_time && w.window.kind != WindowKind::kSession;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

Names Accumulators(const std::vector<AggregateCall>& calls, bool retracts) {
  Names out;
  int k = 0;
  for (const AggregateCall& c : calls) {
    const bool sum = c.function == "SUM" || c.function == "$SUM0";
    if (c.function == "AVG" || (sum && retracts)) {
      out.push_back(fmt::format("(sum${}, count${})", k, k + 1));
      k += 2;
    } else if (c.function == "LISTAGG" && !retracts) {
      out.push_back(fmt::format("(accDelimiter${}, concatAcc${})", k, k + 1));
      k += 2;
    } else {
      out.push_back((sum ? "sum" : Lower(c.function)) + (c.args.empty() ? "1$" : "$") + std::to_string(k++));
    }
  }
  return out;
}

std::vector<std::vector<int>> DistinctViews(const std::vector<AggregateCall>& calls) {
  std::vector<std::vector<int>> out;
  for (const AggregateCall& c : calls) {
    if (c.distinct && std::find(out.begin(), out.end(), c.args) == out.end()) out.push_back(c.args);
  }
  return out;
}

std::string ViewText(const std::vector<std::vector<int>>& views, const AggregateCall& call) {
  if (!call.distinct) return "";
  return fmt::format("distinct${} ", std::find(views.begin(), views.end(), call.args) - views.begin());
}

std::string FunctionText(const AggregateCall& call, bool retracts) {
  return call.function + (retracts && !call.monotonic ? "_RETRACT" : "");
}

bool CountsRows(const std::vector<AggregateCall>& calls) {
  return std::any_of(calls.begin(), calls.end(),
                     [](const AggregateCall& c) { return c.function == "COUNT" && c.args.empty() && c.filter < 0; });
}

std::string FrameEdgeText(FrameEdge edge, const Value& offset, bool start) {
  switch (edge) {
    case FrameEdge::kUnbounded: return start ? "UNBOUNDED PRECEDING" : "UNBOUNDED FOLLOWING";
    case FrameEdge::kCurrentRow: return "CURRENT ROW";
    case FrameEdge::kPreceding:
    case FrameEdge::kFollowing: break;
  }
  const std::string n = std::holds_alternative<int64_t>(offset.storage()) ? std::to_string(offset.as_int()) : "?";
  return n + (edge == FrameEdge::kPreceding ? " PRECEDING" : " FOLLOWING");
}

ExprPtr WithBounds(const IntervalJoinNode& join, size_t left_width) {
  const ExprPtr left = Expr::Input(join.left_time, DataType::TimestampType(3));
  const ExprPtr right = Expr::Input(join.right_time + static_cast<int>(left_width), DataType::TimestampType(3));
  auto moved = [&](int64_t by) {
    if (by == 0) return right;
    const int64_t size = by < 0 ? -by : by;
    const IntervalRange unit = size % 86400000 == 0  ? IntervalRange::kDay
                               : size % 3600000 == 0 ? IntervalRange::kHour
                               : size % 60000 == 0   ? IntervalRange::kMinute
                                                     : IntervalRange::kSecond;
    const ExprPtr span = Expr::Literal(Value::Int(size), DataType::Interval(unit));
    return Expr::Call(by < 0 ? "-" : "+", {right, span}, right->type);
  };
  std::vector<ExprPtr> all = {Expr::Call(">=", {left, moved(join.lower_ms)}, DataType::Boolean()),
                              Expr::Call("<=", {left, moved(join.upper_ms)}, DataType::Boolean())};
  if (join.condition) all.push_back(join.condition);
  return JoinConjunction(all);
}

}  // namespace sluice::engine::sql
