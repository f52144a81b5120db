// FROM: tables, views, sub-queries, window table functions, UNNEST; joins are in join_binder.cc.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/select_binder.h"
#include "engine/sql/binder/window_functions.h"
#include "engine/sql/errors.h"
#include "engine/sql/parser/parser.h"

namespace sluice::engine::sql {

namespace {

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

}  // namespace sluice::engine::sql
