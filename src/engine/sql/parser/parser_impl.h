// The recursive-descent parser behind parser.h; its methods are spread over parse_*.cc by part of the grammar.
//
// Errors stick: the first one is kept, the token stream then reads as ended, so every loop stops and every method
// returns soon with a null or half-filled node, which the entry points in parser.cc throw away.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/sql/parser/lexer.h"
#include "engine/sql/parser/parser.h"

namespace sluice::engine::sql {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(Lex(text)) {}

  // ---- entry points (parser.cc) ----
  Result<std::vector<ast::StatementPtr>> Script();
  Result<ast::StatementPtr> SingleStatement();
  Result<ast::ExprPtr> SingleExpression();
  Result<ast::QueryPtr> SingleQuery();
  Result<ast::TypePtr> SingleType();

 private:
  // ---- tokens (parse_tokens.cc) ----
  bool failed() const { return error_.has_value(); }
  const Token& Peek(size_t ahead = 0) const;
  bool At(Word word, size_t ahead = 0) const { return Peek(ahead).keyword == word.id; }
  bool At(Symbol symbol, size_t ahead = 0) const { return Peek(ahead).symbol == symbol; }
  /// As At(word), and remembers the word as a thing that could stand here.
  bool Sees(Word word);
  bool Sees(Symbol symbol);
  bool Accept(Word word);
  bool Accept(Symbol symbol);
  bool Expect(Word word);
  bool Expect(Symbol symbol);
  /// `a b` or nothing: looks at both words before it takes them.
  bool AcceptBoth(Word first, Word second);
  void Advance();
  /// Fails at the current token: "Encountered ...", with what was looked for here.
  void Unexpected(size_t token_count = 1);
  /// Remembers something that could stand here, for Unexpected.
  void Expected(std::string_view what) { expected_.push_back(what); }
  void Fail(ErrorCode code, std::string message, TextPosition position);
  /// "not supported yet: <what>".
  void Refuse(const std::string& what, TextPosition position);
  std::string TokenText(const Token& token) const;
  /// The current token is a word that may be an identifier, or a quoted identifier.
  bool AtIdentifier(size_t ahead = 0) const;
  ast::Identifier ParseIdentifier();
  ast::CompoundName ParseCompoundName();
  std::vector<ast::Identifier> ParseIdentifierList();  ///< in parentheses
  ast::StringValue ParseString();
  std::optional<ast::StringValue> ParseComment();
  std::vector<ast::Property> ParseProperties();
  std::vector<ast::StringValue> ParsePropertyKeys();
  std::optional<int64_t> ParseUnsigned();
  std::optional<int> ParseSmallUnsigned();
  bool IfExists() { return AcceptBoth("IF", "EXISTS"); }
  bool IfNotExists();
  std::vector<ast::Hint> ParseHints();

  size_t mark() const { return at_; }
  void Place(ast::Node& node, size_t mark) const;
  template <typename T>
  auto Done(std::unique_ptr<T, ast::NodeDeleter> node, size_t mark) {
    Place(*node, mark);
    return node;
  }
  template <typename T, typename... Args>
  static std::unique_ptr<T, ast::NodeDeleter> New(Args&&... args) {
    return std::unique_ptr<T, ast::NodeDeleter>(new T(std::forward<Args>(args)...));
  }

  /// Counts nesting while it lives; ok() is false when the limit is passed (the error is set then).
  class Depth {
   public:
    explicit Depth(Parser* parser) : parser_(parser) { ok_ = ++parser->depth_ <= kMaxDepth || parser->TooDeep(); }
    ~Depth() { --parser_->depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    bool ok() const { return ok_; }

   private:
    Parser* parser_;
    bool ok_;
  };
  bool TooDeep();

