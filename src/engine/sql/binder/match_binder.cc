// MATCH_RECOGNIZE. Its expressions are bound over a scope in which the input's columns stand once for the rows of all
// variables and once more under each variable's name; then every use becomes a reference to a value of matched rows.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/sql/binder/query_binder.h"
#include "engine/sql/errors.h"
#include "engine/sql/parser/unparse.h"

namespace sluice::engine::sql {

namespace {

constexpr const char* kFirst = "$FIRST";
constexpr const char* kLast = "$LAST";

/// 'A', 'B': the variables of a part of a pattern, for messages.
std::string NamesIn(const ast::Pattern& pattern) {
  if (pattern.kind == ast::PatternKind::kVariable) return "_UTF-16LE'" + pattern.name.name + "'";
  std::string out;
  for (const auto& child : pattern.children) out += (out.empty() ? "" : ", ") + NamesIn(*child);
  return out;
}

/// The pattern as a list; what Flink's CEP cannot do is refused in its words.
Status Flatten(const ast::Pattern& pattern, MatchNode& node) {
  auto variable = [&](const ast::Pattern& p) -> Result<int> {
    if (std::find(node.variables.begin(), node.variables.end(), p.name.name) != node.variables.end()) {
      return Invalid(fmt::format("Duplicate pattern name: {}. Names must be unique.", p.name.name), p.position);
    }
    node.variables.push_back(p.name.name);
    return static_cast<int>(node.variables.size() - 1);
  };
  switch (pattern.kind) {
    case ast::PatternKind::kVariable: {
      SLUICE_ASSIGN_OR_RETURN(const int v, variable(pattern));
      node.pattern.push_back({v, 1, 1, true});
      return {};
    }
    case ast::PatternKind::kConcat:
      for (const auto& child : pattern.children) SLUICE_RETURN_IF_ERROR(Flatten(*child, node));
      return {};
    case ast::PatternKind::kQuantified: {
      const ast::Pattern& inner = *pattern.children[0];
      if (inner.kind != ast::PatternKind::kVariable) {
        return Invalid(
            fmt::format("Expression not supported: ({}) Group patterns are not supported yet.", NamesIn(inner)),
            pattern.position);
      }
      SLUICE_ASSIGN_OR_RETURN(const int v, variable(inner));
      if (pattern.quantifier.starts_with("{,")) {
        return Invalid("The from should be a positive number greater than 0.", pattern.position);
      }
      if (pattern.max == 0) {
        return Invalid("The to should be a number greater than or equal to from: 1.", pattern.position);
      }
      PatternElement element{v, pattern.min, pattern.max.value_or(-1), !pattern.reluctant};
      if (pattern.reluctant && element.min == 0 && element.max == 1) {
        return Invalid("Reluctant optional variables are not supported yet.", pattern.position);
      }
      node.pattern.push_back(element);
      return {};
    }
    case ast::PatternKind::kAlternation:
      return Invalid("Currently, CEP doesn't support branching patterns.", pattern.position);
    case ast::PatternKind::kPermute:
      return Invalid(
          fmt::format("Expression not supported: PATTERN_PERMUTE({}). Currently, CEP doesn't support PERMUTE "
                      "patterns.",
                      NamesIn(pattern)),
          pattern.position);
    case ast::PatternKind::kExclusion:
      return Invalid(fmt::format("Expression not supported: PATTERN_EXCLUDE({}). Currently, CEP doesn't support '{{-' "
                                 "'-}}' patterns.",
                                 NamesIn(pattern)),
                     pattern.position);
    case ast::PatternKind::kEmpty: return NotYet("an empty pattern", pattern.position);
  }
  return {};
}

/// Turns bound expressions over the scope into expressions over matched rows.
class Converter {
 public:
  /// `text`: the expression as written, for messages.
  Converter(size_t width, const std::vector<BoundAggregate>& aggregates, std::string text)
      : width_(width), aggregates_(aggregates), text_(std::move(text)) {}

  Result<MatchExpr> Convert(const ExprPtr& e) {
    out_ = MatchExpr();
    SLUICE_ASSIGN_OR_RETURN(out_.expr, Walk(e));
    return std::move(out_);
  }

 private:
  Result<ExprPtr> Walk(const ExprPtr& e) {
    if (e->kind == ExprKind::kInput) return Take(e, false, 0, e->type.Nullable());
    if (e->kind != ExprKind::kCall) return e;
    if (e->function == kAggregatePlaceholder) {
      return Aggregate(aggregates_[static_cast<size_t>(e->args[0]->value.as_int())], e->position);
    }
    if (e->function == kFirst || e->function == kLast) {
      return Take(e->args[0], e->function == kFirst, e->args[1]->value.as_int(), e->type);
    }
    std::vector<ExprPtr> args;
    for (const ExprPtr& a : e->args) {
      SLUICE_ASSIGN_OR_RETURN(ExprPtr arg, Walk(a));
      args.push_back(std::move(arg));
    }
    return Expr::Call(e->function, std::move(args), e->type, e->position);
  }

