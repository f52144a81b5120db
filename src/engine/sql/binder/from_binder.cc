// FROM: tables, views, joins, sub-queries, window table functions, UNNEST.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/decorrelate.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/select_binder.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/binder/window_functions.h"
#include "engine/sql/parser/parser.h"

namespace sluice::engine::sql {

namespace {

Error Invalid(std::string message, TextPosition position) {
  return Error(ErrorCode::kValidation, std::move(message), position);
}

Error NotYet(std::string what, TextPosition position) {
  return Error(ErrorCode::kNotSupported, "not supported yet: " + std::move(what), position);
}

std::string Quoted(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "'" : ", '") + n + "'";
  return out;
}

}  // namespace

Result<BoundFrom> QueryBinder::WithAlias(RelPtr rel, const ast::TableRef& ref, const std::string& default_alias,
                                         std::vector<std::string> path) {
  if (ref.sample) return NotYet("TABLESAMPLE", ref.position);
  if (ref.system_time_as_of && &ref != versioned_) {
    return Invalid(
        "FOR SYSTEM_TIME AS OF outside of a join asks the catalog for an older version of the table, and it keeps "
        "none: "
        "getTable(ObjectPath, long) is not implemented",
        ref.position);
  }
  if (!ref.column_aliases.empty()) {
    if (ref.column_aliases.size() != rel->schema.size()) {
      std::vector<std::string> names;
      for (const RowField& f : rel->schema) names.push_back(f.name);
      return Invalid(
          fmt::format("List of column aliases must have same degree as table; table has {} columns ({}), whereas "
                      "alias list has {} columns",
                      names.size(), Quoted(names), ref.column_aliases.size()),
          ref.position);
    }
    std::vector<ExprPtr> columns;
    std::vector<std::string> names;
    for (size_t i = 0; i < rel->schema.size(); ++i) {
      columns.push_back(ColumnRef(rel->schema, i));
      names.push_back(ref.column_aliases[i].name);
    }
    rel = MakeProject(rel, std::move(columns), std::move(names));
  }
  BoundFrom out;
  ScopeTable table;
  table.alias = ref.alias ? ref.alias->name : default_alias;
  if (!ref.alias) table.path = std::move(path);
  out.scope.Add(std::move(table), rel->schema);
  out.rel = std::move(rel);
  return out;
}

Result<BoundFrom> QueryBinder::BindNamed(const ast::NamedTableRef& ref) {
  if (ref.name.parts.size() == 1) {
    for (size_t k = common_tables_.size(); k-- > 0;) {
      auto it = common_tables_[k].find(ref.name.parts[0].name);
      if (it != common_tables_[k].end()) return WithAlias(it->second, ref, it->first, {});
    }
  }
  std::vector<std::string> parts;
  for (const ast::Identifier& p : ref.name.parts) parts.push_back(p.name);
  const ObjectPath path = context_.catalog->Qualify(parts);
  if (context_.catalog->FindTable(path) == nullptr) {
    std::string message = fmt::format("Object '{}' not found", parts.back());
    if (parts.size() > 1) {
      parts.pop_back();
      message += fmt::format(" within '{}'", fmt::join(parts, "."));
    }
    const std::string near = context_.catalog->NearestTable(path);
    if (!near.empty()) message += fmt::format("; did you mean '{}'?", near);
    return Invalid(message, ref.position);
  }
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, BindTable(path, ref.hints, ref.position));
  return WithAlias(std::move(rel), ref, path.name, {path.catalog, path.database, path.name});
}

