#include "engine/sql/parser/parser.h"

#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

Result<std::vector<StatementPtr>> Parser::Script() {
  std::vector<StatementPtr> statements;
  while (!failed()) {
    while (At(Symbol::kSemicolon)) Advance();
    if (failed() || Peek().kind == TokenKind::kEnd) break;
    parameters_ = 0;
    StatementPtr statement = ParseStatement();
    if (failed()) break;
    // `BEGIN STATEMENT SET; insert; ...; END;` is one statement set, written as several statements.
    statements.push_back(std::move(statement));
    if (Peek().kind != TokenKind::kEnd && !Sees(Symbol::kSemicolon)) {
      Expected("<EOF>");
      Unexpected();
    }
  }
  if (error_) return *error_;
  return statements;
}

Result<StatementPtr> Parser::SingleStatement() {
  StatementPtr statement = ParseStatement();
  const bool separated = Accept(Symbol::kSemicolon);
  while (Accept(Symbol::kSemicolon)) {
  }
  if (!failed() && Peek().kind != TokenKind::kEnd) {
    if (!separated) {
      Expected("<EOF>");
      Unexpected();
    }
    // Several statements must all be right before Flink complains about their number.
    const TextPosition second = Peek().position;
    while (!failed() && Peek().kind != TokenKind::kEnd) {
      ParseStatement();
      if (!failed() && !Accept(Symbol::kSemicolon) && Peek().kind != TokenKind::kEnd) {
        Expected("<EOF>");
        Unexpected();
      }
    }
    if (!failed()) error_ = Error(ErrorCode::kValidation, "only single statement supported", second);
  }
  if (error_) return *error_;
  return statement;
}

Result<ExprPtr> Parser::SingleExpression() {
  ExprPtr expr = ParseExpr();
  if (!failed() && Peek().kind != TokenKind::kEnd) {
    Expected("<EOF>");
    Unexpected();
  }
  if (error_) return *error_;
  return expr;
}

Result<QueryPtr> Parser::SingleQuery() {
  QueryPtr query = ParseQuery();
  if (!failed()) Accept(Symbol::kSemicolon);
  if (!failed() && Peek().kind != TokenKind::kEnd) {
    Expected("<EOF>");
    Unexpected();
  }
  if (error_) return *error_;
  return query;
}

Result<TypePtr> Parser::SingleType() {
  TypePtr type = ParseType();
  if (!failed() && Peek().kind != TokenKind::kEnd) {
    Expected("<EOF>");
    Unexpected();
  }
  if (error_) return *error_;
  return type;
}

Result<std::vector<StatementPtr>> ParseScript(std::string_view text) { return Parser(text).Script(); }
Result<StatementPtr> ParseStatement(std::string_view text) { return Parser(text).SingleStatement(); }
Result<ExprPtr> ParseExpression(std::string_view text) { return Parser(text).SingleExpression(); }
Result<QueryPtr> ParseQuery(std::string_view text) { return Parser(text).SingleQuery(); }
Result<TypePtr> ParseType(std::string_view text) { return Parser(text).SingleType(); }

}  // namespace sluice::engine::sql
