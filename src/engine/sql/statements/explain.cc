// EXPLAIN.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "engine/sql/binder/query_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/explain/explain_job.h"
#include "engine/sql/explain/explain_plan.h"
#include "engine/sql/explain/explain_rel.h"
#include "engine/sql/planner/plan_traits.h"
#include "engine/sql/session_state.h"
#include "engine/sql/settings.h"
#include "engine/sql/statements/insert_target.h"

namespace sluice::engine::sql {

namespace {

bool HasDetail(const ast::ExplainStatement& explain, const char* detail) {
  return std::find(explain.details.begin(), explain.details.end(), detail) != explain.details.end();
}

/// The projection of an INSERT and the query's own are one in Calcite's tree.
RelPtr MergeProjections(const RelPtr& rel) {
  if (rel->kind != RelKind::kProject || rel->inputs[0]->kind != RelKind::kProject) return rel;
  const auto& top = static_cast<const ProjectRel&>(*rel);
  const auto& below = static_cast<const ProjectRel&>(*rel->inputs[0]);
  std::vector<ExprPtr> expressions;
  std::vector<std::string> names;
  for (size_t i = 0; i < top.expressions.size(); ++i) {
    expressions.push_back(ExprSubstitute(top.expressions[i], below.expressions));
    names.push_back(top.schema[i].name);
  }
  return MakeProject(below.inputs[0], std::move(expressions), std::move(names));
}

struct InsertParts {
  ObjectPath path;
  const ast::Query* query = nullptr;
  ast::InsertStatement empty;
  const ast::InsertStatement* insert = &empty;
};

/// What is written where.
void PartsOf(const SessionState& state, const ast::Statement& s, InsertParts& out) {
  if (s.kind == ast::StatementKind::kCreateTable) {
    const auto& create = static_cast<const ast::CreateTableStatement&>(s);
    out.path = PathOf(state, create.name);
    out.query = create.as_query.get();
    return;
  }
  out.insert = &static_cast<const ast::InsertStatement&>(s);
  out.path = PathOf(state, out.insert->target);
  out.query = out.insert->query.get();
}

/// The tree of a statement before it is optimised. `target_columns`: of its sink, as ExplainPlanOptions wants them.
Result<std::string> TreeOf(SessionState& state, const ast::Statement& s, std::string& target_columns) {
  SLUICE_ASSIGN_OR_RETURN(auto statement, MakeStatementContext(state));
  QueryBinder binder(statement->context);
  if (s.kind == ast::StatementKind::kQuery) {
    SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(*static_cast<const ast::QueryStatement&>(s).query));
    return ExplainRel(*rel);
  }
  InsertParts parts;
  PartsOf(state, s, parts);
  SLUICE_ASSIGN_OR_RETURN(RelPtr rel, binder.Bind(*parts.query));
  SLUICE_ASSIGN_OR_RETURN(const InsertTarget target, ResolveTarget(state, statement->context, parts.path,
                                                                   HintOptions(parts.insert->hints), s.position));
  if (s.kind == ast::StatementKind::kInsert) {
    SLUICE_ASSIGN_OR_RETURN(rel, ArrangeColumns(target, *parts.insert, rel, statement->context));
  }
  target_columns = TargetColumnsText(target, *parts.insert);
  std::vector<std::string> fields;
  for (const RowField& f : rel->schema) fields.push_back(f.name);
  return ExplainRel(*MergeProjections(rel), fmt::format("LogicalSink(table=[{}], {}fields=[{}])", parts.path.ToString(),
                                                        target_columns, JoinNames(fields)));
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

/// Tables with computed columns: what their sources read shows below their watermarks.
std::set<std::string> TablesWithComputedColumns(const SessionState& state, const PhysicalPlan& plan) {
  std::set<std::string> out;
  for (const PlanNode& n : plan.nodes) {
    const auto* source = std::get_if<SourceNode>(&n.payload);
    if (source == nullptr) continue;
    std::vector<std::string> parts;
    std::istringstream name(source->table.identifier);
    for (std::string part; std::getline(name, part, '.');) parts.push_back(part);
    if (parts.size() != 3) continue;
    const CatalogTablePtr table = state.catalog.FindTable(state.catalog.Qualify(parts));
    if (table == nullptr) continue;
    const bool computed = std::any_of(table->columns.begin(), table->columns.end(),
                                      [](const TableColumn& c) { return c.kind == TableColumnKind::kComputed; });
    if (computed) out.insert(source->table.identifier);
  }
  return out;
}

/// What is explained: its plan, and the statements that trees are shown of.
struct Explained {
  PhysicalPlan plan;
  std::vector<const ast::Statement*> parts;
};

Result<Explained> PlanOf(SessionState& state, const ast::Statement& s) {
  Result<StatementResult> planned =
      Error(ErrorCode::kNotSupported, "not supported yet: EXPLAIN of this statement", s.position);
  Explained out;
  out.parts = {&s};
  if (s.kind == ast::StatementKind::kQuery) {
    planned = PlanQuery(state, *static_cast<const ast::QueryStatement&>(s).query);
  } else if (s.kind == ast::StatementKind::kInsert) {
    planned = PlanInserts(state, {static_cast<const ast::InsertStatement*>(&s)});
  } else if (s.kind == ast::StatementKind::kStatementSet) {
    std::vector<const ast::InsertStatement*> inserts;
    out.parts.clear();
    for (const auto& i : static_cast<const ast::StatementSetStatement&>(s).statements) {
      if (i->kind != ast::StatementKind::kInsert) continue;
      inserts.push_back(static_cast<const ast::InsertStatement*>(i.get()));
      out.parts.push_back(i.get());
    }
    planned = PlanInserts(state, inserts);
  } else if (s.kind == ast::StatementKind::kCreateTable &&
             static_cast<const ast::CreateTableStatement&>(s).as_query != nullptr) {
    planned = ExecuteDdl(state, s);
  }
  if (!planned.ok()) return planned.error();
  out.plan = std::move(planned->plan);
  return out;
}

/// The sections below the trees.
Result<std::string> PlanSections(const ast::ExplainStatement& explain, const PhysicalPlan& plan,
                                 ExplainPlanOptions options) {
  const bool advice = HasDetail(explain, "PLAN_ADVICE");
  options.style = ExplainStyle::kPhysical;
  options.changelog_mode = HasDetail(explain, "CHANGELOG_MODE");
  options.costs = HasDetail(explain, "ESTIMATED_COST");
  options.advice = advice;
  std::string text = advice ? "== Optimized Physical Plan With Advice ==\n" : "== Optimized Physical Plan ==\n";
  text += ExplainPlan(plan, options) + "\n";
  if (advice) text += std::string(HasAdvice(plan) ? kMiniBatchAdvice : "No available advice...") + "\n\n";
  options.style = ExplainStyle::kExecution;
  options.changelog_mode = options.costs = options.advice = false;
  text += "== Optimized Execution Plan ==\n" + ExplainPlan(plan, options);
  if (!HasDetail(explain, "JSON_EXECUTION_PLAN")) return text;
  const OptionMap& set = plan.settings.options;
  SLUICE_ASSIGN_OR_RETURN(const int32_t parallelism, GetOption(OptionValues(set.begin(), set.end()), kParallelism));
  return text + "\n== Physical Execution Plan ==\n" + ExplainJob(PlanTrees(plan, options), parallelism);
}

/// A session with the same catalog: what EXPLAIN CREATE TABLE … AS creates goes with it.
SessionState CopyForExplain(const SessionState& state) {
  SessionState copy;
  copy.environment = state.environment;
  copy.defaults = state.defaults;
  copy.options = state.options;
  copy.catalog = state.catalog;
  copy.modules = state.modules;
  copy.loaded_modules = state.loaded_modules;
  return copy;
}

}  // namespace

Result<StatementResult> ExecuteExplain(SessionState& state, const ast::ExplainStatement& explain) {
  SessionState scratch = CopyForExplain(state);
  SLUICE_ASSIGN_OR_RETURN(Explained explained, PlanOf(scratch, *explain.statement));
  PhysicalPlan& plan = explained.plan;
  RequireNoUpdateBefore(plan);
  ExplainPlanOptions options;
  options.computed = TablesWithComputedColumns(scratch, plan);
  std::string text = "== Abstract Syntax Tree ==\n";
  for (const ast::Statement* part : explained.parts) {
    SLUICE_ASSIGN_OR_RETURN(const std::string tree, TreeOf(scratch, *part, options.target_columns.emplace_back()));
    text += tree + "\n";
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string sections, PlanSections(explain, plan, std::move(options)));
  StatementResult out;
  out.kind = ResultKind::kRows;
  out.schema = {{"result", DataType::String(), ""}};
  out.rows.push_back({text + sections});
  return out;
}

}  // namespace sluice::engine::sql
