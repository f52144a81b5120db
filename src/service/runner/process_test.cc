#include "service/runner/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"

namespace sluice::service {
namespace {

class ProcessTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("process"); }
  void TearDown() override { (void)RemoveTree(folder_); }
  /// Waits until the process has written something.
  std::string AwaitOutput() {
    SystemClock clock;
    for (int i = 0; i < 500; ++i) {
      auto text = ReadFile(folder_ + "/out");
      if (text.ok() && text->ends_with("\n")) return *text;
      clock.Sleep(std::chrono::milliseconds(10));
    }
    return "";
  }
  std::string folder_;
};

TEST_F(ProcessTest, StartsInItsOwnSessionAndCanBeFoundAndEnded) {
  auto process = StartDetached({"/bin/sh", "-c", "trap '' TERM; echo ready; sleep 1000 & wait; wait"}, {"SLUICE_T=abc"},
                               folder_ + "/out");
  ASSERT_TRUE(process.ok()) << process.error().ToString();
  EXPECT_EQ(AwaitOutput(), "ready\n");
  EXPECT_TRUE(IsAlive(*process));
  EXPECT_EQ(getsid(static_cast<pid_t>(process->pid)), process->pid);
  auto found = FindByEnvironment("SLUICE_T=abc");
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(FindByEnvironment("SLUICE_T=ab").empty());
  // It ignores SIGTERM: only SIGKILL ends it.
  ASSERT_TRUE(EndProcess(*process, std::chrono::milliseconds(50)).ok());
  EXPECT_FALSE(IsAlive(*process));
  EXPECT_TRUE(EndProcess(*process, std::chrono::milliseconds(50)).ok());
}

TEST_F(ProcessTest, ARecycledPidIsNotTheProcess) {
  auto self = IdentifyProcess(getpid());
  ASSERT_TRUE(self.has_value());
  EXPECT_TRUE(IsAlive(*self));
  ProcessIdentity other = *self;
  other.start_ticks += 1;
  EXPECT_FALSE(IsAlive(other));
  EXPECT_TRUE(EndProcess(other, std::chrono::milliseconds(0)).ok());  // and above all does not end us
  other = *self;
  other.boot_id = "another";
  EXPECT_FALSE(IsAlive(other));
}

TEST_F(ProcessTest, AProgramThatIsNotThereIsAnError) {
  EXPECT_FALSE(StartDetached({"/no/such/program"}, {}, folder_ + "/out").ok());
}

}  // namespace
}  // namespace sluice::service
