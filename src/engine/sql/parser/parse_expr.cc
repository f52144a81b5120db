// Expressions with operators, by precedence climbing with Calcite's numbers: a higher one binds tighter.
#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

constexpr int kMultisetUnionPrecedence = 14;
constexpr int kMultisetIntersectPrecedence = 18;
constexpr int kOrPrecedence = 22;
constexpr int kAndPrecedence = 24;
constexpr int kNotPrecedence = 26;
constexpr int kPostfixPrecedence = 28;
constexpr int kComparisonPrecedence = 30;
constexpr int kInPrecedence = 32;
constexpr int kAdditivePrecedence = 40;
constexpr int kMultiplicativePrecedence = 60;
constexpr int kSignPrecedence = 80;

std::optional<BinaryOp> ComparisonOf(Symbol symbol) {
  switch (symbol) {
    case Symbol::kEqual: return BinaryOp::kEqual;
    case Symbol::kNotEqual: return BinaryOp::kNotEqual;
    case Symbol::kLess: return BinaryOp::kLess;
    case Symbol::kLessOrEqual: return BinaryOp::kLessOrEqual;
    case Symbol::kGreater: return BinaryOp::kGreater;
    case Symbol::kGreaterOrEqual: return BinaryOp::kGreaterOrEqual;
    default: return std::nullopt;
  }
}

}  // namespace

bool Parser::CanStartOperand(size_t ahead) const {
  const Token& token = Peek(ahead);
  switch (token.kind) {
    case TokenKind::kEnd:
    case TokenKind::kBad: return false;
    case TokenKind::kSymbol:
      return token.symbol == Symbol::kLeftParen || token.symbol == Symbol::kPlus || token.symbol == Symbol::kMinus ||
             token.symbol == Symbol::kQuestion || token.symbol == Symbol::kLeftBrace;
    case TokenKind::kWord: break;
    default: return true;
  }
  if (AtIdentifier(ahead)) return true;
  // Reserved words that start a value, an operator or a call.
  static constexpr Word kStarters[] = {
      "ARRAY",          "CASE",       "CAST",       "CEIL",          "CLASSIFIER",  "CONVERT",
      "CURRENT",        "CURSOR",     "DATE",       "EXISTS",        "EXTRACT",     "FALSE",
      "FLOOR",          "INTERVAL",   "JSON_ARRAY", "JSON_ARRAYAGG", "JSON_EXISTS", "JSON_OBJECT",
      "JSON_OBJECTAGG", "JSON_QUERY", "JSON_VALUE", "MATCH_NUMBER",  "MULTISET",    "NEW",
      "NEXT",           "NOT",        "NULL",       "OVERLAY",       "PERIOD",      "POSITION",
      "PREV",           "ROW",        "RUNNING",    "SAFE_CAST",     "SPECIFIC",    "STRING_AGG",
      "SUBSTRING",      "TIME",       "TIMESTAMP",  "TRANSLATE",     "TRIM",        "TRUE",
      "TRY_CAST",       "UNIQUE",     "UNKNOWN",    "DECIMAL",       "DATETIME"};
  for (Word word : kStarters) {
    if (token.keyword == word.id) return true;
  }
  if (IsContextVariable(token.keyword)) return true;
  return IsReservedFunctionName(token.keyword) && At(Symbol::kLeftParen, ahead + 1);
}

ExprPtr Parser::ParseExpr(int min_precedence) {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  Height height(this);
  size_t start = mark();
  ExprPtr left = ParsePrefix();
  bool done = false;
  while (!done && !failed()) {
    if (!Grow()) break;
    left = ParseInfix(std::move(left), start, min_precedence, &done);
  }
  return failed() ? nullptr : std::move(left);
}

ExprPtr Parser::ParseExprWithoutQuery() {
  bool outer = std::exchange(no_query_, true);
  ExprPtr expr = ParseExpr();
  no_query_ = outer;
  return expr;
}

ExprPtr Parser::ParsePrefix() {
  size_t start = mark();
  UnaryOp op;
  int precedence = kSignPrecedence;
  if (At(Symbol::kPlus)) {
    op = UnaryOp::kPlus;
  } else if (At(Symbol::kMinus)) {
    op = UnaryOp::kMinus;
  } else if (At("NOT")) {
    op = UnaryOp::kNot;
    precedence = kNotPrecedence;
  } else if (At("EXISTS") || At("UNIQUE")) {
    ExprKind kind = At("EXISTS") ? ExprKind::kExists : ExprKind::kUnique;
    Advance();
    return ParseSubquery(kind);
  } else {
    size_t primary = mark();
    return ParseFieldAccess(ParsePrimary(), primary);
  }
  auto unary = New<UnaryExpr>();
  unary->op = op;
  unary->op_position = Peek().position;
  Advance();
  unary->operand = ParseExpr(precedence);
  return Done(std::move(unary), start);
}

