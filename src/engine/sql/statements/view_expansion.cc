#include "engine/sql/statements/view_expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/sql/parser/parser.h"
#include "engine/sql/parser/unparse.h"
#include "engine/sql/statements/ast_children.h"

namespace sluice::engine::sql {

namespace {

using Columns = std::vector<std::string>;

/// A table that names in one SELECT can refer to.
struct NamedTable {
  std::string alias;
  std::vector<std::string> path;
  Columns columns;
  bool known = true;  // false: the columns are the binder's business
};

struct Level {
  std::vector<NamedTable> tables;
  bool merged = false;  // USING or NATURAL: `*` is more than the tables' columns
  const Level* outer = nullptr;
};

ast::Identifier Id(std::string name) {
  ast::Identifier id;
  id.name = std::move(name);
  id.quoted = true;
  return id;
}

ast::ExprPtr ColumnName(const std::string& table, const std::string& column) {
  auto name = new ast::NameExpr();
  name->parts = {Id(table), Id(column)};
  return ast::ExprPtr(name);
}

Columns Aliased(const std::vector<ast::Identifier>& aliases, Columns columns) {
  if (aliases.empty()) return columns;
  columns.clear();
  for (const ast::Identifier& a : aliases) columns.push_back(a.name);
  return columns;
}

class Expander {
 public:
  explicit Expander(const BindContext& context) : catalog_(*context.catalog) {}

  Columns Query(ast::Query& q, const Level* outer);
  /// Something in the query is left to the binder: the text as written is better than half of it.
  bool gave_up() const { return gave_up_; }

 private:
  Columns Body(ast::Query& q, const Level* outer);
  Columns Select(ast::SelectQuery& q, const Level* outer);
  void OrderBy(ast::Query& q, const Columns& output, const Level& level);
  void Items(ast::SelectQuery& q, const Level& level, Columns& output);
  bool Star(const ast::NameExpr& star, const Level& level, std::vector<ast::SelectItem>& items, Columns& output);
  void Group(ast::GroupItem& item, const Level& level);
  void Window(ast::WindowSpec& window, const Level& level);
  void From(ast::TableRef& ref, Level& level);
  void Named(ast::NamedTableRef& ref, Level& level);
  void Function(ast::FunctionTableRef& ref, Level& level);
  Columns TableArgument(ast::TableArgumentExpr& argument, const Level& level);
  void Name(ast::NameExpr& name, const Level& level);
  void Expr(ast::Expr& e, const Level& level);
  std::string Alias(ast::TableRef& ref);
  const Columns* CommonTable(const std::string& name) const;
  ObjectPath Qualify(ast::CompoundName& name) const;
  Columns TableColumns(const ObjectPath& path) const;

