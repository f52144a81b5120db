#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

TableRefPtr Parser::ParseFrom() {
  Height height(this);
  size_t start = mark();
  TableRefPtr left = ParseTableRef();
  while (!failed()) {
    if (!Grow()) break;
    if (Accept(Symbol::kComma)) {
      auto join = New<JoinTableRef>();
      join->type = JoinType::kComma;
      join->left = std::move(left);
      join->right = ParseTableRef();
      left = Done(std::move(join), start);
      continue;
    }
    bool outer_side = At("LEFT") || At("RIGHT") || At("FULL");
    bool starts = At("JOIN") || At("INNER") || At("CROSS") || At("NATURAL") || outer_side;
    // `ASOF` is no keyword of Flink 2.3.
    if (!starts) break;
    left = ParseJoin(std::move(left), start);
  }
  return failed() ? nullptr : std::move(left);
}

TableRefPtr Parser::ParseJoin(TableRefPtr left, size_t start) {
  auto join = New<JoinTableRef>();
  join->left = std::move(left);
  size_t ahead = At("NATURAL") ? 1 : 0;
  // Flink decides by the words up to JOIN; if they do not lead there, its complaint is about the first.
  size_t words = ahead;
  if (At("INNER", words) || At("CROSS", words)) {
    ++words;
  } else if (At("LEFT", words) || At("RIGHT", words) || At("FULL", words)) {
    ++words;
    if (At("OUTER", words)) ++words;
  }
  if (At("CROSS", ahead) && At("APPLY", words)) {
    Fail(ErrorCode::kSyntax, "APPLY operator is not allowed under the current SQL conformance level", Peek().position);
    return nullptr;
  }
  bool table_follows = AtIdentifier(words + 1) || At("LATERAL", words + 1) || At("TABLE", words + 1) ||
                       At("UNNEST", words + 1) || At(Symbol::kLeftParen, words + 1);
  if (!At("JOIN", words) || !table_follows) {
    Expected("<IDENTIFIER>");
    Unexpected(At("JOIN", words) ? words + 2 : words + 1);
    return nullptr;
  }
  join->natural = Accept("NATURAL");
  if (Accept("INNER")) {
    join->type_written = true;
  } else if (Accept("CROSS")) {
    join->type = JoinType::kCross;
  } else if (At("LEFT") || At("RIGHT") || At("FULL")) {
    join->type = At("LEFT") ? JoinType::kLeft : (At("RIGHT") ? JoinType::kRight : JoinType::kFull);
    Advance();
    join->type_written = Accept("OUTER");
  }
  Expect("JOIN");
  join->right = ParseTableRef();
  if (Accept("ON")) {
    join->on = ParseExpr();
  } else if (Accept("USING")) {
    join->has_using = true;
    join->using_columns = ParseIdentifierList();
  }
  return Done(std::move(join), start);
}

TableRefPtr Parser::ParseTableRef() {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  size_t start = mark();
  TableRefPtr table = ParseTablePrimary();
  if (table == nullptr || failed()) return nullptr;
  ParseTableSuffix(&table, start);
  return failed() ? nullptr : std::move(table);
}

void Parser::ParseTableSuffix(TableRefPtr* table, size_t start) {
  if ((At("PIVOT") || At("UNPIVOT")) && At(Symbol::kLeftParen, 1)) {
    return Refuse(std::string(kKeywords[Peek().keyword].name), Peek().position);
  }
  bool as = Accept("AS");
  if (as || AtIdentifier()) {
    (*table)->as_written = as;
    (*table)->alias = ParseIdentifier();
    if (Sees(Symbol::kLeftParen)) (*table)->column_aliases = ParseIdentifierList();
    if (!failed() && (*table)->kind == TableRefKind::kJoin) {
      Refuse("an alias for a join in parentheses", (*table)->alias->position);
    }
    // A match takes its alias behind the clause; behind the alias it would need parentheses.
  } else if (!failed()) {
    Expected("<IDENTIFIER>");
  }
  if (Sees("TABLESAMPLE")) ParseTableSample(table->get());
  if (!failed()) Place(**table, start);
}

void Parser::ParseTableSample(TableRef* table) {
  size_t start = mark();
  Expect("TABLESAMPLE");
  TableSample sample;
  if (At("BERNOULLI") || At("SYSTEM") || At("SUBSTITUTE")) {
    sample.method = std::string(kKeywords[Peek().keyword].name);
    Advance();
  } else {
    for (std::string_view what : {"BERNOULLI", "SYSTEM", "SUBSTITUTE"}) Expected(what);
    Unexpected();
  }
  Expect(Symbol::kLeftParen);
  sample.argument = ParseExpr();
  Expect(Symbol::kRightParen);
  if (Accept("REPEATABLE")) {
    Expect(Symbol::kLeftParen);
    sample.repeatable = ParseExpr();
    Expect(Symbol::kRightParen);
  }
  Place(sample, start);
  table->sample = std::move(sample);
}

