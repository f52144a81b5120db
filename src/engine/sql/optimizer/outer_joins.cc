// Outer joins whose padded rows a filter above drops anyway are inner joins on that side.
#include <algorithm>
#include <functional>
#include <set>

#include "engine/sql/optimizer/optimizer.h"

namespace sluice::engine::sql {

namespace {

using Columns = std::function<bool(int)>;

/// NULL whenever the columns are NULL.
bool NullIfNull(const Expr& e, const Columns& columns) {
  if (e.kind == ExprKind::kInput) return columns(e.input);
  if (e.kind == ExprKind::kLiteral) return e.value.is_null();
  static const std::set<std::string> kStrict = {"=", "<>", "<",   "<=",  ">",    ">=",   "+",     "-",    "*",
                                                "/", "%",  "NOT", "NEG", "CAST", "LIKE", "UPPER", "LOWER"};
  if (!kStrict.contains(e.function)) return false;
  return std::any_of(e.args.begin(), e.args.end(), [&](const ExprPtr& a) { return NullIfNull(*a, columns); });
}

/// Not TRUE whenever the columns are NULL.
bool NotTrueIfNull(const Expr& e, const Columns& columns) {
  if (NullIfNull(e, columns)) return true;
  if (e.kind == ExprKind::kLiteral)
    return e.value.is_null() || (e.type.kind() == TypeKind::kBoolean && !e.value.as_bool());
  if (e.kind != ExprKind::kCall) return false;
  auto arg = [&](const ExprPtr& a) { return NotTrueIfNull(*a, columns); };
  if (e.function == "AND") return std::any_of(e.args.begin(), e.args.end(), arg);
  if (e.function == "OR") return std::all_of(e.args.begin(), e.args.end(), arg);
  if (e.function == "IS NOT NULL") return NullIfNull(*e.args[0], columns);
  if (e.function == "IS TRUE") return arg(e.args[0]);
  return false;
}

}  // namespace

JoinKind WithoutPadding(const JoinRel& join, const ExprPtr& filter) {
  const auto left_width = static_cast<int>(join.inputs[0]->schema.size());
  bool pads_left = join.join == JoinKind::kRight || join.join == JoinKind::kFull;
  bool pads_right = join.join == JoinKind::kLeft || join.join == JoinKind::kFull;
  if (!pads_left && !pads_right) return join.join;
  for (const ExprPtr& c : SplitConjunction(filter)) {
    if (pads_left && NotTrueIfNull(*c, [&](int i) { return i < left_width; })) pads_left = false;
    if (pads_right && NotTrueIfNull(*c, [&](int i) { return i >= left_width; })) pads_right = false;
  }
  if (pads_left) return pads_right ? JoinKind::kFull : JoinKind::kRight;
  return pads_right ? JoinKind::kLeft : JoinKind::kInner;
}

}  // namespace sluice::engine::sql
