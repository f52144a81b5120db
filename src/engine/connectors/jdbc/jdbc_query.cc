#include "engine/connectors/jdbc/jdbc_query.h"

#include "engine/columnar/display.h"
#include "engine/connectors/jdbc/postgres_text.h"

namespace sluice::engine::jdbc {

namespace {

std::optional<std::string> Operand(const Expr& e, const Schema& columns) {
  if (e.kind == ExprKind::kInput) return QuoteName(columns[static_cast<size_t>(e.input)].name);
  if (e.kind != ExprKind::kLiteral || e.value.is_null()) return PushedFilter(e, columns);
  const DataType& t = e.type;
  const bool known = t.is_character() || t.is_numeric() || t.kind() == TypeKind::kBoolean ||
                     t.kind() == TypeKind::kDate || t.kind() == TypeKind::kTime || t.kind() == TypeKind::kTimestamp;
  if (!known) return std::nullopt;
  const ColumnPtr column = Column::MakeConstant(t, e.value, 1);
  const Result<std::string> text = ParameterText(*column, 0);
  if (!text.ok()) return std::nullopt;
  if (t.is_exact_numeric()) return *text;
  if (t.kind() == TypeKind::kBoolean) return *text == "TRUE" || *text == "true" ? "true" : "false";
  return QuoteLiteral(*text);
}

std::string SelectList(const Schema& columns) {
  std::string out;
  for (const RowField& c : columns) out += (out.empty() ? "" : ", ") + QuoteName(c.name);
  return out.empty() ? "1" : out;  // a query that reads no column still counts rows
}

}  // namespace

std::optional<std::string> PushedFilter(const Expr& e, const Schema& columns) {
  if (e.kind != ExprKind::kCall) return std::nullopt;
  const std::string& f = e.function;
  if (f == "IS NULL" || f == "IS NOT NULL") {
    if (e.args[0]->kind != ExprKind::kInput) return std::nullopt;
    return "(" + *Operand(*e.args[0], columns) + " " + f + ")";
  }
  const bool binary =
      f == "=" || f == "<>" || f == "<" || f == "<=" || f == ">" || f == ">=" || (f == "LIKE" && e.args.size() == 2);
  if (!binary && f != "AND" && f != "OR") return std::nullopt;
  std::string out;
  for (const ExprPtr& arg : e.args) {
    const auto operand = Operand(*arg, columns);
    if (!operand) return std::nullopt;
    out += (out.empty() ? "" : " " + f + " ") + *operand;
  }
  return "(" + out + ")";
}

std::string ScanQuery(const JdbcTable& table, const SourceNode& node, const Schema& columns,
                      std::optional<int64_t> range) {
  std::string sql = "SELECT " + SelectList(columns) + " FROM " + table.name;
  std::vector<std::string> conditions;
  if (range) {
    const auto [lower, upper] = table.partitioning->Range(*range);
    conditions.push_back("(" + QuoteName(table.partitioning->column) + " BETWEEN " + std::to_string(lower) + " AND " +
                         std::to_string(upper) + ")");
  }
  if (table.push_filters) {
    for (const ExprPtr& hint : node.filter_hints) {
      if (auto pushed = PushedFilter(*hint, columns)) conditions.push_back(std::move(*pushed));
    }
  }
  for (size_t i = 0; i < conditions.size(); ++i) sql += (i == 0 ? " WHERE " : " AND ") + conditions[i];
  if (node.limit >= 0) sql += " LIMIT " + std::to_string(node.limit);
  return sql;
}

std::string LookupQuery(const JdbcTable& table, const LookupJoinNode& node) {
  std::string sql = "SELECT " + SelectList(node.row) + " FROM " + table.name;
  for (size_t k = 0; k < node.keys.size(); ++k) {
    sql += (k == 0 ? " WHERE " : " AND ") + QuoteName(node.row[static_cast<size_t>(node.keys[k].column)].name) +
           " = $" + std::to_string(k + 1);
  }
  return sql;
}

}  // namespace sluice::engine::jdbc
