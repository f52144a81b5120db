// Binds expressions: names to columns, literals to values, calls to functions, with types and implicit casts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/functions/function.h"
#include "engine/plan/expr.h"
#include "engine/sql/binder/scope.h"
#include "engine/sql/catalog/catalog.h"
#include "engine/sql/logical/rel.h"
#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

/// What binding needs beside the scope; outlives the binders.
struct BindContext {
  const Catalog* catalog = nullptr;
  const ConnectorCatalog* connectors = nullptr;
  const FunctionRegistry* functions = nullptr;
  const SessionFacts* facts = nullptr;
  bool batch = false;
  const OptionMap* options = nullptr;
};

/// An aggregate call found while binding, before its arguments became columns.
struct BoundAggregate {
  std::string function;
  std::vector<ExprPtr> args;
  ExprPtr filter;
  bool distinct = false;
  bool ignore_nulls = false;
  std::vector<std::pair<ExprPtr, bool>> order_by;
  std::vector<Value> literals;
  DataType type;
};

struct BoundOver {
  BoundAggregate call;
  std::vector<ExprPtr> partition_by;
  struct Order {
    ExprPtr expr;
    bool ascending;
    bool nulls_last;
  };
  std::vector<Order> order_by;
  bool has_frame = false;
  OverFrame frame;
  DataType start_type, end_type;  // of the frame's offsets
  TextPosition position;
};

enum class SubqueryKind : uint8_t {
  kScalar,  // (SELECT …)
  kExists,
  kIn,    // x IN (SELECT …), also x = SOME (…)
  kSome,  // x < SOME (SELECT …) and its like
};

/// The expression holds a placeholder: the index; for kIn then one comparison a column, for kSome the comparison with
/// the least (`least`) or greatest value. In them the sub-query's columns are inputs from kSubqueryColumns on.
struct BoundSubquery {
  SubqueryKind kind = SubqueryKind::kScalar;
  RelPtr rel;
  DataType type;
  bool least = false;  // kSome
  TextPosition position;
};

inline constexpr int kSubqueryColumns = 1 << 30;

/// Calls that become columns of an operator below: the expression holds a placeholder call (kAggregatePlaceholder etc.
/// with the index as literal argument) until the query binder knows the column.
inline constexpr const char* kAggregatePlaceholder = "$AGGREGATE";
inline constexpr const char* kOverPlaceholder = "$OVER";
inline constexpr const char* kSubqueryPlaceholder = "$SUBQUERY";
inline constexpr const char* kWindowPlaceholder = "$WINDOW";      // group window property; index = WindowProperty
inline constexpr const char* kGroupingPlaceholder = "$GROUPING";  // args after the index: the arguments

class ExprBinder {
 public:
  ExprBinder(const BindContext& context, const Scope& scope) : context_(context), scope_(scope) {}

  /// Where aggregate calls go; null: they are an error ("Aggregate expression is illegal in … clause").
  std::vector<BoundAggregate>* aggregates = nullptr;
  std::vector<BoundOver>* overs = nullptr;
  std::vector<BoundSubquery>* subqueries = nullptr;
  const std::vector<ast::NamedWindow>* named_windows = nullptr;
  /// Calls with a meaning of their own where the expression stands; nothing: as everywhere.
  std::function<std::optional<Result<ExprPtr>>(const ast::CallExpr&, const std::string& upper_name)> own_calls;
  /// Names with a meaning of their own where the expression stands: aliases of SELECT in QUALIFY.
  std::function<ExprPtr(const ast::NameExpr&)> own_names;
  /// Names the clause in error texts.
  std::string clause = "SELECT";
  /// Binds a query inside an expression.
  std::function<Result<RelPtr>(const ast::Query&, const Scope* outer)> bind_query;

  Result<ExprPtr> Bind(const ast::Expr& e);
  /// A condition: BOOLEAN, else "WHERE clause must be a condition".
  Result<ExprPtr> BindCondition(const ast::Expr& e);

  /// A call of the registry's function `name` with bound arguments: checks, casts, result type.
  Result<ExprPtr> Call(const std::string& name, std::vector<ExprPtr> args, TextPosition position,
                       const std::string& shown_name = "");

