// SELECT, INSERT and statement sets → plans; EXPLAIN.
#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/program.h"
#include "engine/functions/type_rules.h"
#include "engine/sql/binder/query_binder.h"
#include "engine/sql/binder/table_access.h"
#include "engine/sql/errors.h"
#include "engine/sql/explain/explain_job.h"
#include "engine/sql/explain/explain_plan.h"
#include "engine/sql/explain/explain_rel.h"
#include "engine/sql/optimizer/optimizer.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/planner/plan_traits.h"
#include "engine/sql/session_state.h"
#include "engine/sql/settings.h"

namespace sluice::engine::sql {

namespace {

std::string SchemaText(const Schema& schema) {
  std::string out = "[";
  for (size_t i = 0; i < schema.size(); ++i)
    out += (i > 0 ? ", " : "") + schema[i].name + ": " + schema[i].type.ToString();
  return out + "]";
}

/// One INSERT being planned: the target and how the query's columns reach it.
struct Target {
  ObjectPath path;
  CatalogTablePtr table;
  const ConnectorDescriptor* connector = nullptr;
  SinkNode sink;
  TableCapability capability;
  Schema columns;  // physical ones, then writable metadata: what the sink takes
};

Result<Target> ResolveTarget(SessionState& state, const BindContext& context, const ObjectPath& path,
                             const OptionMap& hints, TextPosition position) {
  Target t;
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

Error Mismatch(const Target& target, const std::string& cause, const Schema& query, TextPosition position) {
  return Invalid(fmt::format("Column types of query result and sink for '{}' do not match.\nCause: {}\n\nQuery schema: "
                             "{}\nSink schema:  {}",
                             target.path.ToString(), cause, SchemaText(query), SchemaText(target.columns)),
                 position);
}

Error AssignedTwice(const std::string& column, TextPosition position) {
  return Invalid(fmt::format("Target column '{}' is assigned more than once", column), position);
}

/// Columns that neither PARTITION (`values`) nor the list (`named`) gives a value are NULL.
Status RequireNullable(const Target& target, const std::vector<ExprPtr>& values, const std::vector<size_t>& named,
                       TextPosition position) {
  for (size_t i = 0; i < target.columns.size(); ++i) {
    const RowField& column = target.columns[i];
    if (column.type.nullable() || values[i] || std::find(named.begin(), named.end(), i) != named.end()) continue;
    return Invalid(fmt::format("Column '{}' has no default value and does not allow NULLs", column.name), position);
  }
  return {};
}

/// The query's columns put in the sink's order: static partition values and NULL for columns that were not named.
Result<RelPtr> Arrange(const Target& target, const ast::InsertStatement& insert, const RelPtr& query,
                       ExprBinder& binder) {
  std::vector<ExprPtr> by_column(target.columns.size());
  auto column_of = [&](const std::string& name) {
    for (size_t i = 0; i < target.columns.size(); ++i) {
      if (target.columns[i].name == name) return static_cast<int>(i);
    }
    return -1;
  };
  for (const ast::PartitionItem& item : insert.partition) {
    const int at = column_of(item.column.name);
    const auto& keys = target.table->partition_keys;
    if (at < 0) return Invalid(fmt::format("Unknown target column '{}'", item.column.name), item.column.position);
    if (std::find(keys.begin(), keys.end(), item.column.name) == keys.end()) {
      return Invalid(fmt::format("Target column '{}' is not a partition column of table '{}'", item.column.name,
                                 target.path.ToString()),
                     item.column.position);
    }
    if (!item.value) continue;
    if (by_column[static_cast<size_t>(at)]) return AssignedTwice(item.column.name, item.column.position);
    SLUICE_ASSIGN_OR_RETURN(ExprPtr value, binder.Bind(*item.value));
    if (value->kind == ExprKind::kLiteral && value->value.is_null()) {
      return Invalid(fmt::format("not a literal: NULL (of partition column '{}')", item.column.name),
                     item.value->position);
    }
    // Written as text or not: the value takes the column's type.
    by_column[static_cast<size_t>(at)] = Coerce(value, target.columns[static_cast<size_t>(at)].type);
  }
  std::vector<size_t> order;
  if (insert.has_columns) {
    for (const ast::CompoundName& name : insert.columns) {
      const int at = column_of(name.ToString());
      if (at < 0) return Invalid(fmt::format("Unknown target column '{}'", name.ToString()), name.position);
      if (std::find(order.begin(), order.end(), static_cast<size_t>(at)) != order.end()) {
        return AssignedTwice(name.ToString(), name.position);
      }
      if (by_column[static_cast<size_t>(at)]) {
        return Invalid(fmt::format("Number of columns must match number of query columns: '{}' has its value in "
                                   "PARTITION already",
                                   name.ToString()),
                       name.position);
      }
      order.push_back(static_cast<size_t>(at));
    }
    SLUICE_RETURN_IF_ERROR(RequireNullable(target, by_column, order, insert.position));
    if (order.size() != query->schema.size()) {
      return Invalid(fmt::format("Number of INSERT target columns ({}) does not equal number of source items ({})",
                                 order.size(), query->schema.size()),
                     insert.position);
    }
  } else {
    for (size_t i = 0; i < target.columns.size(); ++i) {
      if (!by_column[i]) order.push_back(i);
    }
    if (order.size() != query->schema.size())
      return Mismatch(target, "Different number of columns.", query->schema, insert.position);
  }
  for (size_t i = 0; i < order.size(); ++i) by_column[order[i]] = ColumnRef(query->schema, i);
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < target.columns.size(); ++i) {
    const RowField& column = target.columns[i];
    ExprPtr e = by_column[i];
    if (!e) e = Expr::Literal(Value::Null(), column.type);
    if (!(e->kind == ExprKind::kLiteral && e->value.is_null()) && !ImplicitlyCastable(e->type, column.type)) {
      return Mismatch(target, fmt::format("Incompatible types for sink column '{}' at position {}.", column.name, i),
                      query->schema, insert.position);
    }
    columns.push_back(Coerce(e, column.type));
    names.push_back(column.name);
  }
  return MakeProject(query, std::move(columns), std::move(names));
}

Result<std::string> LengthEnforcerName(const OptionMap& options) {
  SLUICE_ASSIGN_OR_RETURN(auto length, GetOption(OptionValues(options.begin(), options.end()), kLengthEnforcer));
  return std::string(length == LengthEnforcer::kIgnore    ? "IGNORE"
                     : length == LengthEnforcer::kTrimPad ? "TRIM_PAD"
                                                          : "ERROR");
}

Status FillSink(Target& target, const OptionMap& options) {
  const OptionValues values(options.begin(), options.end());
  SLUICE_ASSIGN_OR_RETURN(auto not_null, GetOption(values, kNotNullEnforcer));
  target.sink.drop_null_violations = not_null == NotNullEnforcer::kDrop;
  SLUICE_ASSIGN_OR_RETURN(target.sink.length_enforcer, LengthEnforcerName(options));
  for (size_t i = 0; i < target.columns.size(); ++i) {
    if (!target.columns[i].type.nullable()) target.sink.not_null_columns.push_back(static_cast<int>(i));
  }
  return {};
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

Status AddInsert(SessionState& state, StatementContext& statement, QueryBinder& binder, PhysicalPlanner& planner,
                 const ast::InsertStatement& insert, const ObjectPath& path, const ast::Query& query) {
  if (insert.upsert) {
    return Invalid("UPSERT INTO statement is not supported. Please use INSERT INTO instead.", insert.position);
  }
  if (CatalogTablePtr table = state.catalog.FindTable(path); table != nullptr && insert.has_columns) {
    for (const ast::CompoundName& name : insert.columns) {
      const bool known = std::any_of(table->columns.begin(), table->columns.end(), [&](const TableColumn& c) {
        return c.name == name.ToString() && c.kind != TableColumnKind::kComputed && !c.is_virtual;
      });
      if (!known) return Invalid(fmt::format("Unknown target column '{}'", name.ToString()), name.position);
    }
  }
  SLUICE_ASSIGN_OR_RETURN(Target target,
                          ResolveTarget(state, statement.context, path, HintOptions(insert.hints), insert.position));
  if (insert.overwrite) {
    if (!statement.settings.batch)
      return Invalid(
          fmt::format("INSERT OVERWRITE requires batch mode: table '{}'. Streaming mode not support overwrite.",
                      path.ToString()),
          insert.position);
    if (!target.capability.supports_overwrite) {
      return Invalid(
          fmt::format("INSERT OVERWRITE requires that the sink of table '{}' supports overwriting.", path.ToString()),
          insert.position);
    }
  }
  if (!target.table->distribution.empty()) {
    return Invalid(fmt::format("Table '{}' is distributed into buckets, but the underlying DynamicTableSink doesn't "
                               "implement the SupportsBucketing interface.",
                               path.ToString()),
                   insert.position);
  }
  if (insert.has_partition && target.table->partition_keys.empty()) {
    std::string column;
    if (!insert.partition.empty()) column = insert.partition[0].column.name;
    return Invalid(
        fmt::format("Static partition column '{}' should be in the partition keys list [] for table '{}', which is not "
                    "partitioned.",
                    column, path.ToString()),
        insert.position);
  }
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(query));
  Scope none;
  ExprBinder literals(statement.context, none);
  SLUICE_ASSIGN_OR_RETURN(rel, Arrange(target, insert, rel, literals));
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

namespace {

bool HasDetail(const ast::ExplainStatement& explain, const char* detail) {
  return std::find(explain.details.begin(), explain.details.end(), detail) != explain.details.end();
}

/// The tree of a statement before it is optimised.
Result<std::string> TreeOf(SessionState& state, const ast::Statement& s) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  QueryBinder binder(statement->context);
  if (s.kind == ast::StatementKind::kQuery) {
    SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(*static_cast<const ast::QueryStatement&>(s).query));
    return ExplainRel(*rel);
  }
  const auto& insert = static_cast<const ast::InsertStatement&>(s);
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(*insert.query));
  std::vector<std::string> fields;
  for (const RowField& f : rel->schema) fields.push_back(f.name);
  return ExplainRel(*rel, fmt::format("LogicalSink(table=[{}], fields=[{}])", PathOf(state, insert.target).ToString(),
                                      JoinNames(fields)));
}

constexpr const char* kMiniBatchAdvice =
    "advice[1]: [ADVICE] You might want to enable local-global two-phase optimization by configuring "
    "('table.exec.mini-batch.enabled' to 'true', 'table.exec.mini-batch.allow-latency' to a positive long value, "
    "'table.exec.mini-batch.size' to a positive long value).";

/// A SELECT that is only explained needs no -U: nobody collects its rows. A plan for display only: joins show what they
/// would send then.
void RequireNoUpdateBefore(PhysicalPlan& plan) {
  for (const int root : plan.Roots()) {
    if (!std::holds_alternative<CollectNode>(plan.nodes[static_cast<size_t>(root)].payload)) continue;
    int at = plan.nodes[static_cast<size_t>(root)].inputs[0].node;
    if (CanOmitUpdateBefore(plan, at)) OmitUpdateBefore(plan, at);
    while (true) {
      PlanNode& node = plan.nodes[static_cast<size_t>(at)];
      const auto* calc = std::get_if<CalcNode>(&node.payload);
      const bool join = std::holds_alternative<JoinNode>(node.payload);
      if (!join && (calc == nullptr || calc->condition)) break;
      node.changelog.update_before = false;
      if (join) break;
      at = node.inputs[0].node;
    }
  }
}

}  // namespace

