#include "engine/sql/binder/query_binder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/functions/program.h"
#include "engine/functions/type_rules.h"
#include "engine/sql/binder/select_binder.h"
#include "engine/sql/binder/subqueries.h"
#include "engine/sql/errors.h"

namespace sluice::engine::sql {

namespace {

RelPtr SingleRow() {
  auto values = std::make_shared<ValuesRel>();
  values->rows.emplace_back();
  return values;
}

/// The columns of `rel` as `types`, names kept.
RelPtr CastColumns(const RelPtr& rel, const std::vector<DataType>& types) {
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  bool changed = false;
  for (size_t i = 0; i < types.size(); ++i) {
    columns.push_back(Coerce(ColumnRef(rel->schema, i), types[i]));
    names.push_back(rel->schema[i].name);
    changed |= columns.back()->kind != ExprKind::kInput;
  }
  return changed ? MakeProject(rel, std::move(columns), std::move(names)) : rel;
}

}  // namespace

ExprBinder QueryBinder::MakeBinder(const Scope& scope, std::string clause) {
  ExprBinder binder(context_, scope);
  binder.clause = std::move(clause);
  binder.bind_query = [this](const ast::Query& q, const Scope* outer) { return Bind(q, outer); };
  return binder;
}

Result<RelPtr> QueryBinder::Bind(const ast::Query& query, const Scope* outer) {
  common_tables_.emplace_back();
  auto result = [&]() -> Result<RelPtr> {
    if (query.recursive)
      return Error(ErrorCode::kValidation,
                   "WITH RECURSIVE is not supported, neither here nor by Flink's planner (LogicalRepeatUnion)",
                   query.position);
    for (const ast::CommonTable& table : query.with) {
      SLUICE_ASSIGN_OR_RETURN(RelPtr rel, Bind(*table.query, outer));
      if (!table.columns.empty()) {
        if (table.columns.size() != rel->schema.size()) {
          return Invalid("Number of columns must match number of query columns", table.position);
        }
        std::vector<ExprPtr> columns;
        std::vector<std::string> names;
        for (size_t i = 0; i < rel->schema.size(); ++i) {
          columns.push_back(ColumnRef(rel->schema, i));
          names.push_back(table.columns[i].name);
        }
        rel = MakeProject(rel, std::move(columns), std::move(names));
      }
      common_tables_.back()[table.name.name] = rel;
    }
    return BindBody(query, outer);
  }();
  common_tables_.pop_back();
  return result;
}

Result<RelPtr> QueryBinder::BindBody(const ast::Query& query, const Scope* outer) {
  switch (query.kind) {
    case ast::QueryKind::kSelect: return BindSelect(static_cast<const ast::SelectQuery&>(query), outer);
    case ast::QueryKind::kSetOp: {
      SLUICE_ASSIGN_OR_RETURN(RelPtr rel, BindSetOp(static_cast<const ast::SetOpQuery&>(query), outer));
      return ApplyOrderAndLimit(query, rel);
    }
    case ast::QueryKind::kValues: {
      SLUICE_ASSIGN_OR_RETURN(RelPtr rel, BindValues(static_cast<const ast::ValuesQuery&>(query), outer));
      return ApplyOrderAndLimit(query, rel);
    }
    case ast::QueryKind::kTable: {
      ast::NamedTableRef ref;
      for (const ast::Identifier& part : static_cast<const ast::TableQuery&>(query).name.parts)
        ref.name.parts.push_back(part);
      ref.position = query.position;
      SLUICE_ASSIGN_OR_RETURN(BoundFrom from, BindNamed(ref));
      return ApplyOrderAndLimit(query, from.rel);
    }
    case ast::QueryKind::kNested: {
      SLUICE_ASSIGN_OR_RETURN(RelPtr rel, Bind(*static_cast<const ast::NestedQuery&>(query).query, outer));
      return ApplyOrderAndLimit(query, rel);
    }
  }
  return Error(ErrorCode::kInternal, "unknown query", query.position);
}

Result<RelPtr> QueryBinder::BindSelect(const ast::SelectQuery& query, const Scope* outer) {
  BoundFrom from;
  if (query.from) {
    SLUICE_ASSIGN_OR_RETURN(from, BindFrom(*query.from, outer));
  } else {
    from.rel = SingleRow();
  }
  from.scope.outer = outer;
  if (query.where) {
    SLUICE_ASSIGN_OR_RETURN(from.rel, BindWhere(*query.where, from.rel, from.scope));
  }
  SelectBinder select(context_, std::move(from),
                      [this](const Scope& scope, std::string clause) { return MakeBinder(scope, std::move(clause)); });
  return select.Bind(query,
                     [&](RelPtr rel, std::vector<SortKey> keys) { return ApplyLimit(query, rel, std::move(keys)); });
}

Result<RelPtr> QueryBinder::BindWhere(const ast::Expr& where, RelPtr rel, const Scope& scope) {
  std::vector<BoundSubquery> subqueries;
  ExprBinder binder = MakeBinder(scope, "WHERE");
  binder.subqueries = &subqueries;
  SLUICE_ASSIGN_OR_RETURN(ExprPtr condition, binder.BindCondition(where));
  return FilterWithSubqueries(std::move(rel), condition, subqueries, SameColumns());
}

Result<RelPtr> QueryBinder::BindSetOp(const ast::SetOpQuery& query, const Scope* outer) {
  if (query.minus_written) {
    return Invalid("MINUS is not allowed under the current SQL conformance level", query.op_position);
  }
  SLUICE_ASSIGN_OR_RETURN(RelPtr left, Bind(*query.left, outer));
  SLUICE_ASSIGN_OR_RETURN(RelPtr right, Bind(*query.right, outer));
  const char* name = query.op == ast::SetOp::kUnion       ? "UNION"
                     : query.op == ast::SetOp::kIntersect ? "INTERSECT"
                                                          : "EXCEPT";
  const std::string shown = std::string(name) + (query.all ? " ALL" : "");
  if (left->schema.size() != right->schema.size()) {
    return Invalid(fmt::format("Column count mismatch in {}", shown), query.op_position);
  }
  std::vector<DataType> types;
  Schema schema = left->schema;
  for (size_t i = 0; i < schema.size(); ++i) {
    const DataType pair[] = {left->schema[i].type, right->schema[i].type};
    auto common = CommonType(pair);
    if (!common) {
      const bool number_to_time = pair[0].is_numeric() && pair[1].is_datetime();
      if (number_to_time) {
        return Invalid(
            fmt::format("Type mismatch in column {} of {}: Only legacy cast behaviour supports cast from '{}' to '{}'.",
                        i + 1, shown, pair[0].ToString(), pair[1].ToString()),
            query.op_position);
      }
      return Invalid(fmt::format("Type mismatch in column {} of {}", i + 1, shown), query.op_position);
    }
    types.push_back(*common);
    schema[i].type = common->WithNullable(pair[0].nullable() || pair[1].nullable());
    const bool same_attribute = pair[0].time_attribute() == pair[1].time_attribute();
    schema[i].type = schema[i].type.WithTimeAttribute(same_attribute ? pair[0].time_attribute() : TimeAttribute::kNone);
  }
  left = CastColumns(left, types);
  right = CastColumns(right, types);
  if (query.op == ast::SetOp::kUnion) {
    std::vector<RelPtr> inputs;
    // a UNION ALL b UNION ALL c is one node.
    if (query.all && left->kind == RelKind::kUnion && left->schema == schema) {
      inputs = left->inputs;
    } else {
      inputs = {left};
    }
    inputs.push_back(right);
    RelPtr all = MakeUnion(std::move(inputs), schema);
    if (query.all) return all;
    auto distinct = std::make_shared<AggregateRel>();
    distinct->inputs = {all};
    distinct->schema = schema;
    for (size_t i = 0; i < schema.size(); ++i) distinct->keys.push_back(static_cast<int>(i));
    return RelPtr(distinct);
  }
  auto rel = std::make_shared<SetOpRel>();
  rel->intersect = query.op == ast::SetOp::kIntersect;
  rel->all = query.all;
  rel->schema = schema;
  rel->inputs = {left, right};
  rel->position = query.op_position;
  return RelPtr(rel);
}

Result<RelPtr> QueryBinder::BindValues(const ast::ValuesQuery& query, const Scope* outer) {
  Scope scope;
  scope.outer = outer;
  ExprBinder binder = MakeBinder(scope, "VALUES");
  std::vector<std::vector<ExprPtr>> rows;
  for (const auto& row : query.rows) {
    rows.emplace_back();
    for (const ast::ExprPtr& e : row) {
      SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, binder.Bind(*e));
      if (bound->type.kind() == TypeKind::kNull) return Invalid("Illegal use of 'NULL'", e->position);
      rows.back().push_back(std::move(bound));
    }
    if (rows.back().size() != rows[0].size()) {
      return Invalid("Values passed to VALUES operator must have compatible types", query.position);
    }
  }
  auto values = std::make_shared<ValuesRel>();
  for (size_t c = 0; c < rows[0].size(); ++c) {
    std::vector<DataType> types;
    bool nullable = false;
    for (const auto& row : rows) {
      types.push_back(row[c]->type);
      nullable |= row[c]->type.nullable();
    }
    auto common = CommonType(types);
    if (!common) return Invalid("Values passed to VALUES operator must have compatible types", query.position);
    for (auto& row : rows) row[c] = Coerce(row[c], *common);
    values->schema.push_back({fmt::format("EXPR${}", c), common->WithNullable(nullable), ""});
  }
  std::vector<std::string> names;
  for (const RowField& f : values->schema) names.push_back(f.name);
  bool constant = true;
  auto is_constant = [&](auto& self, const Expr& e) -> bool {
    if (e.kind == ExprKind::kInput) return false;
    const ScalarFunction* f = e.kind == ExprKind::kCall ? context_.functions->FindScalar(e.function) : nullptr;
    if (e.kind == ExprKind::kCall && (f == nullptr || !f->deterministic)) return false;
    return std::all_of(e.args.begin(), e.args.end(), [&](const ExprPtr& a) { return self(self, *a); });
  };
  for (const auto& row : rows) {
    values->rows.emplace_back();
    for (const ExprPtr& e : row) {
      if (!is_constant(is_constant, *e)) constant = false;
      if (!constant) break;
      if (e->kind == ExprKind::kLiteral) {
        values->rows.back().push_back(e->value);
        continue;
      }
      SLUICE_ASSIGN_OR_RETURN(Value v, EvaluateConstant(e, *context_.functions, *context_.facts));
      values->rows.back().push_back(std::move(v));
    }
  }
  if (constant) return RelPtr(values);
  std::vector<RelPtr> inputs;
  for (auto& row : rows) inputs.push_back(MakeProject(SingleRow(), std::move(row), names));
  return inputs.size() == 1 ? inputs[0] : MakeUnion(std::move(inputs), values->schema);
}

