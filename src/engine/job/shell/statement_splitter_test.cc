#include "engine/job/shell/statement_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine::shell {
namespace {

std::vector<std::string> Split(std::string_view text) {
  StatementSplitter splitter;
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t end = text.find('\n');
    for (auto& s : splitter.Feed(text.substr(0, end))) out.push_back(s.text);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (auto rest = splitter.TakeRest()) out.push_back("…" + rest->text);
  return out;
}

using testing::ElementsAre;

TEST(StatementSplitterTest, CutsAtSemicolonsOutsideOfQuotesAndComments) {
  EXPECT_THAT(Split("SELECT 1; SELECT 2;"), ElementsAre("SELECT 1", "SELECT 2"));
  EXPECT_THAT(Split("SELECT ';', `a;b`, 'it''s;'\n FROM t;\n"), ElementsAre("SELECT ';', `a;b`, 'it''s;'\n FROM t"));
  EXPECT_THAT(Split("-- a; b\nSELECT 1 -- x;\n + 2;"), ElementsAre("SELECT 1 -- x;\n + 2"));
  EXPECT_THAT(Split("SELECT /* ; \n ; */ 1;"), ElementsAre("SELECT /* ; \n ; */ 1"));
  EXPECT_THAT(Split(";;\n;"), ElementsAre());
  EXPECT_THAT(Split("SELECT 1"), ElementsAre("…SELECT 1"));
  EXPECT_THAT(Split("SELECT 'a;\n"), ElementsAre("…SELECT 'a;"));
}

TEST(StatementSplitterTest, KeepsStatementSetsTogether) {
  EXPECT_THAT(
      Split("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;\nINSERT INTO b SELECT 'END'; END; SELECT 1;"),
      ElementsAre("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;\nINSERT INTO b SELECT 'END'; END", "SELECT 1"));
  EXPECT_THAT(Split("BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;"),
              ElementsAre("BEGIN STATEMENT SET", "INSERT INTO a SELECT 1", "END"));
}

TEST(StatementSplitterTest, KnowsWhereAStatementBegins) {
  StatementSplitter splitter;
  EXPECT_TRUE(splitter.Feed("SET 'a' = 'b' ").empty());
  EXPECT_TRUE(splitter.pending());
  auto done = splitter.Feed(";  SELECT x; ");
  ASSERT_EQ(done.size(), 2u);
  EXPECT_EQ(done[0].start, (TextPosition{1, 1}));
  EXPECT_EQ(done[1].start, (TextPosition{2, 4}));
  EXPECT_FALSE(splitter.pending());
}

TEST(StatementSplitterTest, PutsACaretUnderThePlace) {
  EXPECT_EQ(ErrorWithCaret(Error(ErrorCode::kValidation, "Column 'x' not found", {2, 3}), "SELECT\n\t x"),
            "Column 'x' not found\n\n    \t x\n    \t ^ line 2, column 3");
  EXPECT_EQ(ErrorWithCaret(Error(ErrorCode::kValidation, "bad", {1, 3}), "a bc", {7, 5}),
            "bad\n\n    a bc\n      ^ line 7, column 7");
  EXPECT_EQ(ErrorWithCaret(Error(ErrorCode::kValidation, "bad"), "SELECT 1"), "bad");
  EXPECT_EQ(ErrorWithCaret(Error(ErrorCode::kValidation, "bad", {9, 1}), "SELECT 1"), "bad");
}

}  // namespace
}  // namespace sluice::engine::shell
