// Expressions. Switch over Expr::kind and static_cast to the struct named beside the enumerator.
#pragma once

#include <optional>

#include "engine/sql/parser/ast_type.h"

namespace sluice::engine::ast {

enum class ExprKind : uint8_t {
  kName,            ///< NameExpr
  kLiteral,         ///< LiteralExpr
  kIntervalOf,      ///< IntervalOfExpr
  kParameter,       ///< ParameterExpr
  kUnary,           ///< UnaryExpr
  kBinary,          ///< BinaryExpr
  kBetween,         ///< BetweenExpr
  kLike,            ///< LikeExpr
  kIn,              ///< InExpr
  kQuantified,      ///< QuantifiedExpr
  kExists,          ///< SubqueryExpr
  kUnique,          ///< SubqueryExpr
  kScalarSubquery,  ///< SubqueryExpr
  kCase,            ///< CaseExpr
  kCast,            ///< CastExpr
  kCall,            ///< CallExpr
  kJsonCall,        ///< JsonCallExpr
  kCollection,      ///< CollectionExpr: ARRAY[..], MAP[..], MULTISET[..], ROW(..), (a, b)
  kItem,            ///< ItemExpr: a[i]
  kField,           ///< FieldExpr: (expression).name
  kNamedArgument,   ///< NamedArgumentExpr: name => value
  kDefault,         ///< Expr: DEFAULT as an argument or in VALUES
  kSymbol,          ///< SymbolExpr: a keyword as an argument, such as DAY or BOTH
  kDescriptor,      ///< DescriptorExpr
  kTableArgument,   ///< TableArgumentExpr
  kModelArgument,   ///< ModelArgumentExpr
};

struct Expr : Node {
  explicit Expr(ExprKind k) : kind(k) {}
  virtual ~Expr() = default;
  const ExprKind kind;
  bool parenthesised = false;  ///< was written inside ( ), which range and position do not include
};

/// a, t.a, cat.db.t.a, t.*, *. Whether the first parts are a table or a row column is the binder's business.
struct NameExpr : Expr {
  NameExpr() : Expr(ExprKind::kName) {}
  std::vector<Identifier> parts;  ///< empty for the plain star
  bool star = false;
};

enum class LiteralKind : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kUnknown,
  kInteger,      ///< text: digits
  kDecimal,      ///< text: digits with a point
  kApproximate,  ///< text: with an exponent
  kString,       ///< text: the value; charset if it had one (_UTF8'..'), unicode if U&'..'
  kBinary,       ///< text: the hex digits, upper case
  kDate,         ///< text: what stands between the quotes
  kTime,
  kTimestamp,
  kInterval,  ///< text between the quotes, interval, interval_negative
};

/// A literal. Numbers have no sign (it is a UnaryExpr) and stay text, so that nothing is lost before the type is known.
struct LiteralExpr : Expr {
  LiteralExpr() : Expr(ExprKind::kLiteral) {}
  LiteralKind literal = LiteralKind::kNull;
  std::string text;
  std::string charset;
  bool unicode = false;
  IntervalQualifier interval;
  bool interval_negative = false;
  std::string time_zone;  ///< "LOCAL" for TIMESTAMP WITH LOCAL TIME ZONE '..', "ZONE" for WITH TIME ZONE
};

/// INTERVAL <expression> DAY: only a literal in quotes is a LiteralExpr.
struct IntervalOfExpr : Expr {
  IntervalOfExpr() : Expr(ExprKind::kIntervalOf) {}
  ExprPtr operand;
  IntervalQualifier interval;
  bool difference = false;  ///< (a - b) DAY, where the operand is the BinaryExpr a - b
};

struct ParameterExpr : Expr {
  ParameterExpr() : Expr(ExprKind::kParameter) {}
  int index = 0;  ///< 0-based among the `?` of the statement
};

enum class UnaryOp : uint8_t {
  kPlus,
  kMinus,
  kNot,
  kPrior,
  kIsNull,
  kIsNotNull,
  kIsTrue,
  kIsNotTrue,
  kIsFalse,
  kIsNotFalse,
  kIsUnknown,
  kIsNotUnknown,
  kIsJsonValue,
  kIsNotJsonValue,
  kIsJsonObject,
  kIsNotJsonObject,
  kIsJsonArray,
  kIsNotJsonArray,
  kIsJsonScalar,
  kIsNotJsonScalar,
  kIsASet,
  kIsNotASet,
  kIsEmpty,
  kIsNotEmpty,
};

struct UnaryExpr : Expr {
  UnaryExpr() : Expr(ExprKind::kUnary) {}
  UnaryOp op = UnaryOp::kPlus;
  ExprPtr operand;
  TextPosition op_position;
};