 private:
  Result<ExprPtr> BindName(const ast::NameExpr& e);
  Result<ExprPtr> BindItem(const ast::ItemExpr& e);
  Result<ExprPtr> BindField(const ast::FieldExpr& e);
  /// INTERVAL n DAY of an expression n, and (a - b) DAY.
  Result<ExprPtr> BindIntervalOf(const ast::IntervalOfExpr& e);
  Result<ExprPtr> BindCase(const ast::CaseExpr& e);
  Result<ExprPtr> BindCast(const ast::CastExpr& e);
  Result<ExprPtr> BindCollection(const ast::CollectionExpr& e);
  // operator_binder.cc
  Result<ExprPtr> BindUnary(const ast::UnaryExpr& e);
  Result<ExprPtr> BindBinary(const ast::BinaryExpr& e);
  Result<ExprPtr> BindBetween(const ast::BetweenExpr& e);
  Result<ExprPtr> BindLike(const ast::LikeExpr& e);
  static bool IsRowConstructor(const Expr& e);
  Result<ExprPtr> RowsEqual(const Expr& left, const Expr& right, TextPosition position);
  Result<ExprPtr> BindIn(const ast::InExpr& e);
  // subquery_binder.cc
  Result<ExprPtr> BindScalarSubquery(const ast::SubqueryExpr& e);
  Result<ExprPtr> BindExists(const ast::SubqueryExpr& e);
  Result<ExprPtr> BindInQuery(const ast::Expr& operand, const ast::Query& query, bool negated, TextPosition position);
  Result<ExprPtr> BindQuantified(const ast::QuantifiedExpr& e);
  Result<std::vector<ExprPtr>> CompareWithQuery(const ast::Expr& operand, const Schema& columns, TextPosition position);
  ExprPtr AddSubquery(BoundSubquery subquery, std::vector<ExprPtr> comparisons);
  Status RequireSubqueries(TextPosition position) const;
  // json_binder.cc
  Result<std::vector<ExprPtr>> BindJsonArguments(const ast::JsonCallExpr& e);
  Result<ExprPtr> BindJson(const ast::JsonCallExpr& e);
  /// JSON_VALUE's ON EMPTY and ON ERROR: for each what to do, and the default.
  Status AddJsonDefaults(const ast::JsonCallExpr& e, const std::optional<DataType>& returning,
                         std::vector<ExprPtr>& args);
  Result<ExprPtr> BindJsonAggregate(const ast::JsonCallExpr& e, std::vector<ExprPtr> args);
  // call_binder.cc
  Result<ExprPtr> BindCall(const ast::CallExpr& e);
  Result<ExprPtr> BindAggregateCall(const AggregateFunction& f, const ast::CallExpr& e);
  /// `over`: the arguments may be aggregates of the query's groups.
  Result<BoundAggregate> BindAggregateArguments(const AggregateFunction& f, const ast::CallExpr& e, bool over = false);
  Result<ExprPtr> BindOver(const ast::CallExpr& e);
  Status BindWindow(const ast::WindowSpec& spec, BoundOver& over);
  Status BindFrameBound(const ast::FrameBound& bound, TextPosition position, bool rows, FrameEdge& edge, Value& offset,
                        DataType& type);
  Result<ExprPtr> AddAggregate(BoundAggregate call, const DataType& type);
  Result<ExprPtr> BindWindowProperty(const ast::CallExpr& e, const std::string& name);
  Result<std::vector<ExprPtr>> BindAll(const std::vector<ast::ExprPtr>& list);

  const BindContext& context_;
  const Scope& scope_;
  bool inside_aggregate_ = false;
  bool json_allowed_ = false;  // the next call may be JSON(…): a value of JSON_OBJECT or JSON_ARRAY
};

/// `e` as `type`: itself, a re-typed literal, or a CAST; the nullability of `e` stays.
ExprPtr Coerce(const ExprPtr& e, const DataType& type);
/// A word of a call's own grammar (LEADING, ABSENT) as an argument.
ExprPtr SymbolLiteral(std::string text);
/// The call as error messages show it, types in place of arguments: "<INTEGER> + <CHAR(1)>".
std::string ShownCall(const std::string& name, const std::vector<ExprPtr>& args);
ExprPtr Placeholder(const char* kind, int64_t index, DataType type);
/// The index if `e` is a placeholder of this kind, else -1.
int64_t PlaceholderIndex(const Expr& e, const char* kind);
/// True if a placeholder of this kind occurs in `e`.
bool HasPlaceholder(const Expr& e, const char* kind);
/// Rebuilds `e` bottom-up or stops early: `replace` answers a replacement or null to descend.
ExprPtr Rewrite(const ExprPtr& e, const std::function<ExprPtr(const ExprPtr&)>& replace);
std::string UpperCase(std::string_view text);
/// "CHARACTER", "NUMERIC", …: how Calcite names an argument's type in "No match found for function signature".
std::string TypeFamilyName(const DataType& type);

}  // namespace sluice::engine::sql
