#include "service/lifecycle/state_machine.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice::service {
namespace {

using E = ApplicationEvent;
using S = ApplicationStatus;

std::vector<S> AllStatuses() {
  std::vector<S> out;
  for (size_t i = 0; i < kApplicationStatusCount; ++i) out.push_back(static_cast<S>(i));
  return out;
}

TEST(StateMachineTest, NamesGoBothWays) {
  for (S status : AllStatuses()) EXPECT_EQ(ParseApplicationStatus(ApplicationStatusName(status)), status);
  EXPECT_FALSE(ParseApplicationStatus("SLEEPING").has_value());
}

TEST(StateMachineTest, UsersAreRefusedNeverIgnoredAndEnginesIgnoredNeverRefused) {
  for (S status : AllStatuses()) {
    for (size_t i = 0; i < kApplicationEventCount; ++i) {
      auto transition = Decide(status, static_cast<E>(i));
      const bool by_user = i <= static_cast<size_t>(E::kMaintain);
      EXPECT_NE(transition.verdict, by_user ? Verdict::kIgnore : Verdict::kRefuse)
          << ApplicationStatusName(status) << " event " << i;
    }
  }
}

TEST(StateMachineTest, EveryStatusHasAWayBackToReadyOrEndsInDeletion) {
  for (S start : AllStatuses()) {
    if (start == S::kDeleting) continue;
    std::set<S> seen = {start};
    for (size_t before = 0; before != seen.size();) {
      before = seen.size();
      for (S status : std::set<S>(seen)) {
        for (size_t i = 0; i < kApplicationEventCount; ++i) {
          auto transition = Decide(status, static_cast<E>(i));
          if (transition.verdict == Verdict::kAccept) seen.insert(transition.next);
        }
      }
    }
    EXPECT_TRUE(seen.contains(S::kReady)) << ApplicationStatusName(start);
  }
}

TEST(StateMachineTest, WhateverEndsAJobLeavesNoEngine) {
  for (S status : AllStatuses()) {
    for (E event : {E::kStartFailed, E::kJobFinished, E::kJobLost}) {
      auto transition = Decide(status, event);
      if (transition.verdict != Verdict::kAccept) continue;
      EXPECT_EQ(transition.next, S::kReady);
      // Where the engine is not killed now, the stop that is under way does it.
      const bool stopping = status == S::kStopping || status == S::kForceStopping;
      EXPECT_EQ(transition.action == LifecycleAction::kKillEngine, !stopping) << ApplicationStatusName(status);
    }
  }
}

TEST(StateMachineTest, TheUsualLife) {
  EXPECT_EQ(Decide(S::kReady, E::kStart).next, S::kStarting);
  EXPECT_EQ(Decide(S::kStarting, E::kEngineRunning).next, S::kRunning);
  EXPECT_EQ(Decide(S::kRunning, E::kUpdate).action, LifecycleAction::kRestartEngine);
  EXPECT_EQ(Decide(S::kUpdating, E::kEngineRunning).next, S::kRunning);
  EXPECT_EQ(Decide(S::kRunning, E::kStop).next, S::kStopping);
  EXPECT_EQ(Decide(S::kStopping, E::kStopped).next, S::kReady);
  EXPECT_EQ(Decide(S::kReady, E::kDelete).action, LifecycleAction::kRemove);
  EXPECT_EQ(Decide(S::kStarting, E::kStop).verdict, Verdict::kRefuse);
  EXPECT_EQ(Decide(S::kStarting, E::kForceStop).next, S::kForceStopping);
  EXPECT_EQ(Decide(S::kDeleting, E::kForceStop).verdict, Verdict::kRefuse);
}

TEST(StateMachineTest, RollingBack) {
  for (S status : AllStatuses()) {
    const bool allowed = status == S::kUpdating || status == S::kAutoscaling || status == S::kRunning;
    EXPECT_EQ(Decide(status, E::kRollback).verdict == Verdict::kAccept, allowed) << ApplicationStatusName(status);
  }
  EXPECT_EQ(Decide(S::kUpdating, E::kSystemRollback).next, S::kRollingBack);
  EXPECT_EQ(Decide(S::kRollingBack, E::kEngineRunning).next, S::kRolledBack);
  EXPECT_EQ(Decide(S::kRolledBack, E::kEngineRunning).next, S::kRunning);
  EXPECT_EQ(Decide(S::kRollingBack, E::kStartFailed).next, S::kReady);
}

TEST(StateMachineTest, WhatIsGivenUpLeavesTheJobRunning) {
  EXPECT_EQ(Decide(S::kStopping, E::kUnchanged).next, S::kRunning);
  EXPECT_EQ(Decide(S::kUpdating, E::kUnchanged).next, S::kRunning);
  EXPECT_EQ(Decide(S::kForceStopping, E::kUnchanged).verdict, Verdict::kIgnore);
}

}  // namespace
}  // namespace sluice::service
