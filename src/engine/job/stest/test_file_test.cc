#include "engine/job/stest/test_file.h"

#include <gtest/gtest.h>

namespace sluice::engine::stest {
namespace {

constexpr std::string_view kText =
    "# heading\n"
    "# mode: batch\n"
    "file in/a.csv\n"
    "1;x\n"
    "# not a comment: a line of the file\n"
    "\n"
    "ok\n"
    "CREATE TABLE t (a INT)\n"
    "  WITH ('path'='${dir}/in') ;  \n"
    "\n";

TEST(TestFileTest, ReadsBlocksWithTheirPlaces) {
  auto file =
      ParseTestFile("x.stest",
                    "# c\nfile a.csv\n1,2\n# 3\n\nok\nCREATE TABLE t (a INT) ;\n\n\nrows\nSELECT 1,\n  2;\n----\n1\t2\n"
                    "----\n# 3\n\nerror\nSELECT x\n----\nColumn 'x' not found");
  ASSERT_TRUE(file.ok()) << file.error().ToString();
  ASSERT_EQ(file->blocks.size(), 4u);
  const auto& blocks = file->blocks;
  EXPECT_EQ(blocks[0].kind, BlockKind::kFile);
  EXPECT_EQ(blocks[0].argument, "a.csv");
  EXPECT_EQ(blocks[0].body, (std::vector<std::string>{"1,2", "# 3"}));
  EXPECT_FALSE(blocks[0].counted());
  EXPECT_EQ(blocks[1].line, 6);
  EXPECT_EQ(blocks[1].Statement(""), "CREATE TABLE t (a INT) ");
  EXPECT_EQ(blocks[2].Statement(""), "SELECT 1,\n  2");
  EXPECT_EQ(blocks[2].expected, (std::vector<std::string>{"1\t2", "----", "# 3"}));
  EXPECT_EQ(blocks[3].expected, (std::vector<std::string>{"Column 'x' not found"}));
  EXPECT_FALSE(file->batch);
}

TEST(TestFileTest, BatchModeAndScratchFolder) {
  auto file = ParseTestFile("x.stest", kText);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->batch);
  EXPECT_EQ(file->blocks[1].Statement("/s"), "CREATE TABLE t (a INT)\n  WITH ('path'='/s/in') ");
}

TEST(TestFileTest, AnUnknownKindIsAnErrorWithItsLine) {
  auto file = ParseTestFile("x.stest", "ok\nSELECT 1\n\nrow\nSELECT 1\n");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().position().line, 4);
  EXPECT_NE(file.error().message().find("'row'"), std::string::npos);
  EXPECT_FALSE(ParseTestFile("x.stest", "file\n1\n").ok());
}

TEST(TestFileTest, UpdateReplacesOnlyExpectedParts) {
  const std::string text =
      "# a\nrows\nSELECT 1\n----\nold\nold2\n\n# b\nok\nSET 'a' = 'b'\n\nresult\nSHOW TABLES\n\nrows\nSELECT "
      "2\n----\nkeep\n";
  auto file = ParseTestFile("x.stest", text);
  ASSERT_TRUE(file.ok());
  using Lines = std::vector<std::string>;
  EXPECT_EQ(WithExpected(*file, {Lines{"1"}, std::nullopt, Lines{"t"}, std::nullopt}),
            "# a\nrows\nSELECT 1\n----\n1\n\n# b\nok\nSET 'a' = 'b'\n\nresult\nSHOW TABLES\n----\nt\n\nrows\nSELECT "
            "2\n----\nkeep\n");
  EXPECT_EQ(WithExpected(*file, {std::nullopt, std::nullopt, std::nullopt, std::nullopt}), text);
  EXPECT_EQ(
      WithExpected(*file, {Lines{}, std::nullopt, std::nullopt, Lines{"2", "3"}}),
      "# a\nrows\nSELECT 1\n----\n\n# b\nok\nSET 'a' = 'b'\n\nresult\nSHOW TABLES\n\nrows\nSELECT 2\n----\n2\n3\n");
}

TEST(TestFileTest, EscapesGoBothWays) {
  EXPECT_EQ(EscapeField("a\\b\tc\nd\re"), "a\\\\b\\tc\\nd\\re");
  EXPECT_EQ(UnescapeField(EscapeField("a\\b\tc\nd\re\\n")), "a\\b\tc\nd\re\\n");
}

}  // namespace
}  // namespace sluice::engine::stest
