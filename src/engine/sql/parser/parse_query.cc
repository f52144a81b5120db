#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

bool HasTail(const Query& query) {
  return !query.with.empty() || !query.order_by.empty() || query.offset != nullptr || query.limit != nullptr;
}

}  // namespace

bool Parser::AtQueryStart(size_t ahead) const {
  if (At("SELECT", ahead) || At("WITH", ahead) || At("VALUES", ahead)) return true;
  if (At("VALUE", ahead)) return true;
  return At("TABLE", ahead) && (AtIdentifier(ahead + 1));
}

bool Parser::AtSetOpOrTail() const {
  return At("UNION") || At("INTERSECT") || At("EXCEPT") || At("MINUS") || At("ORDER") || At("LIMIT") || At("OFFSET") ||
         At("FETCH");
}

QueryPtr Parser::Nested(QueryPtr query) {
  auto nested = New<NestedQuery>();
  static_cast<Node&>(*nested) = *query;
  nested->query = std::move(query);
  return nested;
}

QueryPtr Parser::ParseQuery() {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  Height height(this);
  bool outer = std::exchange(alias_follows_, false);
  size_t start = mark();
  QueryPtr result;
  if (At("WITH")) {
    auto holder = New<NestedQuery>();
    ParseWith(holder.get());
    size_t body = mark();
    QueryPtr query = ContinueQuery(ParseLeafQuery(), body);
    if (query != nullptr && !failed()) {
      if (!query->with.empty() || query->parenthesised) query = Nested(std::move(query));
      query->with = std::move(holder->with);
      query->recursive = holder->recursive;
      result = Done(std::move(query), start);
    }
  } else {
    result = ContinueQuery(ParseLeafQuery(), start);
  }
  alias_follows_ = outer;
  return failed() ? nullptr : std::move(result);
}

QueryPtr Parser::ContinueQuery(QueryPtr first, size_t start) {
  if (!Grow()) return nullptr;
  QueryPtr query = ParseSetOps(std::move(first), start, 0);
  if (query == nullptr || failed()) return nullptr;
  if (At("ORDER") || At("LIMIT") || At("OFFSET") || At("FETCH")) {
    // (SELECT .. ORDER BY a) LIMIT 1: the inner clauses stay inside.
    if (HasTail(*query)) query = Nested(std::move(query));
    ParseQueryTail(query.get());
    query = Done(std::move(query), start);
  } else if (!failed()) {
    for (std::string_view what : {"EXCEPT", "FETCH", "INTERSECT", "LIMIT", "OFFSET", "ORDER", "MINUS", "UNION"}) {
      Expected(what);
    }
  }
  return query;
}

void Parser::ParseWith(Query* query) {
  Expect("WITH");
  query->recursive = Accept("RECURSIVE");
  do {
    size_t start = mark();
    CommonTable table;
    table.name = ParseIdentifier();
    if (Sees(Symbol::kLeftParen)) table.columns = ParseIdentifierList();
    Expect("AS");
    Expect(Symbol::kLeftParen);
    table.query = ParseQuery();
    Expect(Symbol::kRightParen);
    Place(table, start);
    query->with.push_back(std::move(table));
  } while (Accept(Symbol::kComma));
}

QueryPtr Parser::ParseSetOps(QueryPtr left, size_t start, int min_precedence) {
  // INTERSECT binds tighter than UNION and EXCEPT.
  while (!failed() && left != nullptr) {
    bool intersect = At("INTERSECT");
    bool union_op = At("UNION");
    if (!intersect && !union_op && !At("EXCEPT") && !At("MINUS")) break;
    int precedence = intersect ? 18 : 14;
    if (precedence < min_precedence) break;
    if (!Grow()) break;
    auto set = New<SetOpQuery>();
    set->op_position = Peek().position;
    set->op = intersect ? SetOp::kIntersect : (union_op ? SetOp::kUnion : SetOp::kExcept);
    set->minus_written = At("MINUS");
    Advance();
    set->all = Accept("ALL");
    if (!set->all) Accept("DISTINCT");
    size_t operand = mark();
    QueryPtr right = ParseLeafQuery();
    set->right = ParseSetOps(std::move(right), operand, precedence + 1);
    set->left = std::move(left);
    left = Done(std::move(set), start);
  }
  return failed() ? nullptr : std::move(left);
}

