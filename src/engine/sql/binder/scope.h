// What names can refer to while one SELECT is bound: the tables of its FROM clause, side by side.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/plan/expr.h"
#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

/// Input references at or above this are columns of the enclosing query's scope (index minus base); from twice this
/// on, of the scope around that one, and so on.
inline constexpr int kOuterBase = 1 << 20;

struct ScopeTable {
  std::string alias;              // the alias, or the last part of the table's name
  std::vector<std::string> path;  // catalog, database, name; empty for derived tables and aliased ones
  size_t first = 0;               // columns [first, first + count) of the scope's schema
  size_t count = 0;
};

struct Scope {
  std::vector<ScopeTable> tables;
  Schema schema;
  /// Columns merged by USING / NATURAL: name → value; `*` shows them first.
  std::vector<std::pair<std::string, ExprPtr>> merged;
  /// Columns that `*` leaves out because they are in `merged`; also not found without a table name.
  std::vector<bool> hidden;
  const Scope* outer = nullptr;

  void Add(ScopeTable table, const Schema& columns);
  ExprPtr ColumnRefAt(size_t column) const { return Expr::Input(static_cast<int>(column), schema[column].type); }
  bool IsHidden(size_t column) const { return column < hidden.size() && hidden[column]; }

  /// The column, or the field of a row in it, at `path`.
  ExprPtr Along(const std::vector<size_t>& path, TextPosition position) const;
  /// A column named so, else a field of a ROW column (as Calcite peeks into rows); null if there is none.
  Result<ExprPtr> FindUnqualified(const std::string& name, TextPosition position) const;
  /// Resolves a.b.c to a column and field accesses behind it. Errors as Calcite words them. Looks into `outer` last.
  Result<ExprPtr> Resolve(const std::vector<ast::Identifier>& parts, TextPosition position) const;
  /// The table with this alias, null if none.
  const ScopeTable* FindTable(const std::vector<ast::Identifier>& parts, size_t count) const;
};

/// row.field, with the type that a nullable row gives it.
ExprPtr FieldAccess(ExprPtr row, size_t field, TextPosition position = {});

}  // namespace sluice::engine::sql
