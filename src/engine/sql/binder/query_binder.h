// Binds queries: SELECT, set operations, VALUES, WITH, sub-queries, tables and views → logical plan.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// What FROM yields: the joined input and the names that refer to it.
struct BoundFrom {
  RelPtr rel;
  Scope scope;
};

class QueryBinder {
 public:
  explicit QueryBinder(const BindContext& context) : context_(context) {}

  Result<RelPtr> Bind(const ast::Query& query, const Scope* outer = nullptr);

  /// A table or view of the catalog as a relation with its declared columns (computed and metadata ones too).
  /// `hints`: OPTIONS hints of the reference.
  Result<RelPtr> BindTable(const ObjectPath& path, const std::vector<ast::Hint>& hints, TextPosition position);

 private:
  // table_binder.cc
  Result<RelPtr> BindView(const ObjectPath& path, const CatalogTable& view, TextPosition position);
  /// The table's columns in their order, computed ones over the others. `declared`: those of the scan as declared.
  Result<RelPtr> BindColumns(const ObjectPath& path, const CatalogTable& table, const RelPtr& scan,
                             const std::vector<ExprPtr>& declared, TextPosition position);
  Result<RelPtr> BindWatermark(const ObjectPath& path, const TableWatermark& watermark, const RelPtr& rel);

  using CommonTables = std::map<std::string, RelPtr>;

  Result<RelPtr> BindBody(const ast::Query& query, const Scope* outer);
  Result<RelPtr> BindSelect(const ast::SelectQuery& query, const Scope* outer);
  Result<RelPtr> BindSetOp(const ast::SetOpQuery& query, const Scope* outer);
  Result<RelPtr> BindValues(const ast::ValuesQuery& query, const Scope* outer);
  Result<RelPtr> ApplyOrderAndLimit(const ast::Query& query, RelPtr rel);
  Result<RelPtr> ApplyLimit(const ast::Query& query, RelPtr rel, std::vector<SortKey> keys);

  // from_binder.cc, join_binder.cc
  Result<BoundFrom> BindFrom(const ast::TableRef& ref, const Scope* outer);
  Result<BoundFrom> BindNamed(const ast::NamedTableRef& ref);
  /// The condition that makes a join temporal; see kTemporalCondition.
  Result<ExprPtr> BindSystemTime(const ast::Expr& period, const Scope& left, const Rel& right, size_t left_width);
  // match_binder.cc
  Result<BoundFrom> BindMatch(const ast::MatchRecognizeRef& ref, const Scope* outer);
  Status BindMatchOrder(const ast::MatchRecognizeRef& ref, const Scope& scope, MatchNode& node);
  Status BindMatchWithin(const ast::MatchRecognizeRef& ref, const Scope& scope, MatchNode& node);
  /// JOIN LATERAL (SELECT … FROM UNNEST(…)), which needs no join.
  Result<BoundFrom> BindLateralUnnest(const ast::TableRef& ref, const ast::SelectQuery& select, const BoundFrom& left,
                                      bool left_outer);
  Result<BoundFrom> BindJoin(const ast::JoinTableRef& ref, const Scope* outer);
  Result<BoundFrom> BindUnnestJoin(const ast::JoinTableRef& ref, const BoundFrom& left);
  /// One column of NATURAL or USING: its condition, and its one name in `both`.
  Status BindSharedColumn(const std::string& name, const ast::JoinTableRef& ref, const Scope& left, const Scope& right,
                          Scope& both, std::vector<ExprPtr>& conditions);
  Result<BoundFrom> BindFunction(const ast::FunctionTableRef& ref, const Scope* outer);
  Result<RelPtr> BindWindowFunction(const ast::CallExpr& call, const std::string& name, const Scope* outer);
  Result<BoundFrom> BindUnnest(const ast::UnnestTableRef& ref, const RelPtr& left, const Scope& left_scope,
                               bool left_outer);
  BoundFrom Named(RelPtr rel, const ast::TableRef& ref, const std::string& default_alias,
                  std::vector<std::string> path);
  Result<BoundFrom> WithAlias(RelPtr rel, const ast::TableRef& ref, const std::string& default_alias,
                              std::vector<std::string> path);

  // where: conditions with sub-queries become joins
  Result<RelPtr> BindWhere(const ast::Expr& where, RelPtr rel, const Scope& scope);
  ExprBinder MakeBinder(const Scope& scope, std::string clause);

  const BindContext& context_;
  std::vector<CommonTables> common_tables_;
  int view_depth_ = 0;
  const ast::TableRef* versioned_ = nullptr;  // the side of a join that FOR SYSTEM_TIME AS OF stands at
};

}  // namespace sluice::engine::sql
