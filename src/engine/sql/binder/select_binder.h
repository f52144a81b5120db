// One SELECT: FROM, WHERE, GROUP BY, HAVING, OVER, DISTINCT, ORDER BY. The state of binding it, step by step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/sql/binder/decorrelate.h"
#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/binder/query_binder.h"

namespace sluice::engine::sql {

class SelectBinder {
 public:
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
  Result<RelPtr> Bind(const ast::SelectQuery& query,
                      const std::function<Result<RelPtr>(RelPtr, std::vector<SortKey>)>& finish);

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
  Status BindItems(const ast::SelectQuery& query);
  Status ExpandStar(const ast::NameExpr& star);
  Status BindGroupBy(const ast::SelectQuery& query);
  Status BindGroupItem(const ast::GroupItem& item, std::vector<std::vector<size_t>>& sets);
  Result<size_t> GroupKey(const ast::Expr& e);
  Result<bool> BindGroupWindow(const ast::Expr& e);
  Status BindHavingAndOrder(const ast::SelectQuery& query);
  Status BindQualify(const ast::Expr& condition);
  /// Every group's row is another one: DISTINCT has nothing to do.
  bool ShowsAllKeys() const;
  Status CheckWindowProperties(const Expr& e) const;
  /// What table.exec.emit.* asks of windows that cannot do it.
  Status CheckEmitStrategy(const AggregateRel& aggregate) const;
  Status ApplyAggregate();
  Status ApplyOver();
  Result<ExprPtr> AfterAggregate(const ExprPtr& e) const;
  Result<ExprPtr> GroupingValue(const Expr& e) const;
  /// How sub-queries of SELECT, HAVING and ORDER BY see this SELECT's tables.
  OuterColumns OuterOfSubqueries() const;

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

  std::vector<ExprPtr> keys_;              // GROUP BY expressions, without repeats
  std::vector<std::vector<size_t>> sets_;  // grouping sets, as indices into keys_
  bool grouped_ = false;
  std::optional<WindowSpec> group_window_;
  ExprPtr group_window_time_;
  std::vector<WindowProperty> properties_;  // of the group window, in output order
  int64_t state_ttl_ms_ = -1;               // STATE_TTL hint; -1: none
  int expand_id_ = -1;                      // output column of the aggregate with the grouping set's id
};

/// Event time does not survive grouping, except as the time of a window.
void DropTimeAttributes(AggregateRel& aggregate);

/// Names made unique as Calcite does: a, b, a → a, b, a0.
std::vector<std::string> UniqueNames(std::vector<std::string> names);

}  // namespace sluice::engine::sql
