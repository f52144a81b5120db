#include <cctype>

#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

ExprPtr Parser::ParsePrimary() {
  const Token& token = Peek();
  switch (token.kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kApproximate:
    case TokenKind::kString:
    case TokenKind::kPrefixedString:
    case TokenKind::kUnicodeString:
    case TokenKind::kEscapedString:
    case TokenKind::kBinary: return ParseLiteral();
    case TokenKind::kQuotedIdentifier: return At(Symbol::kLeftParen, 1) ? ParseCall() : ParseName();
    case TokenKind::kWord: return ParseWordPrimary();
    default: break;
  }
  if (At(Symbol::kLeftParen)) return ParseParenthesised();
  if (At(Symbol::kQuestion)) {
    size_t start = mark();
    Advance();
    auto parameter = New<ParameterExpr>();
    parameter->index = parameters_++;
    return Done(std::move(parameter), start);
  }
  if (At(Symbol::kLeftBrace) && (Peek(1).kind == TokenKind::kWord)) {
    return ParseJdbcEscape();
  }
  for (std::string_view what : {"<IDENTIFIER>", "<QUOTED_STRING>", "<UNSIGNED_INTEGER_LITERAL>", "CASE", "CAST", "(",
                                "+", "-", "NOT", "EXISTS"}) {
    Expected(what);
  }
  Unexpected();
  return nullptr;
}

namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

/// {fn UCASE('a')}, {d '2024-01-01'}, {t '10:00:00'}, {ts '2024-01-01 10:00:00'}.
ExprPtr Parser::ParseJdbcEscape() {
  const Token& word = Peek(1);
  const std::string kind = Lower(text_.substr(word.begin, word.end - word.begin));
  Advance();
  ExprPtr out;
  if (kind == "d" || kind == "t" || kind == "ts") {
    out = ParseDateTimeLiteral(kind == "d"   ? LiteralKind::kDate
                               : kind == "t" ? LiteralKind::kTime
                                             : LiteralKind::kTimestamp);
  } else if (kind == "fn") {
    Advance();
    out = ParsePrimary();
    if (out != nullptr && out->kind == ExprKind::kCall) {
      std::string& name = static_cast<CallExpr&>(*out).name.parts.back().name;
      if (Lower(name) == "ucase") name = "UPPER";
      if (Lower(name) == "lcase") name = "LOWER";
    }
  } else {
    Unexpected();
    return nullptr;
  }
  Expect(Symbol::kRightBrace);
  return out;
}

ExprPtr Parser::ParseWordPrimary() {
  auto constant = [&](LiteralKind kind) {
    size_t start = mark();
    auto literal = New<LiteralExpr>();
    literal->literal = kind;
    Advance();
    return Done(std::move(literal), start);
  };
  bool call = At(Symbol::kLeftParen, 1);
  if (At("NULL")) return constant(LiteralKind::kNull);
  if (At("TRUE")) return constant(LiteralKind::kTrue);
  if (At("FALSE")) return constant(LiteralKind::kFalse);
  if (At("UNKNOWN")) return constant(LiteralKind::kUnknown);
  if (At("CASE")) return ParseCase();
  if (At("INTERVAL")) return ParseInterval();
  if (!call && At("DATE")) return ParseDateTimeLiteral(LiteralKind::kDate);
  if (!call && At("TIME")) return ParseDateTimeLiteral(LiteralKind::kTime);
  if (!call && At("TIMESTAMP")) return ParseDateTimeLiteral(LiteralKind::kTimestamp);
  if (At("DECIMAL") && Peek(1).kind == TokenKind::kString) {
    Advance();
    ExprPtr literal = ParseStringLiteral();
    if (literal != nullptr) static_cast<LiteralExpr&>(*literal).literal = LiteralKind::kDecimal;
    return literal;
  }
  if (At("ARRAY")) return ParseCollection(CollectionKind::kArray);
  if (At("MULTISET")) return ParseCollection(CollectionKind::kMultiset);
  if (At("MAP") && (call || At(Symbol::kLeftBracket, 1))) return ParseCollection(CollectionKind::kMap);
  if (At("ROW")) return ParseCollection(CollectionKind::kRow);
  if (At("PERIOD")) return ParsePeriod();
  if (At("CURSOR") || At("NEW") || At("SPECIFIC")) {
    Refuse(std::string(kKeywords[Peek().keyword].name) + " expressions", Peek().position);
    return nullptr;
  }
  if ((At("NEXT") || At("CURRENT")) && At("VALUE", 1)) {
    Refuse("sequences", Peek().position);
    return nullptr;
  }
  if (At("MODEL") && AtIdentifier(1)) {
    size_t start = mark();
    Advance();
    auto model = New<ModelArgumentExpr>();
    model->name = ParseCompoundName();
    return Done(std::move(model), start);
  }
  if (AtIdentifier() && !call) {
    bool modifier = (At("FINAL") && AtIdentifier(1) && At(Symbol::kLeftParen, 2)) ||
                    (At("FINAL") && IsReservedFunctionName(Peek(1).keyword));
    return modifier ? ParseCall() : ParseName();
  }
  return ParseCall();
}

