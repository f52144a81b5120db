#include <utility>

#include "engine/sql/parser/unparse_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

bool HasTail(const Query& query) {
  return !query.order_by.empty() || query.offset != nullptr || query.limit != nullptr;
}

}  // namespace

void Unparser::Nested(const Query& query) {
  // TABLE t brings its own parentheses.
  bool bare = query.kind == QueryKind::kTable && query.with.empty() && !HasTail(query);
  if (!bare) Text("(");
  bool outer = std::exchange(joins_on_one_line_, false);
  Write(query);
  joins_on_one_line_ = outer;
  if (!bare) Text(")");
}

void Unparser::Tail(const Query& query) {
  if (!query.order_by.empty()) {
    Text("\n");
    Order(query.order_by);
  }
  if (query.offset != nullptr) {
    Text("\nOFFSET ");
    Write(*query.offset);
    Text(" ROWS");
  }
  if (query.limit != nullptr) {
    Text("\nFETCH NEXT ");
    Write(*query.limit);
    Text(" ROWS ONLY");
  }
}

void Unparser::Write(const Query& query) {
  if (!query.with.empty()) {
    Text(query.recursive ? "WITH RECURSIVE " : "WITH ");
    for (size_t i = 0; i < query.with.size(); ++i) {
      if (i > 0) Text(", ");
      Name(query.with[i].name);
      if (!query.with[i].columns.empty()) {
        Text(" (");
        Names(query.with[i].columns);
        Text(")");
      }
      Text(" AS ");
      Nested(*query.with[i].query);
    }
    Text(HasTail(query) ? " (" : " ");
    Body(query);
    Tail(query);
    if (HasTail(query)) Text(")");
    return;
  }
  Body(query);
  Tail(query);
}

void Unparser::Body(const Query& query) {
  switch (query.kind) {
    case QueryKind::kSelect: return Select(static_cast<const SelectQuery&>(query));
    case QueryKind::kSetOp: return SetOperation(static_cast<const SetOpQuery&>(query), 0, 0);
    case QueryKind::kValues: {
      Text("VALUES ");
      bool first = true;
      for (const std::vector<ExprPtr>& row : static_cast<const ValuesQuery&>(query).rows) {
        if (!first) Text(",\n");
        first = false;
        Text("ROW(");
        List(row);
        Text(")");
      }
      return;
    }
    case QueryKind::kTable:
      Text("(TABLE ");
      Write(static_cast<const TableQuery&>(query).name);
      return Text(")");
    case QueryKind::kNested: return Nested(*static_cast<const NestedQuery&>(query).query);
  }
}

void Unparser::SetOperand(const Query& query, int left, int right) {
  if (query.with.empty() && !HasTail(query) && query.kind == QueryKind::kSetOp) {
    return SetOperation(static_cast<const SetOpQuery&>(query), left, right);
  }
  bool parentheses = !query.with.empty() || HasTail(query) || query.kind == QueryKind::kValues;
  if (parentheses) return Nested(query);
  Body(query);
}

void Unparser::SetOperation(const SetOpQuery& set, int left, int right) {
  int precedence = set.op == SetOp::kIntersect ? 18 : 14;
  bool parentheses = left > precedence || (precedence + 1 <= right && right != 0);
  if (parentheses) {
    Text("(");
    left = right = 0;
  }
  SetOperand(*set.left, left, precedence);
  switch (set.op) {
    case SetOp::kUnion: Text("\nUNION"); break;
    case SetOp::kIntersect: Text("\nINTERSECT"); break;
    case SetOp::kExcept: Text("\nEXCEPT"); break;
  }
  Text(set.all ? " ALL\n" : "\n");
  SetOperand(*set.right, precedence + 1, right);
  if (parentheses) Text(")");
}

void Unparser::Hints(const std::vector<Hint>& hints) {
  if (hints.empty()) return;
  Text("\n/*+ ");
  for (size_t i = 0; i < hints.size(); ++i) {
    if (i > 0) Text(", ");
    Name(hints[i].name);
    if (hints[i].arguments.empty() && hints[i].options.empty()) continue;
    Text("(");
    bool first = true;
    auto comma = [&] {
      if (!first) Text(", ");
      first = false;
    };
    for (const StringValue& argument : hints[i].arguments) {
      comma();
      Literal(argument);
    }
    for (const Property& option : hints[i].options) {
      comma();
      Literal(option.key);
      Text(" = ");
      Literal(option.value);
    }
    Text(")");
  }
  Text(" */");
}

