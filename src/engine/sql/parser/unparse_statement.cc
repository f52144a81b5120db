#include "engine/sql/parser/unparse_impl.h"

namespace sluice::engine::sql {

using namespace ast;

void Unparser::Partition(const PartitionSpec& spec) {
  Text("PARTITION (");
  for (size_t i = 0; i < spec.size(); ++i) {
    if (i > 0) Text(", ");
    Name(spec[i].column);
    if (spec[i].value == nullptr) continue;
    Text(" = ");
    Write(*spec[i].value);
  }
  Text(")");
}

void Unparser::Insert(const InsertStatement& insert) {
  Text(insert.upsert ? "UPSERT " : "INSERT ");
  Text(insert.overwrite ? "OVERWRITE " : "INTO ");
  Write(insert.target);
  Hints(insert.hints);
  if (insert.has_partition) {
    Text(" ");
    Partition(insert.partition);
  }
  if (insert.has_columns) {
    Text(insert.has_partition ? "\n(" : " (");
    for (size_t i = 0; i < insert.columns.size(); ++i) {
      if (i > 0) Text(", ");
      Write(insert.columns[i]);
    }
    Text(")");
  }
  Text("\n");
  Write(*insert.query);
  if (!insert.on_conflict.empty()) Text("\nON CONFLICT DO " + insert.on_conflict);
}

void Unparser::StatementSet(const StatementSetStatement& set) {
  Text(set.execute ? "EXECUTE STATEMENT SET BEGIN\n" : "STATEMENT SET BEGIN\n");
  for (const StatementPtr& statement : set.statements) {
    Write(*statement);
    Text("\n;\n");
  }
  Text("END");
}

void Unparser::Plan(const PlanStatement& plan) {
  switch (plan.kind) {
    case StatementKind::kExecutePlan: Text("EXECUTE PLAN "); break;
    case StatementKind::kCompilePlan: Text("COMPILE PLAN "); break;
    default: Text("COMPILE AND EXECUTE PLAN "); break;
  }
  Literal(plan.file);
  if (plan.if_not_exists) Text(" IF NOT EXISTS");
  if (plan.statement == nullptr) return;
  Text(" FOR ");
  Write(*plan.statement);
}

void Unparser::Show(const ShowStatement& show) {
  static constexpr const char* kWords[] = {"CATALOGS",
                                           "CURRENT CATALOG",
                                           "DATABASES",
                                           "CURRENT DATABASE",
                                           "TABLES",
                                           "MATERIALIZED TABLES",
                                           "VIEWS",
                                           "COLUMNS",
                                           "FUNCTIONS",
                                           "USER FUNCTIONS",
                                           "PROCEDURES",
                                           "MODULES",
                                           "FULL MODULES",
                                           "PARTITIONS",
                                           "MODELS",
                                           "CONNECTIONS",
                                           "JARS",
                                           "JOBS",
                                           "CREATE TABLE",
                                           "CREATE VIEW",
                                           "CREATE MATERIALIZED TABLE",
                                           "CREATE CATALOG",
                                           "CREATE MODEL",
                                           "CREATE CONNECTION"};
  Text("SHOW ");
  Text(kWords[static_cast<size_t>(show.show)]);
  if (!show.preposition.empty()) Text(" " + show.preposition);
  if (!show.name.empty()) {
    Text(" ");
    Write(show.name);
  }
  if (!show.partition.empty()) {
    Text(" ");
    Partition(show.partition);
  }
  if (!show.like) return;
  Text(show.negated ? " NOT" : "");
  Text(show.ilike ? " ILIKE " : " LIKE ");
  Literal(show.pattern);
}

void Unparser::Describe(const DescribeStatement& describe) {
  static constexpr const char* kWords[] = {"", "CATALOG ", "DATABASE ", "JOB ", "MODEL ", "FUNCTION ", "CONNECTION "};
  Text("DESCRIBE ");
  Text(kWords[static_cast<size_t>(describe.describe)]);
  if (describe.describe == DescribeKind::kJob) return Literal(describe.job);
  if (describe.extended) Text("EXTENDED ");
  Write(describe.name);
}

void Unparser::Session(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kUse: Text("USE "); return Write(static_cast<const ObjectStatement&>(statement).name);
    case StatementKind::kUseCatalog:
      Text("USE CATALOG ");
      return Write(static_cast<const ObjectStatement&>(statement).name);
    case StatementKind::kTruncate:
      Text("TRUNCATE TABLE ");
      return Write(static_cast<const ObjectStatement&>(statement).name);
    case StatementKind::kUseModules:
      Text("USE MODULES ");
      return Names(static_cast<const UseModulesStatement&>(statement).modules);
    case StatementKind::kLoadModule:
    case StatementKind::kUnloadModule: {
      const auto& module = static_cast<const ModuleStatement&>(statement);
      Text(statement.kind == StatementKind::kLoadModule ? "LOAD MODULE " : "UNLOAD MODULE ");
      Name(module.name);
      if (module.options.empty()) return;
      Text("\nWITH ");
      return Properties(module.options);
    }
    case StatementKind::kSet:
    case StatementKind::kReset: {
      const auto& set = static_cast<const SetStatement&>(statement);
      Text(statement.kind == StatementKind::kSet ? "SET" : "RESET");
      if (set.key) {
        Text(" ");
        Literal(*set.key);
      }
      if (set.value) {
        Text(" = ");
        Literal(*set.value);
      }
      return;
    }
    case StatementKind::kAddJar:
    case StatementKind::kRemoveJar:
      Text(statement.kind == StatementKind::kAddJar ? "ADD JAR " : "REMOVE JAR ");
      return Literal(static_cast<const JarStatement&>(statement).path);
    case StatementKind::kStopJob: {
      const auto& stop = static_cast<const StopJobStatement&>(statement);
      Text("STOP JOB ");
      Literal(stop.job);
      if (stop.with_savepoint) Text(" WITH SAVEPOINT");
      if (stop.with_drain) Text(" WITH DRAIN");
      return;
    }
    case StatementKind::kAnalyzeTable: {
      const auto& analyze = static_cast<const AnalyzeTableStatement&>(statement);
      Text("ANALYZE TABLE ");
      Write(analyze.name);
      if (!analyze.partition.empty()) {
        Text(" ");
        Partition(analyze.partition);
      }
      Text(" COMPUTE STATISTICS");
      if (analyze.all_columns) Text(" FOR ALL COLUMNS");
      if (!analyze.columns.empty()) {
        Text(" FOR COLUMNS ");
        Names(analyze.columns);
      }
      return;
    }
    case StatementKind::kCall: Text("CALL "); return Write(*static_cast<const CallStatement&>(statement).call);
    default: return Text(statement.text);
  }
}

