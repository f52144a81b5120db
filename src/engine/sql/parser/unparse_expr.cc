#include <algorithm>
#include <cstdio>

#include "engine/sql/parser/unparse_impl.h"

namespace sluice::engine::sql {

using namespace ast;

namespace {

struct BinaryText {
  const char* text;
  int precedence;
};

BinaryText TextOf(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr: return {"OR", 22};
    case BinaryOp::kAnd: return {"AND", 24};
    case BinaryOp::kEqual: return {"=", 30};
    case BinaryOp::kNotEqual: return {"<>", 30};
    case BinaryOp::kLess: return {"<", 30};
    case BinaryOp::kLessOrEqual: return {"<=", 30};
    case BinaryOp::kGreater: return {">", 30};
    case BinaryOp::kGreaterOrEqual: return {">=", 30};
    case BinaryOp::kIsDistinctFrom: return {"IS DISTINCT FROM", 30};
    case BinaryOp::kIsNotDistinctFrom: return {"IS NOT DISTINCT FROM", 30};
    case BinaryOp::kAdd: return {"+", 40};
    case BinaryOp::kSubtract: return {"-", 40};
    case BinaryOp::kMultiply: return {"*", 60};
    case BinaryOp::kDivide: return {"/", 60};
    case BinaryOp::kModulo: return {"%", 60};
    case BinaryOp::kConcat: return {"||", 60};
    case BinaryOp::kMemberOf: return {"MEMBER OF", 30};
    case BinaryOp::kNotMemberOf: return {"NOT MEMBER OF", 30};
    case BinaryOp::kSubmultisetOf: return {"SUBMULTISET OF", 30};
    case BinaryOp::kNotSubmultisetOf: return {"NOT SUBMULTISET OF", 30};
    case BinaryOp::kMultisetUnion: return {"MULTISET UNION ALL", 14};
    case BinaryOp::kMultisetUnionDistinct: return {"MULTISET UNION DISTINCT", 14};
    case BinaryOp::kMultisetIntersect: return {"MULTISET INTERSECT ALL", 18};
    case BinaryOp::kMultisetIntersectDistinct: return {"MULTISET INTERSECT DISTINCT", 18};
    case BinaryOp::kMultisetExcept: return {"MULTISET EXCEPT ALL", 14};
    case BinaryOp::kMultisetExceptDistinct: return {"MULTISET EXCEPT DISTINCT", 14};
    case BinaryOp::kOverlaps: return {"OVERLAPS", 30};
    case BinaryOp::kContains: return {"CONTAINS", 30};
    case BinaryOp::kPeriodEquals: return {"EQUALS", 30};
    case BinaryOp::kPrecedes: return {"PRECEDES", 30};
    case BinaryOp::kSucceeds: return {"SUCCEEDS", 30};
    case BinaryOp::kImmediatelyPrecedes: return {"IMMEDIATELY PRECEDES", 30};
    case BinaryOp::kImmediatelySucceeds: return {"IMMEDIATELY SUCCEEDS", 30};
  }
  return {"", 0};
}

const char* PostfixText(UnaryOp op) {
  switch (op) {
    case UnaryOp::kIsNull: return "IS NULL";
    case UnaryOp::kIsNotNull: return "IS NOT NULL";
    case UnaryOp::kIsTrue: return "IS TRUE";
    case UnaryOp::kIsNotTrue: return "IS NOT TRUE";
    case UnaryOp::kIsFalse: return "IS FALSE";
    case UnaryOp::kIsNotFalse: return "IS NOT FALSE";
    case UnaryOp::kIsUnknown: return "IS UNKNOWN";
    case UnaryOp::kIsNotUnknown: return "IS NOT UNKNOWN";
    case UnaryOp::kIsJsonValue: return "IS JSON VALUE";
    case UnaryOp::kIsNotJsonValue: return "IS NOT JSON VALUE";
    case UnaryOp::kIsJsonObject: return "IS JSON OBJECT";
    case UnaryOp::kIsNotJsonObject: return "IS NOT JSON OBJECT";
    case UnaryOp::kIsJsonArray: return "IS JSON ARRAY";
    case UnaryOp::kIsNotJsonArray: return "IS NOT JSON ARRAY";
    case UnaryOp::kIsJsonScalar: return "IS JSON SCALAR";
    case UnaryOp::kIsNotJsonScalar: return "IS NOT JSON SCALAR";
    case UnaryOp::kIsASet: return "IS A SET";
    case UnaryOp::kIsNotASet: return "IS NOT A SET";
    case UnaryOp::kIsEmpty: return "IS EMPTY";
    case UnaryOp::kIsNotEmpty: return "IS NOT EMPTY";
    case UnaryOp::kPlus:
    case UnaryOp::kMinus:
    case UnaryOp::kNot:
    case UnaryOp::kPrior: break;
  }
  return "";
}

/// Exact numbers without leading zeros and dangling points: 007 is 7, .5 is 0.5, 1. is 1.
std::string PlainNumber(std::string text) {
  if (!text.empty() && text.back() == '.') text.pop_back();
  size_t zeros = 0;
  while (zeros + 1 < text.size() && text[zeros] == '0' && text[zeros + 1] != '.') ++zeros;
  text.erase(0, zeros);
  if (!text.empty() && text[0] == '.') text.insert(0, "0");
  return text;
}

/// d.dddE<n>, as Flink prints approximate numbers.
std::string ScientificNumber(const std::string& text) {
  size_t e = text.find_first_of("eE");
  int exponent = 0;
  if (e != std::string::npos && text.size() - e < 9) std::sscanf(text.c_str() + e + 1, "%d", &exponent);
  std::string digits;
  bool point = false;
  for (char c : text.substr(0, e)) {
    if (c == '.') {
      point = true;
      continue;
    }
    digits += c;
    if (point) --exponent;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  exponent += static_cast<int>(digits.size()) - 1;
  std::string out = digits.substr(0, 1);
  if (digits.size() > 1) out += "." + digits.substr(1);
  return out + "E" + std::to_string(exponent);
}

bool NeedsParentheses(int op_left, int op_right, int left, int right) {
  return left > op_left || (op_right <= right && right != 0);
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

namespace {

/// The code point at text[*i], with *i moved behind it; nothing if the bytes there are not UTF-8.
std::optional<unsigned> NextCodePoint(std::string_view text, size_t* i) {
  auto c = static_cast<unsigned char>(text[*i]);
  ++*i;
  if (c < 0x80) return c;
  int more = c >= 0xF0 ? 3 : (c >= 0xE0 ? 2 : 1);
  static constexpr unsigned kLeast[] = {0, 0x80, 0x800, 0x10000};
  unsigned code = c & (0x3Fu >> more);
  if (c < 0xC2 || c > 0xF4) return std::nullopt;
  for (int k = 0; k < more; ++k) {
    if (*i >= text.size() || (static_cast<unsigned char>(text[*i]) & 0xC0) != 0x80) return std::nullopt;
    code = (code << 6) | (static_cast<unsigned char>(text[(*i)++]) & 0x3F);
  }
  bool valid = code >= kLeast[more] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  return valid ? std::optional<unsigned>(code) : std::nullopt;
}

std::string QuotePlain(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace

std::string QuoteString(std::string_view text) {
  bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20; });
  if (plain) return QuotePlain(text);
  std::string out = "u&'";
  auto unit = [&](unsigned code) {
    char buffer[8];
    std::snprintf(buffer, sizeof(buffer), "\\%04x", code & 0xFFFF);
    out += buffer;
  };
  for (size_t i = 0; i < text.size();) {
    std::optional<unsigned> code = NextCodePoint(text, &i);
    if (!code) return QuotePlain(text);  // not UTF-8: the bytes as they are
    if (*code >= 0x10000) {
      unit(0xD800 + ((*code - 0x10000) >> 10));
      unit(0xDC00 + ((*code - 0x10000) & 0x3FF));
    } else if (*code < 0x20 || *code >= 0x80) {
      unit(*code);
    } else {
      out += static_cast<char>(*code);
      if (*code == '\'' || *code == '\\') out += static_cast<char>(*code);
    }
  }
  return out + "'";
}

void Unparser::Literal(const StringValue& value) { Text(QuoteString(value.value)); }

void Unparser::Names(const std::vector<Identifier>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) Text(", ");
    Name(names[i]);
  }
}

void Unparser::List(const std::vector<ExprPtr>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) Text(", ");
    Write(*list[i]);
  }
}