  /// Measures the tree that is built while it lives; chains like a + b + c grow it without nesting.
  class Height {
   public:
    explicit Height(Parser* parser) : parser_(parser), outer_(std::exchange(parser->height_, 0)) {}
    ~Height() { parser_->height_ = std::max(outer_, parser_->height_ + 1); }
    Height(const Height&) = delete;
    Height& operator=(const Height&) = delete;

   private:
    Parser* parser_;
    int outer_;
  };
  /// One more level on top of what stands in this Height; false when the limit is passed (the error is set then).
  bool Grow();

  // ---- expressions (parse_expr.cc) ----
  ast::ExprPtr ParseExpr(int min_precedence = 0);
  /// An expression that must not hold a subquery (outside calls): columns and watermarks of CREATE TABLE.
  ast::ExprPtr ParseExprWithoutQuery();
  ast::ExprPtr ParsePrefix();
  ast::ExprPtr ParseInfix(ast::ExprPtr left, size_t mark, int min_precedence, bool* done);
  ast::ExprPtr ParseBinary(ast::ExprPtr left, size_t mark, int precedence, ast::BinaryOp op, size_t op_tokens);
  ast::ExprPtr ParseComparison(ast::ExprPtr left, size_t mark, ast::BinaryOp op);
  ast::ExprPtr ParseIs(ast::ExprPtr left, size_t mark, int min_precedence, bool* done);
  ast::ExprPtr ParseIn(ast::ExprPtr left, size_t mark);
  ast::ExprPtr ParseBetween(ast::ExprPtr left, size_t mark);
  ast::ExprPtr ParseLike(ast::ExprPtr left, size_t mark);
  ast::ExprPtr ParseMultisetOp(ast::ExprPtr left, size_t mark, int min_precedence, bool* done);
  ast::ExprPtr ParseFieldAccess(ast::ExprPtr left, size_t mark);
  void ParseListOrQuery(std::vector<ast::ExprPtr>* list, ast::QueryPtr* query);
  bool CanStartOperand(size_t ahead) const;
  std::vector<ast::ExprPtr> ParseExprList();

  // ---- primaries (parse_primary.cc, parse_literal.cc) ----
  ast::ExprPtr ParsePrimary();
  ast::ExprPtr ParseWordPrimary();
  ast::ExprPtr ParseParenthesised();
  ast::ExprPtr ParseName();
  ast::ExprPtr ParseCase();
  ast::ExprPtr ParseCollection(ast::CollectionKind kind);
  ast::ExprPtr ParsePeriod();
  ast::ExprPtr ParseLiteral();
  ast::ExprPtr ParseStringLiteral();
  ast::ExprPtr ParseDateTimeLiteral(ast::LiteralKind kind);
  ast::ExprPtr ParseInterval();
  ast::ExprPtr ParseSubquery(ast::ExprKind kind);
  bool ParseIntervalQualifier(ast::IntervalQualifier* qualifier, bool allow_to = true);
  bool AtTimeUnit(size_t ahead = 0) const;
  std::optional<ast::TimeUnit> AcceptIntervalUnit();
  /// A time unit of EXTRACT and the like, or any name.
  ast::ExprPtr ParseTimeUnitSymbol();

