#include "engine/sql/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/parser/parser.h"
#include "engine/sql/session_state.h"
#include "engine/sql/settings.h"

namespace sluice::engine::sql {

struct Session::Impl {
  SessionState state;

  Result<StatementResult> Run(ast::StatementPtr statement);
  Result<StatementResult> Set(const ast::SetStatement& statement);
  Result<StatementResult> StatementSet(const ast::StatementSetStatement& statement);
  Result<StatementResult> EndStatementSet(TextPosition position);
};

Result<std::unique_ptr<StatementContext>> MakeStatementContext(SessionState& state) {
  auto out = std::make_unique<StatementContext>();
  SLUICE_ASSIGN_OR_RETURN(out->settings, ReadSettings(state.options));
  out->facts.time_zone = out->settings.time_zone;
  out->facts.legacy_cast = out->settings.legacy_cast;
  out->facts.batch = out->settings.batch;
  out->facts.now_ms = state.environment.now_ms;
  out->facts.random = state.environment.random;
  out->context.catalog = &state.catalog;
  out->context.connectors = state.environment.connectors;
  out->context.functions = state.environment.functions;
  out->context.facts = &out->facts;
  out->context.batch = out->settings.batch;
  out->context.options = &state.options;
  return out;
}

Session::Session(SessionEnvironment environment, OptionMap defaults) : impl_(std::make_unique<Impl>()) {
  impl_->state.environment = std::move(environment);
  impl_->state.defaults = defaults;
  impl_->state.options = std::move(defaults);
}

Session::~Session() = default;

const OptionMap& Session::options() const { return impl_->state.options; }

Result<StatementResult> Session::Impl::Set(const ast::SetStatement& statement) {
  StatementResult out;
  if (statement.kind == ast::StatementKind::kReset) {
    if (!statement.key) {
      state.options = state.defaults;
    } else if (auto it = state.defaults.find(statement.key->value); it != state.defaults.end()) {
      state.options[it->first] = it->second;
    } else {
      state.options.erase(statement.key->value);
    }
    return out;
  }
  if (statement.key && statement.value) {
    state.options[statement.key->value] = statement.value->value;
    return out;
  }
  out.kind = ResultKind::kRows;
  out.schema = {{"key", DataType::String(), ""}, {"value", DataType::String(), ""}};
  for (const auto& [key, value] : state.options) out.rows.push_back({key, value});
  return out;
}

Result<StatementResult> Session::Impl::StatementSet(const ast::StatementSetStatement& statement) {
  std::vector<const ast::InsertStatement*> inserts;
  for (const ast::StatementPtr& s : statement.statements) {
    if (s->kind != ast::StatementKind::kInsert) {
      return Error(ErrorCode::kValidation, "Only insert statement is supported in a statement set.", s->position);
    }
    inserts.push_back(static_cast<const ast::InsertStatement*>(s.get()));
  }
  if (inserts.empty()) return Error(ErrorCode::kValidation, "NO statements in statement set.", statement.position);
  return PlanInserts(state, inserts);
}

Result<StatementResult> Session::Impl::EndStatementSet(TextPosition position) {
  if (!state.in_statement_set) {
    return Error(ErrorCode::kValidation, "'END;' must be used after 'BEGIN STATEMENT SET;'", position);
  }
  state.in_statement_set = false;
  std::vector<const ast::InsertStatement*> inserts;
  for (const ast::StatementPtr& s : state.statement_set)
    inserts.push_back(static_cast<const ast::InsertStatement*>(s.get()));
  auto kept = std::move(state.statement_set);
  state.statement_set.clear();
  if (inserts.empty()) return StatementResult{};
  return PlanInserts(state, inserts);
}

Result<StatementResult> Session::Impl::Run(ast::StatementPtr statement) {
  using K = ast::StatementKind;
  const ast::Statement& s = *statement;
  if (state.in_statement_set && s.kind != K::kInsert && s.kind != K::kEndSet) {
    return Error(ErrorCode::kValidation, "Only INSERT statements are allowed in a statement set; close it with END.",
                 s.position);
  }
  switch (s.kind) {
    case K::kQuery: return PlanQuery(state, *static_cast<const ast::QueryStatement&>(s).query);
    case K::kInsert:
      if (state.in_statement_set) {
        state.statement_set.push_back(std::move(statement));
        return StatementResult{};
      }
      return PlanInserts(state, {static_cast<const ast::InsertStatement*>(&s)});
    case K::kStatementSet: return StatementSet(static_cast<const ast::StatementSetStatement&>(s));
    case K::kBeginSet: state.in_statement_set = true; return StatementResult{};
    case K::kEndSet: return EndStatementSet(s.position);
    case K::kExecute: {
      auto& wrapped = const_cast<ast::WrappedStatement&>(static_cast<const ast::WrappedStatement&>(s));
      return Run(std::move(wrapped.statement));
    }
    case K::kExplain: return ExecuteExplain(state, static_cast<const ast::ExplainStatement&>(s));
    case K::kSet:
    case K::kReset: return Set(static_cast<const ast::SetStatement&>(s));
    case K::kShow:
    case K::kDescribe: return ExecuteShow(state, s);
    case K::kUpdate:
    case K::kDelete:
    case K::kCall:
    case K::kAnalyzeTable:
    case K::kCompilePlan:
    case K::kExecutePlan:
    case K::kCompileAndExecutePlan: return ExecuteModify(state, s);
    case K::kAddJar:
    case K::kRemoveJar:
      return Error(ErrorCode::kNotSupported, "not supported yet: JARs; the native engine runs no Java", s.position);
    case K::kStopJob: return Error(ErrorCode::kNotSupported, "not supported yet: STOP JOB", s.position);
    default: return ExecuteDdl(state, s);
  }
}

Result<StatementResult> Session::Execute(std::string_view statement) {
  SLUICE_ASSIGN_OR_RETURN(ast::StatementPtr parsed, ParseStatement(statement));
  return impl_->Run(std::move(parsed));
}

Status Session::ExecuteScript(std::string_view text,
                              const std::function<Status(std::string_view statement, StatementResult)>& each) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<ast::StatementPtr> statements, ParseScript(text));
  for (ast::StatementPtr& s : statements) {
    const std::string written = s->text;
    const TextPosition position = s->position;
    auto result = impl_->Run(std::move(s));
    if (!result.ok()) return result.error().At(position);
    Status status = each(written, std::move(*result));
    if (!status.ok()) return status.error().At(position);
  }
  return {};
}