void Unparser::Write(const CompoundName& name) {
  for (size_t i = 0; i < name.parts.size(); ++i) {
    if (i > 0) Text(".");
    Name(name.parts[i]);
  }
}

void Unparser::Name(const NameExpr& name) {
  for (size_t i = 0; i < name.parts.size(); ++i) {
    if (i > 0) Text(".");
    Name(name.parts[i]);
  }
  if (name.star) Text(name.parts.empty() ? "*" : ".*");
}

void Unparser::Interval(const IntervalQualifier& interval) {
  Text(TimeUnitName(interval.from));
  auto number = [](int n) { return std::to_string(n); };
  bool second = interval.from == TimeUnit::kSecond && !interval.to;
  if (interval.leading_precision) {
    Text("(" + number(*interval.leading_precision));
    if (second && interval.fractional_precision) Text(", " + number(*interval.fractional_precision));
    Text(")");
  }
  if (!interval.to) return;
  Text(" TO ");
  Text(TimeUnitName(*interval.to));
  if (interval.fractional_precision) Text("(" + number(*interval.fractional_precision) + ")");
}

void Unparser::Literal(const LiteralExpr& literal) {
  switch (literal.literal) {
    case LiteralKind::kNull: return Text("NULL");
    case LiteralKind::kTrue: return Text("TRUE");
    case LiteralKind::kFalse: return Text("FALSE");
    case LiteralKind::kUnknown: return Text("UNKNOWN");
    case LiteralKind::kInteger:
    case LiteralKind::kDecimal: return Text(PlainNumber(literal.text));
    case LiteralKind::kApproximate: return Text(ScientificNumber(literal.text));
    case LiteralKind::kString:
      if (literal.charset.empty()) return Text(QuoteString(literal.text));
      Text("_" + literal.charset + "'");
      for (char c : literal.text) Text(c == '\'' ? std::string("''") : std::string(1, c));
      return Text("'");
    case LiteralKind::kBinary: return Text("X'" + literal.text + "'");
    case LiteralKind::kDate: return Text("DATE " + QuotePlain(literal.text));
    case LiteralKind::kTime: return Text("TIME " + QuotePlain(literal.text));
    case LiteralKind::kTimestamp:
      Text("TIMESTAMP ");
      if (!literal.time_zone.empty()) Text(literal.time_zone == "LOCAL" ? "WITH LOCAL TIME ZONE " : "WITH TIME ZONE ");
      return Text(QuotePlain(literal.text));
    case LiteralKind::kInterval:
      Text(literal.interval_negative ? "INTERVAL -" : "INTERVAL ");
      Text(QuotePlain(literal.text));
      Text(" ");
      return Interval(literal.interval);
  }
}