Result<StatementResult> ExecuteExplain(SessionState& state, const ast::ExplainStatement& explain) {
  const ast::Statement& s = *explain.statement;
  Result<StatementResult> planned =
      Error(ErrorCode::kNotSupported, "not supported yet: EXPLAIN of this statement", s.position);
  std::vector<const ast::Statement*> parts = {&s};
  if (s.kind == ast::StatementKind::kQuery) {
    planned = PlanQuery(state, *static_cast<const ast::QueryStatement&>(s).query);
  } else if (s.kind == ast::StatementKind::kInsert) {
    planned = PlanInserts(state, {static_cast<const ast::InsertStatement*>(&s)});
  } else if (s.kind == ast::StatementKind::kStatementSet) {
    std::vector<const ast::InsertStatement*> inserts;
    parts.clear();
    for (const auto& i : static_cast<const ast::StatementSetStatement&>(s).statements) {
      if (i->kind != ast::StatementKind::kInsert) continue;
      inserts.push_back(static_cast<const ast::InsertStatement*>(i.get()));
      parts.push_back(i.get());
    }
    planned = PlanInserts(state, inserts);
  }
  if (!planned.ok()) return planned.error();
  RequireNoUpdateBefore(planned->plan);
  std::string text = "== Abstract Syntax Tree ==\n";
  for (const ast::Statement* part : parts) {
    SLUICE_ASSIGN_OR_RETURN(const std::string tree, TreeOf(state, *part));
    text += tree + "\n";
  }
  const bool advice = HasDetail(explain, "PLAN_ADVICE");
  const bool modes = HasDetail(explain, "CHANGELOG_MODE");
  text += advice ? "== Optimized Physical Plan With Advice ==\n" : "== Optimized Physical Plan ==\n";
  text += ExplainPlan(planned->plan, {ExplainStyle::kPhysical, modes, advice}) + "\n";
  if (advice) text += std::string(HasAdvice(planned->plan) ? kMiniBatchAdvice : "No available advice...") + "\n\n";
  text += "== Optimized Execution Plan ==\n" + ExplainPlan(planned->plan, {ExplainStyle::kExecution, false, false});
  if (HasDetail(explain, "JSON_EXECUTION_PLAN")) {
    const OptionMap& set = planned->plan.settings.options;
    SLUICE_ASSIGN_OR_RETURN(const int32_t parallelism, GetOption(OptionValues(set.begin(), set.end()), kParallelism));
    text += "\n== Physical Execution Plan ==\n" +
            ExplainJob(PlanTrees(planned->plan, {ExplainStyle::kExecution, false, false}), parallelism);
  }
  StatementResult out;
  out.kind = ResultKind::kRows;
  out.schema = {{"result", DataType::String(), ""}};
  out.rows.push_back({text});
  return out;
}

}  // namespace sluice::engine::sql