std::vector<std::string> Session::Completions(std::string_view prefix) const {
  std::set<std::string> found;
  auto offer = [&](const std::string& name) {
    const bool matches = name.size() >= prefix.size() &&
                         std::equal(prefix.begin(), prefix.end(), name.begin(), [](unsigned char a, unsigned char b) {
                           return std::toupper(a) == std::toupper(b);
                         });
    if (matches) found.insert(name);
  };
  for (const char* word : {"SELECT",
                           "FROM",
                           "WHERE",
                           "GROUP BY",
                           "HAVING",
                           "ORDER BY",
                           "LIMIT",
                           "INSERT INTO",
                           "CREATE TABLE",
                           "CREATE VIEW",
                           "CREATE TEMPORARY TABLE",
                           "DROP TABLE",
                           "DROP VIEW",
                           "SHOW TABLES",
                           "SHOW VIEWS",
                           "SHOW CREATE TABLE",
                           "DESCRIBE",
                           "EXPLAIN",
                           "SET",
                           "RESET",
                           "USE",
                           "TUMBLE",
                           "HOP",
                           "CUMULATE",
                           "DESCRIPTOR",
                           "INTERVAL",
                           "WATERMARK FOR"}) {
    offer(word);
  }
  const Catalog& catalog = impl_->state.catalog;
  auto offer_table = [&](const std::string& name, const CatalogTable& table) {
    offer(name);
    for (const TableColumn& c : table.columns) offer(c.name);
  };
  if (const CatalogDatabase* database = catalog.FindDatabase(catalog.current_catalog, catalog.current_database)) {
    for (const auto& [name, table] : database->tables) offer_table(name, *table);
  }
  for (const auto& [path, table] : catalog.temporary_tables) offer_table(path.name, *table);
  for (const ScalarFunction* f : impl_->state.environment.functions->scalars()) offer(f->name);
  for (const AggregateFunction* f : impl_->state.environment.functions->aggregates()) offer(f->name);
  return {found.begin(), found.end()};
}

}  // namespace sluice::engine::sql
