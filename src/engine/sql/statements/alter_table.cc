// ALTER TABLE and ALTER VIEW. The changed table is built anew and checked as CREATE TABLE would check it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/errors.h"
#include "engine/sql/parser/unparse.h"
#include "engine/sql/statements/partitions.h"
#include "engine/sql/statements/table_builder.h"

namespace sluice::engine::sql {

namespace {

using Action = ast::AlterTableAction;

Error Failed(std::string message, TextPosition position) {
  return Invalid("Failed to execute ALTER TABLE statement.\n" + message, position);
}

std::vector<TableColumn>::iterator FindColumn(CatalogTable& table, const std::string& name) {
  return std::find_if(table.columns.begin(), table.columns.end(), [&](const TableColumn& c) { return c.name == name; });
}

bool Contains(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// True if the expression names the column. The catalog's expressions have every identifier in back-quotes; one that is
/// followed by '(' is a function and one behind '.' a field.
bool Mentions(const std::string& expression, const std::string& column) {
  const std::string quoted = QuoteIdentifier(column);
  for (size_t at = expression.find(quoted); at != std::string::npos; at = expression.find(quoted, at + 1)) {
    const size_t end = at + quoted.size();
    const bool function = end < expression.size() && expression[end] == '(';
    const bool field = at > 0 && (expression[at - 1] == '.' || expression[at - 1] == '`');
    if (!function && !field) return true;
  }
  return false;
}

Result<std::string> SimpleName(const ast::CompoundName& name) {
  if (name.parts.size() == 1) return name.parts[0].name;
  return Failed(fmt::format("Altering the nested row type {} is not supported yet.", Unparse(name)), name.position);
}

/// Refuses to drop or rename a column that something else is made of. Columns in `dropped` go too.
Status CheckUnused(const CatalogTable& table, const std::string& name, const std::set<std::string>& dropped,
                   TextPosition position) {
  std::string users;
  for (const TableColumn& c : table.columns) {
    if (c.kind != TableColumnKind::kComputed || dropped.contains(c.name) || !Mentions(c.expression, name)) continue;
    users += (users.empty() ? "" : ", ") + QuoteIdentifier(c.name);
  }
  if (!users.empty())
    return Failed(fmt::format("The column {} is referenced by computed column {}.", QuoteIdentifier(name), users),
                  position);
  if (Contains(table.partition_keys, name))
    return Failed(fmt::format("The column {} is used as the partition keys.", QuoteIdentifier(name)), position);
  for (const TableWatermark& w : table.watermarks) {
    if (w.column == name || Mentions(w.expression, name)) {
      return Failed(fmt::format("The column {} is referenced by watermark expression.", QuoteIdentifier(name)),
                    position);
    }
  }
  if (Mentions(table.distribution, name))
    return Failed(fmt::format("The column {} is used as a distribution key.", QuoteIdentifier(name)), position);
  return {};
}

/// Moves the column to where FIRST or AFTER put it.
Status Place(CatalogTable& table, const std::string& name, const ast::ColumnDef& column) {
  if (column.place == ast::ColumnPlace::kNone) return {};
  auto it = FindColumn(table, name);
  TableColumn moved = *it;
  auto target = table.columns.begin();
  if (column.place == ast::ColumnPlace::kAfter) {
    SLUICE_ASSIGN_OR_RETURN(std::string after, SimpleName(column.after));
    if (after == name || FindColumn(table, after) == table.columns.end()) {
      return Failed(fmt::format("Referenced column {} by 'AFTER' does not exist in the table.", QuoteIdentifier(after)),
                    column.after.position);
    }
    table.columns.erase(it);
    target = FindColumn(table, after) + 1;
  } else {
    table.columns.erase(it);
    target = table.columns.begin();
  }
  table.columns.insert(target, std::move(moved));
  return {};
}

void ForgetPrimaryKey(CatalogTable& table) {
  table.primary_key.clear();
  table.primary_key_name.clear();
}

Status CheckNamedOnce(const std::vector<ast::ColumnDef>& columns) {
  std::set<std::string> seen;
  for (const ast::ColumnDef& column : columns) {
    SLUICE_ASSIGN_OR_RETURN(const std::string name, SimpleName(column.name));
    if (!seen.insert(name).second) {
      return Failed(fmt::format("Encounter duplicate column {}.", QuoteIdentifier(name)), column.position);
    }
  }
  return {};
}

/// The key's columns are there and physical, whatever the statement changed.
Status CheckPrimaryKey(const CatalogTable& table, TextPosition position) {
  for (const std::string& key : table.primary_key) {
    const auto column =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const TableColumn& c) { return c.name == key; });
    const char* fault = column == table.columns.end()                ? "does not exist"
                        : column->kind != TableColumnKind::kPhysical ? "is not a physical column"
                                                                     : nullptr;
    if (fault == nullptr) continue;
    return Failed(fmt::format("Invalid primary key '{}'. Column '{}' {}.", table.primary_key_name, key, fault),
                  position);
  }
  return {};
}

/// A key is added to a table without one only; UNIQUE is refused as such.
Status CheckAddsKey(const ast::Constraint& constraint, const CatalogTable& table, TextPosition position) {
  if (table.primary_key.empty() || constraint.kind != ast::ConstraintKind::kPrimaryKey) return {};
  return Failed(fmt::format("The current table has already defined the primary key constraint [`{}`]. You might want "
                            "to drop it before adding a new one.",
                            fmt::join(table.primary_key, "`, `")),
                position);
}

Status AddSchema(const ast::AlterTableStatement& s, TableBuilder& builder) {
  SLUICE_RETURN_IF_ERROR(CheckNamedOnce(s.schema.columns));
  CatalogTable& table = builder.table();
  for (const ast::ColumnDef& column : s.schema.columns) {
    SLUICE_ASSIGN_OR_RETURN(std::string name, SimpleName(column.name));
    if (FindColumn(table, name) != table.columns.end()) {
      return Failed(fmt::format("Column {} already exists in the table.", QuoteIdentifier(name)), column.position);
    }
    if (column.constraint) SLUICE_RETURN_IF_ERROR(CheckAddsKey(*column.constraint, table, column.position));
    SLUICE_RETURN_IF_ERROR(builder.AddColumn(column));
    SLUICE_RETURN_IF_ERROR(Place(table, name, column));
  }
  for (const ast::Constraint& c : s.schema.constraints) {
    SLUICE_RETURN_IF_ERROR(CheckAddsKey(c, table, c.position));
    SLUICE_RETURN_IF_ERROR(builder.AddConstraint(c));
  }
  for (const ast::WatermarkDef& w : s.schema.watermarks) {
    if (!table.watermarks.empty()) {
      const TableWatermark& old = table.watermarks[0];
      return Failed(fmt::format("The current table has already defined the watermark strategy {} AS {}. You might want "
                                "to drop it before adding a new one.",
                                QuoteIdentifier(old.column), old.expression),
                    w.position);
    }
    SLUICE_RETURN_IF_ERROR(builder.AddWatermark(w));
  }
  return {};
}

Status ModifySchema(const ast::AlterTableStatement& s, TableBuilder& builder) {
  SLUICE_RETURN_IF_ERROR(CheckNamedOnce(s.schema.columns));
  CatalogTable& table = builder.table();
  for (const ast::ColumnDef& column : s.schema.columns) {
    SLUICE_ASSIGN_OR_RETURN(std::string name, SimpleName(column.name));
    if (FindColumn(table, name) == table.columns.end()) {
      return Failed(fmt::format("Column {} does not exist in the table.", QuoteIdentifier(name)), column.position);
    }
    if (column.constraint) ForgetPrimaryKey(table);
    SLUICE_RETURN_IF_ERROR(builder.ReplaceColumn(name, column));
    SLUICE_RETURN_IF_ERROR(Place(table, name, column));
  }
  for (const ast::Constraint& c : s.schema.constraints) {
    if (table.primary_key.empty()) {
      return Failed("The current table does not define any primary key constraint. You might want to add a new one.",
                    c.position);
    }
    ForgetPrimaryKey(table);
    SLUICE_RETURN_IF_ERROR(builder.AddConstraint(c));
  }
  for (const ast::WatermarkDef& w : s.schema.watermarks) {
    if (table.watermarks.empty())
      return Failed("The current table does not define any watermark. You might want to add a new one.", w.position);
    table.watermarks.clear();
    SLUICE_RETURN_IF_ERROR(builder.AddWatermark(w));
  }
  return {};
}

Status RenameColumn(const ast::AlterTableStatement& s, CatalogTable& table) {
  SLUICE_ASSIGN_OR_RETURN(std::string from, SimpleName(s.column));
  SLUICE_ASSIGN_OR_RETURN(std::string to, SimpleName(s.new_name));
  auto it = FindColumn(table, from);
  if (it == table.columns.end())
    return Failed(fmt::format("The column {} does not exist in the base table.", QuoteIdentifier(from)),
                  s.column.position);
  if (FindColumn(table, to) != table.columns.end()) {
    return Failed(fmt::format("The column {} already existed in table schema.", QuoteIdentifier(to)),
                  s.new_name.position);
  }
  SLUICE_RETURN_IF_ERROR(CheckUnused(table, from, {}, s.column.position));
  // A metadata column without FROM reads the key of its name.
  if (it->kind == TableColumnKind::kMetadata && it->metadata_key.empty()) it->metadata_key = from;
  it->name = to;
  std::replace(table.primary_key.begin(), table.primary_key.end(), from, to);
  return {};
}

Status DropColumns(const ast::AlterTableStatement& s, CatalogTable& table) {
  std::set<std::string> dropped;
  for (const ast::CompoundName& column : s.columns) {
    SLUICE_ASSIGN_OR_RETURN(std::string name, SimpleName(column));
    if (!dropped.insert(name).second)
      return Failed(fmt::format("Duplicate column {}.", QuoteIdentifier(name)), column.position);
  }
  for (const ast::CompoundName& column : s.columns) {
    const std::string& name = column.parts[0].name;
    if (FindColumn(table, name) == table.columns.end()) {
      return Failed(fmt::format("The column {} does not exist in the base table.", QuoteIdentifier(name)),
                    column.position);
    }
    SLUICE_RETURN_IF_ERROR(CheckUnused(table, name, dropped, column.position));
    if (Contains(table.primary_key, name))
      return Failed(fmt::format("The column {} is used as the primary key.", QuoteIdentifier(name)), column.position);
  }
  std::erase_if(table.columns, [&](const TableColumn& c) { return dropped.contains(c.name); });
  return {};
}

Status DropConstraint(const ast::AlterTableStatement& s, CatalogTable& table) {
  if (table.primary_key.empty()) return Failed("The current table does not define any primary key.", s.position);
  if (s.action == Action::kDropConstraint && s.constraint.name != table.primary_key_name) {
    return Failed(
        fmt::format(
            "The current table does not define a primary key constraint named '{}'. Available constraint name: ['{}'].",
            s.constraint.name, table.primary_key_name),
        s.constraint.position);
  }
  ForgetPrimaryKey(table);
  return {};
}

Status ChangeDistribution(const ast::AlterTableStatement& s, const ObjectPath& path, TableBuilder& builder) {
  std::string& distribution = builder.table().distribution;
  if (s.action == Action::kAddDistribution && !distribution.empty()) {
    return Failed(fmt::format("Table {} has already a distribution defined. You might want to modify or drop it.",
                              path.ToQuoted()),
                  s.position);
  }
  if (s.action == Action::kModifyDistribution && distribution.empty()) {
    return Failed("The base table does not define any distribution. You might want to add a new one.", s.position);
  }
  if (s.action == Action::kDropDistribution && distribution.empty()) {
    return Invalid(fmt::format("Table {} does not have a distribution to drop.", path.ToQuoted()), s.position);
  }
  if (s.action != Action::kDropDistribution) return builder.SetDistribution(*s.distribution);
  distribution.clear();
  return {};
}

Status ResetOptions(const ast::AlterTableStatement& s, CatalogTable& table) {
  if (s.keys.empty()) return Invalid("ALTER TABLE RESET does not support empty key", s.position);
  for (const ast::StringValue& key : s.keys) {
    if (key == "connector") return Invalid("ALTER TABLE RESET does not support changing 'connector'", key.position);
    table.options.erase(key.value);
  }
  return {};
}

Status Apply(const ast::AlterTableStatement& s, const ObjectPath& path, TableBuilder& builder) {
  CatalogTable& table = builder.table();
  switch (s.action) {
    case Action::kSetOptions: builder.AddOptions(s.options); return {};
    case Action::kResetOptions: return ResetOptions(s, table);
    case Action::kAddSchema: return AddSchema(s, builder);
    case Action::kModifySchema: return ModifySchema(s, builder);
    case Action::kRenameColumn: return RenameColumn(s, table);
    case Action::kDropColumns: return DropColumns(s, table);
    case Action::kDropPrimaryKey:
    case Action::kDropConstraint: return DropConstraint(s, table);
    case Action::kDropWatermark:
      if (table.watermarks.empty())
        return Failed("The current table does not define any watermark strategy.", s.position);
      table.watermarks.clear();
      return {};
    case Action::kAddDistribution:
    case Action::kModifyDistribution:
    case Action::kDropDistribution: return ChangeDistribution(s, path, builder);
    case Action::kAddPartitions:
    case Action::kDropPartitions: return ChangePartitions(s, path, builder.table());
    case Action::kRename: break;
  }
  return {};
}

/// Renames a table or view within its database.
Status Rename(SessionState& state, const ObjectPath& path, const ast::CompoundName& name) {
  SLUICE_RETURN_IF_ERROR(CheckName(name));
  const ObjectPath target = QualifyName(state, name);
  if (target.catalog != path.catalog || target.database != path.database) {
    return Invalid(fmt::format("{} cannot be renamed to {}: the catalog and the database must stay the same.",
                               path.ToQuoted(), target.ToQuoted()),
                   name.position);
  }
  auto& tables = state.catalog.FindDatabase(path.catalog, path.database)->tables;
  if (tables.contains(target.name)) {
    return Invalid(fmt::format("Table (or view) {}.{} already exists in Catalog {}.", target.database, target.name,
                               target.catalog),
                   name.position);
  }
  auto node = tables.extract(path.name);
  node.key() = target.name;
  tables.insert(std::move(node));
  return {};
}

/// The permanent object, null if there is none or a temporary one hides it.
CatalogTablePtr FindPermanent(const SessionState& state, const ObjectPath& path) {
  CatalogTablePtr found = state.catalog.FindTable(path);
  return found != nullptr && found->temporary ? nullptr : found;
}

}  // namespace

