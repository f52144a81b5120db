// GROUP BY: its keys, grouping sets and the older group windows (GROUP BY TUMBLE(…)).
#include <fmt/format.h>

#include <algorithm>

#include "engine/sql/binder/select_binder.h"
#include "engine/sql/binder/window_functions.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

Result<bool> SelectBinder::BindGroupWindow(const ast::Expr& e) {
  if (e.kind != ast::ExprKind::kCall) return false;
  const auto& call = static_cast<const ast::CallExpr&>(e);
  const std::string name = UpperCase(call.name.parts.back().name);
  if (name != "TUMBLE" && name != "HOP" && name != "SESSION") return false;
  ExprBinder binder = make_binder_(scope_, "GROUP BY");
  if (call.arguments.empty()) return Invalid("Invalid number of arguments to function '" + name + "'", e.position);
  SLUICE_ASSIGN_OR_RETURN(group_window_time_, binder.Bind(*call.arguments[0]));
  if (group_window_) return Invalid("Only a single window group function may be used in GROUP BY", e.position);
  SLUICE_ASSIGN_OR_RETURN(WindowSpec spec, BindGroupWindowSpec(name, call, group_window_time_, binder, context_));
  group_window_ = spec;
  return true;
}

Result<size_t> SelectBinder::GroupKey(const ast::Expr& e) {
  // A number here is a constant, not a position: Flink's conformance has no ordinals in GROUP BY.
  ExprBinder binder = make_binder_(scope_, "GROUP BY");
  binder.subqueries = &subqueries_;
  SLUICE_ASSIGN_OR_RETURN(ExprPtr key, binder.Bind(e));
  if (HasPlaceholder(*key, kAggregatePlaceholder)) {
    return Invalid("Aggregate expression is illegal in GROUP BY clause", e.position);
  }
  return IndexOfExpr(keys_, key);
}

namespace {

GroupingSets OneEmptySet() { return {std::vector<size_t>()}; }

constexpr size_t kMaxCubeElements = 12;

GroupingSets Cross(const GroupingSets& a, const GroupingSets& b) {
  GroupingSets out;
  for (const auto& x : a) {
    for (const auto& y : b) {
      std::vector<size_t> both = x;
      for (size_t k : y) {
        if (std::find(both.begin(), both.end(), k) == both.end()) both.push_back(k);
      }
      out.push_back(std::move(both));
    }
  }
  return out;
}

/// The elements that `included(index)` says, as one set.
template <typename Included>
std::vector<size_t> Join(const GroupingSets& elements, const Included& included) {
  std::vector<size_t> set;
  for (size_t k = 0; k < elements.size(); ++k) {
    if (included(k)) set.insert(set.end(), elements[k].begin(), elements[k].end());
  }
  return set;
}

GroupingSets Rollup(const GroupingSets& elements) {
  GroupingSets sets;
  for (size_t n = elements.size() + 1; n-- > 0;) sets.push_back(Join(elements, [n](size_t k) { return k < n; }));
  return sets;
}

GroupingSets Cube(const GroupingSets& elements) {
  GroupingSets sets;
  for (size_t mask = size_t{1} << elements.size(); mask-- > 0;) {
    sets.push_back(Join(elements, [&](size_t k) { return (mask >> (elements.size() - 1 - k) & 1) != 0; }));
  }
  return sets;
}

}  // namespace

Result<std::vector<size_t>> SelectBinder::GroupKeys(const std::vector<ast::ExprPtr>& exprs) {
  std::vector<size_t> out;
  for (const ast::ExprPtr& e : exprs) {
    SLUICE_ASSIGN_OR_RETURN(size_t key, GroupKey(*e));
    out.push_back(key);
  }
  return out;
}