  ExprPtr Add(MatchRef ref) {
    out_.refs.push_back(std::move(ref));
    return Expr::Input(static_cast<int>(out_.refs.size() - 1), out_.refs.back().type);
  }

  /// The one variable that an expression's columns belong to, and the expression over the row.
  Result<int> VariableOf(const std::vector<ExprPtr>& exprs, TextPosition position) const {
    std::optional<int> found;
    for (const ExprPtr& e : exprs) {
      for (const int column : ExprInputs(*e)) {
        if (column >= kOuterBase) return NotYet("columns of the enclosing query in MATCH_RECOGNIZE", position);
        const int variable = column / static_cast<int>(width_) - 1;
        if (found && *found != variable) {
          return Invalid(fmt::format("Multiple pattern variables in '{}'", text_), position);
        }
        found = variable;
      }
    }
    return found.value_or(-1);
  }
  ExprPtr OverRow(const ExprPtr& e) const {
    return Rewrite(e, [&](const ExprPtr& x) -> ExprPtr {
      if (x->kind != ExprKind::kInput) return nullptr;
      return Expr::Input(x->input % static_cast<int>(width_), x->type);
    });
  }

  Result<ExprPtr> Take(const ExprPtr& value, bool first, int64_t offset, const DataType& type) {
    MatchRef ref;
    SLUICE_ASSIGN_OR_RETURN(ref.variable, VariableOf({value}, value->position));
    ref.first = first;
    ref.offset = offset;
    ref.value = OverRow(value);
    ref.type = type;  // MATCH_ROWTIME is never NULL
    return Add(std::move(ref));
  }

  Result<ExprPtr> Aggregate(const BoundAggregate& aggregate, TextPosition position) {
    if (aggregate.filter) return NotYet("FILTER in MATCH_RECOGNIZE", position);
    if (aggregate.distinct) {
      return Invalid(fmt::format("DISTINCT/ALL not allowed with {} function", text_), position);
    }
    MatchRef ref;
    SLUICE_ASSIGN_OR_RETURN(ref.variable, VariableOf(aggregate.args, position));
    ref.aggregate = true;
    ref.call.function = aggregate.function;
    ref.call.distinct = aggregate.distinct;
    ref.call.ignore_nulls = aggregate.ignore_nulls;
    ref.call.literals = aggregate.literals;
    ref.call.type = ref.type = aggregate.type;
    for (const ExprPtr& arg : aggregate.args) {
      ref.call.args.push_back(static_cast<int>(ref.arguments.size()));
      ref.call.arg_types.push_back(arg->type);
      ref.arguments.push_back(OverRow(arg));
    }
    return Add(std::move(ref));
  }