namespace {

Result<int64_t> RowCount(const ast::Expr& e, std::string_view clause) {
  if (e.kind == ast::ExprKind::kLiteral) {
    const std::string& text = static_cast<const ast::LiteralExpr&>(e).text;
    int64_t n = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    // A fraction is cut off.
    const std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
    const bool fraction = rest.starts_with('.') && rest.find_first_not_of("0123456789", 1) == rest.npos;
    if (error == std::errc() && (rest.empty() || fraction)) return n;
  }
  return Invalid(fmt::format("{} must be a non-negative integer literal", clause), e.position);
}

}  // namespace

Result<RelPtr> QueryBinder::ApplyLimit(const ast::Query& query, RelPtr rel, std::vector<SortKey> keys) {
  if (keys.empty() && !query.limit && !query.offset) return rel;
  auto sort = std::make_shared<SortRel>();
  sort->schema = rel->schema;
  sort->inputs = {rel};
  sort->keys = std::move(keys);
  sort->position = query.position;
  if (query.offset) {
    SLUICE_ASSIGN_OR_RETURN(sort->offset, RowCount(*query.offset, "OFFSET"));
  }
  if (query.limit) {
    SLUICE_ASSIGN_OR_RETURN(sort->limit, RowCount(*query.limit, "LIMIT"));
  }
  return RelPtr(sort);
}

