#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

Identifier SymbolName(const Token& token, std::string_view text) {
  Identifier name;
  name.name = std::string(text.substr(token.begin, token.end - token.begin));
  name.quoted = token.kind == TokenKind::kQuotedIdentifier;
  if (name.quoted) name.name = token.value;
  name.position = token.position;
  name.range = {token.begin, token.end};
  return name;
}

}  // namespace

ExprPtr Parser::ParseCall() {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  Height height(this);
  size_t start = mark();
  const Token& token = Peek();
  bool arguments_follow = At(Symbol::kLeftParen, 1);
  if (At("CAST")) return ParseCast(false);
  if (At("TRY_CAST") || At("SAFE_CAST")) return ParseCast(true);
  if (At("JSON_EXISTS")) return ParseJsonCall(JsonFunction::kExists);
  if (At("JSON_VALUE")) return ParseJsonCall(JsonFunction::kValue);
  if (At("JSON_QUERY")) return ParseJsonCall(JsonFunction::kQuery);
  if (At("JSON_OBJECT")) return ParseJsonCall(JsonFunction::kObject);
  if (At("JSON_OBJECTAGG")) return ParseJsonCall(JsonFunction::kObjectAgg);
  if (At("JSON_ARRAY")) return ParseJsonCall(JsonFunction::kArray);
  if (At("JSON_ARRAYAGG")) return ParseJsonCall(JsonFunction::kArrayAgg);
  if (At("DESCRIPTOR") && arguments_follow) return ParseDescriptor();

  bool running = (At("RUNNING") || At("FINAL")) && !arguments_follow;
  bool syntax_of_its_own = At("EXTRACT") || At("POSITION") || At("CONVERT") || At("TRANSLATE") || At("OVERLAY") ||
                           At("FLOOR") || At("CEIL") || At("CEILING") || At("SUBSTRING") || At("TRIM") ||
                           At("TIMESTAMPADD") || At("TIMESTAMPDIFF");
  bool plain_reserved = At("CLASSIFIER") || At("MATCH_NUMBER") || At("PREV") || At("NEXT") || At("DATE") ||
                        At("TIME") || At("TIMESTAMP") || At("DATETIME") || At("TIMESTAMP_DIFF") ||
                        At("TIMESTAMP_TRUNC") || At("TIME_DIFF") || At("TIME_TRUNC") || At("DATE_TRUNC") ||
                        At("DATETIME_TRUNC") || At("CONTAINS_SUBSTR");
  bool callable = AtIdentifier() || IsReservedFunctionName(token.keyword) || syntax_of_its_own || plain_reserved;
  auto call = New<CallExpr>();
  call->name.parts.push_back(SymbolName(token, text_));
  static_cast<Node&>(call->name) = call->name.parts[0];
  if (running) {
    Advance();
    call->arguments.push_back(ParseCall());
    return Done(std::move(call), start);
  }
  if (callable && arguments_follow) {
    Advance();
    if (syntax_of_its_own) return ParseSpecialCall(std::move(call), start);
    return ParseArguments(std::move(call), start);
  }
  if (IsContextVariable(token.keyword)) {
    Advance();
    call->parentheses = false;
    return Done(std::move(call), start);
  }
  if (callable && !AtIdentifier()) {
    // COUNT without parentheses: the complaint is about what follows, unless the word cannot stand here at all.
    Expected("(");
    if (!syntax_of_its_own) Expected("<IDENTIFIER>");
  }
  for (std::string_view what : {"<IDENTIFIER>", "<QUOTED_STRING>", "<UNSIGNED_INTEGER_LITERAL>", "CASE", "CAST", "(",
                                "+", "-", "NOT", "EXISTS"}) {
    Expected(what);
  }
  Unexpected();
  return nullptr;
}

ExprPtr Parser::ParseCast(bool try_cast) {
  size_t start = mark();
  Advance();
  auto cast = New<CastExpr>();
  cast->try_cast = try_cast;
  Expect(Symbol::kLeftParen);
  bool outer = std::exchange(alias_follows_, false);
  cast->operand = ParseExpr();
  Expect("AS");
  cast->type = ParseType(false);
  if (At("FORMAT")) Refuse("CAST with FORMAT", Peek().position);
  Expect(Symbol::kRightParen);
  alias_follows_ = outer;
  return Done(std::move(cast), start);
}