ExprPtr Parser::ParseFieldAccess(ExprPtr left, size_t start) {
  // A plain name has taken all its dots already.
  while (At(Symbol::kDot) && !failed()) {
    if (!Grow()) break;
    if (!AtIdentifier(1) && !At(Symbol::kStar, 1)) {
      Expected("<IDENTIFIER>");
      Unexpected(2);
      break;
    }
    Advance();
    auto field = New<FieldExpr>();
    field->operand = std::move(left);
    if (Accept(Symbol::kStar)) {
      field->star = true;
    } else {
      TextPosition position = Peek().position;
      field->field = ParseIdentifier();
      if (At(Symbol::kLeftParen)) Refuse("a method call on a value", position);
    }
    left = Done(std::move(field), start);
  }
  return left;
}

ExprPtr Parser::ParseInfix(ExprPtr left, size_t start, int min_precedence, bool* done) {
  const Token& token = Peek();
  if (token.symbol == Symbol::kNotEqual && text_[token.begin] == '!') {
    Fail(ErrorCode::kSyntax, "Bang equal '!=' is not allowed under the current SQL conformance level. Write <>.",
         token.position);
    return nullptr;
  }
  auto binary = [&](int precedence, BinaryOp op, size_t op_tokens = 1) -> ExprPtr {
    if (precedence < min_precedence) {
      *done = true;
      return std::move(left);
    }
    return ParseBinary(std::move(left), start, precedence, op, op_tokens);
  };
  if (std::optional<BinaryOp> comparison = ComparisonOf(token.symbol)) {
    bool quantified = At("ANY", 1) || At("SOME", 1) || At("ALL", 1);
    if ((quantified ? kInPrecedence : kComparisonPrecedence) >= min_precedence) {
      return ParseComparison(std::move(left), start, *comparison);
    }
    *done = true;
    return left;
  }
  switch (token.symbol) {
    case Symbol::kPlus: return binary(kAdditivePrecedence, BinaryOp::kAdd);
    case Symbol::kMinus: return binary(kAdditivePrecedence, BinaryOp::kSubtract);
    case Symbol::kStar: return binary(kMultiplicativePrecedence, BinaryOp::kMultiply);
    case Symbol::kSlash: return binary(kMultiplicativePrecedence, BinaryOp::kDivide);
    case Symbol::kPercent: return binary(kMultiplicativePrecedence, BinaryOp::kModulo);
    case Symbol::kConcat: return binary(kMultiplicativePrecedence, BinaryOp::kConcat);
    case Symbol::kLeftBracket: {
      auto item = New<ItemExpr>();
      Advance();
      item->collection = std::move(left);
      item->index = ParseExpr();
      Expect(Symbol::kRightBracket);
      ExprPtr result = Done(std::move(item), start);
      return ParseFieldAccess(std::move(result), start);
    }
    default: break;
  }
  if (At("AND")) return binary(kAndPrecedence, BinaryOp::kAnd);
  if (At("OR")) return binary(kOrPrecedence, BinaryOp::kOr);
  if (At("IS")) return ParseIs(std::move(left), start, min_precedence, done);
  if (At("MULTISET")) return ParseMultisetOp(std::move(left), start, min_precedence, done);
  if (At("MEMBER") && At("OF", 1)) return binary(kComparisonPrecedence, BinaryOp::kMemberOf, 2);
  if (At("SUBMULTISET") && At("OF", 1)) return binary(kComparisonPrecedence, BinaryOp::kSubmultisetOf, 2);
  if (At("NOT") && At("MEMBER", 1)) return binary(kComparisonPrecedence, BinaryOp::kNotMemberOf, 3);
  if (At("NOT") && At("SUBMULTISET", 1)) return binary(kComparisonPrecedence, BinaryOp::kNotSubmultisetOf, 3);
  if (At("OVERLAPS")) return binary(kComparisonPrecedence, BinaryOp::kOverlaps);
  if (At("CONTAINS")) return binary(kComparisonPrecedence, BinaryOp::kContains);
  if (At("EQUALS")) return binary(kComparisonPrecedence, BinaryOp::kPeriodEquals);
  if (At("PRECEDES")) return binary(kComparisonPrecedence, BinaryOp::kPrecedes);
  if (At("SUCCEEDS")) return binary(kComparisonPrecedence, BinaryOp::kSucceeds);
  if (At("IMMEDIATELY") && At("PRECEDES", 1)) return binary(kComparisonPrecedence, BinaryOp::kImmediatelyPrecedes, 2);
  if (At("IMMEDIATELY") && At("SUCCEEDS", 1)) return binary(kComparisonPrecedence, BinaryOp::kImmediatelySucceeds, 2);
  size_t negation = At("NOT") ? 1 : 0;
  if (kInPrecedence >= min_precedence) {
    if (At("IN", negation)) return ParseIn(std::move(left), start);
    if (At("BETWEEN", negation)) return ParseBetween(std::move(left), start);
    if (At("LIKE", negation) || At("ILIKE", negation) || At("RLIKE", negation) ||
        (At("SIMILAR", negation) && At("TO", negation + 1))) {
      return ParseLike(std::move(left), start);
    }
  }
  *done = true;
  if (min_precedence <= kOrPrecedence && !failed()) {
    for (std::string_view what : {"AND", "OR", "=", "+", "-", "*", "/", "IS", "IN", "LIKE", "BETWEEN"}) Expected(what);
  }
  return left;
}