Result<BoundFrom> QueryBinder::BindFrom(const ast::TableRef& ref, const Scope* outer) {
  switch (ref.kind) {
    case ast::TableRefKind::kTable: return BindNamed(static_cast<const ast::NamedTableRef&>(ref));
    case ast::TableRefKind::kDerived: {
      const auto& derived = static_cast<const ast::DerivedTableRef&>(ref);
      SLUICE_ASSIGN_OR_RETURN(RelPtr rel, Bind(*derived.query, derived.lateral ? outer : nullptr));
      return WithAlias(std::move(rel), ref, "", {});
    }
    case ast::TableRefKind::kFunction: return BindFunction(static_cast<const ast::FunctionTableRef&>(ref), outer);
    case ast::TableRefKind::kUnnest: {
      auto values = std::make_shared<ValuesRel>();
      values->rows.emplace_back();
      Scope none;
      none.outer = outer;
      return BindUnnest(static_cast<const ast::UnnestTableRef&>(ref), values, none, false);
    }
    case ast::TableRefKind::kJoin: return BindJoin(static_cast<const ast::JoinTableRef&>(ref), outer);
    case ast::TableRefKind::kMatchRecognize: return BindMatch(static_cast<const ast::MatchRecognizeRef&>(ref), outer);
    case ast::TableRefKind::kPivot: return NotYet("PIVOT and UNPIVOT", ref.position);
  }
  return Error(ErrorCode::kInternal, "unknown table reference", ref.position);
}

// --- table functions

Result<BoundFrom> QueryBinder::BindFunction(const ast::FunctionTableRef& ref, const Scope* outer) {
  if (ref.call->kind != ast::ExprKind::kCall) return Invalid("a table function call is expected", ref.position);
  const auto& call = static_cast<const ast::CallExpr&>(*ref.call);
  const std::string name = UpperCase(call.name.parts.back().name);
  if (name == "TUMBLE" || name == "HOP" || name == "CUMULATE" || name == "SESSION") {
    SLUICE_ASSIGN_OR_RETURN(RelPtr rel, BindWindowFunction(call, name, outer));
    return WithAlias(std::move(rel), ref, "", {});
  }
  if (name == "DESCRIPTOR" || context_.functions->FindScalar(name) != nullptr) {
    return Invalid(fmt::format("Function '{}' is not a table function", call.name.ToString()), ref.position);
  }
  const bool user =
      context_.catalog->temporary_system_functions.contains(call.name.parts[0].name) ||
      context_.catalog->temporary_functions.contains(context_.catalog->Qualify({call.name.parts[0].name}));
  if (user) return NotYet(fmt::format("user-defined table function '{}'", call.name.ToString()), ref.position);
  return Invalid(fmt::format("No match found for function signature {}", call.name.ToString()), ref.position);
}

Result<RelPtr> QueryBinder::BindWindowFunction(const ast::CallExpr& call, const std::string& name, const Scope* outer) {
  // Named arguments take the place that their name has.
  static const std::map<std::string, std::vector<std::string>> kNames = {
      {"TUMBLE", {"DATA", "TIMECOL", "SIZE", "OFFSET"}},
      {"HOP", {"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"}},
      {"CUMULATE", {"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"}},
      {"SESSION", {"DATA", "TIMECOL", "GAP"}}};
  std::vector<const ast::Expr*> arguments;
  for (const ast::ExprPtr& a : call.arguments) {
    if (a->kind != ast::ExprKind::kNamedArgument) {
      arguments.push_back(a.get());
      continue;
    }
    const auto& named = static_cast<const ast::NamedArgumentExpr&>(*a);
    const auto& names = kNames.at(name);
    const auto at = std::find(names.begin(), names.end(), UpperCase(named.name.name));
    if (at == names.end())
      return Invalid(fmt::format("Unknown argument name '{}' of {}", named.name.name, name), a->position);
    const auto index = static_cast<size_t>(at - names.begin());
    if (arguments.size() <= index) arguments.resize(index + 1);
    arguments[index] = named.value.get();
  }
  if (arguments.empty() || arguments[0] == nullptr)
    return Invalid(name + " needs a table as its first argument", call.position);
  RelPtr input;
  std::vector<std::string> partition_by;
  if (arguments[0]->kind == ast::ExprKind::kTableArgument) {
    const auto& table = static_cast<const ast::TableArgumentExpr&>(*arguments[0]);
    SLUICE_ASSIGN_OR_RETURN(input, Bind(*table.query, outer));
    for (const ast::ExprPtr& e : table.partition_by) {
      if (e->kind != ast::ExprKind::kName) return NotYet("PARTITION BY expressions here", e->position);
      partition_by.push_back(static_cast<const ast::NameExpr&>(*e).parts.back().name);
    }
  } else if (arguments[0]->kind == ast::ExprKind::kScalarSubquery) {
    SLUICE_ASSIGN_OR_RETURN(input, Bind(*static_cast<const ast::SubqueryExpr&>(*arguments[0]).query, outer));
  } else {
    return Invalid(name + " needs a table as its first argument: TABLE t", arguments[0]->position);
  }
  arguments.erase(arguments.begin());
  for (const ast::Expr* a : arguments) {
    if (a == nullptr) return Invalid("Invalid number of arguments to function '" + name + "'", call.position);
  }
  Scope scope;
  ExprBinder binder = MakeBinder(scope, "FROM");
  return BindWindowTableFunction(name, input, arguments, partition_by, binder, context_, call.position);
}