void Unparser::Select(const SelectQuery& select) {
  Text("SELECT");
  Hints(select.hints);
  Text(select.hints.empty() ? " " : "\n");
  if (select.stream) Text("STREAM ");
  if (select.quantifier == SetQuantifier::kDistinct) Text("DISTINCT ");
  if (select.quantifier == SetQuantifier::kAll) Text("ALL ");
  for (size_t i = 0; i < select.items.size(); ++i) {
    if (i > 0) Text(", ");
    Write(*select.items[i].expr);
    if (select.items[i].alias) {
      Text(" AS ");
      Name(*select.items[i].alias);
    }
  }
  if (select.from == nullptr) return;
  Text("\nFROM ");
  Table(*select.from);
  if (select.where != nullptr) {
    Text("\nWHERE ");
    Write(*select.where);
  }
  if (select.grouped) {
    Text("\nGROUP BY ");
    if (select.group_quantifier == SetQuantifier::kDistinct) Text("DISTINCT ");
    Groups(select.group_by);
  }
  if (select.having != nullptr) {
    Text("\nHAVING ");
    Write(*select.having);
  }
  for (size_t i = 0; i < select.windows.size(); ++i) {
    Text(i == 0 ? "\nWINDOW " : ", ");
    Name(select.windows[i].name);
    Text(" AS ");
    Window(*select.windows[i].spec);
  }
  if (select.qualify != nullptr) {
    Text("\nQUALIFY ");
    Write(*select.qualify);
  }
}

void Unparser::Groups(const std::vector<GroupItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) Text(", ");
    Group(items[i]);
  }
}

void Unparser::Group(const GroupItem& item) {
  switch (item.kind) {
    case GroupItemKind::kExpr: return Write(*item.exprs[0]);
    case GroupItemKind::kEmpty: return Text("()");
    case GroupItemKind::kRowList:
      Text("(");
      List(item.exprs);
      return Text(")");
    case GroupItemKind::kGroupingSets: Text("GROUPING SETS("); break;
    case GroupItemKind::kCube: Text("CUBE("); break;
    case GroupItemKind::kRollup: Text("ROLLUP("); break;
  }
  Groups(item.children);
  Text(")");
}

void Unparser::Join(const JoinTableRef& join) {
  Table(*join.left);
  if (join.type == JoinType::kComma) {
    Text(joins_on_one_line_ ? ", " : ",\n");
  } else {
    Text(joins_on_one_line_ ? " " : "\n");
    if (join.natural) Text("NATURAL ");
    switch (join.type) {
      case JoinType::kCross: Text("CROSS JOIN "); break;
      case JoinType::kLeft: Text("LEFT JOIN "); break;
      case JoinType::kRight: Text("RIGHT JOIN "); break;
      case JoinType::kFull: Text("FULL JOIN "); break;
      default: Text("INNER JOIN "); break;
    }
  }
  bool nested = join.right->kind == TableRefKind::kJoin && !join.right->alias;
  if (nested) Text("(");
  bool outer = std::exchange(joins_on_one_line_, joins_on_one_line_ || nested);
  Table(*join.right);
  joins_on_one_line_ = outer;
  if (nested) Text(")");
  if (join.on != nullptr) {
    Text(" ON ");
    Write(*join.on);
  }
  if (join.has_using) {
    Text(" USING (");
    Names(join.using_columns);
    Text(")");
  }
}

void Unparser::Table(const TableRef& table) {
  switch (table.kind) {
    case TableRefKind::kTable: Write(static_cast<const NamedTableRef&>(table).name); break;
    case TableRefKind::kDerived:
      if (static_cast<const DerivedTableRef&>(table).lateral) Text("LATERAL ");
      Nested(*static_cast<const DerivedTableRef&>(table).query);
      break;
    case TableRefKind::kFunction: {
      const auto& function = static_cast<const FunctionTableRef&>(table);
      if (function.lateral) Text("LATERAL ");
      Text("TABLE(");
      Write(*function.call);
      Text(")");
      break;
    }
    case TableRefKind::kUnnest: {
      const auto& unnest = static_cast<const UnnestTableRef&>(table);
      Text("UNNEST(");
      List(unnest.operands);
      Text(unnest.with_ordinality ? ") WITH ORDINALITY" : ")");
      break;
    }
    case TableRefKind::kJoin: Join(static_cast<const JoinTableRef&>(table)); break;
    case TableRefKind::kMatchRecognize: Match(static_cast<const MatchRecognizeRef&>(table)); break;
    case TableRefKind::kPivot: Table(*static_cast<const PivotTableRef&>(table).input); break;
  }
  Hints(table.hints);
  if (table.system_time_as_of != nullptr) {
    Text(" FOR SYSTEM_TIME AS OF ");
    Write(*table.system_time_as_of);
  }
  if (table.alias) {
    Text(" AS ");
    Name(*table.alias);
    if (!table.column_aliases.empty()) {
      Text(" (");
      Names(table.column_aliases);
      Text(")");
    }
  }
  if (table.sample) {
    Text(" TABLESAMPLE " + table.sample->method + "(");
    Write(*table.sample->argument);
    Text(")");
    if (table.sample->repeatable != nullptr) {
      Text(" REPEATABLE(");
      Write(*table.sample->repeatable);
      Text(")");
    }
  }
}

