#include "service/runner/log_rotation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/files.h"

namespace sluice::service {
namespace {

class LogRotationTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("log_rotation"); }
  void TearDown() override { (void)RemoveTree(folder_); }
  std::string path() const { return folder_ + "/a.log"; }
  /// The numbers in it, one a line.
  std::vector<int> Numbers(const std::string& path) {
    std::vector<int> out;
    std::ifstream file(path);
    for (int number = 0; file >> number;) out.push_back(number);
    return out;
  }
  std::string folder_;
};

TEST_F(LogRotationTest, ASmallLogStays) {
  ASSERT_TRUE(KeepLogSmall(path(), {10, 3}).ok());
  ASSERT_TRUE(WriteFileAtomically(path(), "1234567\n").ok());
  ASSERT_TRUE(KeepLogSmall(path(), {10, 3}).ok());
  EXPECT_EQ(*ReadFile(path()), "1234567\n");
  EXPECT_FALSE(ReadFile(path() + ".1").ok());
}

TEST_F(LogRotationTest, NoLineIsLostOrDoubledWhileOthersAppend) {
  constexpr int kLines = 60'000;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    std::ofstream log(path(), std::ios::app);
    for (int i = 0; i < kLines; ++i) log << i + 1'000'000 << "\n" << std::flush;
    done = true;
  });
  while (!done) ASSERT_TRUE(KeepLogSmall(path(), {20'000, 1000}).ok());
  writer.join();
  std::vector<int> all;
  int rotations = 0;
  while (ReadFile(path() + "." + std::to_string(rotations + 1)).ok()) ++rotations;
  ASSERT_GT(rotations, 1);
  for (int number = rotations; number >= 0; --number) {
    for (int line : Numbers(number == 0 ? path() : path() + "." + std::to_string(number))) all.push_back(line);
  }
  EXPECT_LT(ReadFile(path())->size(), 100'000u);
  // Where a file's beginning cannot be cut off, lines of the moment may be missing; never twice, never out of order.
  for (size_t i = 1; i < all.size(); ++i) ASSERT_LT(all[i - 1], all[i]);
  EXPECT_GT(all.size(), static_cast<size_t>(kLines) / 2);
  if (all.size() != static_cast<size_t>(kLines)) GTEST_LOG_(INFO) << "lines lost: " << kLines - all.size();
}

TEST_F(LogRotationTest, OnlyTheNewestOldLogsAreKept) {
  for (int round = 1; round <= 4; ++round) {
    std::ofstream(path(), std::ios::app) << std::string(9'000, static_cast<char>('0' + round)) << "\n";
    ASSERT_TRUE(KeepLogSmall(path(), {5'000, 2}).ok());
  }
  EXPECT_NE(ReadFile(path() + ".1")->find('4'), std::string::npos);
  EXPECT_NE(ReadFile(path() + ".2")->find('3'), std::string::npos);
  EXPECT_FALSE(ReadFile(path() + ".3").ok());
}

}  // namespace
}  // namespace sluice::service
