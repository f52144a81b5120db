#include "service/runner/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "base/files.h"
#include "service/runner/native_runner.h"

namespace sluice::service {
namespace {

using S = ApplicationStatus;
using E = ApplicationEvent;

/// Every application runs the SQL that the test has set.
class OneSpec : public JobSpecSource {
 public:
  Result<JobSpec> SpecFor(const ApplicationRow& row) override {
    JobSpec spec;
    spec.version = row.version;
    spec.package_name = row.name + ".sql";
    {
      std::lock_guard lock(mutex_);
      spec.package = sql_;
    }
    spec.application_properties = "[]";
    return spec;
  }
  Result<LifecycleSettings> SettingsFor(const ApplicationRow&) override {
    std::lock_guard lock(mutex_);
    return settings_;
  }
  void Set(LifecycleSettings settings) {
    std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
  }
  void Run(std::string sql) {
    std::lock_guard lock(mutex_);
    sql_ = std::move(sql);
  }

 private:
  std::mutex mutex_;
  std::string sql_ = "SELECT 1";
  LifecycleSettings settings_;
};

/// The supervisor over real processes: the fake engine.
class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    data_ = *MakeTemporaryFolder("supervisor");
    store_ = *ApplicationStore::Open(data_ + "/meta.db");
    options_.data_folder = data_;
    options_.poll_interval = std::chrono::milliseconds(10);
    options_.restart_delay = std::chrono::milliseconds(10);
    options_.restart_attempts = 2;
    Boot();
    ASSERT_TRUE(store_->Create({"a", "arn:a", "STREAMING", S::kReady, 1, 1, 1, "", ""}, {1, 1, 0, "{}"}, {}, 50).ok());
  }
  void TearDown() override {
    supervisor_->Shutdown(true);
    supervisor_.reset();
    (void)RemoveTree(data_);
  }
  /// A new service over the same data, as after a crash of the old one.
  void Boot() {
    supervisor_.reset();
    supervisor_ = std::make_unique<Supervisor>(options_, *store_, runner_, specs_, clock_, Logger());
    ASSERT_TRUE(supervisor_->Resume().ok());
  }
  void Do(E event) {
    auto moved = store_->Apply("a", event, 1);
    ASSERT_TRUE(moved.ok() && moved->accepted());
    (void)store_->BeginOperation("a", {"op" + std::to_string(++operations_), "X", "IN_PROGRESS", 1});
    supervisor_->Perform("a", moved->transition.action);
  }
  bool Becomes(S status) {
    for (int i = 0; i < 1000; ++i) {
      auto row = store_->Find("a");
      if (row.ok() && row->status == status) return true;
      clock_.Sleep(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool OperationEnds(const std::string& status) {
    for (int i = 0; i < 500; ++i) {
      auto operation = store_->FindOperation("a", "op" + std::to_string(operations_));
      if (operation.ok() && operation->status == status) return true;
      clock_.Sleep(std::chrono::milliseconds(10));
    }
    return false;
  }
  std::string folder() const { return ApplicationFolder(data_, "a"); }
  std::string Log() const {
    return ReadFile(folder() + "/logs/application.log").ok() ? *ReadFile(folder() + "/logs/application.log") : "";
  }

  std::string data_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<ApplicationStore> store_;
  NativeRunner runner_{{{SLUICE_FAKE_ENGINE}}, clock_, random_};
  OneSpec specs_;
  SupervisorOptions options_;
  std::unique_ptr<Supervisor> supervisor_;
  int operations_ = 0;
};

TEST_F(SupervisorTest, StartsWatchesAndStops) {
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  EXPECT_TRUE(OperationEnds("SUCCESSFUL"));
  EXPECT_TRUE(runner_.Alive(folder()));
  Do(E::kStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_FALSE(runner_.Alive(folder()));
}

TEST_F(SupervisorTest, StopsByCancellingWhenTheEngineHasNoStop) {
  specs_.Run("NOSTOP");
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  Do(E::kStop);
  ASSERT_TRUE(Becomes(S::kReady));
}

TEST_F(SupervisorTest, AFailedStartIsReadyAgainWithTheReasonInTheLog) {
  for (auto [sql, why] :
       {std::pair{"REFUSE", "SQL parse failed"}, {"FAIL", "boom: it failed"}, {"CRASH", "could not be started"}}) {
    specs_.Run(sql);
    Do(E::kStart);
    EXPECT_TRUE(OperationEnds("FAILED")) << sql;
    EXPECT_TRUE(Becomes(S::kReady)) << sql;
    EXPECT_NE(Log().find(why), std::string::npos) << Log();
    EXPECT_FALSE(runner_.Alive(folder()));
  }
}

TEST_F(SupervisorTest, ABoundedJobThatFinishesIsReadyAgain) {
  specs_.Run("FINISH");
  Do(E::kStart);
  EXPECT_TRUE(OperationEnds("SUCCESSFUL"));
  EXPECT_TRUE(Becomes(S::kReady));
  EXPECT_NE(Log().find("FINISHED"), std::string::npos);
}

TEST_F(SupervisorTest, ForceStopsAStartThatHangs) {
  specs_.Run("SLOW");
  Do(E::kStart);
  while (!runner_.Alive(folder())) clock_.Sleep(std::chrono::milliseconds(5));
  Do(E::kForceStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_FALSE(runner_.Alive(folder()));
}

TEST_F(SupervisorTest, AnUpdateRestartsWithTheNewVersion) {
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  auto moved = store_->AddVersion("a", 1, {0, 2, 1, "{}"}, E::kUpdate);
  ASSERT_TRUE(moved.ok() && moved->accepted());
  supervisor_->Perform("a", moved->transition.action);
  ASSERT_TRUE(Becomes(S::kRunning));
  EXPECT_EQ(runner_.Adopt(folder())->version, 2);
}

TEST_F(SupervisorTest, ANewServiceAdoptsTheRunningEngine) {
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  std::string url = runner_.Adopt(folder())->rest_url;
  Boot();
  EXPECT_EQ(runner_.Adopt(folder())->rest_url, url);
  Do(E::kStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_FALSE(runner_.Alive(folder()));
}

TEST_F(SupervisorTest, ANewServiceCarriesOnWithAStart) {
  specs_.Run("SLOW");
  Do(E::kStart);
  while (!runner_.Adopt(folder()) || runner_.Adopt(folder())->job_id.empty())
    clock_.Sleep(std::chrono::milliseconds(5));
  supervisor_->Shutdown(false);
  EXPECT_EQ(store_->Find("a")->status, S::kStarting);
  (void)runner_.End(folder(), false);  // and the engine has died too
  specs_.Run("SELECT 1");
  Boot();
  EXPECT_TRUE(Becomes(S::kRunning));
}

TEST_F(SupervisorTest, AKilledEngineIsStartedAgainAndGivenUpInTheEnd) {
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  std::string url = runner_.Adopt(folder())->rest_url;
  ASSERT_TRUE(runner_.End(folder(), false).ok());
  while (!runner_.Adopt(folder()) || runner_.Adopt(folder())->job_id.empty())
    clock_.Sleep(std::chrono::milliseconds(5));
  EXPECT_NE(runner_.Adopt(folder())->rest_url, url);
  EXPECT_EQ(store_->Find("a")->status, S::kRunning);
  specs_.Run("FAIL");
  ASSERT_TRUE(runner_.End(folder(), false).ok());
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_NE(Log().find("not restarted any more: boom: it failed"), std::string::npos) << Log();
  EXPECT_EQ(store_->ListOperations("a", {"RestartApplication", "FAILED"}, 0, 5)->size(), 1u);
}

TEST_F(SupervisorTest, AJobThatFailsLaterIsRestarted) {
  specs_.Run("UNTIL " + data_ + "/fail");
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  specs_.Run("SELECT 1");
  std::string url = runner_.Adopt(folder())->rest_url;
  std::ofstream(data_ + "/fail") << "x";
  while (!runner_.Adopt(folder()) || runner_.Adopt(folder())->rest_url == url)
    clock_.Sleep(std::chrono::milliseconds(5));
  EXPECT_EQ(store_->Find("a")->status, S::kRunning);
  EXPECT_NE(Log().find("attempt 1 of 2): boom: it failed"), std::string::npos) << Log();
}

TEST_F(SupervisorTest, DeletingARunningApplicationLeavesNothing) {
  Do(E::kStart);
  ASSERT_TRUE(Becomes(S::kRunning));
  auto identity = ReadFile(folder() + "/engine.json");
  Do(E::kDelete);
  for (int i = 0; i < 500 && store_->Find("a").ok(); ++i) clock_.Sleep(std::chrono::milliseconds(10));
  EXPECT_FALSE(store_->Find("a").ok());
  EXPECT_FALSE(ReadFile(folder() + "/engine.json").ok());
}

TEST(ApplicationFolderTest, NamesOfDotsStayInside) {
  EXPECT_EQ(ApplicationFolder("/d", "x.y"), "/d/apps/x.y");
  EXPECT_EQ(ApplicationFolder("/d", ".."), "/d/apps/%2dots");
}

}  // namespace
}  // namespace sluice::service