ExprPtr Parser::ParseBinary(ExprPtr left, size_t start, int precedence, BinaryOp op, size_t op_tokens) {
  if (!CanStartOperand(op_tokens)) {
    // Flink looks two tokens ahead before it takes an operator, so its complaint starts at the operator.
    if (alias_follows_) Expected("<IDENTIFIER>");
    Unexpected(op_tokens + 1);
    return nullptr;
  }
  auto binary = New<BinaryExpr>();
  binary->op = op;
  binary->op_position = Peek().position;
  for (size_t i = 0; i < op_tokens; ++i) Advance();
  binary->left = std::move(left);
  binary->right = ParseExpr(precedence + 1);
  return Done(std::move(binary), start);
}

ExprPtr Parser::ParseComparison(ExprPtr left, size_t start, BinaryOp op) {
  Quantifier quantifier;
  if (At("ANY", 1)) {
    quantifier = Quantifier::kAny;
  } else if (At("SOME", 1)) {
    quantifier = Quantifier::kSome;
  } else if (At("ALL", 1)) {
    quantifier = Quantifier::kAll;
  } else {
    return ParseBinary(std::move(left), start, kComparisonPrecedence, op, 1);
  }
  Advance();
  Advance();
  auto quantified = New<QuantifiedExpr>();
  quantified->op = op;
  quantified->quantifier = quantifier;
  quantified->operand = std::move(left);
  ParseListOrQuery(&quantified->list, &quantified->query);
  return Done(std::move(quantified), start);
}

ExprPtr Parser::ParseIs(ExprPtr left, size_t start, int min_precedence, bool* done) {
  size_t negation = At("NOT", 1) ? 1 : 0;
  bool negated = negation == 1;
  if (At("DISTINCT", 1 + negation)) {
    if (kComparisonPrecedence >= min_precedence) {
      BinaryOp op = negated ? BinaryOp::kIsNotDistinctFrom : BinaryOp::kIsDistinctFrom;
      if (At("FROM", 2 + negation)) return ParseBinary(std::move(left), start, kComparisonPrecedence, op, 3 + negation);
    }
    *done = true;
    return left;
  }
  if (kPostfixPrecedence < min_precedence) {
    *done = true;
    return left;
  }
  size_t length = 2 + negation;
  auto pick = [&](UnaryOp is, UnaryOp is_not) { return negated ? is_not : is; };
  UnaryOp op;
  if (At("NULL", 1 + negation)) {
    op = pick(UnaryOp::kIsNull, UnaryOp::kIsNotNull);
  } else if (At("TRUE", 1 + negation)) {
    op = pick(UnaryOp::kIsTrue, UnaryOp::kIsNotTrue);
  } else if (At("FALSE", 1 + negation)) {
    op = pick(UnaryOp::kIsFalse, UnaryOp::kIsNotFalse);
  } else if (At("UNKNOWN", 1 + negation)) {
    op = pick(UnaryOp::kIsUnknown, UnaryOp::kIsNotUnknown);
  } else if (At("EMPTY", 1 + negation)) {
    op = pick(UnaryOp::kIsEmpty, UnaryOp::kIsNotEmpty);
  } else if (At("A", 1 + negation) && At("SET", 2 + negation)) {
    op = pick(UnaryOp::kIsASet, UnaryOp::kIsNotASet);
    ++length;
  } else if (At("JSON", 1 + negation)) {
    op = pick(UnaryOp::kIsJsonValue, UnaryOp::kIsNotJsonValue);
    ++length;
    if (At("OBJECT", 2 + negation)) {
      op = pick(UnaryOp::kIsJsonObject, UnaryOp::kIsNotJsonObject);
    } else if (At("ARRAY", 2 + negation)) {
      op = pick(UnaryOp::kIsJsonArray, UnaryOp::kIsNotJsonArray);
    } else if (At("SCALAR", 2 + negation)) {
      op = pick(UnaryOp::kIsJsonScalar, UnaryOp::kIsNotJsonScalar);
    } else if (!At("VALUE", 2 + negation)) {
      --length;
    }
  } else {
    if (alias_follows_) Expected("<IDENTIFIER>");
    Unexpected(2 + negation);
    return nullptr;
  }
  auto unary = New<UnaryExpr>();
  unary->op = op;
  unary->op_position = Peek().position;
  unary->operand = std::move(left);
  for (size_t i = 0; i < length; ++i) Advance();
  return Done(std::move(unary), start);
}

