#include "engine/sql/binder/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/sql/catalog/catalog.h"

namespace sluice::engine::sql {

namespace {

bool SameIgnoringCase(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// Columns [begin, end) named `name`; -1 none, -2 several.
int FindColumn(const Scope& scope, size_t begin, size_t end, const std::string& name, bool skip_hidden) {
  int found = -1;
  for (size_t i = begin; i < end; ++i) {
    if (scope.schema[i].name != name || (skip_hidden && scope.IsHidden(i))) continue;
    if (found >= 0) return -2;
    found = static_cast<int>(i);
  }
  return found;
}

Error Ambiguous(const std::string& name, TextPosition position) {
  return Error(ErrorCode::kValidation, fmt::format("Column '{}' is ambiguous", name), position);
}

Result<ExprPtr> Fields(ExprPtr e, const std::vector<ast::Identifier>& parts, size_t from, TextPosition position) {
  for (size_t k = from; k < parts.size(); ++k) {
    const std::string& name = parts[k].name;
    const int field = e->type.kind() == TypeKind::kRow ? e->type.FieldIndex(name) : -1;
    if (field < 0) {
      std::string table;
      for (size_t i = 0; i < k; ++i) table += (i > 0 ? "." : "") + parts[i].name;
      return Error(ErrorCode::kValidation, fmt::format("Column '{}.{}' not found in any table", table, name), position);
    }
    e = FieldAccess(e, static_cast<size_t>(field), position);
  }
  return e;
}

}  // namespace

ExprPtr FieldAccess(ExprPtr row, size_t field, TextPosition position) {
  DataType type = row->type.fields()[field].type;
  if (row->type.nullable()) type = type.Nullable();
  auto index = Expr::Literal(Value::Int(static_cast<int64_t>(field)), DataType::Integer().NotNull());
  return Expr::Call("FIELD", {std::move(row), std::move(index)}, type, position);
}

void Scope::Add(ScopeTable table, const Schema& columns) {
  table.first = schema.size();
  table.count = columns.size();
  schema.insert(schema.end(), columns.begin(), columns.end());
  tables.push_back(std::move(table));
}

const ScopeTable* Scope::FindTable(const std::vector<ast::Identifier>& parts, size_t count) const {
  for (const ScopeTable& t : tables) {
    if (count == 1) {
      if (t.alias == parts[0].name) return &t;
      continue;
    }
    if (t.path.size() < count) continue;
    bool same = true;
    for (size_t k = 0; k < count; ++k) same &= t.path[t.path.size() - count + k] == parts[k].name;
    if (same) return &t;
  }
  return nullptr;
}

Result<ExprPtr> Scope::Resolve(const std::vector<ast::Identifier>& parts, TextPosition position) const {
  // A table name in front binds strongest, the longest one first.
  for (size_t n = std::min<size_t>(parts.size() - 1, 3); n >= 1; --n) {
    const ScopeTable* table = FindTable(parts, n);
    if (table == nullptr) continue;
    const int column = FindColumn(*this, table->first, table->first + table->count, parts[n].name, false);
    if (column == -2) return Ambiguous(parts[n].name, position);
    if (column >= 0) return Fields(ColumnRefAt(static_cast<size_t>(column)), parts, n + 1, position);
    // `a.b` where a is both a table and a ROW column: the column may still have the field.
    if (FindColumn(*this, 0, schema.size(), parts[0].name, true) >= 0) break;
    std::vector<std::string> near;
    for (size_t i = table->first; i < table->first + table->count; ++i) {
      if (SameIgnoringCase(schema[i].name, parts[n].name)) near.push_back(schema[i].name);
    }
    std::string message = fmt::format("Column '{}' not found in table '{}'", parts[n].name, table->alias);
    if (!near.empty()) message += fmt::format("; did you mean '{}'?", near[0]);
    return Error(ErrorCode::kValidation, message, position);
  }
  for (const auto& [name, value] : merged) {
    if (name == parts[0].name) return Fields(value, parts, 1, position);
  }
  const int column = FindColumn(*this, 0, schema.size(), parts[0].name, true);
  if (column == -2) return Ambiguous(parts[0].name, position);
  if (column >= 0) return Fields(ColumnRefAt(static_cast<size_t>(column)), parts, 1, position);
  if (outer != nullptr) {
    auto found = outer->Resolve(parts, position);
    if (found.ok()) {
      return ExprShift(*found, kOuterBase);
    }
  }
  if (parts.size() > 1) {
    return Error(ErrorCode::kValidation, fmt::format("Table '{}' not found", parts[0].name), position);
  }
  for (const RowField& f : schema) {
    if (SameIgnoringCase(f.name, parts[0].name)) {
      return Error(ErrorCode::kValidation,
                   fmt::format("Column '{}' not found in any table; did you mean '{}'?", parts[0].name, f.name),
                   position);
    }
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < schema.size(); ++i) names.push_back(schema[i].name);
  std::string message = fmt::format("Column '{}' not found in any table", parts[0].name);
  if (const std::string near = NearestName(parts[0].name, names); !near.empty())
    message += fmt::format("; did you mean '{}'?", near);
  return Error(ErrorCode::kValidation, message, position);
}

}  // namespace sluice::engine::sql