Result<RelPtr> QueryBinder::ApplyOrderAndLimit(const ast::Query& query, RelPtr rel) {
  std::vector<SortKey> keys;
  Scope scope;
  scope.Add({"", {}, 0, 0}, rel->schema);
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    columns.push_back(ColumnRef(rel->schema, i));
    names.push_back(rel->schema[i].name);
  }
  const size_t width = columns.size();
  for (const ast::OrderItem& item : query.order_by) {
    const ast::Expr& e = *item.expr;
    SortKey key{-1, !item.descending,
                item.nulls == ast::NullsOrder::kDefault ? item.descending : item.nulls == ast::NullsOrder::kLast};
    if (e.kind == ast::ExprKind::kLiteral &&
        static_cast<const ast::LiteralExpr&>(e).literal == ast::LiteralKind::kInteger) {
      SLUICE_ASSIGN_OR_RETURN(int64_t ordinal, RowCount(e, "ORDER BY"));
      if (ordinal < 1 || static_cast<size_t>(ordinal) > width) return Invalid("Ordinal out of range", e.position);
      key.column = static_cast<int>(ordinal - 1);
    } else {
      ExprBinder binder = MakeBinder(scope, "ORDER BY");
      SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, binder.Bind(e));
      if (bound->kind == ExprKind::kInput) {
        key.column = bound->input;
      } else {
        key.column = static_cast<int>(columns.size());
        columns.push_back(std::move(bound));
        names.push_back(fmt::format("$s{}", columns.size()));
      }
    }
    keys.push_back(key);
  }
  if (columns.size() > width) rel = MakeProject(rel, columns, names);
  SLUICE_ASSIGN_OR_RETURN(rel, ApplyLimit(query, rel, std::move(keys)));
  if (columns.size() > width) {
    columns.resize(width);
    names.resize(width);
    rel = MakeProject(rel, std::move(columns), std::move(names));
  }
  return rel;
}

}  // namespace sluice::engine::sql
