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
    default: return std::nullopt;
  }
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
