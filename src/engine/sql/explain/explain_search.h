// Calcite's SEARCH(x, Sarg[…]): comparisons of one operand with constants as the set of its values.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/expr.h"

namespace sluice::engine::sql {

/// A set of values of an operand: sorted ranges that do not touch.
class SearchSet {
 public:
  /// Of `x op constant`, `x IN (…)`, NOT of it, and `x IS NULL`. Only of integers and texts; else nullopt.
  static std::optional<SearchSet> Of(const Expr& term);

  const Expr& operand() const { return *operand_; }
  /// What SEARCH would not be made of: a single comparison.
  bool plain() const { return plain_; }
  void And(const SearchSet& other);
  void Or(const SearchSet& other);

  /// "[3..9], (12..+∞)". `literal`: the text of a constant.
  std::string Text(const std::function<std::string(const Expr&)>& literal) const;
  /// One of the constants, for their type; null if there is none.
  ExprPtr constant() const;

 private:
  /// Null constants: no bound.
  struct Range {
    ExprPtr low, high;
    bool low_open = true, high_open = true;
  };

  static std::vector<Range> RangesOf(const std::string& op, const ExprPtr& constant);
  static std::vector<Range> Intersect(const std::vector<Range>& a, const std::vector<Range>& b);
  static std::vector<Range> Complement(const std::vector<Range>& ranges);

  ExprPtr operand_;
  std::vector<Range> ranges_;
  bool null_is_true_ = false;
  bool plain_ = true;
};

/// `e` without NOT over AND, OR and comparisons, as Calcite simplifies it.
ExprPtr WithoutNegations(const ExprPtr& e);

/// A cast that widens an integer, or any cast of a number, away from a constant's and an integer's side of a
/// comparison: Calcite compares them as they are.
const Expr& WithoutWidening(const Expr& e);

}  // namespace sluice::engine::sql