enum class BinaryOp : uint8_t {
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIsDistinctFrom,
  kIsNotDistinctFrom,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kConcat,
  kMemberOf,
  kNotMemberOf,
  kSubmultisetOf,
  kNotSubmultisetOf,
  kMultisetUnion,  ///< ... ALL
  kMultisetUnionDistinct,
  kMultisetIntersect,
  kMultisetIntersectDistinct,
  kMultisetExcept,
  kMultisetExceptDistinct,
  kOverlaps,
  kContains,
  kPeriodEquals,
  kPrecedes,
  kSucceeds,
  kImmediatelyPrecedes,
  kImmediatelySucceeds,
};

struct BinaryExpr : Expr {
  BinaryExpr() : Expr(ExprKind::kBinary) {}
  BinaryOp op = BinaryOp::kAnd;
  ExprPtr left;
  ExprPtr right;
  TextPosition op_position;
};

struct BetweenExpr : Expr {
  BetweenExpr() : Expr(ExprKind::kBetween) {}
  ExprPtr operand;
  ExprPtr low;
  ExprPtr high;
  bool negated = false;
  bool symmetric = false;
};

enum class LikeKind : uint8_t { kLike, kILike, kRLike, kSimilarTo };

struct LikeExpr : Expr {
  LikeExpr() : Expr(ExprKind::kLike) {}
  LikeKind like = LikeKind::kLike;
  bool negated = false;
  ExprPtr operand;
  ExprPtr pattern;
  ExprPtr escape;  ///< may be null
};

/// x IN (list) or x IN (query): exactly one of list and query is filled.
struct InExpr : Expr {
  InExpr() : Expr(ExprKind::kIn) {}
  ExprPtr operand;
  bool negated = false;
  std::vector<ExprPtr> list;
  QueryPtr query;
};

enum class Quantifier : uint8_t { kAny, kSome, kAll };

/// x = ANY (query), x < ALL (1, 2).
struct QuantifiedExpr : Expr {
  QuantifiedExpr() : Expr(ExprKind::kQuantified) {}
  ExprPtr operand;
  BinaryOp op = BinaryOp::kEqual;  ///< one of the six comparisons
  Quantifier quantifier = Quantifier::kAny;
  std::vector<ExprPtr> list;
  QueryPtr query;
};

struct SubqueryExpr : Expr {
  explicit SubqueryExpr(ExprKind k) : Expr(k) {}
  QueryPtr query;
};

struct CaseExpr : Expr {
  CaseExpr() : Expr(ExprKind::kCase) {}
  struct When {
    std::vector<ExprPtr> conditions;  ///< more than one only in `CASE x WHEN 1, 2 THEN`
    ExprPtr result;
  };
  ExprPtr operand;  ///< null: searched CASE
  std::vector<When> whens;
  ExprPtr otherwise;  ///< may be null
};

struct CastExpr : Expr {
  CastExpr() : Expr(ExprKind::kCast) {}
  ExprPtr operand;
  TypePtr type;
  bool try_cast = false;
  bool infix = false;  ///< a::INT, which Flink's conformance does not accept; kept for a clear refusal
};

enum class NullsOrder : uint8_t { kDefault, kFirst, kLast };

struct OrderItem : Node {
  ExprPtr expr;
  bool descending = false;
  bool direction_written = false;  ///< ASC or DESC was written
  NullsOrder nulls = NullsOrder::kDefault;
};

enum class FrameUnit : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,  ///< offset
  kCurrentRow,
  kFollowing,  ///< offset
  kUnboundedFollowing,
};
enum class FrameExclude : uint8_t { kNoOthers, kCurrentRow, kGroup, kTies };

struct FrameBound : Node {
  FrameBoundKind kind = FrameBoundKind::kCurrentRow;
  ExprPtr offset;
};

/// OVER name, OVER (...), or a definition of the WINDOW clause.
struct WindowSpec : Node {
  std::optional<Identifier> base;  ///< OVER w: base alone with reference = true; OVER (w ...): base and the rest
  bool reference = false;
  std::vector<ExprPtr> partition_by;
  std::vector<OrderItem> order_by;
  bool has_frame = false;
  FrameUnit unit = FrameUnit::kRange;
  FrameBound start;
  std::optional<FrameBound> end;  ///< nothing: no BETWEEN
  FrameExclude exclude = FrameExclude::kNoOthers;
  std::optional<bool> allow_partial;  ///< ALLOW / DISALLOW PARTIAL
};

enum class SetQuantifier : uint8_t { kNone, kDistinct, kAll };
enum class NullTreatment : uint8_t { kNone, kRespect, kIgnore };