void Unparser::Unary(const UnaryExpr& unary, int left, int right) {
  bool prefix = unary.op <= UnaryOp::kPrior;
  int precedence = 28;
  if (prefix) precedence = unary.op == UnaryOp::kNot ? 26 : 80;
  const Expr& operand = *unary.operand;
  if (unary.op == UnaryOp::kMinus && operand.kind == ExprKind::kLiteral &&
      static_cast<const LiteralExpr&>(operand).literal <= LiteralKind::kApproximate &&
      static_cast<const LiteralExpr&>(operand).literal >= LiteralKind::kInteger) {
    Text("-");
    return Write(operand);
  }
  bool parentheses = NeedsParentheses(precedence, precedence + 1, left, right);
  if (parentheses) {
    Text("(");
    left = right = 0;
  }
  if (prefix) {
    Text(unary.op == UnaryOp::kNot ? "NOT " : (unary.op == UnaryOp::kMinus ? "- " : "+ "));
    Write(operand, precedence + 1, right);
  } else {
    Write(operand, left, precedence);
    Text(" ");
    Text(PostfixText(unary.op));
  }
  if (parentheses) Text(")");
}

void Unparser::Infix(const Expr& a, std::string_view op, const Expr& b, int op_left, int op_right, int left,
                     int right) {
  bool parentheses = NeedsParentheses(op_left, op_right, left, right);
  if (parentheses) {
    Text("(");
    left = right = 0;
  }
  Write(a, left, op_left);
  Text(" ");
  Text(op);
  Text(" ");
  Write(b, op_right, right);
  if (parentheses) Text(")");
}

void Unparser::Binary(const BinaryExpr& binary, int left, int right) {
  BinaryText op = TextOf(binary.op);
  bool period = binary.op >= BinaryOp::kOverlaps;
  auto is_pair = [](const Expr& expr) {
    return expr.kind == ExprKind::kCollection &&
           static_cast<const CollectionExpr&>(expr).collection == CollectionKind::kRow &&
           static_cast<const CollectionExpr&>(expr).elements.size() == 2;
  };
  if (!period || !(is_pair(*binary.left) || is_pair(*binary.right))) {
    return Infix(*binary.left, op.text, *binary.right, op.precedence, op.precedence + 1, left, right);
  }
  auto side = [&](const Expr& expr, int l, int r) {
    if (!is_pair(expr)) return Write(expr, l, r);
    Text("PERIOD (");
    List(static_cast<const CollectionExpr&>(expr).elements);
    Text(")");
  };
  bool parentheses = NeedsParentheses(op.precedence, op.precedence + 1, left, right);
  if (parentheses) Text("(");
  side(*binary.left, parentheses ? 0 : left, op.precedence);
  Text(" " + std::string(op.text) + " ");
  side(*binary.right, op.precedence + 1, parentheses ? 0 : right);
  if (parentheses) Text(")");
}

