#include "engine/sql/statements/insert_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/type_rules.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/binder/table_access.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

Result<InsertTarget> ResolveTarget(SessionState& state, const BindContext& context, const ObjectPath& path,
                                   const OptionMap& hints, TextPosition position) {
  InsertTarget t;
  t.path = path;
  t.table = state.catalog.FindTable(path);
  if (t.table == nullptr) {
    return Invalid(fmt::format("Cannot find table '{}' in any of the catalogs {}, nor as a temporary table.",
                               path.ToQuoted(), "[default_catalog]"),
                   position);
  }
  if (t.table->is_view) return Invalid(fmt::format("Cannot insert into view '{}'.", path.ToQuoted()), position);
  if (!hints.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckOptionHints(state.options, position));
    auto copy = std::make_shared<CatalogTable>(*t.table);
    for (const auto& [key, value] : hints) copy->options[key] = value;
    t.table = copy;
  }
  auto located = [&](const Error& e) {
    return Error(e.code(),
                 fmt::format("Unable to create a sink for writing table '{}': {}", path.ToString(), e.message()),
                 position);
  };
  Status status;
  t.connector = FindTableConnector(*t.table, context, &status);
  if (t.connector == nullptr) return located(status.error());
  if (!t.connector->is_sink) {
    return Invalid(fmt::format("Connector '{}' can only be used as a source. It cannot be used as a sink (table '{}').",
                               t.connector->name, path.ToString()),
                   position);
  }
  t.sink.table = DescribeTable(path, *t.table, context);
  std::erase_if(t.sink.table.metadata, [](const auto& m) { return m.virtual_column; });
  auto capability = t.connector->sink(t.sink.table);
  if (!capability.ok()) return located(capability.error());
  t.capability = std::move(*capability);
  t.columns = t.sink.table.physical;
  for (auto& m : t.sink.table.metadata) {
    const bool writable = std::any_of(t.capability.metadata.begin(), t.capability.metadata.end(),
                                      [&](const MetadataKey& k) { return k.key == m.key && k.writable; });
    if (!writable) {
      return Invalid(fmt::format("Invalid metadata key '{}' in column '{}' of table '{}'. The connector '{}' does not "
                                 "support it for writing.",
                                 m.key, m.column, path.ToString(), t.connector->name),
                     position);
    }
    t.columns.push_back({m.column, m.type, ""});
  }
  return t;
}

