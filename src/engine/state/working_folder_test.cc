#include "engine/state/working_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/files.h"

namespace sluice::engine {
namespace {

class WorkingFolderTest : public ::testing::Test {
 protected:
  void TearDown() override { (void)RemoveTree(root_); }
  std::vector<std::string> Names() { return *ListFolder(root_); }
  const std::string root_ = *MakeTemporaryFolder("working_folder");
};

TEST_F(WorkingFolderTest, GoesWithItsOwner) {
  {
    auto folder = WorkingFolder::Make(root_);
    ASSERT_TRUE(folder.ok()) << folder.error().message();
    ASSERT_TRUE(WriteFileAtomically(folder->path() + "/x", "y").ok());
    RemoveLeftWorkingFolders(root_);
    EXPECT_EQ(*ReadFile(folder->path() + "/x"), "y") << "its owner lives";
  }
  EXPECT_TRUE(Names().empty());
}

TEST_F(WorkingFolderTest, WhatADeadProcessLeftIsRemoved) {
  std::filesystem::create_directories(root_ + "/sluice-state-abc123/db");
  ASSERT_TRUE(WriteFileAtomically(root_ + "/sluice-state-abc123/db/000001.sst", "state").ok());
  ASSERT_TRUE(WriteFileAtomically(root_ + "/sluice-state-abc123.lock", "").ok());
  ASSERT_TRUE(WriteFileAtomically(root_ + "/somebody-else.lock", "").ok());
  std::filesystem::create_directories(root_ + "/sluice-state-other");  // no lock: not ours to judge
  RemoveLeftWorkingFolders(root_);
  EXPECT_EQ(Names(), (std::vector<std::string>{"sluice-state-other", "somebody-else.lock"}));
}

TEST_F(WorkingFolderTest, AFolderThatCannotBeUsedIsNamed) {
  ASSERT_TRUE(WriteFileAtomically(root_ + "/file", "").ok());
  const auto folder = WorkingFolder::Make(root_ + "/file/state");
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message().find(root_ + "/file"), std::string::npos);
}

}  // namespace
}  // namespace sluice::engine