void Unparser::Between(const BetweenExpr& between, int left, int right) {
  bool parentheses = NeedsParentheses(32, 33, left, right);
  if (parentheses) {
    Text("(");
    left = right = 0;
  }
  Write(*between.operand, left, 32);
  Text(between.negated ? " NOT BETWEEN " : " BETWEEN ");
  Text(between.symmetric ? "SYMMETRIC " : "ASYMMETRIC ");
  // The lower bound ends at the first AND outside parentheses.
  Write(*between.low, 33, 25);
  Text(" AND ");
  Write(*between.high, 33, right);
  if (parentheses) Text(")");
}

void Unparser::Like(const LikeExpr& like, int left, int right) {
  bool parentheses = NeedsParentheses(32, 33, left, right);
  if (parentheses) {
    Text("(");
    left = right = 0;
  }
  Write(*like.operand, left, 32);
  Text(like.negated ? " NOT " : " ");
  switch (like.like) {
    case LikeKind::kLike: Text("LIKE "); break;
    case LikeKind::kILike: Text("ILIKE "); break;
    case LikeKind::kRLike: Text("RLIKE "); break;
    case LikeKind::kSimilarTo: Text("SIMILAR TO "); break;
  }
  Write(*like.pattern, 33, like.escape != nullptr ? 33 : right);
  if (like.escape != nullptr) {
    Text(" ESCAPE ");
    Write(*like.escape, 33, right);
  }
  if (parentheses) Text(")");
}

void Unparser::In(const InExpr& in, int left, int right) {
  bool parentheses = NeedsParentheses(32, 33, left, right);
  if (parentheses) Text("(");
  Write(*in.operand, parentheses ? 0 : left, 32);
  Text(in.negated ? " NOT IN " : " IN ");
  if (in.query != nullptr) {
    Nested(*in.query);
  } else {
    Text("(");
    List(in.list);
    Text(")");
  }
  if (parentheses) Text(")");
}

void Unparser::Quantified(const QuantifiedExpr& quantified, int left, int right) {
  bool parentheses = NeedsParentheses(32, 33, left, right);
  if (parentheses) Text("(");
  Write(*quantified.operand, parentheses ? 0 : left, 32);
  Text(" ");
  Text(TextOf(quantified.op).text);
  Text(quantified.quantifier == Quantifier::kAll ? " ALL " : " SOME ");
  if (quantified.query != nullptr) {
    Nested(*quantified.query);
  } else {
    Text("(");
    List(quantified.list);
    Text(")");
  }
  if (parentheses) Text(")");
}

void Unparser::Case(const CaseExpr& expr) {
  Text("CASE");
  for (const CaseExpr::When& when : expr.whens) {
    Text(" WHEN ");
    if (expr.operand == nullptr) {
      Write(*when.conditions[0]);
    } else if (when.conditions.size() == 1) {
      Infix(*expr.operand, "=", *when.conditions[0], 30, 31, 0, 0);
    } else {
      Write(*expr.operand, 0, 32);
      Text(" IN (");
      List(when.conditions);
      Text(")");
    }
    Text(" THEN ");
    Write(*when.result);
  }
  Text(" ELSE ");
  if (expr.otherwise != nullptr) {
    Write(*expr.otherwise);
  } else {
    Text("NULL");
  }
  Text(" END");
}

void Unparser::Collection(const CollectionExpr& collection) {
  static constexpr const char* kNames[] = {"ARRAY", "MAP", "MULTISET", "ROW"};
  Text(kNames[static_cast<size_t>(collection.collection)]);
  if (collection.query != nullptr) {
    Text(" (");
    Nested(*collection.query);
    return Text(")");
  }
  bool row = collection.collection == CollectionKind::kRow;
  Text(row ? "(" : "[");
  List(collection.elements);
  Text(row ? ")" : "]");
}