  const size_t width_;
  const std::vector<BoundAggregate>& aggregates_;
  const std::string text_;
  MatchExpr out_;
};

std::string Unsupported(const std::string& call) {
  return fmt::format(
      "Unsupported call: {} \nIf you think this function should be supported, you can create an issue and start a "
      "discussion for it.",
      call);
}

/// FIRST, LAST, FINAL, MATCH_ROWTIME and their like.
std::optional<Result<ExprPtr>> BindMatchCall(const ast::CallExpr& e, const std::string& name, const DataType& time,
                                             int time_column, bool batch, ExprBinder& binder) {
  auto bind = [&](const ast::Expr& arg) { return binder.Bind(arg); };
  if (name == "FINAL" || name == "RUNNING") {
    if (e.arguments.size() != 1) return Invalid(name + " needs one argument", e.position);
    Result<ExprPtr> value = bind(*e.arguments[0]);
    if (name == "FINAL" || !value.ok()) return value;
    return Invalid(Unsupported(fmt::format("RUNNING({})", (*value)->type.ToString())), e.position);
  }
  if (name == "FIRST" || name == "LAST") {
    if (e.arguments.empty() || e.arguments.size() > 2) {
      return Invalid(fmt::format("Invalid number of arguments to function '{}'. Was expecting 1 arguments", name),
                     e.position);
    }
    Result<ExprPtr> value = bind(*e.arguments[0]);
    if (!value.ok()) return value;
    int64_t offset = 0;
    if (e.arguments.size() == 2) {
      Result<ExprPtr> literal = bind(*e.arguments[1]);
      if (!literal.ok()) return literal;
      if ((*literal)->kind != ExprKind::kLiteral || !(*literal)->type.is_exact_integer() ||
          (*literal)->value.is_null()) {
        return Invalid(fmt::format("The offset of {} must be a literal integer", name), e.position);
      }
      offset = (*literal)->value.as_int();
    }
    const DataType type = (*value)->type.Nullable();
    return Expr::Call(name == "FIRST" ? kFirst : kLast,
                      {*value, Expr::Literal(Value::Int(offset), DataType::Bigint().NotNull())}, type, e.position);
  }
  if (name == "MATCH_ROWTIME") {
    if (!time.is_rowtime() && !(batch && time.is_timestamp()))
      return Invalid("MATCH_ROWTIME needs a table with event time", e.position);
    return Expr::Call(
        kLast, {Expr::Input(time_column, time.NotNull()), Expr::Literal(Value::Int(0), DataType::Bigint().NotNull())},
        time.NotNull(), e.position);
  }
  if ((name == "PREV" || name == "NEXT") && binder.clause == "MEASURES" && !e.arguments.empty()) {
    return Invalid(fmt::format("Cannot use PREV/NEXT in MEASURE '{}({}, 1)'", name, Unparse(*e.arguments[0])),
                   e.position);
  }
  if (name == "PREV" || name == "NEXT") {
    return Invalid("Flink does not support physical offsets within partition: " + name, e.position);
  }
  if (name == "CLASSIFIER") return Invalid(Unsupported("CLASSIFIER()"), e.position);
  if (name == "MATCH_NUMBER") {
    return Invalid("No match found for function signature MATCH_NUMBER().\nSupported signatures are:\n'MATCH_NUMBER()'",
                   e.position);
  }
  if (name == "MATCH_PROCTIME") return binder.Call("PROCTIME", {}, e.position);
  return std::nullopt;
}

MatchSkip SkipOf(ast::SkipTo skip) {
  switch (skip) {
    case ast::SkipTo::kPastLastRow: return MatchSkip::kPastLastRow;
    case ast::SkipTo::kFirst: return MatchSkip::kToFirst;
    case ast::SkipTo::kLast: return MatchSkip::kToLast;
    default: return MatchSkip::kToNextRow;
  }
}

bool HasVariable(const ast::Pattern& pattern, const std::string& name) {
  if (pattern.kind == ast::PatternKind::kVariable) return pattern.name.name == name;
  return std::any_of(pattern.children.begin(), pattern.children.end(),
                     [&](const auto& child) { return HasVariable(*child, name); });
}

Status CheckClauses(const ast::MatchRecognizeRef& ref) {
  using Rows = ast::MatchRecognizeRef::Rows;
  if (ref.rows == Rows::kAll) return Invalid("All rows per match mode is not supported yet.", ref.position);
  // ^ and $ say nothing to Flink.
  for (const auto& subset : ref.subsets) {
    for (const ast::Identifier& name : subset.variables) {
      if (!HasVariable(*ref.pattern, name.name)) return Invalid("Unknown pattern '" + name.name + "'", ref.position);
    }
  }
  std::set<std::string> measures;
  for (const auto& measure : ref.measures) {
    if (measures.insert(measure.name.name).second) continue;
    return Invalid(fmt::format("Multiple entries with same key: {0}={1}", measure.name.name, Unparse(*measure.expr)),
                   measure.expr->position);
  }
  return {};
}

}  // namespace

Status QueryBinder::BindMatchOrder(const ast::MatchRecognizeRef& ref, const Scope& scope, MatchNode& node) {
  ExprBinder binder = MakeBinder(scope, "MATCH_RECOGNIZE");
  for (const ast::ExprPtr& p : ref.partition_by) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr key, binder.Bind(*p));
    if (key->kind != ExprKind::kInput) return NotYet("PARTITION BY an expression in MATCH_RECOGNIZE", p->position);
    node.partition_keys.push_back(key->input);
  }
  for (const ast::OrderItem& item : ref.order_by) {
    SLUICE_ASSIGN_OR_RETURN(ExprPtr key, binder.Bind(*item.expr));
    if (key->kind != ExprKind::kInput) return NotYet("ORDER BY an expression in MATCH_RECOGNIZE", item.expr->position);
    if (node.time_column < 0) {
      const bool timed = key->type.is_rowtime() || key->type.is_proctime();
      if (!timed && !(context_.batch && key->type.is_timestamp())) break;
      if (item.descending) {
        return Invalid("Primary sort order of a streaming table must be ascending on time.", item.expr->position);
      }
      node.time_column = key->input;
      node.processing_time = key->type.is_proctime();
      continue;
    }
    const bool nulls_last =
        item.nulls == ast::NullsOrder::kDefault ? item.descending : item.nulls == ast::NullsOrder::kLast;
    node.order.push_back({key->input, !item.descending, nulls_last});
  }
  if (node.time_column < 0) {
    return Invalid("You must specify either rowtime or proctime for order by.", ref.position);
  }
  return {};
}

