// Bound expressions: typed, resolved, without names of the query. Pure data, shared and immutable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/types/data_type.h"
#include "engine/types/value.h"

namespace sluice::engine {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

enum class ExprKind : uint8_t {
  kInput,    // column `input` of the operator's input row (of the concatenated rows in a join condition)
  kLiteral,  // `value` of `type`
  kCall,     // `function` applied to `args`; CAST, CASE, AND, OR, =, + … are calls too
};

/// Calls name a function of the function registry by its canonical upper-case name ("UPPER", "+", "=", "CAST",
/// "TRY_CAST", "CASE", "AND", "OR", "NOT", "IS NULL", "ITEM" (a[i]), "FIELD" (r.f; the index is a literal INT), "ROW",
/// "ARRAY", "MAP", …). CASE has args when1, then1, …, else. Implicit casts have been made explicit by the binder, so
/// that argument types are exactly those the kernel was chosen for. Keyword arguments are literals of SYMBOL type.
struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  DataType type;
  int input = 0;
  Value value;
  std::string function;
  std::vector<ExprPtr> args;
  /// Where it stands in the user's statement, for run-time errors; not part of its identity.
  TextPosition position;

  static ExprPtr Input(int index, DataType type);
  static ExprPtr Literal(Value value, DataType type);
  static ExprPtr Call(std::string function, std::vector<ExprPtr> args, DataType type, TextPosition position = {});
};

/// Same computation (positions do not count); nullability of the types counts.
bool ExprEquals(const Expr& a, const Expr& b);
size_t ExprHash(const Expr& e);

/// "UPPER($2)", "+($0, 1:INT)": for EXPLAIN, plan ids and tests.
std::string ExprToString(const Expr& e);
/// The same with column names instead of $i, in the style of Flink's plans: "UPPER(name)", "(a + 1)".
std::string ExprToString(const Expr& e, const Schema& input);

/// Every input index that occurs, ascending, without repeats.
std::vector<int> ExprInputs(const Expr& e);
/// `e` with kInput i replaced by replacements[i].
ExprPtr ExprSubstitute(const ExprPtr& e, const std::vector<ExprPtr>& replacements);
/// `e` with every input index moved by `offset`.
ExprPtr ExprShift(const ExprPtr& e, int offset);

}  // namespace sluice::engine