Result<GroupingSets> SelectBinder::BindGroupItem(const ast::GroupItem& item) {
  GroupingSets sets;
  switch (item.kind) {
    case ast::GroupItemKind::kEmpty: return OneEmptySet();
    case ast::GroupItemKind::kExpr: {
      SLUICE_ASSIGN_OR_RETURN(bool window, BindGroupWindow(*item.exprs[0]));
      if (window) return OneEmptySet();
      [[fallthrough]];
    }
    case ast::GroupItemKind::kRowList: {
      SLUICE_ASSIGN_OR_RETURN(std::vector<size_t> keys, GroupKeys(item.exprs));
      sets.push_back(std::move(keys));
      return sets;
    }
    case ast::GroupItemKind::kGroupingSets:
      for (const ast::GroupItem& child : item.children) {
        SLUICE_ASSIGN_OR_RETURN(GroupingSets more, BindGroupItem(child));
        sets.insert(sets.end(), more.begin(), more.end());
      }
      return sets;
    case ast::GroupItemKind::kCube:
    case ast::GroupItemKind::kRollup:
      // An element is one key, or several in brackets: one set.
      for (const ast::GroupItem& child : item.children) {
        SLUICE_ASSIGN_OR_RETURN(GroupingSets element, BindGroupItem(child));
        sets.push_back(std::move(element[0]));
      }
      if (item.kind == ast::GroupItemKind::kRollup) return Rollup(sets);
      if (sets.size() > kMaxCubeElements) {
        return Invalid(fmt::format("CUBE of more than {} elements", kMaxCubeElements), item.position);
      }
      return Cube(sets);
  }
  return sets;
}

Status SelectBinder::BindGroupBy(const ast::SelectQuery& query) {
  if (!query.grouped) return {};
  grouped_ = true;
  sets_ = OneEmptySet();
  for (const ast::GroupItem& item : query.group_by) {
    SLUICE_ASSIGN_OR_RETURN(GroupingSets sets, BindGroupItem(item));
    sets_ = Cross(sets_, sets);
  }
  for (auto& set : sets_) std::sort(set.begin(), set.end());
  // Calcite's order: what encloses comes first.
  std::stable_sort(sets_.begin(), sets_.end(),
                   [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  return {};
}

namespace {

/// "TUMBLE" of "TUMBLE_START".
std::string GroupOfProperty(const std::string& property) { return property.substr(0, property.find('_')); }

/// The window that a property's call speaks of is the one that the query groups by.
bool SameWindow(const std::string& group, const std::vector<int64_t>& sizes, const WindowSpec& window) {
  switch (window.kind) {
    case WindowKind::kTumble: return group == "TUMBLE" && sizes == std::vector{window.size_ms};
    case WindowKind::kHop: return group == "HOP" && sizes == std::vector{window.slide_ms, window.size_ms};
    default: return group == "SESSION" && sizes == std::vector{window.size_ms};
  }
}

}  // namespace

Status SelectBinder::CheckWindowProperties(const Expr& e) const {
  for (const ExprPtr& a : e.args) SLUICE_RETURN_IF_ERROR(CheckWindowProperties(*a));
  if (PlaceholderIndex(e, kWindowPlaceholder) < 0) return {};
  const std::string& name = e.args[1]->value.as_string();
  std::vector<int64_t> sizes;
  for (size_t i = 2; i < e.args.size(); ++i) {
    const Expr& argument = *e.args[i];
    if (argument.kind == ExprKind::kLiteral && argument.type.is_interval()) sizes.push_back(argument.value.as_int());
  }
  const std::string group = GroupOfProperty(name);
  if (group_window_ && SameWindow(group, sizes, *group_window_)) return {};
  if (!grouped_) {
    return Invalid(
        fmt::format("Unsupported call: {}({}, INTERVAL SECOND(3) NOT NULL) \nIf you think this function should "
                    "be supported, you can create an issue and start a discussion for it.",
                    name, e.type.Nullable().WithTimeAttribute(TimeAttribute::kNone).ToString()),
        e.position);
  }
  return Invalid(
      fmt::format(
          "Call to auxiliary group function '{}' must have matching call to group function '${}' in GROUP BY clause",
          name, group),
      e.position);
}

}  // namespace sluice::engine::sql
