// Flink SQL 2.3 text to syntax tree. Only syntax: names, types and functions are not resolved.
//
// Thread-safe (no state). Any input gives a tree or an Error; errors are ErrorCode::kSyntax with the position in `text`
// and a message whose first line is Flink's ("Encountered "x" at line 1, column 10."). Valid Flink syntax that has no
// node is kNotSupported. Nesting deeper than kMaxDepth is an error, and so are chains (a + b + c ...) that make the
// tree higher than kMaxHeight: walking the tree recursively is safe.
#pragma once

#include <string_view>
#include <vector>

#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

inline constexpr int kMaxDepth = 400;
inline constexpr int kMaxHeight = 1500;

/// All statements of a script, separated by ';' (empty ones are left out). Ranges refer to the whole text.
Result<std::vector<ast::StatementPtr>> ParseScript(std::string_view text);
/// Exactly one statement; a closing ';' is allowed.
Result<ast::StatementPtr> ParseStatement(std::string_view text);
Result<ast::ExprPtr> ParseExpression(std::string_view text);
Result<ast::QueryPtr> ParseQuery(std::string_view text);
Result<ast::TypePtr> ParseType(std::string_view text);

}  // namespace sluice::engine::sql