void Parser::ParseListOrQuery(std::vector<ExprPtr>* list, QueryPtr* query) {
  if (!Expect(Symbol::kLeftParen)) return;
  bool outer = std::exchange(alias_follows_, false);
  ExprPtr first;
  ParseQueryOrExpr(query, &first);
  if (first != nullptr) list->push_back(std::move(first));
  if (At(Symbol::kComma) && *query != nullptr) {
    auto subquery = New<SubqueryExpr>(ExprKind::kScalarSubquery);
    static_cast<Node&>(*subquery) = **query;
    subquery->query = std::move(*query);
    list->push_back(std::move(subquery));
  }
  while (Accept(Symbol::kComma)) list->push_back(ParseExpr());
  Expect(Symbol::kRightParen);
  alias_follows_ = outer;
}

ExprPtr Parser::ParseIn(ExprPtr left, size_t start) {
  size_t negation = At("NOT") ? 1 : 0;
  if (!At(Symbol::kLeftParen, negation + 1)) {
    if (alias_follows_) Expected("<IDENTIFIER>");
    Unexpected(negation + 2);
    return nullptr;
  }
  auto in = New<InExpr>();
  in->negated = Accept("NOT");
  Expect("IN");
  in->operand = std::move(left);
  ParseListOrQuery(&in->list, &in->query);
  return Done(std::move(in), start);
}

ExprPtr Parser::ParseBetween(ExprPtr left, size_t start) {
  auto between = New<BetweenExpr>();
  between->negated = Accept("NOT");
  TextPosition position = Peek().position;
  Expect("BETWEEN");
  if (Accept("SYMMETRIC")) {
    between->symmetric = true;
  } else {
    Accept("ASYMMETRIC");
  }
  between->operand = std::move(left);
  between->low = ParseExpr(kAndPrecedence + 1);
  if (!failed() && !At("AND")) {
    Fail(ErrorCode::kSyntax,
         "BETWEEN operator has no terminating AND at line " + std::to_string(position.line) + ", column " +
             std::to_string(position.column) + ".",
         position);
  }
  Expect("AND");
  between->high = ParseExpr(kInPrecedence + 1);
  return Done(std::move(between), start);
}

ExprPtr Parser::ParseLike(ExprPtr left, size_t start) {
  size_t op_tokens = (At("NOT") ? 1 : 0) + (At("SIMILAR", At("NOT") ? 1 : 0) ? 2 : 1);
  if (!CanStartOperand(op_tokens)) {
    if (alias_follows_) Expected("<IDENTIFIER>");
    Unexpected(op_tokens + 1);
    return nullptr;
  }
  auto like = New<LikeExpr>();
  like->negated = Accept("NOT");
  if (Accept("ILIKE")) {
    like->like = LikeKind::kILike;
  } else if (Accept("RLIKE")) {
    like->like = LikeKind::kRLike;
  } else if (Accept("SIMILAR")) {
    Expect("TO");
    like->like = LikeKind::kSimilarTo;
  } else {
    Expect("LIKE");
  }
  like->operand = std::move(left);
  like->pattern = ParseExpr(kInPrecedence + 1);
  if (Accept("ESCAPE")) like->escape = ParseExpr(kInPrecedence + 1);
  return Done(std::move(like), start);
}

ExprPtr Parser::ParseMultisetOp(ExprPtr left, size_t start, int min_precedence, bool* done) {
  bool intersect = At("INTERSECT", 1);
  int precedence = intersect ? kMultisetIntersectPrecedence : kMultisetUnionPrecedence;
  if (precedence < min_precedence || !(intersect || At("UNION", 1) || At("EXCEPT", 1))) {
    *done = true;
    return left;
  }
  bool distinct = At("DISTINCT", 2);
  BinaryOp op = BinaryOp::kMultisetExcept;
  if (intersect) op = BinaryOp::kMultisetIntersect;
  if (At("UNION", 1)) op = BinaryOp::kMultisetUnion;
  if (distinct) op = static_cast<BinaryOp>(static_cast<int>(op) + 1);
  return ParseBinary(std::move(left), start, precedence, op, distinct || At("ALL", 2) ? 3 : 2);
}

std::vector<ExprPtr> Parser::ParseExprList() {
  std::vector<ExprPtr> list;
  do {
    list.push_back(ParseExpr());
  } while (Accept(Symbol::kComma));
  return list;
}

}  // namespace sluice::engine::sql