  // ---- calls (parse_call.cc, parse_json.cc) ----
  ast::ExprPtr ParseCall();
  ast::ExprPtr ParseJdbcEscape();
  ast::ExprPtr ParseArguments(std::unique_ptr<ast::CallExpr, ast::NodeDeleter> call, size_t mark);
  ast::ExprPtr ParseArgument();
  ast::ExprPtr ParseTableArgument();
  ast::ExprPtr ParseCallTail(std::unique_ptr<ast::CallExpr, ast::NodeDeleter> call, size_t mark);
  ast::ExprPtr ParseSpecialCall(std::unique_ptr<ast::CallExpr, ast::NodeDeleter> call, size_t mark);
  void ParseTrim(ast::CallExpr* call);
  ast::ExprPtr ParseCast(bool try_cast);
  ast::ExprPtr ParseDescriptor();
  ast::ExprPtr ParseJsonCall(ast::JsonFunction function);
  void ParseJsonPairs(ast::JsonCallExpr* call);
  void ParseJsonPair(ast::JsonCallExpr* call);
  void ParseJsonElements(ast::JsonCallExpr* call);
  void ParseJsonPathCall(ast::JsonCallExpr* call);
  void ParseJsonNulls(ast::JsonCallExpr* call);
  void ParseJsonWrapper(ast::JsonCallExpr* call);
  ast::JsonBehavior ParseJsonBehavior(ast::JsonFunction function, ast::ExprPtr* fallback);
  std::vector<ast::OrderItem> ParseWithinGroup();
  void ParseFilterAndOver(ast::ExprPtr* filter, std::unique_ptr<ast::WindowSpec>* over);
  std::unique_ptr<ast::WindowSpec> ParseWindowSpec();
  void ParseFrame(ast::WindowSpec* spec);
  ast::FrameBound ParseFrameBound();
  std::vector<ast::OrderItem> ParseOrderBy();  ///< from ORDER on
  ast::OrderItem ParseOrderItem();

  // ---- types (parse_type.cc) ----
  ast::TypePtr ParseType(bool nullability = true);
  ast::TypePtr ParseTypeName();
  void ParseNullability(ast::Type* type);
  bool ParseSimpleType(ast::Type* type);
  void ParseTimeType(ast::Type* type);
  void ParseRowFields(ast::Type* type, Symbol close);
  void ParseLength(ast::Type* type);

  // ---- queries (parse_query.cc, parse_from.cc, parse_match.cc) ----
  bool AtQueryStart(size_t ahead = 0) const;
  ast::QueryPtr ParseQuery();
  void ParseQueryTail(ast::Query* query);
  ast::QueryPtr ContinueQuery(ast::QueryPtr first, size_t mark);
  ast::QueryPtr ParseSetOps(ast::QueryPtr left, size_t mark, int min_precedence);
  ast::QueryPtr ParseLeafQuery();
  ast::QueryPtr ParseSelect();
  ast::QueryPtr ParseValues();
  ast::QueryPtr Nested(ast::QueryPtr query);
  void ParseWith(ast::Query* query);
  /// A query, or an expression; one of the two is set. `(query) UNION ..` and `((query) + 1)` start alike.
  void ParseQueryOrExpr(ast::QueryPtr* query, ast::ExprPtr* expr);
  bool AtSetOpOrTail() const;
  ast::SelectItem ParseSelectItem();
  void ParseGroupBy(ast::SelectQuery* select);
  ast::GroupItem ParseGroupItem();
  void ParseWindowClause(ast::SelectQuery* select);
  ast::TableRefPtr ParseFrom();
  ast::TableRefPtr ParseJoin(ast::TableRefPtr left, size_t mark);
  ast::TableRefPtr ParseTableRef();
  ast::TableRefPtr ParseTablePrimary();
  ast::TableRefPtr ParseParenthesisedTable(bool lateral);
  ast::TableRefPtr ParseNamedTable();
  ast::TableRefPtr ParseTableFunction(bool lateral);
  ast::TableRefPtr ParseUnnest();
  void ParseTableSuffix(ast::TableRefPtr* table, size_t mark);
  void ParseTableSample(ast::TableRef* table);
  ast::TableRefPtr ParseMatchRecognize(ast::TableRefPtr input, size_t mark);
  void ParseMatchSkip(ast::MatchRecognizeRef* match);
  std::unique_ptr<ast::Pattern> ParsePattern();
  std::unique_ptr<ast::Pattern> ParsePatternTerm();
  std::unique_ptr<ast::Pattern> ParsePatternFactor();
  std::unique_ptr<ast::Pattern> ParsePatternPrimary();

