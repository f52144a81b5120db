#include "engine/sql/parser/parser.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "engine/sql/parser/flink_parser_answers.h"
#include "engine/sql/parser/unparse.h"

namespace sluice::engine::sql {
namespace {

using namespace ast;

template <typename T, typename P>
const T& As(const P& node) {
  return static_cast<const T&>(*node);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string Repeat(const char* text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(ParserTest, ExpressionsReadAndPrintAsFlink) {
  for (const Recorded& recorded : kExpressions) {
    auto expr = ParseExpression(recorded.text);
    if (recorded.canonical == nullptr) {
      ASSERT_FALSE(expr.ok()) << recorded.text;
      EXPECT_EQ(FirstLine(expr.error().message()), recorded.error) << recorded.text;
      continue;
    }
    ASSERT_TRUE(expr.ok()) << recorded.text << ": " << expr.error().ToString();
    EXPECT_EQ(Unparse(**expr), recorded.canonical) << recorded.text;
  }
}

TEST(ParserTest, StatementsReadAndPrintAsFlink) {
  for (const Recorded& recorded : kStatements) {
    auto statement = ParseStatement(recorded.text);
    if (recorded.canonical == nullptr) {
      ASSERT_FALSE(statement.ok()) << recorded.text;
      // Recorded of the bare parser; what executes a statement says this instead (ParserImpl, TableEnvironmentImpl).
      if (std::string_view(recorded.text).find("; ") != std::string_view::npos) {
        EXPECT_EQ(statement.error().message(), "only single statement supported") << recorded.text;
        continue;
      }
      EXPECT_EQ(FirstLine(statement.error().message()), recorded.error) << recorded.text;
      EXPECT_EQ(statement.error().code(), ErrorCode::kSyntax);
      EXPECT_TRUE(statement.error().position().known());
      continue;
    }
    ASSERT_TRUE(statement.ok()) << recorded.text << ": " << statement.error().ToString();
    EXPECT_EQ(Unparse(**statement), recorded.canonical) << recorded.text;
  }
}

TEST(ParserTest, CanonicalTextIsAFixedPoint) {
  for (const Recorded& recorded : kStatements) {
    auto first = ParseStatement(recorded.text);
    if (!first.ok()) continue;
    std::string canonical = Unparse(**first);
    auto second = ParseStatement(canonical);
    ASSERT_TRUE(second.ok()) << canonical << ": " << second.error().ToString();
    EXPECT_EQ(Unparse(**second), canonical);
  }
}

TEST(ParserTest, ReservedWordsNeedQuotes) {
  for (const char* text : {"SELECT value FROM t", "SELECT a AS order FROM t", "CREATE TABLE t (timestamp INT)",
                           "SELECT a FROM user", "SELECT t.select FROM t"}) {
    EXPECT_FALSE(ParseStatement(text).ok()) << text;
  }
  for (const char* text : {"SELECT `value`, name, data, type FROM t", "SELECT a AS `order` FROM t",
                           "CREATE TABLE t (`timestamp` INT, version INT)"}) {
    EXPECT_TRUE(ParseStatement(text).ok()) << text;
  }
}

TEST(ParserTest, ErrorSaysWhereAndWhatWasExpected) {
  auto statement = ParseStatement("SELECT a\nFROM t\nWHERE a = 1 GROUP a");
  ASSERT_FALSE(statement.ok());
  EXPECT_EQ(statement.error().position(), (TextPosition{3, 19}));
  EXPECT_EQ(statement.error().message(), "Encountered \"a\" at line 3, column 19.\nWas expecting: \"BY\"");
  auto refused = ParseStatement("MERGE INTO t USING u ON a = b WHEN MATCHED THEN UPDATE SET a = 1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotSupported);
}

TEST(ParserTest, PositionsAndRangesQuoteTheSource) {
  std::string text = "SELECT 1,\n  (a + b) * c AS x FROM t; SELECT 2";
  auto script = ParseScript(text);
  ASSERT_TRUE(script.ok());
  ASSERT_EQ(script->size(), 2u);
  EXPECT_EQ((*script)[1]->text, "SELECT 2");
  const auto& select = As<SelectQuery>(As<QueryStatement>((*script)[0]).query);
  const Expr& product = *select.items[1].expr;
  EXPECT_EQ(text.substr(product.range.begin, product.range.end - product.range.begin), "(a + b) * c");
  EXPECT_EQ(product.position, (TextPosition{2, 3}));
  EXPECT_EQ(product.kind, ExprKind::kBinary);
}

TEST(ParserTest, ColumnsCountUtf16Units) {
  auto statement = ParseStatement("SELECT 'é😀' x y");
  ASSERT_FALSE(statement.ok());
  EXPECT_EQ(statement.error().position(), (TextPosition{1, 16}));
}

TEST(ParserTest, LiteralsKeepTheirText) {
  auto literal = [](const char* text) {
    auto expr = ParseExpression(text);
    EXPECT_TRUE(expr.ok()) << text;
    EXPECT_EQ((*expr)->kind, ExprKind::kLiteral) << text;
    return std::pair(As<LiteralExpr>(*expr).literal, As<LiteralExpr>(*expr).text);
  };
  using Pair = std::pair<LiteralKind, std::string>;
  EXPECT_EQ(literal("0012"), (Pair{LiteralKind::kInteger, "0012"}));
  EXPECT_EQ(literal("1.50"), (Pair{LiteralKind::kDecimal, "1.50"}));
  EXPECT_EQ(literal("1e3"), (Pair{LiteralKind::kApproximate, "1e3"}));
  EXPECT_EQ(literal("'it''s'"), (Pair{LiteralKind::kString, "it's"}));
  EXPECT_EQ(literal("U&'\\0041\\d83d\\de00'"), (Pair{LiteralKind::kString, "A😀"}));
  EXPECT_EQ(literal("U&'!0041' UESCAPE '!'"), (Pair{LiteralKind::kString, "A"}));
  EXPECT_EQ(literal("E'a\\n\\x41\\101'"), (Pair{LiteralKind::kString, "a\nAA"}));
  EXPECT_EQ(literal("x'0aff'"), (Pair{LiteralKind::kBinary, "0AFF"}));
  EXPECT_FALSE(ParseExpression("x'0a0'").ok());
  EXPECT_FALSE(ParseExpression("U&'\\00'").ok());
}

TEST(ParserTest, SetOperationsBindAsInStandardSql) {
  auto query = ParseQuery("SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4 ORDER BY 1 LIMIT 5");
  ASSERT_TRUE(query.ok());
  const auto& except = As<SetOpQuery>(*query);
  EXPECT_EQ(except.op, SetOp::kExcept);
  EXPECT_EQ(except.order_by.size(), 1u);
  EXPECT_NE(except.limit, nullptr);
  const auto& union_all = As<SetOpQuery>(except.left);
  EXPECT_EQ(union_all.op, SetOp::kUnion);
  EXPECT_TRUE(union_all.all);
  EXPECT_EQ(As<SetOpQuery>(union_all.right).op, SetOp::kIntersect);
}

TEST(ParserTest, InnerLimitStaysInside) {
  auto query = ParseQuery("(SELECT a FROM t ORDER BY a LIMIT 3) LIMIT 1");
  ASSERT_TRUE(query.ok());
  ASSERT_EQ((*query)->kind, QueryKind::kNested);
  EXPECT_EQ(As<NestedQuery>(*query).query->order_by.size(), 1u);
}

TEST(ParserTest, SpecialFunctionsBecomePlainCalls) {
  auto trim = ParseExpression("TRIM(LEADING FROM a)");
  ASSERT_TRUE(trim.ok());
  const auto& call = As<CallExpr>(*trim);
  ASSERT_EQ(call.arguments.size(), 3u);
  EXPECT_EQ(As<SymbolExpr>(call.arguments[0]).symbol, "LEADING");
  EXPECT_EQ(As<LiteralExpr>(call.arguments[1]).text, " ");
  auto extract = ParseExpression("EXTRACT(DOW FROM a)");
  ASSERT_TRUE(extract.ok());
  EXPECT_EQ(As<SymbolExpr>(As<CallExpr>(*extract).arguments[0]).time_unit, TimeUnit::kDow);
}

TEST(ParserTest, CreateTableHasAllItsParts) {
  auto statement = ParseStatement(
      "CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (id BIGINT NOT NULL COMMENT 'key', m STRING METADATA FROM 'k' "
      "VIRTUAL, up AS UPPER(m), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, CONSTRAINT pk PRIMARY "
      "KEY (id) NOT ENFORCED) COMMENT 'x' DISTRIBUTED BY HASH(id) INTO 4 BUCKETS PARTITIONED BY (id) WITH ('a'='b')");
  ASSERT_TRUE(statement.ok()) << statement.error().ToString();
  const auto& table = As<CreateTableStatement>(*statement);
  EXPECT_TRUE(table.temporary && table.if_not_exists && table.has_options);
  EXPECT_EQ(table.name.ToString(), "c.d.t");
  ASSERT_EQ(table.schema.columns.size(), 4u);
  EXPECT_EQ(table.schema.columns[0].type->nullable, false);
  EXPECT_EQ(table.schema.columns[1].kind, ColumnKind::kMetadata);
  EXPECT_TRUE(table.schema.columns[1].is_virtual);
  EXPECT_EQ(table.schema.columns[2].kind, ColumnKind::kComputed);
  ASSERT_EQ(table.schema.watermarks.size(), 1u);
  ASSERT_EQ(table.schema.constraints.size(), 1u);
  EXPECT_EQ(table.schema.constraints[0].enforced, false);
  EXPECT_EQ(table.distribution->buckets, 4);
  EXPECT_EQ(table.options[0].key.value, "a");
}

TEST(ParserTest, MatchRecognizePattern) {
  auto query = ParseQuery(
      "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.x AS x ONE ROW PER MATCH AFTER MATCH "
      "SKIP TO FIRST B PATTERN (A B*? (C | D){2,} {- E -} F $) WITHIN INTERVAL '1' HOUR SUBSET S = (A, B) DEFINE A AS "
      "A.x > 1)");
  ASSERT_TRUE(query.ok()) << query.error().ToString();
  const auto& match = As<MatchRecognizeRef>(As<SelectQuery>(*query).from);
  EXPECT_EQ(match.skip, SkipTo::kFirst);
  ASSERT_EQ(match.pattern->kind, PatternKind::kConcat);
  const auto& parts = match.pattern->children;
  ASSERT_EQ(parts.size(), 5u);
  EXPECT_TRUE(parts[1]->reluctant && parts[1]->min == 0 && !parts[1]->max);
  EXPECT_EQ(parts[2]->min, 2);
  EXPECT_EQ(parts[2]->children[0]->kind, PatternKind::kAlternation);
  EXPECT_EQ(parts[3]->kind, PatternKind::kExclusion);
  EXPECT_TRUE(match.strict_end);
}

TEST(ParserTest, DeepNestingIsAnErrorNotACrash) {
  constexpr int kMany = 30000;
  for (const char* unit : {"(", "NOT ", "- ", "f(", "CASE WHEN ", "EXISTS (", "f(a => ", "FINAL ", "ARRAY["}) {
    EXPECT_FALSE(ParseExpression(Repeat(unit, kMany)).ok()) << unit;
  }
  for (const char* unit : {" + 1", "[1]", " IS NULL", " AND a", " LIKE a"}) {
    EXPECT_FALSE(ParseExpression("a" + Repeat(unit, kMany)).ok()) << unit;
  }
  EXPECT_FALSE(ParseStatement("SELECT 1" + Repeat(" UNION SELECT 1", kMany)).ok());
  EXPECT_FALSE(ParseStatement("SELECT * FROM a" + Repeat(", a", kMany)).ok());
  EXPECT_FALSE(ParseType(Repeat("ARRAY<", kMany)).ok());
  EXPECT_TRUE(ParseExpression("a" + Repeat(" OR a", 1000)).ok());
  // Chains inside parentheses add up too.
  std::string nested = "1";
  for (int i = 0; i < 100; ++i) nested = "(" + nested + Repeat(" + 1", 100) + ")";
  EXPECT_FALSE(ParseExpression(nested).ok());
}

TEST(ParserTest, MutatedStatementsNeverCrash) {
  std::mt19937 random(42);
  constexpr size_t kCount = std::size(kStatements);
  for (int round = 0; round < 4000; ++round) {
    std::string text = kStatements[random() % kCount].text;
    for (int change = 0; change < 2 && !text.empty(); ++change) {
      size_t at = random() % text.size();
      std::string other = kStatements[random() % kCount].text;
      switch (random() % 4) {
        case 0: text.resize(at); break;
        case 1: text.erase(at, 1 + random() % 5); break;
        case 2: text.insert(at, other.substr(random() % other.size(), random() % 30)); break;
        default: text[at] = static_cast<char>(random()); break;
      }
    }
    auto first = ParseStatement(text);
    if (!first.ok()) {
      EXPECT_NE(first.error().code(), ErrorCode::kInternal);
      continue;
    }
    std::string canonical = Unparse(**first);
    auto second = ParseStatement(canonical);
    ASSERT_TRUE(second.ok()) << text << "\n" << canonical << "\n" << second.error().ToString();
    EXPECT_EQ(Unparse(**second), canonical) << text;
  }
}

/// Every statement of the recorded corpus that Flink accepts; runs where SLUICE_SQLTESTS names the corpus.
TEST(ParserTest, CorpusParses) {
  const char* folder = std::getenv("SLUICE_SQLTESTS");
  if (folder == nullptr) GTEST_SKIP() << "SLUICE_SQLTESTS is not set";
  int statements = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".stest") continue;
    std::ifstream file(entry.path());
    std::string line, kind, body;
    bool expected = false;
    auto finish = [&] {
      if (!kind.empty() && kind != "file" && kind != "error" && kind != "unsupported") {
        auto statement = ParseStatement(body);
        EXPECT_TRUE(statement.ok()) << entry.path() << "\n" << body << "\n" << statement.error().ToString();
        ++statements;
      }
      kind.clear();
      body.clear();
      expected = false;
    };
    while (std::getline(file, line)) {
      if (line.empty()) {
        finish();
      } else if (kind.empty()) {
        if (line[0] != '#') kind = line.substr(0, line.find(' '));
      } else if (line == "----") {
        expected = true;
      } else if (!expected) {
        body += line + "\n";
      }
    }
    finish();
  }
  EXPECT_GT(statements, 1000);
}

}  // namespace
}  // namespace sluice::engine::sql