/// Every function call, aggregates and table functions too. Functions with a syntax of their own are calls with plain
/// arguments (a missing optional argument is left out):
///   EXTRACT(SymbolExpr unit, x)        POSITION(needle, haystack[, from])   SUBSTRING(x, from[, for])
///   TRIM(SymbolExpr BOTH|LEADING|TRAILING, chars, x)   (chars is ' ' if not written)
///   OVERLAY(x, replacement, from[, for])               CEIL|FLOOR(x[, SymbolExpr unit])
///   TIMESTAMPADD|TIMESTAMPDIFF(SymbolExpr unit, a, b)  FINAL|RUNNING(call)  (MATCH_RECOGNIZE)
///   CURRENT_DATE and its like: no arguments, parentheses = false
struct CallExpr : Expr {
  CallExpr() : Expr(ExprKind::kCall) {}
  CompoundName name;  ///< as written; functions are looked up ignoring case
  std::vector<ExprPtr> arguments;
  bool star = false;  ///< COUNT(*)
  bool parentheses = true;
  bool special_syntax = false;  ///< was written with the keywords of its own syntax (FROM, IN, PLACING, ...)
  SetQuantifier quantifier = SetQuantifier::kNone;
  std::vector<OrderItem> order_by;  ///< inside the parentheses
  NullTreatment null_treatment = NullTreatment::kNone;
  std::vector<OrderItem> within_group;
  bool within_distinct = false;
  ExprPtr filter;                    ///< may be null
  std::unique_ptr<WindowSpec> over;  ///< may be null
};

enum class JsonFunction : uint8_t {
  kExists,
  kValue,
  kQuery,
  kObject,
  kObjectAgg,
  kArray,
  kArrayAgg,
};
enum class JsonBehavior : uint8_t {
  kNone,
  kError,
  kNull,
  kDefault,
  kTrue,
  kFalse,
  kUnknown,
  kEmptyArray,
  kEmptyObject
};
enum class JsonWrapper : uint8_t { kNone, kWithout, kConditional, kUnconditional };
enum class JsonNulls : uint8_t { kNone, kNullOnNull, kAbsentOnNull };

struct JsonCallExpr : Expr {
  JsonCallExpr() : Expr(ExprKind::kJsonCall) {}
  JsonFunction function = JsonFunction::kValue;
  /// EXISTS, VALUE, QUERY: input, path. ARRAY, ARRAYAGG: elements. OBJECT, OBJECTAGG: key, value, key, value...
  std::vector<ExprPtr> arguments;
  std::vector<bool> format_json;  ///< for OBJECT / ARRAY: the value argument had FORMAT JSON (by argument index)
  TypePtr returning;              ///< may be null
  JsonWrapper wrapper = JsonWrapper::kNone;
  JsonBehavior on_empty = JsonBehavior::kNone;
  ExprPtr on_empty_default;
  JsonBehavior on_error = JsonBehavior::kNone;
  ExprPtr on_error_default;
  JsonNulls nulls = JsonNulls::kNone;
  std::vector<OrderItem> order_by;      ///< of JSON_ARRAYAGG, inside the parentheses
  std::vector<OrderItem> within_group;  ///< of JSON_ARRAYAGG
  SetQuantifier quantifier = SetQuantifier::kNone;
  ExprPtr filter;
  std::unique_ptr<WindowSpec> over;
};

enum class CollectionKind : uint8_t { kArray, kMap, kMultiset, kRow };

/// ARRAY[..], MAP[k, v, ..], MULTISET[..], ROW(..), (a, b); or ARRAY(query) and the like with `query` set.
struct CollectionExpr : Expr {
  CollectionExpr() : Expr(ExprKind::kCollection) {}
  CollectionKind collection = CollectionKind::kRow;
  bool keyword = true;  ///< false for (a, b)
  std::vector<ExprPtr> elements;
  QueryPtr query;
};

struct ItemExpr : Expr {
  ItemExpr() : Expr(ExprKind::kItem) {}
  ExprPtr collection;
  ExprPtr index;
};

/// Field of an expression that is not a plain name: f(x).a, (t.a).b, a[1].b. `t.a.b` is one NameExpr.
struct FieldExpr : Expr {
  FieldExpr() : Expr(ExprKind::kField) {}
  ExprPtr operand;
  Identifier field;   ///< empty name with star
  bool star = false;  ///< (expression).*
};

struct NamedArgumentExpr : Expr {
  NamedArgumentExpr() : Expr(ExprKind::kNamedArgument) {}
  Identifier name;
  ExprPtr value;
};

struct DefaultExpr : Expr {
  DefaultExpr() : Expr(ExprKind::kDefault) {}
};

struct SymbolExpr : Expr {
  SymbolExpr() : Expr(ExprKind::kSymbol) {}
  std::string symbol;                 ///< upper case
  std::optional<TimeUnit> time_unit;  ///< if the symbol is one
};

struct DescriptorExpr : Expr {
  DescriptorExpr() : Expr(ExprKind::kDescriptor) {}
  std::vector<CompoundName> columns;
};

/// TABLE t [PARTITION BY ..] [ORDER BY ..] or (query) PARTITION BY .. as an argument of a table function.
struct TableArgumentExpr : Expr {
  TableArgumentExpr() : Expr(ExprKind::kTableArgument) {}
  QueryPtr query;  ///< a TableQuery for `TABLE t`
  bool table_keyword = false;
  std::vector<ExprPtr> partition_by;
  std::vector<OrderItem> order_by;
};

/// MODEL m as an argument of ML_PREDICT.
struct ModelArgumentExpr : Expr {
  ModelArgumentExpr() : Expr(ExprKind::kModelArgument) {}
  CompoundName name;
};

}  // namespace sluice::engine::ast
