// Literals as written to typed values.
#pragma once

#include "base/result.h"
#include "engine/functions/function.h"
#include "engine/plan/expr.h"
#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

/// Numbers become INT, BIGINT, DECIMAL or DOUBLE by their form; strings CHAR(n); all NOT NULL except NULL itself.
Result<ExprPtr> BindLiteral(const ast::LiteralExpr& literal, const FunctionRegistry& functions,
                            const SessionFacts& facts);

/// The months (year-month types) or milliseconds (day-time types) of an interval text.
Result<int64_t> ParseInterval(const std::string& text, const ast::IntervalQualifier& qualifier, TextPosition position);

}  // namespace sluice::engine::sql