ExprPtr Parser::ParseSubquery(ExprKind kind) {
  size_t start = mark();
  auto subquery = New<SubqueryExpr>(kind);
  Expect(Symbol::kLeftParen);
  bool outer = std::exchange(alias_follows_, false);
  subquery->query = ParseQuery();
  alias_follows_ = outer;
  Expect(Symbol::kRightParen);
  return Done(std::move(subquery), start);
}

void Parser::ParseQueryOrExpr(QueryPtr* query, ExprPtr* expr) {
  size_t start = mark();
  if (AtQueryStart()) {
    *query = ParseQuery();
    return;
  }
  ExprPtr value = ParseExpr();
  if (value == nullptr || failed()) return;
  if (value->kind == ExprKind::kScalarSubquery && AtSetOpOrTail()) {
    QueryPtr first = std::move(static_cast<SubqueryExpr&>(*value).query);
    first->parenthesised = true;
    *query = ContinueQuery(std::move(first), start);
    return;
  }
  *expr = std::move(value);
}

ExprPtr Parser::ParseParenthesised() {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  size_t start = mark();
  Expect(Symbol::kLeftParen);
  bool outer = std::exchange(alias_follows_, false);
  QueryPtr query;
  ExprPtr first;
  TextPosition inside = Peek().position;
  ParseQueryOrExpr(&query, &first);
  if (query != nullptr && no_query_) {
    Fail(ErrorCode::kSyntax, "Query expression encountered in illegal context", inside);
  }
  if (query != nullptr) {
    auto subquery = New<SubqueryExpr>(ExprKind::kScalarSubquery);
    subquery->query = std::move(query);
    // ((query)) is the same as (query).
    Place(*subquery, start);
    first = std::move(subquery);
    if (At(Symbol::kRightParen)) {
      Advance();
      alias_follows_ = outer;
      return Done(std::move(first), start);
    }
  }
  if (At(Symbol::kComma)) {
    auto row = New<CollectionExpr>();
    row->keyword = false;
    row->elements.push_back(std::move(first));
    while (Accept(Symbol::kComma)) row->elements.push_back(ParseExpr());
    Expect(Symbol::kRightParen);
    alias_follows_ = outer;
    return Done(std::move(row), start);
  }
  Expect(Symbol::kRightParen);
  alias_follows_ = outer;
  if (first == nullptr) return nullptr;
  // Flink's (a - b) DAY: the difference of two times in a unit.
  if (AtTimeUnit() && first->kind == ExprKind::kBinary && static_cast<BinaryExpr&>(*first).op == BinaryOp::kSubtract) {
    auto difference = New<IntervalOfExpr>();
    difference->operand = std::move(first);
    difference->difference = true;
    ParseIntervalQualifier(&difference->interval);
    return Done(std::move(difference), start);
  }
  first->parenthesised = true;
  return first;
}