void Parser::ParseQueryTail(Query* query) {
  if (At("ORDER")) query->order_by = ParseOrderBy();
  auto count = [&]() -> ExprPtr {
    if (Peek().kind == TokenKind::kInteger || Peek().kind == TokenKind::kDecimal ||
        Peek().kind == TokenKind::kApproximate || At(Symbol::kQuestion)) {
      return ParsePrimary();
    }
    Expected("<UNSIGNED_INTEGER_LITERAL>");
    Expected("?");
    Unexpected();
    return nullptr;
  };
  bool limited = false;
  if (Accept("LIMIT")) {
    limited = true;
    if (!Accept("ALL")) query->limit = count();
    // LIMIT start, count is a syntax of other dialects, which Flink's conformance refuses.
    if (At(Symbol::kComma) && query->limit != nullptr) {
      Fail(ErrorCode::kSyntax, "'LIMIT start, count' is not allowed under the current SQL conformance level",
           Peek().position);
    }
  }
  if (Accept("OFFSET")) {
    query->offset = count();
    if (!Accept("ROW")) Accept("ROWS");
  }
  if (!limited && Accept("FETCH")) {
    if (!Accept("FIRST")) Expect("NEXT");
    query->limit = count();
    if (!Accept("ROW")) Expect("ROWS");
    Expect("ONLY");
  }
}

QueryPtr Parser::ParseLeafQuery() {
  size_t start = mark();
  if (At("SELECT")) return ParseSelect();
  if (At("VALUES") || At("VALUE")) return ParseValues();
  if (At("TABLE")) {
    Advance();
    auto table = New<TableQuery>();
    table->name = ParseCompoundName();
    return Done(std::move(table), start);
  }
  if (At(Symbol::kLeftParen)) {
    Advance();
    QueryPtr query = ParseQuery();
    Expect(Symbol::kRightParen);
    if (query == nullptr || failed()) return nullptr;
    query->parenthesised = true;
    return query;
  }
  if (At("WITH")) return ParseQuery();
  for (std::string_view what : {"<IDENTIFIER>", "SELECT", "TABLE", "VALUES", "WITH", "("}) Expected(what);
  Unexpected();
  return nullptr;
}

QueryPtr Parser::ParseValues() {
  size_t start = mark();
  Advance();
  auto values = New<ValuesQuery>();
  do {
    std::vector<ExprPtr> row;
    bool row_word = At("ROW") && At(Symbol::kLeftParen, 1);
    if (row_word || At(Symbol::kLeftParen)) {
      size_t before = mark();
      if (row_word) Advance();
      Advance();
      if (AtQueryStart()) {
        // ((SELECT ..)) or (SELECT ..): one column with a scalar subquery.
        at_ = before;
        expected_.clear();
        row.push_back(ParseExpr());
      } else {
        do {
          if (At("DEFAULT")) {
            size_t place = mark();
            Advance();
            row.push_back(Done(New<DefaultExpr>(), place));
          } else {
            row.push_back(ParseExpr());
          }
        } while (Accept(Symbol::kComma));
        Expect(Symbol::kRightParen);
      }
    } else {
      row.push_back(ParseExpr());
    }
    // (ROW(1, 2)) is the row itself, not a row with a row in it.
    if (row.size() == 1 && row[0] != nullptr && row[0]->kind == ExprKind::kCollection &&
        static_cast<CollectionExpr&>(*row[0]).collection == CollectionKind::kRow) {
      std::vector<ExprPtr> fields = std::move(static_cast<CollectionExpr&>(*row[0]).elements);
      row = std::move(fields);
    }
    values->rows.push_back(std::move(row));
  } while (Accept(Symbol::kComma));
  return Done(std::move(values), start);
}