void Unparser::Match(const MatchRecognizeRef& match) {
  Table(*match.input);
  Text(" MATCH_RECOGNIZE(");
  if (!match.partition_by.empty()) {
    Text("\nPARTITION BY ");
    List(match.partition_by);
  }
  if (!match.order_by.empty()) {
    Text("\n");
    Order(match.order_by);
  }
  for (size_t i = 0; i < match.measures.size(); ++i) {
    Text(i == 0 ? "\nMEASURES " : ", ");
    Write(*match.measures[i].expr);
    Text(" AS ");
    Name(match.measures[i].name);
  }
  if (match.rows == MatchRecognizeRef::Rows::kOne) Text("\nONE ROW PER MATCH");
  if (match.rows == MatchRecognizeRef::Rows::kAll) Text("\nALL ROWS PER MATCH");
  switch (match.skip) {
    case SkipTo::kDefault: break;
    case SkipTo::kNextRow: Text("\nAFTER MATCH SKIP TO NEXT ROW"); break;
    case SkipTo::kPastLastRow: Text("\nAFTER MATCH SKIP PAST LAST ROW"); break;
    case SkipTo::kFirst:
    case SkipTo::kLast:
      Text(match.skip == SkipTo::kFirst ? "\nAFTER MATCH SKIP TO FIRST " : "\nAFTER MATCH SKIP TO LAST ");
      Name(match.skip_variable);
  }
  Text("\nPATTERN (");
  if (match.strict_start) Text("^ ");
  Pattern(*match.pattern, false);
  Text(match.strict_end ? " $)" : ")");
  if (match.within != nullptr) {
    Text(" WITHIN ");
    Write(*match.within);
  }
  for (size_t i = 0; i < match.subsets.size(); ++i) {
    Text(i == 0 ? "\nSUBSET " : ", ");
    Name(match.subsets[i].name);
    Text(" = (");
    Names(match.subsets[i].variables);
    Text(")");
  }
  for (size_t i = 0; i < match.definitions.size(); ++i) {
    Text(i == 0 ? "\nDEFINE " : ", ");
    Name(match.definitions[i].name);
    Text(" AS ");
    Write(*match.definitions[i].expr);
  }
  Text(")");
}

void Unparser::Pattern(const ast::Pattern& pattern, bool nested) {
  auto children = [&](const char* between) {
    for (size_t i = 0; i < pattern.children.size(); ++i) {
      if (i > 0) Text(between);
      Pattern(*pattern.children[i], true);
    }
  };
  switch (pattern.kind) {
    case PatternKind::kVariable: return Name(pattern.name);
    case PatternKind::kEmpty: return Text("()");
    case PatternKind::kConcat:
    case PatternKind::kAlternation:
      if (nested) Text("(");
      children(pattern.kind == PatternKind::kConcat ? " " : " | ");
      return Text(nested ? ")" : "");
    case PatternKind::kPermute:
      Text("PERMUTE (");
      children(", ");
      return Text(")");
    case PatternKind::kExclusion:
      Text("{- ");
      Pattern(*pattern.children[0], false);
      return Text(" -}");
    case PatternKind::kQuantified: {
      Pattern(*pattern.children[0], true);
      Text(" ");
      auto bound = [](int64_t n) { return std::to_string(n); };
      if (!pattern.max) {
        Text(pattern.min == 0 ? "*" : (pattern.min == 1 ? "+" : "{ " + bound(pattern.min) + ", }"));
      } else if (pattern.min == 0 && *pattern.max == 1) {
        Text("?");
      } else if (pattern.min == *pattern.max) {
        Text("{ " + bound(pattern.min) + " }");
      } else {
        Text("{ " + bound(pattern.min) + ", " + bound(*pattern.max) + " }");
      }
      return Text(pattern.reluctant ? " ?" : "");
    }
  }
}

std::string Unparse(const Query& query) {
  Unparser unparser;
  unparser.Write(query);
  return unparser.Take();
}

}  // namespace sluice::engine::sql