Result<BoundFrom> QueryBinder::BindUnnest(const ast::UnnestTableRef& ref, const RelPtr& left, const Scope& left_scope,
                                          bool left_outer) {
  if (ref.operands.size() != 1) return NotYet("UNNEST of several collections", ref.position);
  ExprBinder binder = MakeBinder(left_scope, "UNNEST");
  SLUICE_ASSIGN_OR_RETURN(ExprPtr collection, binder.Bind(*ref.operands[0]));
  const DataType& type = collection->type;
  if (type.kind() != TypeKind::kArray && type.kind() != TypeKind::kMap && type.kind() != TypeKind::kMultiset) {
    return Invalid(fmt::format("Cannot apply 'UNNEST' to arguments of type 'UNNEST(<{}>)'. Supported form(s): "
                               "'UNNEST(<MULTISET>)'\n'UNNEST(<ARRAY>)'\n'UNNEST(<MAP>)'",
                               type.ToCalciteString()),
                   ref.position);
  }
  Schema columns;
  if (type.kind() == TypeKind::kMap) {
    columns = {{"KEY", type.key(), ""}, {"VALUE", type.value(), ""}};
  } else if (type.element().kind() == TypeKind::kRow) {
    for (RowField f : type.element().fields()) {
      if (type.element().nullable()) f.type = f.type.Nullable();
      columns.push_back(std::move(f));
    }
  } else {
    columns = {{"EXPR$0", type.element(), ""}};
  }
  if (ref.with_ordinality) columns.push_back({"ORDINALITY", DataType::Integer().NotNull(), ""});
  if (!ref.column_aliases.empty()) {
    if (ref.column_aliases.size() != columns.size()) {
      std::vector<std::string> names;
      for (const RowField& f : columns) names.push_back(f.name);
      return Invalid(
          fmt::format("List of column aliases must have same degree as table; table has {} columns ({}), whereas "
                      "alias list has {} columns",
                      names.size(), Quoted(names), ref.column_aliases.size()),
          ref.position);
    }
    for (size_t i = 0; i < columns.size(); ++i) columns[i].name = ref.column_aliases[i].name;
  } else if (ref.alias && columns.size() == 1) {
    columns[0].name = ref.alias->name;
  }
  auto rel = std::make_shared<CorrelateRel>();
  rel->inputs = {left};
  rel->schema = left->schema;
  for (RowField& f : columns) {
    if (left_outer) f.type = f.type.Nullable();
    rel->schema.push_back(f);
  }
  rel->call = Expr::Call(ref.with_ordinality ? "UNNEST WITH ORDINALITY" : "UNNEST", {collection}, DataType::Null(),
                         ref.position);
  rel->left_outer = left_outer;
  rel->position = ref.position;
  BoundFrom out;
  out.rel = rel;
  out.scope = left_scope;
  out.scope.Add({ref.alias ? ref.alias->name : "", {}, 0, 0}, columns);
  return out;
}

// --- joins

