// Aggregates in the parts that Flink computes them from (its WELFORD_M2), and aggregates of nothing (Calcite's
// AggregateValuesRule).
#include <algorithm>
#include <optional>

#include "engine/functions/program.h"
#include "engine/functions/welford.h"
#include "engine/sql/optimizer/optimizer.h"

namespace sluice::engine::sql {

namespace {

struct Spread {
  bool sample = false;
  bool root = false;
};

std::optional<Spread> SpreadOf(const std::string& function) {
  if (function == "VAR_POP") return Spread{};
  if (function == "VAR_SAMP") return Spread{.sample = true};
  if (function == "STDDEV_POP") return Spread{.root = true};
  if (function == "STDDEV_SAMP") return Spread{.sample = true, .root = true};
  return std::nullopt;
}

/// The parts of one aggregate, each once.
class Parts {
 public:
  explicit Parts(const AggregateRel& rel) : rel_(std::make_shared<AggregateRel>(rel)) {
    rel_->calls.clear();
    rel_->schema.resize(rel.keys.size());
  }

  /// Of `call`, under its own name or as another function; the column that it fills.
  ExprPtr Add(AggregateCall call, const std::string& name) {
    const auto same = [&](const AggregateCall& other) {
      return other.function == call.function && other.args == call.args && other.filter == call.filter &&
             other.distinct == call.distinct && other.ignore_nulls == call.ignore_nulls && other.order_by.empty() &&
             call.order_by.empty() && other.type == call.type;
    };
    const auto at = std::find_if(rel_->calls.begin(), rel_->calls.end(), same);
    const size_t column = rel_->keys.size() + static_cast<size_t>(at - rel_->calls.begin());
    if (at == rel_->calls.end()) {
      rel_->schema.push_back({name.empty() ? "$f" + std::to_string(column) : name, call.type, ""});
      rel_->calls.push_back(std::move(call));
    }
    return ColumnRef(rel_->schema, column);
  }

  ExprPtr AddSpread(const AggregateCall& call, const Spread& spread) {
    const DataType real = DataType::Double();
    const DataType whole = DataType::Bigint();
    AggregateCall part = call;
    part.function = kWelfordM2;
    part.type = real;
    const ExprPtr squares = Add(part, "");
    part.function = "COUNT";
    part.type = whole.NotNull();
    ExprPtr count = Add(part, "");
    if (spread.sample) {
      const ExprPtr one = Expr::Literal(Value::Int(1), whole.NotNull());
      const ExprPtr alone = Expr::Call("=", {count, one}, DataType::Boolean().NotNull());
      count =
          Expr::Call("CASE", {alone, Expr::Literal(Value::Null(), whole), Expr::Call("-", {count, one}, whole)}, whole);
    }
    ExprPtr out = Expr::Call("/", {squares, Expr::Call("CAST", {count}, real)}, real);
    if (spread.root) out = Expr::Call("SQRT", {out}, real);
    return Expr::Call("CAST", {out}, call.type.Nullable());
  }

  const std::shared_ptr<AggregateRel>& rel() const { return rel_; }