void Unparser::Write(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::kQuery: return Write(*static_cast<const QueryStatement&>(statement).query);
    case StatementKind::kInsert: return Insert(static_cast<const InsertStatement&>(statement));
    case StatementKind::kUpdate: {
      const auto& update = static_cast<const UpdateStatement&>(statement);
      Text("UPDATE ");
      Write(update.target);
      if (update.alias) {
        Text(" AS ");
        Name(*update.alias);
      }
      for (size_t i = 0; i < update.assignments.size(); ++i) {
        Text(i == 0 ? " SET " : ", ");
        Write(update.assignments[i].column);
        Text(" = ");
        Write(*update.assignments[i].value);
      }
      if (update.where == nullptr) return;
      Text("\nWHERE ");
      return Write(*update.where);
    }
    case StatementKind::kDelete: {
      const auto& statement_delete = static_cast<const DeleteStatement&>(statement);
      Text("DELETE FROM ");
      Write(statement_delete.target);
      if (statement_delete.alias) {
        Text(" AS ");
        Name(*statement_delete.alias);
      }
      if (statement_delete.where == nullptr) return;
      Text("\nWHERE ");
      return Write(*statement_delete.where);
    }
    case StatementKind::kStatementSet: return StatementSet(static_cast<const StatementSetStatement&>(statement));
    case StatementKind::kBeginSet: return Text("BEGIN STATEMENT SET");
    case StatementKind::kEndSet: return Text("END");
    case StatementKind::kExecute:
      Text("EXECUTE ");
      return Write(*static_cast<const WrappedStatement&>(statement).statement);
    case StatementKind::kCompilePlan:
    case StatementKind::kExecutePlan:
    case StatementKind::kCompileAndExecutePlan: return Plan(static_cast<const PlanStatement&>(statement));
    case StatementKind::kExplain: {
      const auto& explain = static_cast<const ExplainStatement&>(statement);
      Text("EXPLAIN ");
      for (size_t i = 0; i < explain.details.size(); ++i) {
        Text(explain.details[i] + (i + 1 < explain.details.size() ? ", " : " "));
      }
      return Write(*explain.statement);
    }
    case StatementKind::kShow: return Show(static_cast<const ShowStatement&>(statement));
    case StatementKind::kDescribe: return Describe(static_cast<const DescribeStatement&>(statement));
    default: break;
  }
  bool definition =
      statement.kind >= StatementKind::kCreateTable && statement.kind <= StatementKind::kDropMaterializedTable;
  definition ? Definition(statement) : Session(statement);
}

std::string Unparse(const Statement& statement) {
  Unparser unparser;
  unparser.Write(statement);
  return unparser.Take();
}

}  // namespace sluice::engine::sql
