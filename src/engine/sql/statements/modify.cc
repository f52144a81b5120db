// UPDATE, DELETE, CALL, ANALYZE TABLE, COMPILE PLAN: checked as Flink checks them, then refused as Flink refuses them
// (no connector here changes rows in place) or as not supported yet.
#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/type_rules.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/table_access.h"
#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

namespace {

Error Invalid(std::string message, TextPosition position) {
  return Error(ErrorCode::kValidation, std::move(message), position);
}

ObjectPath PathOf(const SessionState& state, const ast::CompoundName& name) {
  std::vector<std::string> parts;
  for (const ast::Identifier& p : name.parts) parts.push_back(p.name);
  return state.catalog.Qualify(parts);
}

/// What UPDATE and DELETE read: the table as a source, filtered.
struct Rows {
  ObjectPath path;
  CatalogTablePtr table;
  Scope scope;
};

Result<Rows> BindRows(SessionState& state, const StatementContext& statement, const ast::CompoundName& target,
                      const std::optional<ast::Identifier>& alias, const ast::Expr* where) {
  Rows out;
  out.path = PathOf(state, target);
  out.table = state.catalog.FindTable(out.path);
  if (out.table == nullptr) {
    std::string message = fmt::format("Object '{}' not found", target.parts.back().name);
    const std::string near = state.catalog.NearestTable(out.path);
    if (!near.empty()) message += fmt::format("; did you mean '{}'?", near);
    return Invalid(message, target.position);
  }
  QueryBinder binder(statement.context);
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.BindTable(out.path, {}, target.position));
  out.scope.Add({alias ? alias->name : out.path.name, {}, 0, 0}, rel->schema);
  if (where == nullptr) return out;
  ExprBinder condition(statement.context, out.scope);
  condition.clause = "WHERE";
  std::vector<BoundSubquery> subqueries;
  condition.subqueries = &subqueries;
  condition.bind_query = [&](const ast::Query& q, const Scope* outer) { return binder.Bind(q, outer); };
  SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, condition.BindCondition(*where));
  return out;
}

Error Refused(const Rows& rows, const StatementContext& statement, const char* verb, TextPosition position) {
  if (statement.settings.batch && rows.table->is_view) {
    return Invalid(fmt::format("Sink '{}' does not exists", rows.path.ToString()), position);
  }
  if (!statement.settings.batch) {
    return Invalid(fmt::format("{} statement is not supported for streaming mode now.", verb), position);
  }
  const bool update = std::string_view(verb) == "UPDATE";
  return Invalid(
      fmt::format("Can't perform {} operation of the table {} because the corresponding dynamic table sink has not yet "
                  "implemented org.apache.flink.table.connector.sink.abilities.{}",
                  update ? "update" : "delete", rows.path.ToString(),
                  update ? "SupportsRowLevelUpdate" : "SupportsRowLevelDelete"),
      position);
}

/// The error if the table's connector cannot be a sink.
Status RequireSink(const Rows& rows, const BindContext& context, TextPosition position) {
  Status status;
  const ConnectorDescriptor* connector = FindTableConnector(*rows.table, context, &status);
  if (connector == nullptr || connector->is_sink) return status;
  return Invalid(fmt::format("Connector '{}' can only be used as a source. It cannot be used as a sink (table '{}').",
                             connector->name, rows.path.ToString()),
                 position);
}

Result<StatementResult> Delete(SessionState& state, const ast::DeleteStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  SLUICE_ASSIGN_OR_RETURN(Rows rows, BindRows(state, *statement, s.target, s.alias, s.where.get()));
  if (!rows.table->is_view) SLUICE_RETURN_IF_ERROR(RequireSink(rows, statement->context, s.target.position));
  return Refused(rows, *statement, "DELETE", s.position);
}

Result<StatementResult> Update(SessionState& state, const ast::UpdateStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  SLUICE_ASSIGN_OR_RETURN(Rows rows, BindRows(state, *statement, s.target, s.alias, s.where.get()));
  ExprBinder values(statement->context, rows.scope);
  values.clause = "UPDATE";
  std::vector<std::string> assigned;
  for (const auto& a : s.assignments) {
    const std::string name = a.column.ToString();
    const bool known = std::any_of(rows.table->columns.begin(), rows.table->columns.end(),
                                   [&](const TableColumn& c) { return c.name == name; });
    if (!known) return Invalid(fmt::format("Unknown target column '{}'", name), a.column.position);
    if (std::find(assigned.begin(), assigned.end(), name) != assigned.end()) {
      return Invalid(fmt::format("Target column '{}' is assigned more than once", name), a.column.position);
    }
    assigned.push_back(name);
    auto value = values.Bind(*a.value);
    if (!value.ok() && value.error().code() == ErrorCode::kValidation) return value.error();
    if (!value.ok()) continue;
    const auto column = std::find_if(rows.table->columns.begin(), rows.table->columns.end(),
                                     [&](const TableColumn& c) { return c.name == name; });
    if (!ImplicitlyCastable((*value)->type, column->type)) {
      return Invalid(fmt::format("Cannot assign to target field '{}' of type {} from source field 'EXPR$0' of type {}",
                                 name, column->type.ToCalciteString(), (*value)->type.ToCalciteString()),
                     a.column.position);
    }
  }
  return Refused(rows, *statement, "UPDATE", s.position);
}

Result<StatementResult> Call(const ast::CallStatement& s) {
  const auto& call = static_cast<const ast::CallExpr&>(*s.call);
  if (call.name.parts.size() > 3) return Invalid("Object identifier must consist of 1 to 3 parts.", s.position);
  return Invalid(fmt::format("Procedure '{}' not found: getProcedure is not implemented for class "
                             "org.apache.flink.table.catalog.GenericInMemoryCatalog.",
                             call.name.ToString()),
                 s.position);
}

Result<StatementResult> Analyze(SessionState& state, const ast::AnalyzeTableStatement& s) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  const ObjectPath path = PathOf(state, s.name);
  if (state.catalog.FindTable(path) == nullptr) {
    return Invalid(fmt::format("Table {} doesn't exist or is a temporary table.", path.ToQuoted()), s.name.position);
  }
  if (!statement->settings.batch) {
    return Invalid("ANALYZE TABLE is not supported for streaming mode now", s.position);
  }
  return Error(ErrorCode::kNotSupported, "not supported yet: ANALYZE TABLE", s.position);
}

/// The statement is planned for its errors.
Result<StatementResult> CompilePlan(SessionState& state, const ast::PlanStatement& s) {
  if (s.statement && s.statement->kind == ast::StatementKind::kInsert) {
    auto planned = PlanInserts(state, {static_cast<const ast::InsertStatement*>(s.statement.get())});
    if (!planned.ok()) return planned.error();
  }
  return Error(ErrorCode::kNotSupported, "not supported yet: COMPILE PLAN and EXECUTE PLAN", s.position);
}

}  // namespace

Result<StatementResult> ExecuteModify(SessionState& state, const ast::Statement& s) {
  using K = ast::StatementKind;
  switch (s.kind) {
    case K::kUpdate: return Update(state, static_cast<const ast::UpdateStatement&>(s));
    case K::kDelete: return Delete(state, static_cast<const ast::DeleteStatement&>(s));
    case K::kCall: return Call(static_cast<const ast::CallStatement&>(s));
    case K::kAnalyzeTable: return Analyze(state, static_cast<const ast::AnalyzeTableStatement&>(s));
    default: return CompilePlan(state, static_cast<const ast::PlanStatement&>(s));
  }
}

}  // namespace sluice::engine::sql