namespace {

/// The columns of a lateral aggregate after LEFT JOIN: where no row matched, what the empty group's row would have
/// (COUNT 0). Empty if those are all NULL anyway.
std::vector<ExprPtr> ValuesOfEmptyGroup(const Decorrelated& d, size_t left_width) {
  auto is_null = [](const ExprPtr& e) { return e->kind == ExprKind::kLiteral && e->value.is_null(); };
  if (d.keys.empty() || std::all_of(d.empty_group.begin(), d.empty_group.end(), is_null)) return {};
  auto column = [&](size_t i) {
    return Expr::Input(static_cast<int>(left_width + i), d.rel->schema[i].type.Nullable());
  };
  const ExprPtr missing =
      Expr::Call("IS NULL", {column(static_cast<size_t>(d.keys[0].column))}, DataType::Boolean().NotNull());
  std::vector<ExprPtr> out;
  for (size_t i = 0; i < d.width; ++i) {
    const ExprPtr value = column(i);
    out.push_back(is_null(d.empty_group[i])
                      ? value
                      : Expr::Call("CASE", {missing, Coerce(d.empty_group[i], value->type), value}, value->type));
  }
  return out;
}

/// Sub-queries of ON that need nothing of either side: as columns of the right one.
Result<RelPtr> AttachToRight(RelPtr right, size_t left_width, const std::vector<BoundSubquery>& subqueries, ExprPtr& on,
                             TextPosition position) {
  const auto moved = static_cast<int>(left_width);
  for (const BoundSubquery& s : subqueries) {
    if (s.kind == SubqueryKind::kIn || s.kind == SubqueryKind::kSome || IsCorrelated(*s.rel)) {
      return NotYet("IN, SOME and correlated sub-queries in the ON clause", position);
    }
  }
  // While they are attached, the condition is over the right side alone: its columns, then the left ones.
  constexpr int kAside = 1 << 29;
  on = Rewrite(on, [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput) return nullptr;
    return Expr::Input(e->input < moved ? e->input + kAside : e->input - moved, e->type);
  });
  SLUICE_ASSIGN_OR_RETURN(right, AttachSubqueries(right, subqueries, {&on}, SameColumns()));
  on = Rewrite(on, [&](const ExprPtr& e) -> ExprPtr {
    if (e->kind != ExprKind::kInput) return nullptr;
    return Expr::Input(e->input >= kAside ? e->input - kAside : e->input + moved, e->type);
  });
  return right;
}

}  // namespace

Result<ExprPtr> QueryBinder::BindSystemTime(const ast::Expr& period, const Scope& left, const Rel& right,
                                            size_t left_width) {
  ExprBinder binder = MakeBinder(left, "FOR SYSTEM_TIME AS OF");
  SLUICE_ASSIGN_OR_RETURN(ExprPtr time, binder.Bind(period));
  if (time->kind != ExprKind::kInput || (!time->type.is_rowtime() && !time->type.is_proctime())) {
    return Invalid(
        "Temporal table join currently only supports 'FOR SYSTEM_TIME AS OF' left table's time attribute "
        "field, but got " +
            ExprToString(*time),
        period.position);
  }
  if (time->type.is_proctime()) {
    return NotYet("processing-time temporal joins and lookup joins (no lookup connector is there)", period.position);
  }
  for (size_t i = 0; i < right.schema.size(); ++i) {
    if (!right.schema[i].type.is_rowtime()) continue;
    const ExprPtr version = Expr::Input(static_cast<int>(left_width + i), right.schema[i].type);
    return Expr::Call(kTemporalCondition, {time, version}, DataType::Boolean().NotNull(), period.position);
  }
  return Invalid(
      "Event-Time Temporal Table Join requires both primary key and row time attribute in versioned table, but no row "
      "time attribute can be found.",
      period.position);
}