  // ---- statements (parse_statement.cc, parse_create.cc, parse_alter.cc, parse_show.cc) ----
  ast::StatementPtr ParseStatement();
  ast::StatementPtr ParseStatementBody();
  ast::StatementPtr ParseReplaceTable();
  ast::StatementPtr ParseTruncate();
  ast::StatementPtr ParseJar();
  ast::StatementPtr ParseModule();
  ast::StatementPtr ParseStopJob();
  ast::StatementPtr ParseCallStatement();  // behind CALL
  /// Nothing that a statement starts with: the error.
  ast::StatementPtr RefuseStatement();
  ast::StatementPtr ParseInsert();
  ast::StatementPtr ParseUpdate();
  ast::StatementPtr ParseDelete();
  ast::StatementPtr ParseBegin();
  ast::StatementPtr ParseExecute();
  ast::StatementPtr ParseCompile();
  ast::StatementPtr ParseExplain();
  ast::StatementPtr ParseStatementSet();
  ast::StatementPtr ParseInsertOrSet();
  ast::StatementPtr ParseSetReset(ast::StatementKind kind);
  std::optional<ast::StringValue> ParseBareSetting(bool key);
  ast::StatementPtr ParseAnalyze();
  ast::PartitionSpec ParsePartitionSpec(bool values_required);
  ast::StatementPtr ParseCreate();
  ast::StatementPtr ParseCreateTable(bool temporary, bool replace);
  ast::StatementPtr ParseCreateView(bool temporary, bool replace);
  ast::StatementPtr ParseCreateObject(ast::StatementKind kind, bool temporary, bool system);
  ast::StatementPtr ParseFunction(ast::StatementKind kind, bool temporary, bool system);
  ast::StatementPtr ParseCreateModel(bool temporary, bool replace);
  ast::StatementPtr ParseMaterializedTable(bool or_alter);
  void ParseTableSchema(ast::TableSchema* schema);
  void ParseTableElement(ast::TableSchema* schema, bool alter);
  ast::ColumnDef ParseColumn(bool alter);
  ast::WatermarkDef ParseWatermark();
  bool AtConstraint() const;
  ast::Constraint ParseConstraint(bool table_constraint);
  std::optional<ast::Distribution> ParseDistribution();
  std::optional<ast::Distribution> ParseDistributedBy();
  ast::LikeClause ParseLikeClause();
  std::vector<ast::ColumnDef> ParseModelColumns();
  ast::StatementPtr ParseAlter();
  ast::StatementPtr ParseAlterTable();
  void ParseAlterTableAdd(ast::AlterTableStatement* alter);
  void ParseAlterTableModify(ast::AlterTableStatement* alter);
  void ParseAlterTableDrop(ast::AlterTableStatement* alter);
  void ParseAlterTablePartitions(ast::AlterTableStatement* alter, bool add);
  ast::StatementPtr ParseAlterView();
  ast::StatementPtr ParseAlterObject(ast::StatementKind kind, bool temporary, bool system);
  ast::StatementPtr ParseAlterMaterializedTable();
  ast::StatementPtr ParseDrop();
  ast::StatementPtr ParseShow();
  std::optional<ast::ShowKind> ParseShowKind();
  void ParseShowName(ast::ShowStatement* show);
  void ParseShowLike(ast::ShowStatement* show);
  ast::StatementPtr ParseDescribe();
  ast::StatementPtr ParseUse();

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  int height_ = 0;
  int parameters_ = 0;
  /// An alias may follow the expression: then an upper-case operator without operand reads as "near the keyword".
  bool alias_follows_ = false;
  bool no_query_ = false;  ///< see ParseExprWithoutQuery
  std::optional<Error> error_;
  std::vector<std::string_view> expected_;  ///< at tokens_[at_]
  Token end_;                               ///< what Peek gives after an error
};

/// The spelling of a symbol, for messages.
std::string_view SymbolText(Symbol symbol);

}  // namespace sluice::engine::sql
