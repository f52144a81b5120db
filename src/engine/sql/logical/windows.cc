#include "engine/sql/logical/windows.h"

#include <algorithm>

namespace sluice::engine::sql {

namespace {

std::set<int> Map(const std::set<int>& columns, const std::vector<int>& from) {
  std::set<int> out;
  for (size_t i = 0; i < from.size(); ++i) {
    if (columns.contains(from[i])) out.insert(static_cast<int>(i));
  }
  return out;
}

WindowColumns MapAll(WindowColumns w, const std::vector<int>& from) {
  w.start = Map(w.start, from);
  w.end = Map(w.end, from);
  w.time = Map(w.time, from);
  return w;
}

/// A join on both bounds of the same windows.
std::optional<WindowColumns> WindowsOfJoin(const JoinRel& join) {
  auto left = FindWindowColumns(*join.inputs[0]);
  const auto right = FindWindowColumns(*join.inputs[1]);
  if (!left || !right || !SameWindows(left->spec, right->spec)) return std::nullopt;
  const auto width = static_cast<int>(join.inputs[0]->schema.size());
  bool starts = false, ends = false;
  for (const ExprPtr& c : SplitConjunction(join.condition)) {
    if (c->kind != ExprKind::kCall || c->function != "=") continue;
    int l = c->args[0]->kind == ExprKind::kInput ? c->args[0]->input : -1;
    int r = c->args[1]->kind == ExprKind::kInput ? c->args[1]->input : -1;
    if (l > r) std::swap(l, r);
    starts |= left->start.contains(l) && right->start.contains(r - width);
    ends |= left->end.contains(l) && right->end.contains(r - width);
  }
  if (!starts || !ends) return std::nullopt;
  left->source = nullptr;
  if (join.join == JoinKind::kSemi || join.join == JoinKind::kAnti) return left;
  if (join.join == JoinKind::kRight || join.join == JoinKind::kFull) left->start = left->end = left->time = {};
  if (join.join != JoinKind::kLeft && join.join != JoinKind::kFull) {
    for (const int c : right->start) left->start.insert(c + width);
    for (const int c : right->end) left->end.insert(c + width);
    for (const int c : right->time) left->time.insert(c + width);
  }
  if (left->start.empty() || left->end.empty()) return std::nullopt;
  return left;
}

}  // namespace

std::optional<WindowColumns> FindWindowColumns(const Rel& rel) {
  switch (rel.kind) {
    case RelKind::kWindow: {
      const auto& window = static_cast<const WindowRel&>(rel);
      const auto n = static_cast<int>(rel.schema.size()) - 3;
      return WindowColumns{{n}, {n + 1}, {n + 2}, window.window, &window};
    }
    case RelKind::kFilter: return FindWindowColumns(*rel.inputs[0]);
    case RelKind::kProject: {
      auto below = FindWindowColumns(*rel.inputs[0]);
      if (!below) return std::nullopt;
      std::vector<int> from;
      for (const ExprPtr& e : static_cast<const ProjectRel&>(rel).expressions) {
        from.push_back(e->kind == ExprKind::kInput ? e->input : -1);
      }
      return MapAll(std::move(*below), from);
    }
    case RelKind::kExpand: {
      auto below = FindWindowColumns(*rel.inputs[0]);
      if (!below) return std::nullopt;
      const auto& projections = static_cast<const ExpandRel&>(rel).projections;
      std::vector<int> from;
      for (size_t c = 0; c < rel.schema.size(); ++c) {
        const auto is_same_input = [&](const auto& p) {
          return p[c]->kind == ExprKind::kInput && p[c]->input == projections[0][c]->input;
        };
        const bool same = std::all_of(projections.begin(), projections.end(), is_same_input);
        from.push_back(same ? projections[0][c]->input : -1);
      }
      WindowColumns out = MapAll(std::move(*below), from);
      out.source = nullptr;  // the window's columns are there already when rows are repeated
      return out;
    }
    case RelKind::kAggregate: {
      const auto& aggregate = static_cast<const AggregateRel&>(rel);
      if (!IsWindowAggregate(aggregate)) return std::nullopt;
      auto below = FindWindowColumns(*rel.inputs[0]);
      WindowColumns out = MapAll(std::move(*below), aggregate.keys);
      out.source = nullptr;
      return out;
    }
    case RelKind::kOver: {
      // Top-N per window keeps the windows of its rows.
      auto below = FindWindowColumns(*rel.inputs[0]);
      if (!below) return std::nullopt;
      for (const OverCall& call : static_cast<const OverRel&>(rel).calls) {
        auto has = [&](const std::set<int>& columns) {
          return std::any_of(call.partition_by.begin(), call.partition_by.end(),
                             [&](int k) { return columns.contains(k); });
        };
        if (!has(below->start) || !has(below->end)) return std::nullopt;
      }
      below->source = nullptr;
      return below;
    }
    case RelKind::kJoin: return WindowsOfJoin(static_cast<const JoinRel&>(rel));
    default: return std::nullopt;
  }
}

bool SameWindows(const WindowSpec& a, const WindowSpec& b) {
  return a.kind == b.kind && a.size_ms == b.size_ms && a.slide_ms == b.slide_ms && a.offset_ms == b.offset_ms &&
         a.processing_time == b.processing_time;
}

bool IsWindowAggregate(const AggregateRel& aggregate) {
  auto below = FindWindowColumns(*aggregate.inputs[0]);
  if (!below) return false;
  auto in_keys = [&](const std::set<int>& columns) {
    return std::any_of(aggregate.keys.begin(), aggregate.keys.end(), [&](int k) { return columns.contains(k); });
  };
  return in_keys(below->start) && in_keys(below->end);
}

}  // namespace sluice::engine::sql