Result<BoundFrom> QueryBinder::BindJoin(const ast::JoinTableRef& ref, const Scope* outer) {
  SLUICE_ASSIGN_OR_RETURN(BoundFrom left, BindFrom(*ref.left, outer));
  left.scope.outer = outer;
  if (ref.type == ast::JoinType::kAsof || ref.type == ast::JoinType::kLeftAsof)
    return NotYet("ASOF JOIN", ref.position);
  const bool left_outer = ref.type == ast::JoinType::kLeft;
  const bool plain =
      ref.type == ast::JoinType::kComma || ref.type == ast::JoinType::kCross || ref.type == ast::JoinType::kInner;
  if (ref.right->kind == ast::TableRefKind::kUnnest) {
    if (!plain && !left_outer) {
      const char* name = ref.type == ast::JoinType::kRight ? "RIGHT" : "FULL";
      return Invalid(fmt::format("Unknown join type {}: UNNEST can be joined by CROSS, INNER and LEFT JOIN only", name),
                     ref.position);
    }
    SLUICE_ASSIGN_OR_RETURN(BoundFrom joined, BindUnnest(static_cast<const ast::UnnestTableRef&>(*ref.right), left.rel,
                                                         left.scope, left_outer));
    if (ref.on) {
      ExprBinder binder = MakeBinder(joined.scope, "ON");
      SLUICE_ASSIGN_OR_RETURN(ExprPtr on, binder.BindCondition(*ref.on));
      const bool always = on->kind == ExprKind::kLiteral && !on->value.is_null() && on->value.as_bool();
      if (!always && left_outer) {
        auto correlate = std::make_shared<CorrelateRel>(static_cast<const CorrelateRel&>(*joined.rel));
        correlate->condition = on;
        joined.rel = correlate;
      } else if (!always) {
        joined.rel = MakeFilter(joined.rel, on);
      }
    }
    return joined;
  }
  if (ref.right->system_time_as_of) versioned_ = ref.right.get();
  const bool lateral =
      ref.right->kind == ast::TableRefKind::kDerived && static_cast<const ast::DerivedTableRef&>(*ref.right).lateral;
  SLUICE_ASSIGN_OR_RETURN(BoundFrom right, BindFrom(*ref.right, lateral ? &left.scope : outer));

  BoundFrom out;
  auto join = std::make_shared<JoinRel>();
  join->position = ref.position;
  switch (ref.type) {
    case ast::JoinType::kLeft: join->join = JoinKind::kLeft; break;
    case ast::JoinType::kRight: join->join = JoinKind::kRight; break;
    case ast::JoinType::kFull: join->join = JoinKind::kFull; break;
    case ast::JoinType::kLeftSemi: join->join = JoinKind::kSemi; break;
    case ast::JoinType::kLeftAnti: join->join = JoinKind::kAnti; break;
    default: join->join = JoinKind::kInner;
  }
  const size_t left_width = left.rel->schema.size();
  std::vector<ExprPtr> conditions;
  std::vector<ExprPtr> lateral_values;
  if (lateral) {
    SLUICE_ASSIGN_OR_RETURN(Decorrelated d, Decorrelate(right.rel, left.rel, SameColumns(), JoinNeeds::kAnyCondition));
    if (ExprPtr own = JoinConditionOf(d, left_width)) conditions.push_back(std::move(own));
    right.rel = d.rel;
    if (join->join == JoinKind::kLeft) lateral_values = ValuesOfEmptyGroup(d, left_width);
  }
  // The names of both sides, with the nullability that the join gives them.
  const bool left_nullable = join->join == JoinKind::kRight || join->join == JoinKind::kFull;
  const bool right_nullable = join->join == JoinKind::kLeft || join->join == JoinKind::kFull;
  auto add_side = [&](const BoundFrom& side, bool nullable) {
    for (const ScopeTable& t : side.scope.tables) {
      Schema columns(side.scope.schema.begin() + static_cast<std::ptrdiff_t>(t.first),
                     side.scope.schema.begin() + static_cast<std::ptrdiff_t>(t.first + t.count));
      if (nullable) {
        for (RowField& f : columns) f.type = f.type.Nullable();
      }
      for (size_t i = 0; i < t.count; ++i) out.scope.hidden.push_back(side.scope.IsHidden(t.first + i));
      out.scope.Add(t, columns);
    }
  };
  for (const ScopeTable& l : left.scope.tables) {
    for (const ScopeTable& r : right.scope.tables) {
      if (!l.alias.empty() && l.alias == r.alias && l.path == r.path) {
        return Invalid(fmt::format("Duplicate relation name '{}' in FROM clause", l.alias), ref.right->position);
      }
    }
  }
  add_side(left, left_nullable);
  add_side(right, right_nullable);
  const size_t visible_right = right.scope.schema.size();
  out.scope.merged = left.scope.merged;
  out.scope.outer = outer;

  ExprBinder binder = MakeBinder(out.scope, "ON");
  std::vector<std::string> shared;
  if (ref.natural) {
    for (const RowField& f : left.scope.schema) {
      const auto same = [&](const RowField& g) { return g.name == f.name; };
      if (std::any_of(right.scope.schema.begin(), right.scope.schema.end(), same)) shared.push_back(f.name);
    }
  }
  for (const ast::Identifier& name : ref.using_columns) shared.push_back(name.name);
  for (const std::string& name : shared) {
    ast::Identifier id;
    id.name = name;
    auto l = left.scope.Resolve({id}, ref.position);
    auto r = right.scope.Resolve({id}, ref.position);
    if (!l.ok() || !r.ok()) return Invalid(fmt::format("Column '{}' not found in any table", name), ref.position);
    ExprPtr rr = ExprShift(*r, static_cast<int>(left_width));
    auto equal = binder.Call("=", {*l, rr}, ref.position);
    if (!equal.ok()) {
      return Invalid(
          fmt::format("Column '{}' matched using NATURAL keyword or USING clause has incompatible types: cannot "
                      "compare '{}' to '{}'",
                      name, (*l)->type.ToCalciteString(), rr->type.ToCalciteString()),
          ref.position);
    }
    conditions.push_back(*equal);
    ExprPtr merged = *l;
    if (join->join == JoinKind::kRight) merged = rr;
    if (join->join == JoinKind::kFull) {
      SLUICE_ASSIGN_OR_RETURN(merged, binder.Call("COALESCE", {ExprShift(*l, 0), rr}, ref.position));
    }
    out.scope.merged.emplace_back(name, merged);
    for (size_t i = 0; i < out.scope.schema.size(); ++i) {
      if (out.scope.schema[i].name == name) out.scope.hidden[i] = true;
    }
  }
  if (ref.right->system_time_as_of) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr as_of,
                            BindSystemTime(*ref.right->system_time_as_of, left.scope, *right.rel, left_width));
    conditions.push_back(std::move(as_of));
  }
  if (ref.on) {
    std::vector<BoundSubquery> subqueries;
    binder.subqueries = &subqueries;
    SLUICE_ASSIGN_OR_RETURN(ExprPtr on, binder.BindCondition(*ref.on));
    if (HasPlaceholder(*on, kSubqueryPlaceholder)) {
      SLUICE_ASSIGN_OR_RETURN(right.rel, AttachToRight(right.rel, left_width, subqueries, on, ref.on->position));
    }
    const bool always = on->kind == ExprKind::kLiteral && !on->value.is_null() && on->value.as_bool();
    if (!always) conditions.push_back(on);
    if (!always && !lateral_values.empty()) {
      return NotYet("a condition on a lateral aggregate that has a value for no rows", ref.on->position);
    }
  }
  join->condition = JoinConjunction(conditions);
  join->inputs = {left.rel, right.rel};
  join->schema = Schema(out.scope.schema.begin(), out.scope.schema.begin() + static_cast<std::ptrdiff_t>(left_width));
  if (join->join == JoinKind::kSemi || join->join == JoinKind::kAnti) {
    out.scope.schema.resize(left_width);
    out.scope.tables.resize(left.scope.tables.size());
  } else {
    for (const RowField& f : right.rel->schema) {
      join->schema.push_back({f.name, right_nullable ? f.type.Nullable() : f.type, f.description});
    }
  }
  out.rel = join;
  // A lateral sub-query carries columns for its conditions that nobody may name.
  if (right.rel->schema.size() > visible_right) {
    std::vector<ExprPtr> keep;
    std::vector<std::string> names;
    for (size_t i = 0; i < left_width + visible_right; ++i) {
      const bool has_value = i >= left_width && !lateral_values.empty();
      keep.push_back(has_value ? lateral_values[i - left_width] : ColumnRef(join->schema, i));
      names.push_back(join->schema[i].name);
    }
    out.rel = MakeProject(join, std::move(keep), std::move(names));
  }
  return out;
}

}  // namespace sluice::engine::sql
