#include "service/runner/control_group.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"

namespace sluice::service {
namespace {

/// Plain folders in place of the kernel's: what is written is seen, nothing is limited.
class ControlGroupTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("control_group"); }
  void TearDown() override { (void)RemoveTree(folder_); }
  std::string Text(const std::string& file) {
    auto text = ReadFile(folder_ + "/" + file);
    return text.ok() ? *text : "";
  }
  std::string folder_;
};

TEST_F(ControlGroupTest, LimitsAreWrittenAsTheKernelReadsThem) {
  auto group = MakeControlGroup(folder_, "sluice-1", {3'000'000, 2.5});
  ASSERT_TRUE(group.ok()) << group.error().message();
  EXPECT_EQ(*group, folder_ + "/sluice-1");
  EXPECT_EQ(Text("cgroup.subtree_control"), "+cpu +memory");
  EXPECT_EQ(Text("sluice-1/memory.max"), "3000000");
  EXPECT_EQ(Text("sluice-1/cpu.max"), "250000 100000");
  ASSERT_TRUE(JoinControlGroup(*group, 17).ok());
  EXPECT_EQ(Text("sluice-1/cgroup.procs"), "17");
}

TEST_F(ControlGroupTest, WhatIsNotPermittedIsSaid) {
  auto group = MakeControlGroup(folder_ + "/nothing", "sluice-1", {1, 1});
  ASSERT_FALSE(group.ok());
  EXPECT_NE(group.error().message().find(folder_ + "/nothing"), std::string::npos) << group.error().message();
}

TEST_F(ControlGroupTest, TheOwnGroupIsOneOfVersionTwoWithItsControllers) {
  ASSERT_TRUE(MakeFolders(folder_ + "/a/b").ok());
  const std::string self = "4:memory:/x\n0::/a/b\n";
  EXPECT_EQ(OwnControlGroup(self, folder_), "");
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/a/b/cgroup.controllers", "cpuset memory\n").ok());
  EXPECT_EQ(OwnControlGroup(self, folder_), "");
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/a/b/cgroup.controllers", "cpuset cpu io memory pids\n").ok());
  EXPECT_EQ(OwnControlGroup(self, folder_), folder_ + "/a/b");
  EXPECT_EQ(OwnControlGroup("4:memory:/a/b\n", folder_), "");
}

}  // namespace
}  // namespace sluice::service
