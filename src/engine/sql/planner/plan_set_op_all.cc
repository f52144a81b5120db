// INTERSECT ALL and EXCEPT ALL as Flink rewrites them: rows are counted by value, then repeated.
#include "engine/sql/planner/physical_planner.h"

namespace sluice::engine::sql {

namespace {

ExprPtr Long(int64_t value) { return Expr::Literal(Value::Int(value), DataType::Bigint().NotNull()); }

/// The columns of `rel`, then the marks.
RelPtr WithMarks(const RelPtr& rel, std::vector<ExprPtr> marks) {
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < rel->schema.size(); ++i) {
    columns.push_back(ColumnRef(rel->schema, i));
    names.push_back(rel->schema[i].name);
  }
  for (ExprPtr& m : marks) {
    names.push_back("$m" + std::to_string(columns.size()));
    columns.push_back(std::move(m));
  }
  return MakeProject(rel, std::move(columns), std::move(names));
}

AggregateCall MakeCall(std::string function, size_t column, DataType argument, DataType type) {
  AggregateCall call;
  call.function = std::move(function);
  call.args = {static_cast<int>(column)};
  call.arg_types = {std::move(argument)};
  call.literals.resize(1);
  call.type = std::move(type);
  return call;
}

}  // namespace

Result<int> PhysicalPlanner::BuildSetOpAll(const SetOpRel& rel) {
  const size_t width = rel.schema.size();
  const DataType count = DataType::Bigint().NotNull();
  const DataType mark = DataType::Boolean();
  const ExprPtr seen = Expr::Literal(Value::Bool(true), mark);
  const ExprPtr absent = Expr::Literal(Value::Null(), mark);
  RelPtr left, right;
  auto grouped = std::make_shared<AggregateRel>();
  Schema schema = rel.schema;
  if (rel.intersect) {
    left = WithMarks(rel.inputs[0], {seen, absent});
    right = WithMarks(rel.inputs[1], {absent, seen});
    schema.push_back({"vcol_left_marker", mark, ""});
    schema.push_back({"vcol_right_marker", mark, ""});
    grouped->calls = {MakeCall("COUNT", width, mark, count), MakeCall("COUNT", width + 1, mark, count)};
  } else {
    left = WithMarks(rel.inputs[0], {Long(1)});
    right = WithMarks(rel.inputs[1], {Long(-1)});
    schema.push_back({"vcol_marker", count, ""});
    grouped->calls = {MakeCall("SUM", width, count, count)};
  }
  grouped->inputs = {MakeUnion({left, right}, schema)};
  for (size_t i = 0; i < width; ++i) {
    grouped->keys.push_back(static_cast<int>(i));
    grouped->schema.push_back(rel.schema[i]);
  }
  for (size_t i = 0; i < grouped->calls.size(); ++i) grouped->schema.push_back({"$n" + std::to_string(i), count, ""});

  const ExprPtr first = ColumnRef(grouped->schema, width);
  const DataType truth = DataType::Boolean().NotNull();
  RelPtr counted;
  if (rel.intersect) {
    const ExprPtr second = ColumnRef(grouped->schema, width + 1);
    counted = MakeFilter(
        grouped,
        Expr::Call("AND", {Expr::Call(">=", {first, Long(1)}, truth), Expr::Call(">=", {second, Long(1)}, truth)},
                   truth));
    std::vector<ExprPtr> columns;
    std::vector<std::string> names;
    for (size_t i = 0; i < width; ++i) {
      columns.push_back(ColumnRef(counted->schema, i));
      names.push_back(counted->schema[i].name);
    }
    columns.push_back(Expr::Call("CASE", {Expr::Call(">", {first, second}, truth), second, first}, count));
    names.emplace_back("min_count");
    counted = MakeProject(counted, std::move(columns), std::move(names));
  } else {
    counted = MakeFilter(grouped, Expr::Call(">", {first, Long(0)}, truth));
  }
  auto repeated = std::make_shared<CorrelateRel>();
  repeated->inputs = {counted};
  repeated->schema = counted->schema;
  repeated->call = Expr::Call(kReplicateRows, {ColumnRef(counted->schema, width)}, DataType::Null());
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < width; ++i) {
    columns.push_back(ColumnRef(repeated->schema, i));
    names.push_back(rel.schema[i].name);
  }
  return Build(MakeProject(repeated, std::move(columns), std::move(names)));
}

}  // namespace sluice::engine::sql