Result<StatementResult> AlterTable(SessionState& state, const ast::AlterTableStatement& s) {
  SLUICE_RETURN_IF_ERROR(CheckName(s.name));
  const ObjectPath path = QualifyName(state, s.name);
  CatalogTablePtr table = FindPermanent(state, path);
  if (table == nullptr) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("Table {} doesn't exist or is a temporary table.", path.ToQuoted()), s.name.position);
  }
  if (table->is_view)
    return Invalid(fmt::format("ALTER TABLE for a view is not allowed: {}", path.ToQuoted()), s.name.position);
  if (s.action == Action::kRename) {
    SLUICE_RETURN_IF_ERROR(Rename(state, path, s.new_name));
    return StatementResult{};
  }
  SLUICE_ASSIGN_OR_RETURN(auto context, MakeStatementContext(state));
  TableBuilder builder(context->context, *table);
  SLUICE_RETURN_IF_ERROR(Apply(s, path, builder));
  SLUICE_RETURN_IF_ERROR(CheckPrimaryKey(builder.table(), s.position));
  auto built = builder.Build();
  if (!built.ok()) return built.error().At(s.position);
  state.catalog.FindDatabase(path.catalog, path.database)->tables[path.name] = *built;
  return StatementResult{};
}

Result<StatementResult> AlterView(SessionState& state, const ast::AlterViewStatement& s) {
  SLUICE_RETURN_IF_ERROR(CheckName(s.name));
  const ObjectPath path = QualifyName(state, s.name);
  CatalogTablePtr view = FindPermanent(state, path);
  if (view == nullptr) {
    if (s.if_exists) return StatementResult{};
    return Invalid(fmt::format("View {} doesn't exist or is a temporary view.", path.ToQuoted()), s.name.position);
  }
  if (!view->is_view)
    return Invalid(fmt::format("ALTER VIEW for a table is not allowed: {}", path.ToQuoted()), s.name.position);
  if (s.query == nullptr) {
    SLUICE_RETURN_IF_ERROR(Rename(state, path, s.new_name));
    return StatementResult{};
  }
  const size_t offset = s.query->range.begin - s.range.begin;
  std::string text = s.text.substr(offset, s.query->range.end - s.query->range.begin);
  SLUICE_ASSIGN_OR_RETURN(CatalogTable changed, DescribeViewQuery(state, *s.query, std::move(text), {}));
  changed.comment = view->comment;
  state.catalog.FindDatabase(path.catalog, path.database)->tables[path.name] =
      std::make_shared<const CatalogTable>(std::move(changed));
  return StatementResult{};
}

}  // namespace sluice::engine::sql
