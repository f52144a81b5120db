// The writer behind unparse.h; its methods are spread over unparse_*.cc.
#pragma once

#include "engine/sql/parser/unparse.h"

namespace sluice::engine::sql {

class Unparser {
 public:
  std::string Take() { return std::move(out_); }

  /// `left` and `right` are the binding strengths of the operators beside the expression; 0 where there is none.
  void Write(const ast::Expr& expr, int left = 0, int right = 0);
  void Write(const ast::Query& query);
  void Write(const ast::Type& type);
  void Write(const ast::Statement& statement);
  void Write(const ast::CompoundName& name);

 private:
  void Text(std::string_view text) { out_ += text; }
  void Name(const ast::Identifier& name) { out_ += QuoteIdentifier(name.name); }
  void Names(const std::vector<ast::Identifier>& names);
  void Literal(const ast::StringValue& value);
  void Properties(const std::vector<ast::Property>& properties);
  void Keys(const std::vector<ast::StringValue>& keys);
  void List(const std::vector<ast::ExprPtr>& list);
  /// A query as an operand or table: in parentheses.
  void Nested(const ast::Query& query);

  // ---- expressions (unparse_expr.cc, unparse_call.cc) ----
  void Name(const ast::NameExpr& name);
  void Literal(const ast::LiteralExpr& literal);
  void Interval(const ast::IntervalQualifier& interval);
  void Unary(const ast::UnaryExpr& unary, int left, int right);
  void Infix(const ast::Expr& a, std::string_view op, const ast::Expr& b, int op_left, int op_right, int left,
             int right);
  void Binary(const ast::BinaryExpr& binary, int left, int right);
  void Between(const ast::BetweenExpr& between, int left, int right);
  void Like(const ast::LikeExpr& like, int left, int right);
  void In(const ast::InExpr& in, int left, int right);
  void Quantified(const ast::QuantifiedExpr& quantified, int left, int right);
  void Case(const ast::CaseExpr& expr);
  void Collection(const ast::CollectionExpr& collection);
  void Call(const ast::CallExpr& call, int left, int right);
  bool SpecialCall(const ast::CallExpr& call, const std::string& name);
  void JsonCall(const ast::JsonCallExpr& call);
  void JsonPathCall(const ast::JsonCallExpr& call);
  void JsonConstructor(const ast::JsonCallExpr& call);
  void TableArgument(const ast::TableArgumentExpr& table);
  void Order(const std::vector<ast::OrderItem>& items);
  void Window(const ast::WindowSpec& window);
  /// FILTER (…) OVER (…) behind a call.
  template <typename T>
  void FilterAndOver(const T& call);
  void Frame(const ast::WindowSpec& window);
  void Bound(const ast::FrameBound& bound);

  // ---- queries (unparse_query.cc) ----
  void Body(const ast::Query& query);
  void Select(const ast::SelectQuery& select);
  void SetOperand(const ast::Query& query, int left, int right);
  void SetOperation(const ast::SetOpQuery& set, int left, int right);
  void Tail(const ast::Query& query);
  void Hints(const std::vector<ast::Hint>& hints);
  void Group(const ast::GroupItem& item);
  void Groups(const std::vector<ast::GroupItem>& items);
  void Table(const ast::TableRef& table);
  void Join(const ast::JoinTableRef& join);
  void Match(const ast::MatchRecognizeRef& match);
  void Pattern(const ast::Pattern& pattern, bool nested);

  // ---- statements (unparse_statement.cc, unparse_ddl.cc) ----
  void Column(const ast::ColumnDef& column);
  void Constraint(const ast::Constraint& constraint);
  void Schema(const ast::TableSchema& schema);
  void Columns(const std::vector<ast::ColumnDef>& columns);
  void Distribution(const ast::Distribution& distribution, std::string_view word);
  void Partition(const ast::PartitionSpec& spec);
  /// From the name to the options, as CREATE TABLE and CREATE MATERIALIZED TABLE have them.
  template <typename T>
  void TableBody(const T& table);
  void CreateTable(const ast::CreateTableStatement& table);
  void Like(const ast::LikeClause& like);
  void CreateView(const ast::CreateViewStatement& view);
  void CreateObject(const ast::CreateObjectStatement& object, std::string_view word);
  void Function(const ast::CreateFunctionStatement& function);
  void Model(const ast::CreateModelStatement& model);
  void MaterializedTable(const ast::CreateMaterializedTableStatement& table);
  void AlterTable(const ast::AlterTableStatement& alter);
  void AlterObject(const ast::AlterObjectStatement& alter, std::string_view word);
  void Drop(const ast::DropStatement& drop);
  void Insert(const ast::InsertStatement& insert);
  void Show(const ast::ShowStatement& show);
  void Describe(const ast::DescribeStatement& describe);
  void StatementSet(const ast::StatementSetStatement& set);
  void Plan(const ast::PlanStatement& plan);
  void Session(const ast::Statement& statement);
  void Definition(const ast::Statement& statement);

  std::string out_;
  bool joins_on_one_line_ = false;  ///< inside the parentheses of a join's right side
};

}  // namespace sluice::engine::sql
