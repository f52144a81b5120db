#include "base/files.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = MakeTemporaryFolder("files_test");
    ASSERT_TRUE(folder.ok()) << folder.error().ToString();
    folder_ = *folder;
  }
  void TearDown() override { EXPECT_TRUE(RemoveTree(folder_).ok()); }

  std::string folder_;
};

TEST_F(FilesTest, WritesReplacesAndReadsBack) {
  const std::string path = folder_ + "/a.txt";
  ASSERT_TRUE(WriteFileAtomically(path, "one").ok());
  const std::string big(300'000, 'x');
  ASSERT_TRUE(WriteFileAtomically(path, big).ok());
  auto content = ReadFile(path);
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(*content, big);
  auto names = ListFolder(folder_);
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, std::vector<std::string>{"a.txt"}) << "no temporary file is left";
}

TEST_F(FilesTest, ErrorsNameThePath) {
  auto missing = ReadFile(folder_ + "/none");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message().find(folder_ + "/none"), std::string::npos);
  EXPECT_FALSE(WriteFileAtomically(folder_ + "/no/such/folder", "x").ok());
  EXPECT_FALSE(ListFolder(folder_ + "/none").ok());
  EXPECT_TRUE(MakeFolders(folder_ + "/no/such").ok());
  EXPECT_TRUE(WriteFileAtomically(folder_ + "/no/such/file", "x").ok());
  auto is_folder = WriteFileAtomically(folder_ + "/no/such", "x");
  ASSERT_FALSE(is_folder.ok());
  EXPECT_EQ(is_folder.error().code(), ErrorCode::kIo);
  EXPECT_EQ(ListFolder(folder_ + "/no").value(), std::vector<std::string>{"such"});
}

}  // namespace
}  // namespace sluice
