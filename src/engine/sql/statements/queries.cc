// SELECT, INSERT and statement sets → plans.
#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/program.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/optimizer/optimizer.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/session_state.h"
#include "engine/sql/settings.h"
#include "engine/sql/statements/insert_target.h"

namespace sluice::engine::sql {

namespace {

Result<std::string> LengthEnforcerName(const OptionMap& options) {
  SLUICE_ASSIGN_OR_RETURN(auto length, GetOption(OptionValues(options.begin(), options.end()), kLengthEnforcer));
  return std::string(length == LengthEnforcer::kIgnore    ? "IGNORE"
                     : length == LengthEnforcer::kTrimPad ? "TRIM_PAD"
                                                          : "ERROR");
}

Status FillSink(InsertTarget& target, const OptionMap& options) {
  const OptionValues values(options.begin(), options.end());
  SLUICE_ASSIGN_OR_RETURN(auto not_null, GetOption(values, kNotNullEnforcer));
  target.sink.drop_null_violations = not_null == NotNullEnforcer::kDrop;
  SLUICE_ASSIGN_OR_RETURN(target.sink.length_enforcer, LengthEnforcerName(options));
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (!target.columns[i].type.nullable()) target.sink.not_null_columns.push_back(static_cast<int>(i));
  }
  return {};
}

/// Names that the table does not have are complained of before what the connector refuses.
Status CheckNamedColumns(const SessionState& state, const ast::InsertStatement& insert, const ObjectPath& path) {
  const CatalogTablePtr table = state.catalog.FindTable(path);
  if (table == nullptr) return {};
  for (const ast::CompoundName& name : insert.columns) {
    const bool known = std::any_of(table->columns.begin(), table->columns.end(), [&](const TableColumn& c) {
      return c.name == name.ToString() && c.kind != TableColumnKind::kComputed && !c.is_virtual;
    });
    if (!known) return Invalid(fmt::format("Unknown target column '{}'", name.ToString()), name.position);
  }
  return {};
}

/// OVERWRITE, PARTITION and buckets: what the table or the mode does not have.
Status CheckTarget(const InsertTarget& target, const ast::InsertStatement& insert, bool batch) {
  const std::string path = target.path.ToString();
  auto refuse = [&](std::string text) { return Invalid(std::move(text), insert.position); };
  if (insert.overwrite && !batch) {
    return refuse(
        fmt::format("INSERT OVERWRITE requires batch mode: table '{}'. Streaming mode not support overwrite.", path));
  }
  if (insert.overwrite && !target.capability.supports_overwrite) {
    return refuse(fmt::format("INSERT OVERWRITE requires that the sink of table '{}' supports overwriting.", path));
  }
  if (!target.table->distribution.empty()) {
    return refuse(
        fmt::format("Table '{}' is distributed into buckets, but the underlying DynamicTableSink doesn't "
                    "implement the SupportsBucketing interface.",
                    path));
  }
  if (insert.has_partition && target.table->partition_keys.empty()) {
    const std::string column = insert.partition.empty() ? "" : insert.partition[0].column.name;
    return refuse(
        fmt::format("Static partition column '{}' should be in the partition keys list [] for table '{}', "
                    "which is not partitioned.",
                    column, path));
  }
  return {};
}

Status AddInsert(SessionState& state, StatementContext& statement, QueryBinder& binder, PhysicalPlanner& planner,
                 const ast::InsertStatement& insert, const ObjectPath& path, const ast::Query& query) {
  if (insert.upsert) {
    return Invalid("UPSERT INTO statement is not supported. Please use INSERT INTO instead.", insert.position);
  }
  SLUICE_RETURN_IF_ERROR(CheckNamedColumns(state, insert, path));
  SLUICE_ASSIGN_OR_RETURN(InsertTarget target,
                          ResolveTarget(state, statement.context, path, HintOptions(insert.hints), insert.position));
  SLUICE_RETURN_IF_ERROR(CheckTarget(target, insert, statement.settings.batch));
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(query));
  SLUICE_ASSIGN_OR_RETURN(rel, ArrangeColumns(target, insert, rel, statement.context));
  SLUICE_RETURN_IF_ERROR(FillSink(target, state.options));
  target.sink.overwrite = insert.overwrite;
  rel = Optimize(rel, *state.environment.functions);
  return planner.AddSink(rel, std::move(target.sink), target.capability, insert.on_conflict);
}

}  // namespace

Result<StatementResult> PlanQuery(SessionState& state, const ast::Query& query) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  QueryBinder binder(statement->context);
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(query));
  StatementResult out;
  out.kind = ResultKind::kQuery;
  out.schema = rel->schema;
  for (const RowField& f : out.schema) {
    if (f.type.kind() == TypeKind::kNull) {
      return Invalid(fmt::format("Illegal use of 'NULL' as column '{}'; cast it to a type", f.name), query.position);
    }
  }
  rel = Optimize(rel, *state.environment.functions);
  PhysicalPlanner planner(statement->settings, *state.environment.functions);
  SLUICE_ASSIGN_OR_RETURN(const std::string lengths, LengthEnforcerName(state.options));
  const OptionValues values(state.options.begin(), state.options.end());
  SLUICE_ASSIGN_OR_RETURN(auto not_null, GetOption(values, kNotNullEnforcer));
  SLUICE_RETURN_IF_ERROR(planner.AddCollect(rel, lengths, not_null == NotNullEnforcer::kDrop));
  out.plan = planner.Finish("collect");
  return out;
}

Result<StatementResult> PlanInserts(SessionState& state, const std::vector<const ast::InsertStatement*>& inserts) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  QueryBinder binder(statement->context);
  PhysicalPlanner planner(statement->settings, *state.environment.functions);
  std::string job = "insert-into";
  for (const ast::InsertStatement* insert : inserts) {
    const ObjectPath path = PathOf(state, insert->target);
    job += "_" + path.ToString();
    Status added = AddInsert(state, *statement, binder, planner, *insert, path, *insert->query);
    if (!added.ok()) return added.error().At(insert->position);
  }
  StatementResult out;
  out.kind = ResultKind::kInsert;
  out.schema = {{"result", DataType::String(), ""}};
  if (auto it = state.options.find("pipeline.name"); it != state.options.end()) job = it->second;
  out.plan = planner.Finish(job);
  return out;
}

Result<StatementResult> PlanInsertInto(SessionState& state, const ObjectPath& path, const ast::Query& query,
                                       TextPosition position, const std::vector<std::string>& columns) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  QueryBinder binder(statement->context);
  PhysicalPlanner planner(statement->settings, *state.environment.functions);
  ast::InsertStatement insert;
  insert.position = position;
  insert.has_columns = !columns.empty();
  for (const std::string& name : columns) insert.columns.emplace_back().parts.emplace_back().name = name;
  SLUICE_RETURN_IF_ERROR(AddInsert(state, *statement, binder, planner, insert, path, query));
  StatementResult out;
  out.kind = ResultKind::kInsert;
  out.schema = {{"result", DataType::String(), ""}};
  out.plan = planner.Finish("insert-into_" + path.ToString());
  return out;
}

}  // namespace sluice::engine::sql