ExprPtr Parser::ParseName() {
  size_t start = mark();
  auto name = New<NameExpr>();
  name->parts.push_back(ParseIdentifier());
  while (At(Symbol::kDot)) {
    if (At(Symbol::kStar, 1)) {
      Advance();
      Advance();
      name->star = true;
      return Done(std::move(name), start);
    }
    if (!AtIdentifier(1)) {
      Expected("<IDENTIFIER>");
      Unexpected(2);
      return nullptr;
    }
    Advance();
    name->parts.push_back(ParseIdentifier());
  }
  if (At(Symbol::kLeftParen) && name->parts.size() > 1 && !failed()) {
    auto call = New<CallExpr>();
    call->name.parts = std::move(name->parts);
    Place(call->name, start);
    return ParseArguments(std::move(call), start);
  }
  if (!failed()) Expected(".");
  return Done(std::move(name), start);
}

ExprPtr Parser::ParseCase() {
  size_t start = mark();
  Expect("CASE");
  bool outer = std::exchange(alias_follows_, false);
  auto expr = New<CaseExpr>();
  if (!At("WHEN")) expr->operand = ParseExpr();
  if (!Sees("WHEN")) Unexpected();
  while (Accept("WHEN")) {
    CaseExpr::When when;
    when.conditions.push_back(ParseExpr());
    while (expr->operand != nullptr && Accept(Symbol::kComma)) when.conditions.push_back(ParseExpr());
    Expect("THEN");
    when.result = ParseExpr();
    expr->whens.push_back(std::move(when));
  }
  if (Accept("ELSE")) expr->otherwise = ParseExpr();
  Expect("END");
  alias_follows_ = outer;
  return Done(std::move(expr), start);
}

ExprPtr Parser::ParseCollection(CollectionKind kind) {
  size_t start = mark();
  const Token& word = Peek();
  Advance();
  bool outer = std::exchange(alias_follows_, false);
  auto collection = New<CollectionExpr>();
  collection->collection = kind;
  ExprPtr result;
  if (kind != CollectionKind::kRow && Accept(Symbol::kLeftBracket)) {
    bool may_be_empty = kind != CollectionKind::kMultiset;
    if (!may_be_empty || !At(Symbol::kRightBracket)) collection->elements = ParseExprList();
    Expect(Symbol::kRightBracket);
  } else {
    if (!Sees(Symbol::kLeftParen)) {
      Unexpected();
      return nullptr;
    }
    const bool may_be_empty = kind != CollectionKind::kMultiset && kind != CollectionKind::kRow;
    if (may_be_empty && At(Symbol::kRightParen, 1)) {
      Advance();
      Advance();
    } else {
      ParseListOrQuery(&collection->elements, &collection->query);
    }
    const bool one = collection->elements.size() == 1 && collection->elements[0] != nullptr;
    if (kind != CollectionKind::kRow && one && collection->elements[0]->kind == ExprKind::kScalarSubquery) {
      // ARRAY((SELECT …)) is ARRAY(SELECT …): as Flink itself writes it.
      collection->query = std::move(static_cast<SubqueryExpr&>(*collection->elements[0]).query);
      collection->elements.clear();
    }
    if (kind != CollectionKind::kRow && collection->query == nullptr && !failed()) {
      // ARRAY(1, 2) and MAP(k, v) are functions, not the constructors with brackets.
      auto call = New<CallExpr>();
      Identifier name;
      name.name = std::string(text_.substr(word.begin, word.end - word.begin));
      name.position = word.position;
      name.range = {word.begin, word.end};
      static_cast<Node&>(call->name) = name;
      call->name.parts.push_back(std::move(name));
      call->arguments = std::move(collection->elements);
      result = Done(std::move(call), start);
    } else if (kind == CollectionKind::kRow && collection->query != nullptr) {
      auto subquery = New<SubqueryExpr>(ExprKind::kScalarSubquery);
      static_cast<Node&>(*subquery) = *collection->query;
      subquery->query = std::move(collection->query);
      collection->elements.push_back(std::move(subquery));
    }
  }
  alias_follows_ = outer;
  if (result != nullptr) return result;
  return Done(std::move(collection), start);
}

ExprPtr Parser::ParsePeriod() {
  size_t start = mark();
  Expect("PERIOD");
  auto row = New<CollectionExpr>();
  Expect(Symbol::kLeftParen);
  row->elements.push_back(ParseExpr());
  Expect(Symbol::kComma);
  row->elements.push_back(ParseExpr());
  Expect(Symbol::kRightParen);
  return Done(std::move(row), start);
}

}  // namespace sluice::engine::sql
