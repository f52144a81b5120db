#include "engine/sql/parser/parser_impl.h"

namespace sluice::engine::sql {

using namespace ast;

StatementPtr Parser::ParseStatement() {
  Depth depth(this);
  if (!depth.ok()) return nullptr;
  size_t start = mark();
  StatementPtr statement = ParseStatementBody();
  if (statement == nullptr || failed()) return nullptr;
  Place(*statement, start);
  statement->text = std::string(text_.substr(statement->range.begin, statement->range.end - statement->range.begin));
  return statement;
}

StatementPtr Parser::ParseReplaceTable() {
  Advance();
  StatementPtr table = ParseCreateTable(false, true);
  if (table != nullptr) static_cast<CreateTableStatement&>(*table).replace_only = true;
  return table;
}

StatementPtr Parser::ParseTruncate() {
  Advance();
  Advance();
  auto truncate = New<ObjectStatement>(StatementKind::kTruncate);
  truncate->name = ParseCompoundName();
  return truncate;
}

StatementPtr Parser::ParseJar() {
  auto jar = New<JarStatement>(At("ADD") ? StatementKind::kAddJar : StatementKind::kRemoveJar);
  Advance();
  Advance();
  jar->path = ParseString();
  return jar;
}

StatementPtr Parser::ParseModule() {
  const bool load = At("LOAD");
  auto module = New<ModuleStatement>(load ? StatementKind::kLoadModule : StatementKind::kUnloadModule);
  Advance();
  Advance();
  module->name = ParseIdentifier();
  if (load && Accept("WITH")) module->options = ParseProperties();
  return module;
}

StatementPtr Parser::ParseStopJob() {
  Advance();
  Advance();
  auto stop = New<StopJobStatement>();
  stop->job = ParseString();
  if (AcceptBoth("WITH", "SAVEPOINT")) stop->with_savepoint = true;
  if (AcceptBoth("WITH", "DRAIN")) stop->with_drain = true;
  return stop;
}

StatementPtr Parser::ParseCallStatement() {
  auto call = New<CallStatement>();
  call->call = At(Symbol::kLeftParen, 1) ? ParseCall() : ParseName();
  if (call->call != nullptr && call->call->kind != ExprKind::kCall && !failed()) {
    Expected("(");
    Unexpected();
  }
  return call;
}

StatementPtr Parser::RefuseStatement() {
  // Flink takes an expression here and then says that it is no query.
  const bool looks_like_value = CanStartOperand(0) || IsReservedFunctionName(Peek().keyword);
  if (looks_like_value && Peek().kind != TokenKind::kEnd) {
    const TextPosition position = Peek().position;
    const std::string word = TokenText(Peek());
    ParseExpr();
    Fail(ErrorCode::kSyntax,
         "Non-query expression encountered in illegal context: a statement cannot start with \"" + word +
             "\" at line " + std::to_string(position.line) + ", column " + std::to_string(position.column) + ".",
         position);
    return nullptr;
  }
  for (std::string_view what : {"ALTER", "CREATE", "DELETE", "DESCRIBE", "DROP", "EXECUTE", "EXPLAIN", "INSERT",
                                "RESET", "SELECT", "SET", "SHOW", "UPDATE", "USE", "VALUES", "WITH", "<IDENTIFIER>"}) {
    Expected(what);
  }
  Unexpected();
  return nullptr;
}

StatementPtr Parser::ParseStatementBody() {
  if (At("SELECT") || At("WITH") || At("VALUES") || At("VALUE") || At("TABLE") || At(Symbol::kLeftParen)) {
    auto query = New<QueryStatement>();
    query->query = ParseQuery();
    return query;
  }
  if (At("INSERT") || At("UPSERT")) return ParseInsert();
  if (At("CREATE")) return ParseCreate();
  if (At("REPLACE") && At("TABLE", 1)) return ParseReplaceTable();
  if (At("ALTER")) return ParseAlter();
  if (At("DROP")) return ParseDrop();
  if (At("SHOW")) return ParseShow();
  if (At("DESCRIBE") || At("DESC")) return ParseDescribe();
  if (At("EXPLAIN")) return ParseExplain();
  if (At("USE")) return ParseUse();
  if (At("SET")) return ParseSetReset(StatementKind::kSet);
  if (At("RESET")) return ParseSetReset(StatementKind::kReset);
  if (At("EXECUTE")) return ParseExecute();
  if (At("BEGIN")) return ParseBegin();
  if (At("END")) {
    Advance();
    return New<Statement>(StatementKind::kEndSet);
  }
  if (At("COMPILE")) return ParseCompile();
  if (At("UPDATE")) return ParseUpdate();
  if (At("DELETE")) return ParseDelete();
  if (At("TRUNCATE") && At("TABLE", 1)) return ParseTruncate();
  if (At("ANALYZE") && At("TABLE", 1)) return ParseAnalyze();
  if ((At("ADD") || At("REMOVE")) && At("JAR", 1)) return ParseJar();
  if ((At("LOAD") || At("UNLOAD")) && At("MODULE", 1)) return ParseModule();
  if (At("STOP") && At("JOB", 1)) return ParseStopJob();
  if (Accept("CALL")) return ParseCallStatement();
  if (At("MERGE")) {
    Refuse("MERGE, which Flink parses and cannot run", Peek().position);
    return nullptr;
  }
  return RefuseStatement();
}

PartitionSpec Parser::ParsePartitionSpec(bool values_required) {
  PartitionSpec spec;
  Expect(Symbol::kLeftParen);
  do {
    PartitionItem item;
    item.column = ParseIdentifier();
    if (values_required ? Expect(Symbol::kEqual) : Accept(Symbol::kEqual)) {
      // A literal; a number may have a sign.
      size_t start = mark();
      if (At(Symbol::kMinus) || At(Symbol::kPlus)) {
        auto sign = New<UnaryExpr>();
        sign->op = At(Symbol::kMinus) ? UnaryOp::kMinus : UnaryOp::kPlus;
        Advance();
        sign->operand = ParseLiteral();
        item.value = Done(std::move(sign), start);
      } else if (Peek().kind == TokenKind::kWord && !At("NULL") && !At("TRUE") && !At("FALSE") && !At("UNKNOWN") &&
                 !At("DATE") && !At("TIME") && !At("TIMESTAMP") && !At("INTERVAL")) {
        Expected("<QUOTED_STRING>");
        Unexpected();
      } else {
        item.value = ParsePrimary();
      }
    }
    spec.push_back(std::move(item));
  } while (Accept(Symbol::kComma));
  Expect(Symbol::kRightParen);
  return spec;
}

StatementPtr Parser::ParseInsert() {
  size_t start = mark();
  auto insert = New<InsertStatement>();
  insert->upsert = At("UPSERT");
  Advance();
  if (Accept("OVERWRITE")) {
    insert->overwrite = true;
    if (insert->upsert)
      Fail(ErrorCode::kSyntax, "OVERWRITE expression is only used with INSERT statement.", Peek().position);
  } else {
    Expect("INTO");
  }
  insert->target = ParseCompoundName();
  insert->hints = ParseHints();
  if (Accept("PARTITION")) {
    insert->partition = ParsePartitionSpec(true);
    insert->has_partition = true;
  }
  if (At(Symbol::kLeftParen) && AtIdentifier(1)) {
    Advance();
    insert->has_columns = true;
    do {
      insert->columns.push_back(ParseCompoundName());
    } while (Accept(Symbol::kComma));
    Expect(Symbol::kRightParen);
  }
  insert->query = ParseQuery();
  if (At("ON") && At("CONFLICT", 1)) {
    Advance();
    Advance();
    Expect("DO");
    for (Word action : {Word("ERROR"), Word("NOTHING"), Word("DEDUPLICATE")}) {
      if (!Accept(action)) continue;
      insert->on_conflict = std::string(kKeywords[action.id].name);
      break;
    }
    if (insert->on_conflict.empty()) Unexpected();
  }
  if (failed()) return nullptr;
  Place(*insert, start);
  insert->text = std::string(text_.substr(insert->range.begin, insert->range.end - insert->range.begin));
  return insert;
}

StatementPtr Parser::ParseUpdate() {
  auto update = New<UpdateStatement>();
  Expect("UPDATE");
  update->target = ParseCompoundName();
  if (Accept("AS") || AtIdentifier()) update->alias = ParseIdentifier();
  Expect("SET");
  do {
    UpdateStatement::Assignment assignment;
    size_t start = mark();
    assignment.column.parts.push_back(ParseIdentifier());
    Place(assignment.column, start);
    Expect(Symbol::kEqual);
    assignment.value = ParseExpr();
    update->assignments.push_back(std::move(assignment));
  } while (Accept(Symbol::kComma));
  if (Accept("WHERE")) update->where = ParseExpr();
  return update;
}

StatementPtr Parser::ParseDelete() {
  auto statement = New<DeleteStatement>();
  Expect("DELETE");
  Expect("FROM");
  statement->target = ParseCompoundName();
  if (Accept("AS") || AtIdentifier()) statement->alias = ParseIdentifier();
  if (Accept("WHERE")) statement->where = ParseExpr();
  return statement;
}

/// From STATEMENT on: STATEMENT SET BEGIN insert; ... END.
StatementPtr Parser::ParseStatementSet() {
  auto set = New<StatementSetStatement>();
  Expect("STATEMENT");
  Expect("SET");
  Expect("BEGIN");
  do {
    if (!Sees("INSERT") && !Sees("UPSERT")) {
      Unexpected();
      break;
    }
    set->statements.push_back(ParseInsert());
    Expect(Symbol::kSemicolon);
  } while (!failed() && !Accept("END"));
  return set;
}

StatementPtr Parser::ParseBegin() {
  Expect("BEGIN");
  Expect("STATEMENT");
  Expect("SET");
  return New<Statement>(StatementKind::kBeginSet);
}

StatementPtr Parser::ParseExecute() {
  Expect("EXECUTE");
  if (AcceptBoth("PLAN", "FOR")) {
    Unexpected();
    return nullptr;
  }
  if (Accept("PLAN")) {
    auto plan = New<PlanStatement>(StatementKind::kExecutePlan);
    plan->file = ParseString();
    return plan;
  }
  if (At("STATEMENT")) return ParseStatementSet();
  auto execute = New<WrappedStatement>(StatementKind::kExecute);
  if (At("INSERT") || At("UPSERT")) {
    execute->statement = ParseStatement();
  } else {
    size_t start = mark();
    auto query = New<QueryStatement>();
    query->query = ParseQuery();
    execute->statement = Done(std::move(query), start);
  }
  return execute;
}

StatementPtr Parser::ParseInsertOrSet() {
  if (!At("STATEMENT")) {
    if (Sees("INSERT") || Sees("UPSERT")) return ParseInsert();
    Unexpected();
    return nullptr;
  }
  size_t start = mark();
  StatementPtr set = ParseStatementSet();
  if (set == nullptr || failed()) return nullptr;
  static_cast<StatementSetStatement&>(*set).execute = false;
  return Done(std::move(set), start);
}

StatementPtr Parser::ParseCompile() {
  Expect("COMPILE");
  bool execute = AcceptBoth("AND", "EXECUTE");
  Expect("PLAN");
  auto plan = New<PlanStatement>(execute ? StatementKind::kCompileAndExecutePlan : StatementKind::kCompilePlan);
  plan->file = ParseString();
  if (!execute) plan->if_not_exists = IfNotExists();
  Expect("FOR");
  plan->statement = ParseInsertOrSet();
  return plan;
}

StatementPtr Parser::ParseExplain() {
  auto explain = New<ExplainStatement>();
  Expect("EXPLAIN");
  if (AcceptBoth("PLAN", "FOR")) {
    explain->plan_for = true;
  } else {
    static constexpr Word kDetails[] = {"ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"};
    bool more = true;
    while (more && !failed()) {
      more = false;
      for (Word detail : kDetails) {
        if (!Accept(detail)) continue;
        explain->details.emplace_back(kKeywords[detail.id].name);
        more = Accept(Symbol::kComma);
        if (more && !At("ESTIMATED_COST") && !At("CHANGELOG_MODE") && !At("JSON_EXECUTION_PLAN") &&
            !At("PLAN_ADVICE")) {
          Unexpected();
        }
        break;
      }
    }
  }
  if (At("STATEMENT")) {
    explain->statement = ParseInsertOrSet();
  } else {
    explain->statement = ParseStatement();
  }
  return explain;
}

/// The text of a setting without quotes: up to '=' or the end of the statement.
std::optional<StringValue> Parser::ParseBareSetting(bool key) {
  size_t start = mark();
  while (!failed() && Peek().kind != TokenKind::kEnd && Peek().kind != TokenKind::kBad && !At(Symbol::kSemicolon) &&
         !(key && At(Symbol::kEqual))) {
    Advance();
  }
  if (mark() == start) return std::nullopt;
  StringValue value;
  Place(value, start);
  value.value = std::string(text_.substr(value.range.begin, value.range.end - value.range.begin));
  return value;
}

StatementPtr Parser::ParseSetReset(StatementKind kind) {
  auto set = New<SetStatement>(kind);
  Advance();
  if (Peek().kind == TokenKind::kEnd || At(Symbol::kSemicolon)) return set;
  bool reset = kind == StatementKind::kReset;
  auto at_string = [&] { return Peek().kind == TokenKind::kString || Peek().kind == TokenKind::kUnicodeString; };
  if (at_string()) {
    set->key = ParseString();
  } else if (AtIdentifier()) {
    set->key = ParseBareSetting(!reset);
  } else {
    Expected("<QUOTED_STRING>");
    Unexpected();
  }
  if (reset) return set;
  Expect(Symbol::kEqual);
  if (at_string()) {
    set->value = ParseString();
  } else {
    set->value = ParseBareSetting(false);
    if (!set->value) {
      Expected("<QUOTED_STRING>");
      Unexpected();
    }
  }
  return set;
}

StatementPtr Parser::ParseAnalyze() {
  auto analyze = New<AnalyzeTableStatement>();
  Expect("ANALYZE");
  Expect("TABLE");
  analyze->name = ParseCompoundName();
  if (Accept("PARTITION")) analyze->partition = ParsePartitionSpec(false);
  Expect("COMPUTE");
  Expect("STATISTICS");
  if (Accept("FOR")) {
    if (Accept("COLUMNS")) {
      do {
        analyze->columns.push_back(ParseIdentifier());
      } while (Accept(Symbol::kComma));
    } else {
      Expect("ALL");
      Expect("COLUMNS");
      analyze->all_columns = true;
    }
  }
  return analyze;
}

}  // namespace sluice::engine::sql