 private:
  std::shared_ptr<AggregateRel> rel_;
};

/// Variances out of the squared distances and the count, which are computed once for all of them. As in Flink an update
/// goes out when those change, though the result may be the same.
RelPtr WithSpreadsInParts(const AggregateRel& rel) {
  const auto is_spread = [](const AggregateCall& call) { return SpreadOf(call.function).has_value(); };
  if (std::none_of(rel.calls.begin(), rel.calls.end(), is_spread)) return std::make_shared<AggregateRel>(rel);
  Parts parts(rel);
  std::vector<ExprPtr> columns;
  for (size_t i = 0; i < rel.keys.size(); ++i) columns.push_back(ColumnRef(rel.schema, i));
  for (size_t i = 0; i < rel.calls.size(); ++i) {
    const AggregateCall& call = rel.calls[i];
    const auto spread = SpreadOf(call.function);
    if (call.function == "AVG" || call.function == "SUM") {
      // Flink then takes sums and averages apart, too: their counts make updates as well.
      AggregateCall count = call;
      count.function = "COUNT";
      count.type = DataType::Bigint().NotNull();
      parts.Add(std::move(count), "");
    }
    columns.push_back(spread ? parts.AddSpread(call, *spread) : parts.Add(call, rel.schema[rel.keys.size() + i].name));
  }
  Schema& schema = parts.rel()->schema;
  for (size_t i = rel.keys.size() + rel.calls.size(); i < rel.schema.size(); ++i) {  // a group window's properties
    schema.push_back(rel.schema[i]);
    columns.push_back(ColumnRef(schema, schema.size() - 1));
  }
  std::vector<std::string> names;
  for (const RowField& f : rel.schema) names.push_back(f.name);
  auto out = std::make_shared<ProjectRel>(
      static_cast<const ProjectRel&>(*MakeProject(parts.rel(), std::move(columns), std::move(names))));
  out->schema = rel.schema;
  return out;
}

bool IsNothing(const Rel& rel, const FunctionRegistry& functions);

bool IsComparison(const Expr& e) {
  return e.kind == ExprKind::kCall && e.args.size() == 2 &&
         (e.function == "=" || e.function == "<>" || e.function == "<" || e.function == "<=" || e.function == ">" ||
          e.function == ">=");
}

/// FALSE, NULL, and comparisons of literals that are so.
bool IsNeverTrue(const ExprPtr& e, const FunctionRegistry& functions) {
  if (e->kind == ExprKind::kLiteral) {
    return e->value.is_null() || (e->type.kind() == TypeKind::kBoolean && !e->value.as_bool());
  }
  if (!IsComparison(*e)) return false;
  const auto is_null = [](const ExprPtr& a) { return a->kind == ExprKind::kLiteral && a->value.is_null(); };
  if (is_null(e->args[0]) || is_null(e->args[1])) return true;
  if (e->args[0]->kind != ExprKind::kLiteral || e->args[1]->kind != ExprKind::kLiteral) return false;
  const auto value = EvaluateConstant(e, functions, SessionFacts());
  return value.ok() && (value->is_null() || !value->as_bool());
}

bool NeverHolds(const ExprPtr& condition, const FunctionRegistry& functions) {
  const std::vector<ExprPtr> parts = SplitConjunction(condition);
  return std::any_of(parts.begin(), parts.end(), [&](const ExprPtr& e) { return IsNeverTrue(e, functions); });
}

bool JoinsNothing(const JoinRel& join, const FunctionRegistry& functions) {
  const bool left = IsNothing(*join.inputs[0], functions);
  const bool right = IsNothing(*join.inputs[1], functions);
  switch (join.join) {
    case JoinKind::kInner:
    case JoinKind::kSemi: return left || right || (join.condition != nullptr && NeverHolds(join.condition, functions));
    case JoinKind::kLeft:
    case JoinKind::kAnti: return left;
    case JoinKind::kRight: return right;
    case JoinKind::kFull: return left && right;
  }
  return false;
}

/// True if the relation's shape says that it has no rows.
bool IsNothing(const Rel& rel, const FunctionRegistry& functions) {
  switch (rel.kind) {
    case RelKind::kValues: return static_cast<const ValuesRel&>(rel).rows.empty();
    case RelKind::kFilter:
      return NeverHolds(static_cast<const FilterRel&>(rel).condition, functions) ||
             IsNothing(*rel.inputs[0], functions);
    case RelKind::kSort: return static_cast<const SortRel&>(rel).limit == 0 || IsNothing(*rel.inputs[0], functions);
    case RelKind::kProject: return IsNothing(*rel.inputs[0], functions);
    case RelKind::kAggregate:
      return !static_cast<const AggregateRel&>(rel).keys.empty() && IsNothing(*rel.inputs[0], functions);
    case RelKind::kUnion:
      return std::all_of(rel.inputs.begin(), rel.inputs.end(),
                         [&](const RelPtr& in) { return IsNothing(*in, functions); });
    case RelKind::kJoin: return JoinsNothing(static_cast<const JoinRel&>(rel), functions);
    default: return false;
  }
}

/// The row that a global aggregate of nothing has: in a stream, too, where otherwise no input means no output. Null if
/// Flink does not see through one of the functions.
RelPtr RowOfNothing(const AggregateRel& rel, const FunctionRegistry& functions) {
  if (!rel.keys.empty() || rel.has_group_window || rel.calls.empty() || !IsNothing(*rel.inputs[0], functions))
    return nullptr;
  auto values = std::make_shared<ValuesRel>();
  values->schema = rel.schema;
  values->position = rel.position;
  std::vector<Value> row;
  for (const AggregateCall& call : rel.calls) {
    if (call.function == "COUNT") {
      row.push_back(Value::Int(0));
    } else if (call.function == "MIN" || call.function == "MAX" || call.function == "SUM" || call.function == "AVG") {
      row.push_back(Value::Null());
    } else {
      return nullptr;
    }
  }
  values->rows.push_back(std::move(row));
  return values;
}

RelPtr Reduce(const AggregateRel& rel, const FunctionRegistry& functions) {
  RelPtr row = RowOfNothing(rel, functions);
  return row != nullptr ? row : WithSpreadsInParts(rel);
}

}  // namespace

RelPtr ReduceAggregates(const RelPtr& rel, const FunctionRegistry& functions) {
  std::vector<RelPtr> inputs;
  for (const RelPtr& input : rel->inputs) inputs.push_back(ReduceAggregates(input, functions));
  const RelPtr copy = inputs == rel->inputs ? rel : WithInputs(*rel, std::move(inputs));
  return copy->kind == RelKind::kAggregate ? Reduce(static_cast<const AggregateRel&>(*copy), functions) : copy;
}

}  // namespace sluice::engine::sql
