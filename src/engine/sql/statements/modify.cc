// UPDATE, DELETE, CALL, ANALYZE TABLE: checked as Flink checks them, then refused as Flink refuses them (no connector
// here changes rows in place) or as not supported yet. COMPILE PLAN and EXECUTE PLAN.
#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "engine/functions/type_rules.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/table_access.h"
#include "engine/sql/errors.h"
#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

namespace {

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

Result<StatementResult> PlanOf(SessionState& state, const ast::Statement& s) {
  std::vector<const ast::InsertStatement*> inserts;
  if (s.kind == ast::StatementKind::kInsert) {
    inserts.push_back(static_cast<const ast::InsertStatement*>(&s));
  } else if (s.kind == ast::StatementKind::kStatementSet) {
    for (const auto& i : static_cast<const ast::StatementSetStatement&>(s).statements) {
      if (i->kind == ast::StatementKind::kInsert) inserts.push_back(static_cast<const ast::InsertStatement*>(i.get()));
    }
  }
  return PlanInserts(state, inserts);
}

/// A path, or a file: URL of this machine.
std::string PlanPath(const ast::StringValue& file) {
  std::string path = file.value;
  if (path.starts_with("file:")) path.erase(0, 5);
  while (path.starts_with("//")) path.erase(0, 1);
  return path;
}

/// What a plan file begins with; the plan's JSON and a brace follow. The checksum keeps out files that were changed: a
/// plan is trusted by the operators that it becomes.
std::string PlanHeader(std::string_view plan) {
  uint64_t h = 1469598103934665603ULL;  // FNV-1a
  for (const char c : plan) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{{\"sluicePlanVersion\":1,\"checksum\":\"{:016x}\",\"plan\":", h);
}

std::string PlanFile(const PhysicalPlan& plan) {
  const std::string json = PlanToJson(plan);
  return PlanHeader(json) + json + "}\n";
}

/// The plan's JSON out of a file; empty if the file is none of ours or was changed.
std::string_view PlanInFile(std::string_view file) {
  const size_t begin = file.find("\"plan\":");
  const size_t end = file.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin + 7) return {};
  const std::string_view json = file.substr(begin + 7, end - begin - 7);
  return file.starts_with(PlanHeader(json)) ? json : std::string_view();
}

/// What the session sets now stands above what was set when the plan was compiled: checkpoints, the savepoint to start
/// from, parallelism.
Result<StatementResult> ReadPlan(const SessionState& state, const std::string& path, TextPosition position) {
  Result<std::string> text = ReadFile(path);
  if (!text.ok()) {
    return Error(ErrorCode::kNotFound, fmt::format("Cannot load the plan file: file resource [{}] not found.", path),
                 position);
  }
  if (text->find("\"flinkVersion\"") != std::string::npos) {
    return Error(
        ErrorCode::kNotSupported,
        fmt::format("not supported yet: the plan file '{}' was compiled by Apache Flink. Compile the statement "
                    "here again with COMPILE PLAN.",
                    path),
        position);
  }
  StatementResult out;
  out.kind = ResultKind::kInsert;
  out.schema = {{"result", DataType::String(), ""}};
  const std::string_view json = PlanInFile(*text);
  if (json.empty()) {
    return Error(
        ErrorCode::kData,
        fmt::format("The plan file '{}' is not one of COMPILE PLAN, or was changed since. Compile it again.", path),
        position);
  }
  auto plan = PlanFromJson(json);
  if (!plan.ok()) return plan.error().WithContext(fmt::format("plan file '{}'", path)).At(position);
  out.plan = std::move(*plan);
  for (const auto& [key, value] : state.options) out.plan.settings.options[key] = value;
  return out;
}

/// Writes the plan unless the file is there; false: it was, and may stay.
Result<bool> WritePlan(const SessionState& state, const ast::PlanStatement& s, const PhysicalPlan& plan) {
  const std::string path = PlanPath(s.file);
  if (ReadFile(path).ok()) {
    const auto force = state.options.find("table.plan.force-recompile");
    const bool forced = force != state.options.end() && UpperCase(force->second) == "TRUE";
    if (!forced && s.if_not_exists) return false;
    if (!forced) {
      return Invalid(fmt::format("Cannot overwrite the plan file '{}'. Either manually remove the file or, if you're "
                                 "debugging your job, set the option 'table.plan.force-recompile' to true.",
                                 path),
                     s.position);
    }
  }
  SLUICE_RETURN_IF_ERROR(WriteFileAtomically(path, PlanFile(plan)));
  return true;
}

/// COMPILE PLAN, EXECUTE PLAN and both at once. The file is our plan as JSON, with its version.
Result<StatementResult> CompilePlan(SessionState& state, const ast::PlanStatement& s) {
  const std::string path = PlanPath(s.file);
  if (s.kind == ast::StatementKind::kExecutePlan) return ReadPlan(state, path, s.position);
  SLUICE_ASSIGN_OR_RETURN(StatementResult planned, PlanOf(state, *s.statement));
  const bool execute = s.kind == ast::StatementKind::kCompileAndExecutePlan;
  if (execute && ReadFile(path).ok() && !state.options.contains("table.plan.force-recompile")) {
    return ReadPlan(state, path, s.position);  // as Flink: a plan that is there is what runs
  }
  SLUICE_RETURN_IF_ERROR(WritePlan(state, s, planned.plan));
  if (execute) return planned;
  return StatementResult{};
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