  const Catalog& catalog_;
  std::vector<std::map<std::string, Columns>> common_tables_;
  int next_alias_ = 0;
  bool gave_up_ = false;
};

const Columns* Expander::CommonTable(const std::string& name) const {
  for (auto scope = common_tables_.rbegin(); scope != common_tables_.rend(); ++scope) {
    if (auto it = scope->find(name); it != scope->end()) return &it->second;
  }
  return nullptr;
}

ObjectPath Expander::Qualify(ast::CompoundName& name) const {
  std::vector<std::string> parts;
  for (const ast::Identifier& p : name.parts) parts.push_back(p.name);
  const ObjectPath path = catalog_.Qualify(parts);
  name.parts = {Id(path.catalog), Id(path.database), Id(path.name)};
  return path;
}

Columns Expander::TableColumns(const ObjectPath& path) const {
  Columns columns;
  if (CatalogTablePtr table = catalog_.FindTable(path)) {
    for (const TableColumn& c : table->columns) columns.push_back(c.name);
  }
  return columns;
}

std::string Expander::Alias(ast::TableRef& ref) {
  if (!ref.alias) ref.alias = Id(fmt::format("EXPR${}", next_alias_++));
  return ref.alias->name;
}

Columns Expander::Query(ast::Query& q, const Level* outer) {
  common_tables_.emplace_back();
  if (q.recursive) gave_up_ = true;
  for (ast::CommonTable& table : q.with) {
    Columns columns = Aliased(table.columns, Query(*table.query, outer));
    common_tables_.back()[table.name.name] = std::move(columns);
  }
  Columns output = Body(q, outer);
  common_tables_.pop_back();
  return output;
}

Columns Expander::Body(ast::Query& q, const Level* outer) {
  switch (q.kind) {
    case ast::QueryKind::kSelect: return Select(static_cast<ast::SelectQuery&>(q), outer);
    case ast::QueryKind::kSetOp: {
      auto& set = static_cast<ast::SetOpQuery&>(q);
      Columns output = Query(*set.left, outer);
      Query(*set.right, outer);
      return output;
    }
    case ast::QueryKind::kValues: {
      auto& values = static_cast<ast::ValuesQuery&>(q);
      Columns output;
      Level level;
      level.outer = outer;
      for (auto& row : values.rows) {
        for (auto& e : row) Expr(*e, level);
      }
      for (size_t i = 0; !values.rows.empty() && i < values.rows[0].size(); ++i)
        output.push_back(fmt::format("EXPR${}", i));
      return output;
    }
    case ast::QueryKind::kTable: {
      auto& table = static_cast<ast::TableQuery&>(q);
      if (table.name.parts.size() == 1) {
        if (const Columns* columns = CommonTable(table.name.parts[0].name)) return *columns;
      }
      return TableColumns(Qualify(table.name));
    }
    case ast::QueryKind::kNested: return Query(*static_cast<ast::NestedQuery&>(q).query, outer);
  }
  return {};
}

Columns Expander::Select(ast::SelectQuery& q, const Level* outer) {
  Level level;
  level.outer = outer;
  if (q.from != nullptr) From(*q.from, level);
  Columns output;
  Items(q, level, output);
  if (q.where != nullptr) Expr(*q.where, level);
  for (ast::GroupItem& item : q.group_by) Group(item, level);
  if (q.having != nullptr) Expr(*q.having, level);
  for (ast::NamedWindow& window : q.windows) Window(*window.spec, level);
  if (q.qualify != nullptr) Expr(*q.qualify, level);
  OrderBy(q, output, level);
  return output;
}

/// A name of an output column stays: it may be an alias.
void Expander::OrderBy(ast::Query& q, const Columns& output, const Level& level) {
  for (ast::OrderItem& item : q.order_by) {
    if (item.expr->kind == ast::ExprKind::kName) {
      const auto& name = static_cast<const ast::NameExpr&>(*item.expr);
      if (name.parts.size() == 1 && std::find(output.begin(), output.end(), name.parts[0].name) != output.end())
        continue;
    }
    Expr(*item.expr, level);
  }
}

bool Expander::Star(const ast::NameExpr& star, const Level& level, std::vector<ast::SelectItem>& items,
                    Columns& output) {
  if (star.parts.empty() && level.merged) return false;
  bool found = false;
  for (const NamedTable& table : level.tables) {
    if (!star.parts.empty() && star.parts.back().name != table.alias) continue;
    if (!table.known) return false;
    found = true;
    for (const std::string& column : table.columns) {
      items.emplace_back().expr = ColumnName(table.alias, column);
      output.push_back(column);
    }
  }
  return found;
}

void Expander::Items(ast::SelectQuery& q, const Level& level, Columns& output) {
  std::vector<ast::SelectItem> items;
  for (size_t i = 0; i < q.items.size(); ++i) {
    ast::SelectItem& item = q.items[i];
    const auto* name =
        item.expr->kind == ast::ExprKind::kName ? static_cast<const ast::NameExpr*>(item.expr.get()) : nullptr;
    if (name != nullptr && name->star) {
      if (!Star(*name, level, items, output)) {
        gave_up_ = true;
        return;
      }
      continue;
    }
    if (item.alias) {
      output.push_back(item.alias->name);
    } else if (name != nullptr) {
      output.push_back(name->parts.back().name);
    } else if (item.expr->kind == ast::ExprKind::kField) {
      output.push_back(static_cast<const ast::FieldExpr&>(*item.expr).field.name);
    } else {
      output.push_back(fmt::format("EXPR${}", i));
    }
    Expr(*item.expr, level);
    items.push_back(std::move(item));
  }
  q.items = std::move(items);
}

void Expander::Group(ast::GroupItem& item, const Level& level) {
  for (auto& e : item.exprs) {
    Expr(*e, level);
    if (e->kind != ast::ExprKind::kCall) continue;
    // Calcite's own names of the group windows.
    auto& name = static_cast<ast::CallExpr&>(*e).name.parts[0].name;
    const std::string upper = UpperCase(name);
    if (upper == "TUMBLE" || upper == "HOP" || upper == "SESSION") name = "$" + upper;
  }
  for (ast::GroupItem& child : item.children) Group(child, level);
}

void Expander::Window(ast::WindowSpec& window, const Level& level) {
  for (auto& e : window.partition_by) Expr(*e, level);
  for (ast::OrderItem& item : window.order_by) Expr(*item.expr, level);
}

void Expander::From(ast::TableRef& ref, Level& level) {
  switch (ref.kind) {
    case ast::TableRefKind::kTable: return Named(static_cast<ast::NamedTableRef&>(ref), level);
    case ast::TableRefKind::kFunction: return Function(static_cast<ast::FunctionTableRef&>(ref), level);
    case ast::TableRefKind::kDerived: {
      auto& derived = static_cast<ast::DerivedTableRef&>(ref);
      NamedTable table;
      table.alias = Alias(ref);
      table.columns = Aliased(ref.column_aliases, Query(*derived.query, derived.lateral ? &level : level.outer));
      level.tables.push_back(std::move(table));
      return;
    }
    case ast::TableRefKind::kUnnest: {
      for (auto& e : static_cast<ast::UnnestTableRef&>(ref).operands) Expr(*e, level);
      const std::string alias = Alias(ref);
      level.tables.push_back({alias, {}, Aliased(ref.column_aliases, {}), !ref.column_aliases.empty()});
      return;
    }
    case ast::TableRefKind::kJoin: {
      auto& join = static_cast<ast::JoinTableRef&>(ref);
      From(*join.left, level);
      From(*join.right, level);
      level.merged |= join.has_using || join.natural;
      if (join.on != nullptr) Expr(*join.on, level);
      return;
    }
    case ast::TableRefKind::kMatchRecognize:
    case ast::TableRefKind::kPivot: gave_up_ = true; return;
  }
}

void Expander::Named(ast::NamedTableRef& ref, Level& level) {
  NamedTable table;
  const std::string last = ref.name.parts.back().name;
  const Columns* common = ref.name.parts.size() == 1 ? CommonTable(last) : nullptr;
  if (common != nullptr) {
    table.columns = *common;
  } else {
    const ObjectPath path = Qualify(ref.name);
    table.path = {path.catalog, path.database, path.name};
    table.columns = TableColumns(path);
  }
  if (ref.system_time_as_of != nullptr) Expr(*ref.system_time_as_of, level);
  // Flink writes no alias behind a hint.
  if (!ref.alias && ref.hints.empty()) ref.alias = Id(last);
  table.alias = ref.alias ? ref.alias->name : last;
  table.columns = Aliased(ref.column_aliases, std::move(table.columns));
  level.tables.push_back(std::move(table));
}

void Expander::Function(ast::FunctionTableRef& ref, Level& level) {
  const std::string alias = Alias(ref);
  auto& call = static_cast<ast::CallExpr&>(*ref.call);
  const std::string function = UpperCase(call.name.parts.back().name);
  const bool window = function == "TUMBLE" || function == "HOP" || function == "CUMULATE" || function == "SESSION";
  Columns columns;
  for (auto& written : call.arguments) {
    ast::Expr* argument = written.get();
    if (argument->kind == ast::ExprKind::kNamedArgument)
      argument = static_cast<ast::NamedArgumentExpr*>(argument)->value.get();
    if (argument->kind == ast::ExprKind::kTableArgument) {
      columns = TableArgument(static_cast<ast::TableArgumentExpr&>(*argument), level);
    } else {
      Expr(*argument, level);
    }
  }
  if (window) columns.insert(columns.end(), {"window_start", "window_end", "window_time"});
  if (!window) NormalizeFunctionName(call);
  level.tables.push_back(
      {alias, {}, Aliased(ref.column_aliases, std::move(columns)), window || !ref.column_aliases.empty()});
}

/// `TABLE t` becomes a SELECT of its columns.
Columns Expander::TableArgument(ast::TableArgumentExpr& argument, const Level& level) {
  if (argument.query->kind == ast::QueryKind::kTable) {
    auto from = new ast::NamedTableRef();
    from->name = static_cast<ast::TableQuery&>(*argument.query).name;
    auto select = new ast::SelectQuery();
    select->from.reset(from);
    auto star = new ast::NameExpr();
    star->star = true;
    select->items.emplace_back().expr.reset(star);
    argument.query.reset(select);
    argument.table_keyword = false;
  }
  return Query(*argument.query, level.outer);
}

void Expander::Name(ast::NameExpr& name, const Level& level) {
  auto& parts = name.parts;
  for (const Level* at = &level; at != nullptr; at = at->outer) {
    // A table's name in front: its alias stands for the whole path.
    for (size_t n = std::min<size_t>(parts.size() - 1, 3); n >= 1; --n) {
      for (const NamedTable& table : at->tables) {
        if (n == 1 ? table.alias != parts[0].name : (table.path.empty() || table.path.back() != table.alias)) continue;
        bool same = n == 1 || table.path.size() >= n;
        for (size_t k = 0; same && n > 1 && k < n; ++k) same = table.path[table.path.size() - n + k] == parts[k].name;
        if (!same) continue;
        parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(n) - 1);
        parts[0] = Id(table.alias);
        return;
      }
    }
    const NamedTable* owner = nullptr;
    for (const NamedTable& table : at->tables) {
      if (std::find(table.columns.begin(), table.columns.end(), parts[0].name) == table.columns.end()) continue;
      if (owner != nullptr) return;  // merged by USING: no single table has it
      owner = &table;
    }
    if (owner != nullptr) {
      parts.insert(parts.begin(), Id(owner->alias));
      return;
    }
  }
}

void Expander::Expr(ast::Expr& e, const Level& level) {
  if (e.kind == ast::ExprKind::kName && !static_cast<ast::NameExpr&>(e).star)
    return Name(static_cast<ast::NameExpr&>(e), level);
  if (e.kind == ast::ExprKind::kCall) NormalizeFunctionName(static_cast<ast::CallExpr&>(e));
  ForEachChild(
      e, [&](ast::Expr& child) { Expr(child, level); }, [&](ast::Query& query) { Query(query, &level); });
}

}  // namespace

ExpandedQuery ExpandViewQuery(const BindContext& context, std::string_view query) {
  auto parsed = ParseQuery(query);
  if (!parsed.ok()) return {std::string(query), {}};
  Expander expander(context);
  Columns columns = expander.Query(**parsed, nullptr);
  if (!expander.gave_up()) return {Unparse(**parsed), std::move(columns)};
  auto as_written = ParseQuery(query);
  return {as_written.ok() ? Unparse(**as_written) : std::string(query), {}};
}

}  // namespace sluice::engine::sql