void Unparser::Write(const Expr& expr, int left, int right) {
  switch (expr.kind) {
    case ExprKind::kName: return Name(static_cast<const NameExpr&>(expr));
    case ExprKind::kLiteral: return Literal(static_cast<const LiteralExpr&>(expr));
    case ExprKind::kIntervalOf: {
      const auto& interval = static_cast<const IntervalOfExpr&>(expr);
      if (interval.difference) {
        Text("(");
        Write(*interval.operand);
        Text(") ");
        return Interval(interval.interval);
      }
      Text("INTERVAL ");
      bool simple = interval.operand->kind == ExprKind::kName || interval.operand->kind == ExprKind::kLiteral;
      if (!simple) Text("(");
      Write(*interval.operand);
      Text(simple ? " " : ") ");
      return Interval(interval.interval);
    }
    case ExprKind::kParameter: return Text("?");
    case ExprKind::kUnary: return Unary(static_cast<const UnaryExpr&>(expr), left, right);
    case ExprKind::kBinary: return Binary(static_cast<const BinaryExpr&>(expr), left, right);
    case ExprKind::kBetween: return Between(static_cast<const BetweenExpr&>(expr), left, right);
    case ExprKind::kLike: return Like(static_cast<const LikeExpr&>(expr), left, right);
    case ExprKind::kIn: return In(static_cast<const InExpr&>(expr), left, right);
    case ExprKind::kQuantified: return Quantified(static_cast<const QuantifiedExpr&>(expr), left, right);
    case ExprKind::kExists: Text("EXISTS "); return Nested(*static_cast<const SubqueryExpr&>(expr).query);
    case ExprKind::kUnique: Text("UNIQUE "); return Nested(*static_cast<const SubqueryExpr&>(expr).query);
    case ExprKind::kScalarSubquery: return Nested(*static_cast<const SubqueryExpr&>(expr).query);
    case ExprKind::kCase: return Case(static_cast<const CaseExpr&>(expr));
    case ExprKind::kCast: {
      const auto& cast = static_cast<const CastExpr&>(expr);
      Text(cast.try_cast ? "TRY_CAST(" : "CAST(");
      Write(*cast.operand);
      Text(" AS ");
      Write(*cast.type);
      return Text(")");
    }
    case ExprKind::kCall: return Call(static_cast<const CallExpr&>(expr), left, right);
    case ExprKind::kJsonCall: return JsonCall(static_cast<const JsonCallExpr&>(expr));
    case ExprKind::kCollection: return Collection(static_cast<const CollectionExpr&>(expr));
    case ExprKind::kItem: {
      const auto& item = static_cast<const ItemExpr&>(expr);
      Write(*item.collection, 0, 100);
      Text("[");
      Write(*item.index);
      return Text("]");
    }
    case ExprKind::kField: {
      const auto& field = static_cast<const FieldExpr&>(expr);
      Write(*field.operand, 0, 100);
      Text(".");
      return field.star ? Text("*") : Name(field.field);
    }
    case ExprKind::kNamedArgument: {
      const auto& named = static_cast<const NamedArgumentExpr&>(expr);
      Name(named.name);
      Text(" => ");
      bool table = named.value->kind == ExprKind::kTableArgument;
      if (table) Text("(");
      Write(*named.value);
      return Text(table ? ")" : "");
    }
    case ExprKind::kDefault: return Text("DEFAULT");
    case ExprKind::kSymbol: {
      const auto& symbol = static_cast<const SymbolExpr&>(expr);
      bool trim = symbol.symbol == "BOTH" || symbol.symbol == "LEADING" || symbol.symbol == "TRAILING";
      return Text(symbol.time_unit || trim ? symbol.symbol : QuoteIdentifier(symbol.symbol));
    }
    case ExprKind::kDescriptor: {
      const auto& descriptor = static_cast<const DescriptorExpr&>(expr);
      Text("DESCRIPTOR(");
      for (size_t i = 0; i < descriptor.columns.size(); ++i) {
        if (i > 0) Text(", ");
        Write(descriptor.columns[i]);
      }
      return Text(")");
    }
    case ExprKind::kTableArgument: return TableArgument(static_cast<const TableArgumentExpr&>(expr));
    case ExprKind::kModelArgument: Text("MODEL "); return Write(static_cast<const ModelArgumentExpr&>(expr).name);
  }
}

std::string Unparse(const Expr& expr) {
  Unparser unparser;
  unparser.Write(expr);
  return unparser.Take();
}

std::string Unparse(const CompoundName& name) {
  Unparser unparser;
  unparser.Write(name);
  return unparser.Take();
}

}  // namespace sluice::engine::sql
