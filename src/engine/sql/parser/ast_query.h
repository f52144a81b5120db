// Queries and what may stand in FROM. Switch over kind and static_cast to the struct named beside the enumerator.
#pragma once

#include "engine/sql/parser/ast_expr.h"

namespace sluice::engine::ast {

enum class TableRefKind : uint8_t {
  kTable,           ///< NamedTableRef
  kDerived,         ///< DerivedTableRef: (query), LATERAL (query)
  kFunction,        ///< FunctionTableRef: TABLE(f(..)), LATERAL TABLE(f(..)), f(..)
  kUnnest,          ///< UnnestTableRef
  kJoin,            ///< JoinTableRef
  kMatchRecognize,  ///< MatchRecognizeRef
  kPivot,           ///< PivotTableRef (also UNPIVOT): for a clear refusal
};

/// TABLESAMPLE; Flink refuses it when it plans.
struct TableSample : Node {
  std::string method;  ///< BERNOULLI, SYSTEM or SUBSTITUTE
  ExprPtr argument;
  ExprPtr repeatable;
};

struct TableRef : Node {
  explicit TableRef(TableRefKind k) : kind(k) {}
  virtual ~TableRef() = default;
  const TableRefKind kind;
  std::optional<Identifier> alias;
  std::vector<Identifier> column_aliases;
  bool as_written = false;  ///< AS stood before the alias
  std::optional<TableSample> sample;
  std::vector<Hint> hints;     ///< /*+ OPTIONS(..) */ behind a table name
  ExprPtr system_time_as_of;   ///< FOR SYSTEM_TIME AS OF; may be null
  bool parenthesised = false;  ///< (a JOIN b ...)
};

struct NamedTableRef : TableRef {
  NamedTableRef() : TableRef(TableRefKind::kTable) {}
  CompoundName name;
  bool lateral = false;        ///< LATERAL t: as Flink parses it
  bool table_keyword = false;  ///< TABLE t in FROM
};

struct DerivedTableRef : TableRef {
  DerivedTableRef() : TableRef(TableRefKind::kDerived) {}
  QueryPtr query;
  bool lateral = false;
};

struct FunctionTableRef : TableRef {
  FunctionTableRef() : TableRef(TableRefKind::kFunction) {}
  ExprPtr call;  ///< a CallExpr; its arguments may be TableArgumentExpr, DescriptorExpr, NamedArgumentExpr
  bool lateral = false;
  bool table_keyword = true;  ///< false: `FROM f(..)` without TABLE( )
};

struct UnnestTableRef : TableRef {
  UnnestTableRef() : TableRef(TableRefKind::kUnnest) {}
  std::vector<ExprPtr> operands;
  bool with_ordinality = false;
  bool lateral = false;
};

enum class JoinType : uint8_t { kComma, kCross, kInner, kLeft, kRight, kFull, kLeftSemi, kLeftAnti, kAsof, kLeftAsof };

struct JoinTableRef : TableRef {
  JoinTableRef() : TableRef(TableRefKind::kJoin) {}
  JoinType type = JoinType::kInner;
  bool natural = false;
  bool type_written = false;  ///< INNER or OUTER was written
  TableRefPtr left;
  TableRefPtr right;
  ExprPtr on;  ///< may be null
  std::vector<Identifier> using_columns;
  bool has_using = false;
  ExprPtr match_condition;  ///< ASOF JOIN
};

enum class PatternKind : uint8_t {
  kVariable,     ///< name
  kConcat,       ///< children, one after the other
  kAlternation,  ///< children, a | b
  kPermute,      ///< PERMUTE(children)
  kExclusion,    ///< {- children[0] -}
  kQuantified,   ///< children[0]{min, max}; max nothing: no limit; reluctant: ends with ?
  kEmpty,        ///< ()
};

struct Pattern : Node {
  PatternKind kind = PatternKind::kVariable;
  Identifier name;
  std::vector<std::unique_ptr<Pattern>> children;
  int64_t min = 1;
  std::optional<int64_t> max;
  bool reluctant = false;
  std::string quantifier;  ///< as written without the reluctant '?': "*", "+", "?", "{2}", "{2,}", "{,3}", "{2,3}"
};

enum class SkipTo : uint8_t { kDefault, kNextRow, kPastLastRow, kFirst, kLast };

struct MatchRecognizeRef : TableRef {
  MatchRecognizeRef() : TableRef(TableRefKind::kMatchRecognize) {}
  TableRefPtr input;
  std::vector<ExprPtr> partition_by;
  std::vector<OrderItem> order_by;
  struct Named {
    ExprPtr expr;
    Identifier name;
  };
  std::vector<Named> measures;
  enum class Rows : uint8_t { kDefault, kOne, kAll } rows = Rows::kDefault;
  std::string all_rows_option;  ///< "SHOW EMPTY MATCHES", "OMIT EMPTY MATCHES", "WITH UNMATCHED ROWS" or empty
  SkipTo skip = SkipTo::kDefault;
  Identifier skip_variable;
  std::unique_ptr<Pattern> pattern;
  bool strict_start = false;  ///< ^
  bool strict_end = false;    ///< $
  ExprPtr within;             ///< may be null
  struct Subset {
    Identifier name;
    std::vector<Identifier> variables;
  };
  std::vector<Subset> subsets;
  std::vector<Named> definitions;
};

struct PivotTableRef : TableRef {
  PivotTableRef() : TableRef(TableRefKind::kPivot) {}
  TableRefPtr input;
  bool unpivot = false;
};

enum class QueryKind : uint8_t {
  kSelect,  ///< SelectQuery
  kSetOp,   ///< SetOpQuery
  kValues,  ///< ValuesQuery
  kTable,   ///< TableQuery: TABLE t
  kNested,  ///< NestedQuery: a parenthesised query that has its own WITH, ORDER BY or LIMIT inside another one
};

struct CommonTable : Node {
  Identifier name;
  std::vector<Identifier> columns;
  QueryPtr query;
};

/// WITH, ORDER BY, OFFSET and FETCH may stand around any kind of query, so they are here.
struct Query : Node {
  explicit Query(QueryKind k) : kind(k) {}
  virtual ~Query() = default;
  const QueryKind kind;
  bool parenthesised = false;
  bool recursive = false;
  std::vector<CommonTable> with;
  std::vector<OrderItem> order_by;
  ExprPtr offset;  ///< may be null; a LiteralExpr or ParameterExpr
  ExprPtr limit;   ///< LIMIT n or FETCH FIRST n ROWS ONLY; may be null (LIMIT ALL too)
};

struct SelectItem : Node {
  ExprPtr expr;  ///< a NameExpr with star for * and t.*
  std::optional<Identifier> alias;
};

enum class GroupItemKind : uint8_t { kExpr, kEmpty, kRowList, kGroupingSets, kCube, kRollup };

/// kExpr: exprs[0]. kRowList: (a, b) as one element. kGroupingSets, kCube, kRollup: children.
struct GroupItem : Node {
  GroupItemKind kind = GroupItemKind::kExpr;
  std::vector<ExprPtr> exprs;
  std::vector<GroupItem> children;
};

struct NamedWindow {
  Identifier name;
  std::unique_ptr<WindowSpec> spec;
};

struct SelectQuery : Query {
  SelectQuery() : Query(QueryKind::kSelect) {}
  SetQuantifier quantifier = SetQuantifier::kNone;
  bool stream = false;  ///< SELECT STREAM
  std::vector<Hint> hints;
  std::vector<SelectItem> items;
  TableRefPtr from;      ///< null: no FROM
  ExprPtr where;         ///< may be null
  bool grouped = false;  ///< GROUP BY was written
  SetQuantifier group_quantifier = SetQuantifier::kNone;
  std::vector<GroupItem> group_by;
  ExprPtr having;
  std::vector<NamedWindow> windows;
  ExprPtr qualify;
};

enum class SetOp : uint8_t { kUnion, kIntersect, kExcept };

struct SetOpQuery : Query {
  SetOpQuery() : Query(QueryKind::kSetOp) {}
  SetOp op = SetOp::kUnion;
  bool all = false;
  bool minus_written = false;  ///< MINUS instead of EXCEPT
  TextPosition op_position;
  QueryPtr left;
  QueryPtr right;
};

struct ValuesQuery : Query {
  ValuesQuery() : Query(QueryKind::kValues) {}
  std::vector<std::vector<ExprPtr>> rows;
};

struct TableQuery : Query {
  TableQuery() : Query(QueryKind::kTable) {}
  CompoundName name;
};

struct NestedQuery : Query {
  NestedQuery() : Query(QueryKind::kNested) {}
  QueryPtr query;
};

}  // namespace sluice::engine::ast