TableRefPtr Parser::ParseTablePrimary() {
  size_t start = mark();
  bool lateral = At("LATERAL");
  size_t ahead = lateral ? 1 : 0;
  if (AtIdentifier()) return ParseNamedTable();
  if (At(Symbol::kLeftParen, ahead)) {
    if (lateral) Advance();
    TableRefPtr table = ParseParenthesisedTable(lateral);
    if (table != nullptr && At("MATCH_RECOGNIZE")) table = ParseMatchRecognize(std::move(table), start);
    return table;
  }
  if (At("UNNEST", ahead)) {
    if (lateral) Advance();
    return ParseUnnest();
  }
  if (At("TABLE", ahead) && At(Symbol::kLeftParen, ahead + 1)) {
    if (lateral) Advance();
    return ParseTableFunction(lateral);
  }
  if (lateral) {
    Unexpected(2);
    return nullptr;
  }
  if (At("TABLE")) {
    Advance();
    Expected("(");
    Unexpected();
    return nullptr;
  }
  for (std::string_view what : {"<IDENTIFIER>", "LATERAL", "TABLE", "UNNEST", "("}) Expected(what);
  Unexpected();
  return nullptr;
}

TableRefPtr Parser::ParseNamedTable() {
  size_t start = mark();
  CompoundName name = ParseCompoundName();
  if (At(Symbol::kLeftParen) && !failed()) {
    auto call = New<CallExpr>();
    call->name = std::move(name);
    auto function = New<FunctionTableRef>();
    function->table_keyword = false;
    function->call = ParseArguments(std::move(call), start);
    return Done(std::move(function), start);
  }
  auto table = New<NamedTableRef>();
  table->name = std::move(name);
  table->hints = ParseHints();
  if (At("FOR") && At("SYSTEM_TIME", 1)) {
    Advance();
    Advance();
    Expect("AS");
    Expect("OF");
    table->system_time_as_of = ParseExpr();
  } else if (!failed()) {
    Expected("FOR");
  }
  TableRefPtr result = Done(std::move(table), start);
  if (At("MATCH_RECOGNIZE")) return ParseMatchRecognize(std::move(result), start);
  return result;
}

TableRefPtr Parser::ParseParenthesisedTable(bool lateral) {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  size_t start = mark();
  Expect(Symbol::kLeftParen);
  QueryPtr query;
  if (AtQueryStart() && !(At("TABLE") && At(Symbol::kLeftParen, 1))) {
    query = ParseQuery();
  } else {
    size_t inner = mark();
    TableRefPtr table = ParseFrom();
    if (table == nullptr || failed()) return nullptr;
    bool bare = table->kind == TableRefKind::kDerived && !table->alias && !table->sample;
    if (bare) {
      // ((SELECT ..) UNION ..) starts like a join in parentheses; ((SELECT ..)) is a query all the same.
      query = std::move(static_cast<DerivedTableRef&>(*table).query);
      query->parenthesised = true;
      if (AtSetOpOrTail()) query = ContinueQuery(std::move(query), inner);
    } else {
      Expect(Symbol::kRightParen);
      table->parenthesised = true;
      if (lateral) Refuse("LATERAL before a join", table->position);
      return table;
    }
  }
  Expect(Symbol::kRightParen);
  auto derived = New<DerivedTableRef>();
  derived->lateral = lateral;
  derived->query = std::move(query);
  return Done(std::move(derived), start);
}

TableRefPtr Parser::ParseTableFunction(bool lateral) {
  size_t start = mark();
  Expect("TABLE");
  Expect(Symbol::kLeftParen);
  auto function = New<FunctionTableRef>();
  function->lateral = lateral;
  if (At("SPECIFIC")) Refuse("SPECIFIC", Peek().position);
  function->call = At(Symbol::kLeftParen, 1) ? ParseCall() : ParseName();
  if (function->call != nullptr && function->call->kind == ExprKind::kName && !failed()) {
    Expected("(");
    Unexpected();
  }
  Expect(Symbol::kRightParen);
  return Done(std::move(function), start);
}

TableRefPtr Parser::ParseUnnest() {
  size_t start = mark();
  Expect("UNNEST");
  auto unnest = New<UnnestTableRef>();
  QueryPtr query;
  ParseListOrQuery(&unnest->operands, &query);
  if (query != nullptr) {
    auto subquery = New<SubqueryExpr>(ExprKind::kScalarSubquery);
    static_cast<Node&>(*subquery) = *query;
    subquery->query = std::move(query);
    unnest->operands.push_back(std::move(subquery));
  }
  if (AcceptBoth("WITH", "ORDINALITY")) unnest->with_ordinality = true;
  return Done(std::move(unnest), start);
}

}  // namespace sluice::engine::sql
