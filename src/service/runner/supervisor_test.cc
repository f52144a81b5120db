#include "service/runner/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>

#include "base/files.h"
#include "service/runner/engine_file.h"
#include "service/runner/native_runner.h"

namespace sluice::service {
namespace {

using S = ApplicationStatus;
using E = ApplicationEvent;

constexpr int kPatience = 12'000;  // times ten milliseconds, on a machine that does much else

/// The machine's clock, but time can be skipped.
class SkippingClock : public SystemClock {
 public:
  int64_t NowMs() const override { return SystemClock::NowMs() + skipped_ms_; }
  int64_t MonotonicNs() const override { return SystemClock::MonotonicNs() + skipped_ms_ * 1'000'000; }
  bool WaitUntil(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, int64_t deadline_ns,
                 const std::function<bool()>& done) override {
    return SystemClock::WaitUntil(lock, changed, deadline_ns - skipped_ms_ * 1'000'000, done);
  }
  void Skip(std::chrono::milliseconds by) { skipped_ms_ += by.count(); }

 private:
  std::atomic<int64_t> skipped_ms_{0};
};

/// The fake engine; how busy and how old it is says the test.
class ToldRunner : public NativeRunner {
 public:
  ToldRunner(NativeRunnerOptions options, Clock& clock, Random& random)
      : NativeRunner(std::move(options), clock, random), told_clock_(clock) {}
  std::optional<EngineLoad> Load(const std::string&) override {
    std::lock_guard lock(mutex_);
    ++asked_;
    const int64_t now = told_clock_.MonotonicNs();
    used_seconds_ += busy_processors_ * static_cast<double>(now - std::exchange(asked_ns_, now)) / 1e9;
    return EngineLoad{"it", used_seconds_};
  }
  std::string Outdated(const std::string& folder) override {
    std::lock_guard lock(mutex_);
    const auto engine = Adopt(folder);
    return engine && engine->rest_url == old_engine_ ? "it is old" : "";
  }
  /// So many processors are busy all the time, however long the test is held up between two datapoints.
  void Use(double processors) {
    std::lock_guard lock(mutex_);
    busy_processors_ = processors;
  }
  void IsOld(const std::string& rest_url) {
    std::lock_guard lock(mutex_);
    old_engine_ = rest_url;
  }
  int asked() {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  Clock& told_clock_;
  std::mutex mutex_;
  double used_seconds_ = 0;
  double busy_processors_ = 0;
  int64_t asked_ns_ = 0;
  int asked_ = 0;
  std::string old_engine_;
};

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
    spec.parallelism = static_cast<int>(std::max<int64_t>(1, row.current_parallelism));
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
    options_.metrics_interval = std::chrono::hours(100);  // ToldRunner counts who asks for its load
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
    supervisor_ = std::make_unique<Supervisor>(options_, *store_, engines_, specs_, clock_, Logger());
    ASSERT_TRUE(supervisor_->Resume().ok());
  }
  void Do(E event) {
    auto moved = store_->Apply("a", event, 1);
    ASSERT_TRUE(moved.ok() && moved->accepted());
    (void)store_->BeginOperation("a", {"op" + std::to_string(++operations_), "X", "IN_PROGRESS", 1});
    supervisor_->Perform("a", moved->transition.action);
  }
  bool Becomes(S status) {
    for (int i = 0; i < kPatience; ++i) {
      auto row = store_->Find("a");
      if (row.ok() && row->status == status) return true;
      clock_.Sleep(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool OperationEnds(const std::string& status) {
    for (int i = 0; i < kPatience; ++i) {
      auto operation = store_->FindOperation("a", "op" + std::to_string(operations_));
      if (operation.ok() && operation->status == status) return true;
      clock_.Sleep(std::chrono::milliseconds(10));
    }
    return false;
  }
  void StartRunning(const std::string& sql = "SELECT 1") {
    specs_.Run(sql);
    Do(E::kStart);
    ASSERT_TRUE(Becomes(S::kRunning));
  }
  /// Its process alone: what is written down of it belongs to the driver, which may be at it already.
  void KillEngine() {
    const auto content = LoadEngineFile(folder() + "/engine.json");
    ASSERT_TRUE(content.has_value());
    ASSERT_TRUE(EndProcess(ProcessIn(*content), std::chrono::milliseconds(0)).ok());
  }
  /// Until the engine that is there has a job.
  void AwaitJob() {
    for (int i = 0; i < kPatience; ++i) {
      const auto engine = runner_.Adopt(folder());
      if (engine && !engine->job_id.empty()) return;
      clock_.Sleep(std::chrono::milliseconds(5));
    }
    FAIL() << "no job was submitted\n" << Log();
  }
  /// Of the engine that is there; empty if none is.
  std::string Url() {
    const auto engine = runner_.Adopt(folder());
    return engine ? engine->rest_url : "";
  }
  std::string folder() const { return ApplicationFolder(data_, "a"); }
  std::string Log() const {
    return ReadFile(folder() + "/logs/application.log").ok() ? *ReadFile(folder() + "/logs/application.log") : "";
  }

  std::string data_;
  SkippingClock clock_;
  SystemRandom random_;
  std::unique_ptr<ApplicationStore> store_;
  ToldRunner runner_{{.command = {SLUICE_FAKE_ENGINE}, .logs = {.bytes = 200'000}}, clock_, random_};
  EngineChoice engines_{runner_};
  OneSpec specs_;
  SupervisorOptions options_;
  std::unique_ptr<Supervisor> supervisor_;
  int operations_ = 0;
};

TEST_F(SupervisorTest, StartsWatchesAndStops) {
  StartRunning();
  EXPECT_TRUE(OperationEnds("SUCCESSFUL"));
  EXPECT_TRUE(runner_.Alive(folder()));
  Do(E::kStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_FALSE(runner_.Alive(folder()));
}

TEST_F(SupervisorTest, StopsByCancellingWhenTheEngineHasNoStop) {
  StartRunning("NOSTOP");
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
  for (int i = 0; i < kPatience && !runner_.Alive(folder()); ++i) clock_.Sleep(std::chrono::milliseconds(5));
  Do(E::kForceStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_FALSE(runner_.Alive(folder()));
}

TEST_F(SupervisorTest, AnUpdateRestartsWithTheNewVersion) {
  StartRunning();
  auto moved = store_->AddVersion("a", 1, {0, 2, 1, "{}"}, E::kUpdate);
  ASSERT_TRUE(moved.ok() && moved->accepted());
  supervisor_->Perform("a", moved->transition.action);
  ASSERT_TRUE(Becomes(S::kRunning));
  EXPECT_EQ(runner_.Adopt(folder())->version, 2);
}

TEST_F(SupervisorTest, ANewServiceAdoptsTheRunningEngine) {
  StartRunning();
  std::string url = Url();
  Boot();
  EXPECT_EQ(Url(), url);
  Do(E::kStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_FALSE(runner_.Alive(folder()));
}

TEST_F(SupervisorTest, ANewServiceCarriesOnWithAStart) {
  specs_.Run("SLOW");
  Do(E::kStart);
  AwaitJob();
  supervisor_->Shutdown(false);
  EXPECT_EQ(store_->Find("a")->status, S::kStarting);
  (void)runner_.End(folder(), false);  // and the engine has died too
  specs_.Run("SELECT 1");
  Boot();
  EXPECT_TRUE(Becomes(S::kRunning));
}

TEST_F(SupervisorTest, AKilledEngineIsStartedAgainAndGivenUpInTheEnd) {
  StartRunning();
  std::string url = Url();
  KillEngine();
  AwaitJob();
  EXPECT_NE(Url(), url);
  EXPECT_EQ(store_->Find("a")->status, S::kRunning);
  specs_.Run("FAIL");
  KillEngine();
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_NE(Log().find("not restarted any more: boom: it failed"), std::string::npos) << Log();
  EXPECT_EQ(store_->ListOperations("a", {"RestartApplication", "FAILED"}, kNewest, 5)->size(), 1u);
}

TEST_F(SupervisorTest, AJobThatFailsLaterIsRestarted) {
  StartRunning("UNTIL " + data_ + "/fail");
  specs_.Run("SELECT 1");
  std::string url = Url();
  std::ofstream(data_ + "/fail") << "x";
  for (int i = 0; i < kPatience && (Url().empty() || Url() == url); ++i) clock_.Sleep(std::chrono::milliseconds(5));
  EXPECT_EQ(store_->Find("a")->status, S::kRunning);
  EXPECT_NE(Log().find("attempt 1 of 2): boom: it failed"), std::string::npos) << Log();
}

TEST_F(SupervisorTest, DeletingARunningApplicationLeavesNothing) {
  StartRunning();
  auto identity = ReadFile(folder() + "/engine.json");
  Do(E::kDelete);
  for (int i = 0; i < kPatience && store_->Find("a").ok(); ++i) clock_.Sleep(std::chrono::milliseconds(10));
  EXPECT_FALSE(store_->Find("a").ok());
  EXPECT_FALSE(ReadFile(folder() + "/engine.json").ok());
}

TEST_F(SupervisorTest, LogsStaySmall) {
  StartRunning();
  std::ofstream(folder() + "/logs/engine.log", std::ios::app) << std::string(300'000, 'x') << '\n';
  const auto small = [&] {
    return ReadFile(folder() + "/logs/engine.log.1").ok() && ReadFile(folder() + "/logs/engine.log")->size() < 10'000;
  };
  for (int i = 0; i < kPatience && !small(); ++i) clock_.Sleep(std::chrono::milliseconds(10));
  EXPECT_GE(ReadFile(folder() + "/logs/engine.log.1")->size(), 300'000u);
}

class UpkeepTest : public SupervisorTest {
 protected:
  void SetUp() override {
    options_.scaling.down_datapoints = 60;  // the real figures: scaling_policy_test.cc
    // Metrics ask for the load, too: once, so that it is scaling that asks from then on.
    options_.metrics_interval = std::chrono::hours(10'000);
    SupervisorTest::SetUp();
    LifecycleSettings settings;
    settings.snapshots = settings.autoscaling = true;
    specs_.Set(settings);
  }
  /// Until scaling has looked at the load once: where the first datapoint begins. Metrics have looked before.
  void AwaitFirstLook() {
    for (int wait = 0; wait < 10 * kPatience && runner_.asked() < 2; ++wait) clock_.Sleep(std::chrono::milliseconds(2));
  }
  /// So many datapoints of a minute each, in which `busy` processors were used.
  void Minutes(int count, double busy) {
    runner_.Use(busy);
    for (int i = 0; i < count; ++i) {
      const int before = runner_.asked();
      clock_.Skip(std::chrono::minutes(1));
      for (int wait = 0; wait < 10 * kPatience && runner_.asked() == before; ++wait)
        clock_.Sleep(std::chrono::milliseconds(2));
    }
  }
  int64_t Parallelism() { return store_->Find("a")->current_parallelism; }
  bool ScalesTo(int64_t parallelism) {
    for (int i = 0; i < kPatience; ++i) {
      if (Parallelism() == parallelism && store_->Find("a")->status == S::kRunning) return true;
      clock_.Sleep(std::chrono::milliseconds(10));
    }
    return false;
  }
  std::vector<std::string> Operations(const std::string& name, const std::string& status) {
    std::vector<std::string> out;
    const auto rows = store_->ListOperations("a", {name, status}, kNewest, 100);
    for (const OperationRow& row : *rows) out.push_back(row.error);
    return out;
  }
  std::string Started() { return *ReadFile(folder() + "/work/started.json"); }
};

TEST_F(UpkeepTest, ScalesUpAfterFifteenBusyMinutesAndDownWhenIdle) {
  StartRunning("STATE red ");
  AwaitFirstLook();
  Minutes(14, 0.98);
  EXPECT_EQ(Parallelism(), 0);
  Minutes(1, 0.98);
  ASSERT_TRUE(ScalesTo(2));
  EXPECT_NE(Started().find(R"("state":"red")"), std::string::npos) << Started();
  EXPECT_NE(Started().find(R"("parallelism":2)"), std::string::npos) << Started();
  EXPECT_EQ(Operations("AutoScaleApplication", "SUCCESSFUL").size(), 1u);
  EXPECT_EQ(store_->Find("a")->version, 1);
  // Of two KPUs.
  Minutes(16, 1.8);
  ASSERT_TRUE(ScalesTo(4));
  // The operators' maximum is 4.
  Minutes(16, 4);
  EXPECT_EQ(Parallelism(), 4);
  Minutes(61, 0);
  ASSERT_TRUE(ScalesTo(2));
  EXPECT_EQ(Operations("AutoScaleApplication", "SUCCESSFUL").size(), 3u);
  Do(E::kStop);
  ASSERT_TRUE(Becomes(S::kReady));
  EXPECT_EQ(Parallelism(), 0);
}

TEST_F(UpkeepTest, RescalesInPlaceWhereTheEngineCan) {
  StartRunning("RESCALES");
  const std::string url = Url();
  Minutes(16, 1);
  ASSERT_TRUE(ScalesTo(2));
  EXPECT_EQ(Url(), url);
  EXPECT_EQ(Operations("AutoScaleApplication", "SUCCESSFUL").size(), 1u);
  // A lost engine comes back as it was scaled.
  KillEngine();
  AwaitJob();
  EXPECT_NE(Started().find(R"("parallelism":2)"), std::string::npos) << Started();
}

TEST_F(UpkeepTest, WhatDoesNotComeUpScaledComesUpAsBefore) {
  StartRunning("WIDEFAILS STATE red ");
  Minutes(16, 1);
  for (int i = 0; i < kPatience && Operations("AutoScaleApplication", "FAILED").empty(); ++i) {
    clock_.Sleep(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(ScalesTo(0));
  EXPECT_EQ(Operations("AutoScaleApplication", "FAILED"), std::vector<std::string>{"boom: it failed\n\tat x"});
  EXPECT_NE(Started().find(R"("state":"red")"), std::string::npos) << Started();
  Minutes(40, 1);  // and is not tried again
  EXPECT_EQ(Operations("AutoScaleApplication", "").size(), 1u);
}

TEST_F(UpkeepTest, WithoutSnapshotsTheJobGoesOnFromItsCheckpoint) {
  LifecycleSettings settings;
  settings.autoscaling = true;
  specs_.Set(settings);
  StartRunning();
  const std::string before = Started();
  Minutes(16, 1);
  ASSERT_TRUE(ScalesTo(2));
  const size_t job = before.find("\"job\"");
  EXPECT_NE(Started().find(before.substr(job, 40)), std::string::npos) << before << Started();
  EXPECT_TRUE(store_->ListSnapshots({.owner = "a"}, kNewest, 10)->empty());
}

TEST_F(UpkeepTest, NothingIsScaledThatMustNotBe) {
  LifecycleSettings settings;
  settings.snapshots = true;
  specs_.Set(settings);
  StartRunning();
  Minutes(40, 1);
  EXPECT_EQ(Parallelism(), 0);
}

TEST_F(UpkeepTest, AnOldEngineIsReplacedInTheMaintenanceWindowOnly) {
  StartRunning("STATE red ");
  const std::string url = Url();
  runner_.IsOld(url);
  const auto start_in = [&](int hours) {
    const int64_t hour = (clock_.NowMs() / 3'600'000 + hours) % 24;
    char text[16];
    std::snprintf(text, sizeof(text), "%02d:00", static_cast<int>(hour));
    ASSERT_TRUE(store_->SetMaintenanceStart("a", text).ok());
  };
  start_in(2);
  Minutes(5, 0);
  EXPECT_TRUE(Operations("MaintainApplication", "").empty());
  start_in(0);
  Minutes(1, 0);
  for (int i = 0; i < kPatience && Operations("MaintainApplication", "SUCCESSFUL").empty(); ++i) {
    clock_.Sleep(std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(Becomes(S::kRunning));
  EXPECT_NE(Url(), url);
  EXPECT_NE(Started().find(R"("state":"red")"), std::string::npos) << Started();
  EXPECT_NE(Log().find("it is old"), std::string::npos);
  Minutes(70, 0);
  EXPECT_EQ(Operations("MaintainApplication", "").size(), 1u);
}

TEST_F(UpkeepTest, ALostJobGoesOnAlsoWhenItsVersionIsAnOlderOne) {
  StartRunning();
  const std::string before = Started();
  // A change that needs no restart.
  ASSERT_TRUE(store_->AddVersion("a", 1, {0, 2, 1, "{}"}, std::nullopt).ok());
  KillEngine();
  AwaitJob();
  const size_t job = before.find("\"job\"");
  EXPECT_NE(Started().find(before.substr(job, 40)), std::string::npos) << before << Started();
}

TEST(ApplicationFolderTest, NamesOfDotsStayInside) {
  EXPECT_EQ(ApplicationFolder("/d", "x.y"), "/d/apps/x.y");
  EXPECT_EQ(ApplicationFolder("/d", ".."), "/d/apps/%2dots");
}

}  // namespace
}  // namespace sluice::service
