// One SELECT: FROM, WHERE, GROUP BY, HAVING, OVER, DISTINCT, ORDER BY. The state of binding it, step by step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/sql/binder/decorrelate.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/binder/query_binder.h"

namespace sluice::engine::sql {

/// Which of the keys each grouping set has.
using GroupingSets = std::vector<std::vector<size_t>>;

/// Binds once, on one thread; the context, and what `make_binder` reaches, outlive it. Errors have their place in the
/// statement.
class SelectBinder {
 public:
  /// Applies ORDER BY and LIMIT to the projected rows.
  using Finish = std::function<Result<RelPtr>(RelPtr, std::vector<SortKey>)>;

  /// `make_binder` gives an expression binder for a clause of this SELECT.
  SelectBinder(const BindContext& context, BoundFrom from,
               std::function<ExprBinder(const Scope&, std::string)> make_binder)
      : context_(context),
        rel_(std::move(from.rel)),
        scope_(std::move(from.scope)),
        make_binder_(std::move(make_binder)) {}

  RelPtr& rel() { return rel_; }
  const Scope& scope() const { return scope_; }
  /// Everything after WHERE. Answers the relation with ORDER BY and LIMIT applied by `finish(rel, sort keys)`.
  Result<RelPtr> Bind(const ast::SelectQuery& query, const Finish& finish);

 private:
  struct Item {
    ExprPtr expr;
    std::string name;
  };
  struct OrderKey {
    ExprPtr expr;  // null: `column` is an output column already
    int column = -1;
    bool ascending = true;
    bool nulls_last = false;
  };

  // query_hints.cc
  Status BindHints(const ast::SelectQuery& query);
  Status BindStateTtl(const ast::Hint& hint);
  /// Calls change(join, side) for the join whose one side is the table `alias`, if there is one.
  template <typename Change>
  void ChangeJoinWith(const std::string& alias, const Change& change);

  // select_binder.cc: the clauses bound, then the projection
  /// For clauses that may call aggregates and OVER and hold sub-queries.
  ExprBinder FullBinder(const char* clause);
  Status BindItems(const ast::SelectQuery& query);
  Status ExpandStar(const ast::NameExpr& star);
  Status BindHaving(const ast::Expr& condition);
  Status BindOrder(const ast::SelectQuery& query);
  /// The output column that an ORDER BY item names by position or name; -1: it is an expression.
  Result<int> OutputColumn(const ast::Expr& e) const;
  Status BindQualify(const ast::Expr& condition);
  /// Attaches the sub-queries that `columns` refer to; `outer`: how they see this SELECT's tables.
  Status AttachTo(std::vector<ExprPtr>& columns, const OuterColumns& outer);
  RelPtr Distinct(const RelPtr& rel) const;
  Result<RelPtr> Project(bool distinct, const Finish& finish);

  // select_groups.cc
  Status BindGroupBy(const ast::SelectQuery& query);
  Result<GroupingSets> BindGroupItem(const ast::GroupItem& item);
  Result<std::vector<size_t>> GroupKeys(const std::vector<ast::ExprPtr>& exprs);
  /// Index in keys_, where it is added if it is new.
  Result<size_t> GroupKey(const ast::Expr& e);
  /// False if `e` is no TUMBLE(…), HOP(…) or SESSION(…).
  Result<bool> BindGroupWindow(const ast::Expr& e);
  /// TUMBLE_START(…) and its like speak of the window of GROUP BY.
  Status CheckWindowProperties(const Expr& e) const;

  // select_aggregate.cc: GROUP BY and aggregate calls become operators; having_, items_ … then read their columns
  Status ApplyAggregate();
  /// Everything that is computed from the aggregate's result.
  std::vector<ExprPtr*> ExpressionsAboveAggregate();
  Status CheckNoGrouping() const;
  /// The aggregate's input: keys, then arguments, then the group window's time. Answers the calls over it.
  Result<std::vector<AggregateCall>> ProjectAggregateInput();
  /// Grouping sets overwrite keys with NULL: arguments that are keys too get a column of their own.
  void CopyKeyArguments(std::vector<AggregateCall>& calls, std::vector<ExprPtr>& columns) const;
  /// Every row once a grouping set, keys outside of the set NULL, with the set's number behind the columns.
  void ExpandGroupingSets();
  /// The operator: its columns are the keys, the set's number, the calls and the group window's properties.
  Status AddAggregate(std::vector<AggregateCall> calls);
  void AddGroupWindow(AggregateRel& aggregate);
  /// What table.exec.emit.* asks of windows that cannot do it.
  Status CheckEmitStrategy(const AggregateRel& aggregate) const;
  Result<ExprPtr> AfterAggregate(const ExprPtr& e) const;
  /// GROUPING(…) as an expression over the set's number.
  Result<ExprPtr> GroupingValue(const Expr& e) const;
  /// The keys that GROUPING(…) asks about; none for GROUP_ID().
  Result<std::vector<size_t>> GroupingArguments(const Expr& e) const;
  /// How sub-queries of SELECT, HAVING and ORDER BY see this SELECT's tables.
  OuterColumns OuterOfSubqueries() const;
  /// Every group's row is another one: DISTINCT has nothing to do.
  bool ShowsAllKeys() const;

  // select_over.cc
  Status ApplyOver();

  const BindContext& context_;
  RelPtr rel_;
  Scope scope_;
  std::function<ExprBinder(const Scope&, std::string)> make_binder_;

  const std::vector<ast::NamedWindow>* named_windows_ = nullptr;
  std::vector<Item> items_;
  ExprPtr having_;
  ExprPtr qualify_;
  std::vector<OrderKey> order_;
  std::vector<BoundAggregate> aggregates_;
  std::vector<BoundOver> overs_;
  std::vector<BoundSubquery> subqueries_;

  std::vector<ExprPtr> keys_;  // GROUP BY expressions, without repeats
  GroupingSets sets_;          // as indices into keys_
  bool grouped_ = false;
  std::optional<WindowSpec> group_window_;
  ExprPtr group_window_time_;
  std::vector<WindowProperty> properties_;  // of the group window, in output order
  int64_t state_ttl_ms_ = -1;               // STATE_TTL hint; -1: none
  int expand_id_ = -1;                      // output column of the aggregate with the grouping set's id
};

/// Event time does not survive grouping, except as the time of a window.
void DropTimeAttributes(AggregateRel& aggregate);

/// Index of an expression equal to `e`, added if it is new.
size_t IndexOfExpr(std::vector<ExprPtr>& list, const ExprPtr& e);

/// The call with its arguments as indices of `columns`, which it adds to.
AggregateCall CallOverColumns(const BoundAggregate& bound, std::vector<ExprPtr>& columns);

/// Names made unique as Calcite does: a, b, a → a, b, a0.
std::vector<std::string> UniqueNames(std::vector<std::string> names);

}  // namespace sluice::engine::sql