ExprPtr Parser::ParseDescriptor() {
  size_t start = mark();
  Expect("DESCRIPTOR");
  Expect(Symbol::kLeftParen);
  auto descriptor = New<DescriptorExpr>();
  do {
    descriptor->columns.push_back(ParseCompoundName());
    // Flink reads `a INT` here too, as columns with types.
    if (AtIdentifier() && !failed()) Refuse("types in DESCRIPTOR", Peek().position);
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  return Done(std::move(descriptor), start);
}

ExprPtr Parser::ParseArgument() {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  if (AtIdentifier() && At(Symbol::kArrow, 1)) {
    size_t start = mark();
    auto named = New<NamedArgumentExpr>();
    named->name = ParseIdentifier();
    Expect(Symbol::kArrow);
    named->value = ParseArgument();
    return Done(std::move(named), start);
  }
  if (At("DEFAULT")) {
    size_t start = mark();
    Advance();
    return Done(New<DefaultExpr>(), start);
  }
  if (At("TABLE")) return ParseTableArgument();
  size_t start = mark();
  QueryPtr query;
  ExprPtr value;
  ParseQueryOrExpr(&query, &value);
  if (query != nullptr) {
    auto subquery = New<SubqueryExpr>(ExprKind::kScalarSubquery);
    subquery->query = std::move(query);
    value = Done(std::move(subquery), start);
  }
  if (value != nullptr && value->kind == ExprKind::kScalarSubquery && (At("PARTITION") || At("ORDER"))) {
    auto table = New<TableArgumentExpr>();
    table->query = std::move(static_cast<SubqueryExpr&>(*value).query);
    if (Accept("PARTITION")) {
      Expect("BY");
      if (Accept(Symbol::kLeftParen)) {
        table->partition_by = ParseExprList();
        Expect(Symbol::kRightParen);
      } else {
        table->partition_by.push_back(ParseName());
      }
    }
    if (At("ORDER")) {
      Advance();
      Expect("BY");
      table->order_by.push_back(ParseOrderItem());
    }
    value = Done(std::move(table), start);
  }
  return value;
}

ExprPtr Parser::ParseTableArgument() {
  size_t start = mark();
  Expect("TABLE");
  auto table = New<TableArgumentExpr>();
  table->table_keyword = true;
  size_t name = mark();
  auto query = New<TableQuery>();
  query->name = ParseCompoundName();
  table->query = Done(std::move(query), name);
  if (Accept("PARTITION")) {
    Expect("BY");
    if (Accept(Symbol::kLeftParen)) {
      do {
        table->partition_by.push_back(ParseName());
      } while (Accept(Symbol::kComma));
      Expect(Symbol::kRightParen);
    } else {
      table->partition_by.push_back(ParseName());
    }
  }
  if (Accept("ORDER")) {
    Expect("BY");
    if (Accept(Symbol::kLeftParen)) {
      do {
        table->order_by.push_back(ParseOrderItem());
      } while (Accept(Symbol::kComma));
      Expect(Symbol::kRightParen);
    } else {
      table->order_by.push_back(ParseOrderItem());
    }
  }
  return Done(std::move(table), start);
}

ExprPtr Parser::ParseArguments(std::unique_ptr<CallExpr, NodeDeleter> call, size_t start) {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  bool outer = std::exchange(alias_follows_, false);
  bool no_query = std::exchange(no_query_, false);
  Expect(Symbol::kLeftParen);
  if (At(Symbol::kStar) && At(Symbol::kRightParen, 1)) {
    Advance();
    call->star = true;
  } else if (!At(Symbol::kRightParen)) {
    if (Accept("DISTINCT")) {
      call->quantifier = SetQuantifier::kDistinct;
    } else if (Accept("ALL")) {
      call->quantifier = SetQuantifier::kAll;
    }
    do {
      call->arguments.push_back(ParseArgument());
    } while (Accept(Symbol::kComma));
    if (tokens_[start].keyword == Word("ARRAY_AGG").id) {
      if (AcceptBoth("IGNORE", "NULLS")) call->null_treatment = NullTreatment::kIgnore;
      if (AcceptBoth("RESPECT", "NULLS")) call->null_treatment = NullTreatment::kRespect;
    }
    if (At("ORDER")) call->order_by = ParseOrderBy();
  }
  Expect(Symbol::kRightParen);
  alias_follows_ = outer;
  no_query_ = no_query;
  return ParseCallTail(std::move(call), start);
}

ExprPtr Parser::ParseCallTail(std::unique_ptr<CallExpr, NodeDeleter> call, size_t start) {
  if (AcceptBoth("IGNORE", "NULLS")) call->null_treatment = NullTreatment::kIgnore;
  if (AcceptBoth("RESPECT", "NULLS")) call->null_treatment = NullTreatment::kRespect;
  if (At("WITHIN") && At("DISTINCT", 1)) Refuse("WITHIN DISTINCT", Peek().position);
  if (At("WITHIN") && At("GROUP", 1)) call->within_group = ParseWithinGroup();
  ParseFilterAndOver(&call->filter, &call->over);
  return Done(std::move(call), start);
}

std::vector<OrderItem> Parser::ParseWithinGroup() {
  Expect("WITHIN");
  Expect("GROUP");
  Expect(Symbol::kLeftParen);
  if (!Sees("ORDER")) Unexpected();
  std::vector<OrderItem> items = ParseOrderBy();
  Expect(Symbol::kRightParen);
  return items;
}

void Parser::ParseFilterAndOver(ExprPtr* filter, std::unique_ptr<WindowSpec>* over) {
  bool outer = std::exchange(alias_follows_, false);
  if (Accept("FILTER")) {
    Expect(Symbol::kLeftParen);
    Expect("WHERE");
    *filter = ParseExpr();
    Expect(Symbol::kRightParen);
  }
  if (Accept("OVER")) {
    if (Sees(Symbol::kLeftParen)) {
      *over = ParseWindowSpec();
    } else {
      *over = std::make_unique<WindowSpec>();
      size_t start = mark();
      (*over)->base = ParseIdentifier();
      (*over)->reference = true;
      Place(**over, start);
    }
  }
  alias_follows_ = outer;
}

ExprPtr Parser::ParseSpecialCall(std::unique_ptr<CallExpr, NodeDeleter> call, size_t start) {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  bool outer = std::exchange(alias_follows_, false);
  uint16_t word = FindKeyword(kKeywords[tokens_[start].keyword].name);
  auto is = [&](Word name) { return word == name.id; };
  auto argument = [&] { call->arguments.push_back(ParseExpr()); };
  Expect(Symbol::kLeftParen);
  call->special_syntax = true;
  if (is("EXTRACT")) {
    call->arguments.push_back(ParseTimeUnitSymbol());
    Expect("FROM");
    argument();
  } else if (is("POSITION")) {
    // The operand stops before IN, which is not an operator here.
    size_t primary = mark();
    call->arguments.push_back(ParseFieldAccess(ParsePrimary(), primary));
    Expect("IN");
    argument();
    if (Accept("FROM")) argument();
  } else if (is("OVERLAY")) {
    argument();
    Expect("PLACING");
    argument();
    Expect("FROM");
    argument();
    if (Accept("FOR")) argument();
  } else if (is("SUBSTRING")) {
    argument();
    if (!Accept("FROM")) {
      call->special_syntax = false;
      Expect(Symbol::kComma);
    }
    argument();
    if (Accept("FOR") || Accept(Symbol::kComma)) argument();
  } else if (is("TRIM")) {
    ParseTrim(call.get());
  } else if (is("TIMESTAMPADD") || is("TIMESTAMPDIFF")) {
    call->arguments.push_back(ParseTimeUnitSymbol());
    Expect(Symbol::kComma);
    argument();
    Expect(Symbol::kComma);
    argument();
  } else if (is("FLOOR") || is("CEIL") || is("CEILING")) {
    argument();
    call->special_syntax = Accept("TO");
    if (call->special_syntax) {
      call->arguments.push_back(ParseTimeUnitSymbol());
    }
  } else {  // CONVERT, TRANSLATE
    argument();
    if (At("USING")) Refuse("USING a character set", Peek().position);
    call->special_syntax = false;
    while (Accept(Symbol::kComma)) argument();
  }
  Expect(Symbol::kRightParen);
  alias_follows_ = outer;
  return Done(std::move(call), start);
}

void Parser::ParseTrim(CallExpr* call) {
  size_t start = mark();
  auto flag = New<SymbolExpr>();
  flag->symbol = "BOTH";
  ExprPtr characters;
  ExprPtr value;
  bool flag_written = At("BOTH") || At("LEADING") || At("TRAILING");
  if (flag_written) {
    flag->symbol = std::string(kKeywords[Peek().keyword].name);
    Advance();
    if (!At("FROM")) characters = ParseExpr();
    Expect("FROM");
    value = ParseExpr();
  } else {
    value = ParseExpr();
    if (Accept("FROM")) {
      characters = std::move(value);
      value = ParseExpr();
    } else {
      call->special_syntax = false;
    }
  }
  if (failed()) return;
  if (characters == nullptr) {
    auto space = New<LiteralExpr>();
    space->literal = LiteralKind::kString;
    space->text = " ";
    Place(*space, start);
    characters = std::move(space);
  }
  Place(*flag, start);
  call->arguments.push_back(std::move(flag));
  call->arguments.push_back(std::move(characters));
  call->arguments.push_back(std::move(value));
}

}  // namespace sluice::engine::sql