Status QueryBinder::BindMatchWithin(const ast::MatchRecognizeRef& ref, const Scope& scope, MatchNode& node) {
  if (ref.within) {
    ExprBinder binder = MakeBinder(scope, "WITHIN");
    SLUICE_ASSIGN_OR_RETURN(ExprPtr within, binder.Bind(*ref.within));
    if (within->kind != ExprKind::kLiteral || within->type.kind() != TypeKind::kIntervalDayTime) {
      return Invalid(
          "Only constant intervals with millisecond resolution are supported as time constraints of patterns.",
          ref.within->position);
    }
    node.within_ms = within->value.as_int();
  }
  if (node.skip != MatchSkip::kToFirst && node.skip != MatchSkip::kToLast) return {};
  const auto at = std::find(node.variables.begin(), node.variables.end(), ref.skip_variable.name);
  if (at == node.variables.end()) {
    return Invalid(fmt::format("Unknown pattern '{}'", ref.skip_variable.name), ref.position);
  }
  node.skip_variable = static_cast<int>(at - node.variables.begin());
  return {};
}

Result<BoundFrom> QueryBinder::BindMatch(const ast::MatchRecognizeRef& ref, const Scope* outer) {
  SLUICE_RETURN_IF_ERROR(CheckClauses(ref));
  SLUICE_ASSIGN_OR_RETURN(BoundFrom input, BindFrom(*ref.input, outer));
  const Schema& columns = input.rel->schema;
  auto rel = std::make_shared<MatchRel>();
  MatchNode& node = rel->match;
  SLUICE_RETURN_IF_ERROR(Flatten(*ref.pattern, node));
  const PatternElement& last = node.pattern.back();
  if (last.greedy && last.min != last.max && !(last.min == 0 && last.max == 1)) {
    return Invalid(
        "Greedy quantifiers are not allowed as the last element of a Pattern yet. Finish your pattern with either a "
        "simple variable or reluctant quantifier.",
        ref.pattern->position);
  }
  node.skip = SkipOf(ref.skip);
  SLUICE_RETURN_IF_ERROR(BindMatchOrder(ref, input.scope, node));
  SLUICE_RETURN_IF_ERROR(BindMatchWithin(ref, input.scope, node));

  Scope scope;
  ScopeTable universal;
  universal.alias = input.scope.tables.size() == 1 ? input.scope.tables[0].alias : "";
  scope.Add(universal, columns);
  // SUBSET, and what is defined but not in the pattern: Flink knows the name and gives it no rows.
  std::vector<std::string> names = node.variables;
  for (const auto& subset : ref.subsets) names.push_back(subset.name.name);
  for (const auto& define : ref.definitions) {
    if (std::find(names.begin(), names.end(), define.name.name) == names.end()) names.push_back(define.name.name);
  }
  for (const std::string& name : names) {
    ScopeTable table;
    table.alias = name;
    scope.Add(std::move(table), columns);
  }
  scope.hidden.assign(scope.schema.size(), true);
  std::fill_n(scope.hidden.begin(), columns.size(), false);

  const DataType time = columns[static_cast<size_t>(node.time_column)].type;
  auto bind = [&](const ast::Expr& e, bool condition) -> Result<MatchExpr> {
    ExprBinder binder = MakeBinder(scope, condition ? "DEFINE" : "MEASURES");
    std::vector<BoundAggregate> aggregates;
    binder.aggregates = &aggregates;
    binder.own_calls = [&](const ast::CallExpr& call, const std::string& name) {
      return BindMatchCall(call, name, time, node.time_column, context_.batch, binder);
    };
    SLUICE_ASSIGN_OR_RETURN(ExprPtr bound, condition ? binder.BindCondition(e) : binder.Bind(e));
    return Converter(columns.size(), aggregates, Unparse(e)).Convert(bound);
  };
  node.defines.resize(node.variables.size());
  for (const auto& define : ref.definitions) {
    const auto at = std::find(node.variables.begin(), node.variables.end(), define.name.name);
    SLUICE_ASSIGN_OR_RETURN(MatchExpr condition, bind(*define.expr, true));
    if (at == node.variables.end()) continue;
    node.defines[static_cast<size_t>(at - node.variables.begin())] = std::move(condition);
  }
  for (const int k : node.partition_keys) rel->schema.push_back(columns[static_cast<size_t>(k)]);
  for (const auto& measure : ref.measures) {
    SLUICE_ASSIGN_OR_RETURN(MatchExpr value, bind(*measure.expr, false));
    rel->schema.push_back({measure.name.name, value.expr->type, ""});
    node.measures.push_back(std::move(value));
  }
  rel->position = ref.position;
  rel->inputs = {input.rel};
  return WithAlias(rel, ref, "", {});
}

}  // namespace sluice::engine::sql
