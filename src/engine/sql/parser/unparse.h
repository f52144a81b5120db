// Syntax tree back to SQL text, in the canonical style in which Flink prints computed columns, watermarks and view
// queries (SHOW CREATE TABLE / VIEW): identifiers in back-quotes, keywords upper case, only the parentheses that
// precedence asks for, one clause of a query per line.
//
// Parsing the text again gives an equal tree (apart from positions); it is not the user's spelling: use Node::range on
// the source for that. A function name of one unquoted part is printed bare and upper case, as Flink prints built-in
// functions; for a user's function set Identifier::quoted or qualify the name before.
#pragma once

#include <string>

#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

std::string Unparse(const ast::Expr& expr);
std::string Unparse(const ast::Query& query);
std::string Unparse(const ast::Type& type);
std::string Unparse(const ast::Statement& statement);
/// In back-quotes, with a back-quote in the name doubled.
std::string QuoteIdentifier(std::string_view name);
std::string Unparse(const ast::CompoundName& name);
/// As a literal: in quotes, or as u&'..' if it has control characters or characters outside ASCII.
std::string QuoteString(std::string_view text);

}  // namespace sluice::engine::sql