namespace {

std::string SchemaText(const Schema& schema) {
  std::string out = "[";
  for (size_t i = 0; i < schema.size(); ++i)
    out += (i > 0 ? ", " : "") + schema[i].name + ": " + schema[i].type.ToString();
  return out + "]";
}

Error Mismatch(const InsertTarget& target, const std::string& cause, const Schema& query, TextPosition position) {
  return Invalid(fmt::format("Column types of query result and sink for '{}' do not match.\nCause: {}\n\nQuery schema: "
                             "{}\nSink schema:  {}",
                             target.path.ToString(), cause, SchemaText(query), SchemaText(target.columns)),
                 position);
}

Error AssignedTwice(const std::string& column, TextPosition position) {
  return Invalid(fmt::format("Target column '{}' is assigned more than once", column), position);
}

/// Columns that neither PARTITION (`values`) nor the list (`named`) gives a value are NULL.
Status RequireNullable(const InsertTarget& target, const std::vector<ExprPtr>& values, const std::vector<size_t>& named,
                       TextPosition position) {
  for (size_t i = 0; i < target.columns.size(); ++i) {
    const RowField& column = target.columns[i];
    if (column.type.nullable() || values[i] || std::find(named.begin(), named.end(), i) != named.end()) continue;
    return Invalid(fmt::format("Column '{}' has no default value and does not allow NULLs", column.name), position);
  }
  return {};
}

/// Of the column called so; -1: there is none.
int ColumnOf(const InsertTarget& target, const std::string& name) {
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (target.columns[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

/// One a column of the target: what PARTITION says of it, or null.
Result<std::vector<ExprPtr>> StaticValues(const InsertTarget& target, const ast::InsertStatement& insert,
                                          ExprBinder& binder) {
  std::vector<ExprPtr> out(target.columns.size());
  const auto& keys = target.table->partition_keys;
  for (const ast::PartitionItem& item : insert.partition) {
    const int column = ColumnOf(target, item.column.name);
    if (column < 0) return Invalid(fmt::format("Unknown target column '{}'", item.column.name), item.column.position);
    if (std::find(keys.begin(), keys.end(), item.column.name) == keys.end()) {
      return Invalid(fmt::format("Target column '{}' is not a partition column of table '{}'", item.column.name,
                                 target.path.ToString()),
                     item.column.position);
    }
    if (!item.value) continue;
    const auto at = static_cast<size_t>(column);
    if (out[at]) return AssignedTwice(item.column.name, item.column.position);
    SLUICE_ASSIGN_OR_RETURN(ExprPtr value, binder.Bind(*item.value));
    if (value->kind == ExprKind::kLiteral && value->value.is_null()) {
      return Invalid(fmt::format("not a literal: NULL (of partition column '{}')", item.column.name),
                     item.value->position);
    }
    // Written as text or not: the value takes the column's type.
    out[at] = Coerce(value, target.columns[at].type);
  }
  return out;
}

/// The target's columns that INSERT INTO t (…) names, in its order.
Result<std::vector<size_t>> NamedColumns(const InsertTarget& target, const ast::InsertStatement& insert,
                                         const std::vector<ExprPtr>& values, size_t query_width) {
  std::vector<size_t> order;
  for (const ast::CompoundName& name : insert.columns) {
    const int column = ColumnOf(target, name.ToString());
    if (column < 0) return Invalid(fmt::format("Unknown target column '{}'", name.ToString()), name.position);
    const auto at = static_cast<size_t>(column);
    if (std::find(order.begin(), order.end(), at) != order.end()) return AssignedTwice(name.ToString(), name.position);
    if (values[at]) {
      return Invalid(fmt::format("Number of columns must match number of query columns: '{}' has its value in "
                                 "PARTITION already",
                                 name.ToString()),
                     name.position);
    }
    order.push_back(at);
  }
  SLUICE_RETURN_IF_ERROR(RequireNullable(target, values, order, insert.position));
  if (order.size() != query_width) {
    return Invalid(fmt::format("Number of INSERT target columns ({}) does not equal number of source items ({})",
                               order.size(), query_width),
                   insert.position);
  }
  return order;
}

/// Where the query's columns go: all of the target's without a value from PARTITION, or those that are named.
Result<std::vector<size_t>> OrderOf(const InsertTarget& target, const ast::InsertStatement& insert,
                                    const std::vector<ExprPtr>& values, const Schema& query) {
  if (insert.has_columns) return NamedColumns(target, insert, values, query.size());
  std::vector<size_t> order;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (!values[i]) order.push_back(i);
  }
  if (order.size() != query.size()) return Mismatch(target, "Different number of columns.", query, insert.position);
  return order;
}

/// Texts go where longer ones do.
bool NeedsCast(const DataType& from, const DataType& to) {
  if (from.SameIgnoringNullability(to)) return false;
  const bool texts = (from.is_character() && to.is_character()) || (from.is_binary() && to.is_binary());
  return !texts || from.length() > to.length();
}

bool IsNull(const Expr& e) { return e.kind == ExprKind::kLiteral && e.value.is_null(); }

/// `columns` are the query's own in their order, under their own names.
bool IsWholeQuery(const std::vector<ExprPtr>& columns, const std::vector<std::string>& names, const Schema& query) {
  if (columns.size() != query.size()) return false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const Expr& e = *columns[i];
    if (e.kind != ExprKind::kInput || e.input != static_cast<int>(i) || names[i] != query[i].name) return false;
  }
  return true;
}

}  // namespace

Result<RelPtr> ArrangeColumns(const InsertTarget& target, const ast::InsertStatement& insert, const RelPtr& query,
                              const BindContext& context) {
  const Scope none;
  ExprBinder literals(context, none);
  SLUICE_ASSIGN_OR_RETURN(std::vector<ExprPtr> columns, StaticValues(target, insert, literals));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<size_t> order, OrderOf(target, insert, columns, query->schema));
  std::vector<std::string> names(columns.size());
  for (size_t i = 0; i < order.size(); ++i) {
    columns[order[i]] = ColumnRef(query->schema, i);
    names[order[i]] = query->schema[i].name;
  }
  bool casts = false;
  for (size_t i = 0; i < columns.size(); ++i) {
    const RowField& column = target.columns[i];
    ExprPtr& e = columns[i];
    if (!e) e = Expr::Literal(Value::Null(), column.type);
    if (names[i].empty()) names[i] = fmt::format("EXPR${}", i);
    if (!IsNull(*e) && !ImplicitlyCastable(e->type, column.type)) {
      return Mismatch(target, fmt::format("Incompatible types for sink column '{}' at position {}.", column.name, i),
                      query->schema, insert.position);
    }
    casts |= NeedsCast(e->type, column.type);
    e = Coerce(e, column.type);
  }
  if (casts) {
    for (size_t i = 0; i < names.size(); ++i) names[i] = target.columns[i].name;
  }
  return IsWholeQuery(columns, names, query->schema) ? query : MakeProject(query, std::move(columns), std::move(names));
}

std::string TargetColumnsText(const InsertTarget& target, const ast::InsertStatement& insert) {
  std::string out;
  for (const ast::CompoundName& name : insert.columns) {
    out += fmt::format("{}[{}]", out.empty() ? "" : ",", ColumnOf(target, name.ToString()));
  }
  return out.empty() ? "" : "targetColumns=[" + out + "], ";
}

OptionMap HintOptions(const std::vector<ast::Hint>& hints) {
  OptionMap out;
  for (const ast::Hint& hint : hints) {
    if (UpperCase(hint.name.name) != "OPTIONS") continue;
    for (const ast::Property& p : hint.options) out[p.key.value] = p.value.value;
  }
  return out;
}

ObjectPath PathOf(const SessionState& state, const ast::CompoundName& name) {
  std::vector<std::string> parts;
  for (const ast::Identifier& p : name.parts) parts.push_back(p.name);
  return state.catalog.Qualify(parts);
}

}  // namespace sluice::engine::sql
