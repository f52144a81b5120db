#include "engine/sql/binder/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "engine/sql/catalog/catalog.h"

namespace sluice::engine::sql {

namespace {

bool SameIgnoringCase(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// "; did you mean 'Name'?" if one of `fields` is `name` in another case.
std::string FieldInOtherCase(const std::vector<RowField>& fields, const std::string& name) {
  for (const RowField& f : fields) {
    if (SameIgnoringCase(f.name, name)) return fmt::format("; did you mean '{}'?", f.name);
  }
  return "";
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

/// The path of `name` below columns or fields: named so itself, else, as deep as it takes, a field of one of the rows
/// among them (Calcite's PEEK_FIELDS). How many there are; `path` is the last found.
template <typename Fields>
int FindPath(const Fields& fields, size_t begin, size_t end, const std::string& name, std::vector<size_t>& path,
             const std::function<bool(size_t)>& hidden = {}) {
  int found = 0;
  for (size_t i = begin; i < end; ++i) {
    if (fields[i].name != name || (hidden && hidden(i))) continue;
    path = {i};
    ++found;
  }
  if (found > 0) return found;
  for (size_t i = begin; i < end; ++i) {
    if (fields[i].type.kind() != TypeKind::kRow) continue;
    std::vector<size_t> below;
    const auto& inner = fields[i].type.fields();
    const int count = FindPath(inner, 0, inner.size(), name, below);
    if (count == 0) continue;
    path = {i};
    path.insert(path.end(), below.begin(), below.end());
    found += count;
  }
  return found;
}

Error Ambiguous(const std::string& name, TextPosition position) {
  return Error(ErrorCode::kValidation, fmt::format("Column '{}' is ambiguous", name), position);
}

/// "table 't'" of the column that `e` is, "any table" if it is of none.
std::string TableOf(const Scope& scope, const Expr& e) {
  if (e.kind == ExprKind::kInput) {
    const auto column = static_cast<size_t>(e.input);
    for (const ScopeTable& t : scope.tables) {
      if (column >= t.first && column < t.first + t.count && !t.alias.empty()) return "table '" + t.alias + "'";
    }
  }
  return "any table";
}

/// The fields parts[from…] of `e`, a column that the parts before name.
Result<ExprPtr> Fields(const Scope& scope, ExprPtr e, const std::vector<ast::Identifier>& parts, size_t from,
                       TextPosition position) {
  const std::string owner = TableOf(scope, *e);
  for (size_t k = from; k < parts.size(); ++k) {
    const std::string& name = parts[k].name;
    const int field = e->type.kind() == TypeKind::kRow ? e->type.FieldIndex(name) : -1;
    if (field < 0) {
      std::string table;
      for (size_t i = 0; i < k; ++i) table += (i > 0 ? "." : "") + parts[i].name;
      std::string message = fmt::format("Column '{}.{}' not found in {}", table, name, owner);
      if (e->type.kind() == TypeKind::kRow) message += FieldInOtherCase(e->type.fields(), name);
      return Error(ErrorCode::kValidation, std::move(message), position);
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

ExprPtr Scope::Along(const std::vector<size_t>& path, TextPosition position) const {
  ExprPtr e = ColumnRefAt(path[0]);
  for (size_t k = 1; k < path.size(); ++k) e = FieldAccess(e, path[k], position);
  return e;
}

Result<ExprPtr> Scope::FindUnqualified(const std::string& name, TextPosition position) const {
  std::vector<size_t> path;
  int found = 0;
  auto look = [&](size_t begin, size_t end) {
    std::vector<size_t> at;
    const int count = FindPath(schema, begin, end, name, at, [this](size_t i) { return IsHidden(i); });
    if (count > 0) path = at;
    found += count;
  };
  size_t covered = 0;
  for (const ScopeTable& table : tables) {
    look(table.first, table.first + table.count);
    covered = std::max(covered, table.first + table.count);
  }
  if (covered < schema.size()) look(covered, schema.size());
  if (found > 1) return Ambiguous(name, position);
  return found == 1 ? Along(path, position) : nullptr;
}

Result<ExprPtr> Scope::Resolve(const std::vector<ast::Identifier>& parts, TextPosition position) const {
  // A table name in front binds strongest, the longest one first.
  for (size_t n = std::min<size_t>(parts.size() - 1, 3); n >= 1; --n) {
    const ScopeTable* table = FindTable(parts, n);
    if (table == nullptr) continue;
    std::vector<size_t> path;
    const int count = FindPath(schema, table->first, table->first + table->count, parts[n].name, path);
    if (count > 1) return Ambiguous(parts[n].name, position);
    if (count == 1) return Fields(*this, Along(path, position), parts, n + 1, position);
    // `a.b` where a is both a table and a ROW column: the column may still have the field.
    if (FindColumn(*this, 0, schema.size(), parts[0].name, true) >= 0) break;
    const Schema own(schema.begin() + static_cast<std::ptrdiff_t>(table->first),
                     schema.begin() + static_cast<std::ptrdiff_t>(table->first + table->count));
    std::string message = fmt::format("Column '{}' not found in table '{}'", parts[n].name, table->alias);
    message += FieldInOtherCase(own, parts[n].name);
    return Error(ErrorCode::kValidation, message, position);
  }
  for (const auto& [name, value] : merged) {
    if (name == parts[0].name) return Fields(*this, value, parts, 1, position);
  }
  SLUICE_ASSIGN_OR_RETURN(const ExprPtr column, FindUnqualified(parts[0].name, position));
  if (column != nullptr) return Fields(*this, column, parts, 1, position);
  if (outer != nullptr) {
    auto found = outer->Resolve(parts, position);
    if (found.ok()) {
      return ExprShift(*found, kOuterBase);
    }
  }
  if (parts.size() > 1) {
    std::string table = parts[0].name;
    for (size_t k = 1; k + 1 < parts.size(); ++k) table += "." + parts[k].name;
    return Error(ErrorCode::kValidation, fmt::format("Table '{}' not found", table), position);
  }
  if (const std::string near = FieldInOtherCase(schema, parts[0].name); !near.empty()) {
    return Error(ErrorCode::kValidation, fmt::format("Column '{}' not found in any table{}", parts[0].name, near),
                 position);
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < schema.size(); ++i) names.push_back(schema[i].name);
  std::string message = fmt::format("Column '{}' not found in any table", parts[0].name);
  if (const std::string near = NearestName(parts[0].name, names); !near.empty())
    message += fmt::format("; did you mean '{}'?", near);
  return Error(ErrorCode::kValidation, message, position);
}

}  // namespace sluice::engine::sql