SelectItem Parser::ParseSelectItem() {
  size_t start = mark();
  SelectItem item;
  if (At(Symbol::kStar)) {
    Advance();
    auto star = New<NameExpr>();
    star->star = true;
    item.expr = Done(std::move(star), start);
    // Calcite's grammar lets a name follow; what comes behind it is the mistake then: SELECT * FORM t.
    if (AtIdentifier() && !At("FROM", 1) && !At(Symbol::kComma, 1)) Advance();
    Place(item, start);
    return item;
  }
  alias_follows_ = true;
  item.expr = ParseExpr();
  alias_follows_ = false;
  if (Accept("AS") || AtIdentifier()) {
    if (Peek().kind == TokenKind::kString) {
      Fail(ErrorCode::kSyntax, "Expecting alias, found character literal", Peek().position);
    }
    item.alias = ParseIdentifier();
  } else if (Peek().kind == TokenKind::kString) {
    Fail(ErrorCode::kSyntax, "Expecting alias, found character literal", Peek().position);
  } else if (!failed()) {
    Expected("<IDENTIFIER>");
  }
  Place(item, start);
  return item;
}

QueryPtr Parser::ParseSelect() {
  size_t start = mark();
  Expect("SELECT");
  auto select = New<SelectQuery>();
  select->hints = ParseHints();
  select->stream = Accept("STREAM");
  if (Accept("DISTINCT")) {
    select->quantifier = SetQuantifier::kDistinct;
  } else if (Accept("ALL")) {
    select->quantifier = SetQuantifier::kAll;
  }
  do {
    select->items.push_back(ParseSelectItem());
  } while (Accept(Symbol::kComma));
  if (Accept("FROM")) {
    select->from = ParseFrom();
    if (Accept("WHERE")) select->where = ParseExpr();
    if (Sees("GROUP")) ParseGroupBy(select.get());
    if (Accept("HAVING")) select->having = ParseExpr();
    if (Sees("WINDOW")) ParseWindowClause(select.get());
    if (Accept("QUALIFY")) select->qualify = ParseExpr();
  }
  return Done(std::move(select), start);
}

void Parser::ParseGroupBy(SelectQuery* select) {
  Expect("GROUP");
  Expect("BY");
  select->grouped = true;
  if (Accept("DISTINCT")) {
    select->group_quantifier = SetQuantifier::kDistinct;
  } else if (Accept("ALL")) {
    select->group_quantifier = SetQuantifier::kAll;
  }
  do {
    select->group_by.push_back(ParseGroupItem());
  } while (Accept(Symbol::kComma));
}

GroupItem Parser::ParseGroupItem() {
  GroupItem item;
  Depth depth(this);
  if (!depth.ok()) return item;
  size_t start = mark();
  if (At("GROUPING") && At("SETS", 1)) {
    item.kind = GroupItemKind::kGroupingSets;
    Advance();
    Advance();
  } else if (At("ROLLUP") || At("CUBE")) {
    item.kind = At("ROLLUP") ? GroupItemKind::kRollup : GroupItemKind::kCube;
    Advance();
  } else if (At(Symbol::kLeftParen) && At(Symbol::kRightParen, 1)) {
    item.kind = GroupItemKind::kEmpty;
    Advance();
    Advance();
    Place(item, start);
    return item;
  } else {
    item.exprs.push_back(ParseExpr());
    Place(item, start);
    if (item.exprs[0] != nullptr && item.exprs[0]->kind == ExprKind::kCollection) {
      auto& row = static_cast<CollectionExpr&>(*item.exprs[0]);
      if (row.collection == CollectionKind::kRow && !row.keyword) {
        std::vector<ExprPtr> elements = std::move(row.elements);
        item.kind = GroupItemKind::kRowList;
        item.exprs = std::move(elements);
      }
    }
    return item;
  }
  Expect(Symbol::kLeftParen);
  do {
    item.children.push_back(ParseGroupItem());
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  Place(item, start);
  return item;
}

void Parser::ParseWindowClause(SelectQuery* select) {
  Expect("WINDOW");
  do {
    NamedWindow window;
    window.name = ParseIdentifier();
    Expect("AS");
    window.spec = ParseWindowSpec();
    select->windows.push_back(std::move(window));
  } while (Accept(Symbol::kComma));
}

}  // namespace sluice::engine::sql
