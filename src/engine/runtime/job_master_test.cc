// The master over attempts that the test plays, with a clock that it moves.
#include "engine/runtime/job_master.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/random.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

class FakeJob;

/// What the attempts were told, and how they answer.
struct World {
  std::mutex mutex;
  std::vector<FakeJob*> jobs;  // by attempt; valid while the master has them
  std::vector<CheckpointRequest> triggered;
  std::vector<int64_t> confirmed, aborted, restored_from;
  std::vector<bool> held;
  std::vector<int> parallelism;  // of vertex 0
  std::atomic<bool> acknowledge{true};
  std::atomic<int> declines{0};  // so many of the next are declined

  template <typename F>
  auto With(F f) {
    std::lock_guard lock(mutex);
    return f(*this);
  }
  size_t attempts() {
    return With([](World& w) { return w.jobs.size(); });
  }
};

class FakeJob : public Job {
 public:
  FakeJob(World& world, JobGraph graph, const JobEnvironment& env)
      : world_(world), graph_(std::move(graph)), env_(env) {}
  ~FakeJob() override { EXPECT_TRUE(IsTerminal(status_) || status_ == JobStatus::kCreated); }

  void Start() override {
    if (status_ != JobStatus::kCreated) return;
    Tell(JobStatus::kRunning);
    env_.listener->OnAllOpen(env_.clock->MonotonicNs());
  }
  void Cancel() override {
    if (IsTerminal(status_)) return;
    Tell(JobStatus::kCanceled);
  }
  void Stop() override { Finish(); }
  JobStatus Wait() override { return status_; }
  JobStatus status() const override { return status_; }
  std::optional<Error> failure() const override { return std::nullopt; }
  JobSnapshot Snapshot() const override { return {}; }
  void TriggerCheckpoint(const CheckpointRequest& request) override {
    world_.With([&](World& w) { w.triggered.push_back(request); });
    last_ = request;
    if (world_.declines > 0) {
      --world_.declines;
      env_.listener->OnDecline(request.id, Error(ErrorCode::kIo, "disk full"));
    } else if (world_.acknowledge) {
      Acknowledge(request.id);
    }
  }
  void AbortCheckpoint(int64_t id) override {
    world_.With([&](World& w) { w.aborted.push_back(id); });
  }
  void ConfirmCheckpoint(int64_t id) override {
    world_.With([&](World& w) { w.confirmed.push_back(id); });
    if (last_.then != AfterCheckpoint::kGoOn) Finish();
  }

  void Acknowledge(int64_t id) {
    for (size_t v = 0; v < graph_.vertices.size(); ++v) {
      for (int s = 0; s < graph_.vertices[v].parallelism; ++s) {
        SubtaskAck ack;
        ack.checkpoint_id = id;
        ack.vertex = static_cast<int>(v);
        ack.subtask = s;
        ack.snapshot.position = "p" + std::to_string(id);
        ack.stats.ack_ms = env_.clock->NowMs();
        env_.listener->OnSubtaskAck(std::move(ack));
      }
    }
  }
  void Fail(const Error& error) {
    env_.listener->OnFailure(error, env_.clock->NowMs());
    Tell(JobStatus::kFailing);
    Tell(JobStatus::kFailed);
  }
  void Finish() { Tell(JobStatus::kFinished); }

 private:
  void Tell(JobStatus status) {
    status_ = status;
    env_.listener->OnJobStatus(status, env_.clock->NowMs());
  }
  World& world_;
  const JobGraph graph_;
  const JobEnvironment env_;
  std::atomic<JobStatus> status_{JobStatus::kCreated};
  CheckpointRequest last_;
};

template <typename F>
void Eventually(F holds) {
  while (!holds()) std::this_thread::yield();
}

class JobMasterTest : public testing::Test {
 protected:
  std::unique_ptr<JobMaster> Make(OptionValues options, bool resume = false, int max_parallelism = 128) {
    auto config = ReadJobConfig(options);
    EXPECT_TRUE(config.ok()) << (config.ok() ? "" : config.error().ToString());
    JobGraph graph;
    graph.name = "toy";
    graph.max_parallelism = max_parallelism;
    for (const std::string uid : {"source", "sink"}) {
      JobVertex vertex;
      vertex.uid = uid;
      vertex.name = uid;
      vertex.rescalable = uid != "sink";
      graph.vertices.push_back(vertex);
    }
    JobMasterEnvironment env;
    env.clock = &clock_;
    env.random = &random_;
    env.open_storage = [](const std::string& uri) { return OpenCheckpointStorage(uri, {}); };
    env.make_job = [this](JobGraph g, const JobEnvironment& e,
                          const JobRestore* restore) -> Result<std::unique_ptr<Job>> {
      if (refuse_) return *refuse_;
      const int parallelism = g.vertices[0].parallelism;
      auto job = std::make_unique<FakeJob>(world_, std::move(g), e);
      world_.With([&](World& w) {
        w.jobs.push_back(job.get());
        w.parallelism.push_back(parallelism);
        w.restored_from.push_back(restore == nullptr ? 0 : restore->manifest.checkpoint_id);
        w.held.push_back(restore != nullptr && restore->hold_commits);
      });
      return std::unique_ptr<Job>(std::move(job));
    };
    env.on_note = [this](const std::string& line, bool) { world_.With([&](World&) { notes_ += line + "\n"; }); };
    auto master = JobMaster::Create("0123456789abcdef0123456789abcdef", std::move(graph), *config, env, resume);
    EXPECT_TRUE(master.ok()) << (master.ok() ? "" : master.error().ToString());
    return master.ok() ? std::move(*master) : nullptr;
  }
  static std::string MakeFolder() {
    std::string pattern = testing::TempDir() + "job_master_XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    return pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  FakeJob* job(size_t attempt) {
    return world_.With([&](World& w) { return w.jobs.at(attempt); });
  }
  /// Moves the clock once the control thread waits for it.
  void Pass(std::chrono::milliseconds time) {
    clock_.AwaitWaiters(1);
    clock_.Advance(time);
  }
  void PassUntil(const std::function<bool()>& holds) {
    for (int i = 0; i < 10'000 && !holds(); ++i) {
      clock_.Advance(std::chrono::milliseconds(10));
      std::this_thread::yield();
    }
    Eventually(holds);
  }
  void AwaitConfirmed(int64_t id) {
    Eventually([&] { return world_.With([&](World& w) { return !w.confirmed.empty() && w.confirmed.back() >= id; }); });
  }

  /// The checkpoints up to `last`, one every 10 s.
  void AwaitCheckpoints(int64_t last) {
    for (int64_t id = 1; id <= last; ++id) {
      Pass(std::chrono::milliseconds(10'000));
      AwaitConfirmed(id);
    }
  }
  std::vector<int64_t> RestoredFrom() {
    return world_.With([](World& w) { return w.restored_from; });
  }
  /// Options of checkpoints that stay on disk.
  OptionValues InFolder(OptionValues more = {}) const {
    more["execution.checkpointing.interval"] = "10 s";
    more["execution.checkpointing.dir"] = "file:" + folder_ + "/cp";
    return more;
  }
  /// Stops the job with a savepoint, whose path it answers.
  std::string StopWithSavepoint(std::unique_ptr<JobMaster> master, const std::string& folder) {
    master->Start();
    const auto order = master->TriggerSavepoint({.folder = folder, .then = AfterCheckpoint::kSuspend});
    EXPECT_TRUE(order.ok());
    EXPECT_EQ(master->Wait(), JobStatus::kFinished);
    Eventually([&] { return master->FindOrder(*order)->done; });
    return master->FindOrder(*order)->location;
  }

  ManualClock clock_{1'000'000};
  SeededRandom random_{1};
  World world_;
  const std::string folder_ = MakeFolder();
  std::optional<Error> refuse_;
  std::string notes_;
};

using std::chrono::milliseconds;

TEST_F(JobMasterTest, APlainJobEndsWithoutAControlThread) {
  auto master = Make({});
  master->Start();
  EXPECT_EQ(master->status(), JobStatus::kRunning);
  job(0)->Finish();
  EXPECT_EQ(master->Wait(), JobStatus::kFinished);
}

TEST_F(JobMasterTest, APlainJobThatFailsStaysFailed) {
  auto master = Make({});
  master->Start();
  job(0)->Fail(Error(ErrorCode::kData, "operator 'source' (1/1): bad row"));
  EXPECT_EQ(master->Wait(), JobStatus::kFailed);
  EXPECT_EQ(master->failure()->code(), ErrorCode::kData);
  const JobHistory history = master->History();
  ASSERT_EQ(history.failures.size(), 1u);
  EXPECT_EQ(history.failures[0].vertex_uid, "source");
  EXPECT_EQ(history.failures[0].subtask, 0);
  EXPECT_EQ(history.downtime_ms, -1);
}

TEST_F(JobMasterTest, CheckpointFailRestartFromIt) {
  auto master = Make({{"execution.checkpointing.interval", "10 s"},
                      {"restart-strategy.type", "fixed-delay"},
                      {"restart-strategy.fixed-delay.attempts", "1"},
                      {"restart-strategy.fixed-delay.delay", "5 s"}});
  master->Start();
  AwaitCheckpoints(2);
  job(0)->Fail(Error(ErrorCode::kData, "bad row"));
  Eventually([&] { return master->status() == JobStatus::kRestarting; });
  Pass(milliseconds(2000));
  EXPECT_EQ(master->History().downtime_ms, 2000);
  Pass(milliseconds(3000));
  Eventually([&] { return master->status() == JobStatus::kRunning; });
  EXPECT_EQ(RestoredFrom(), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(master->History().restarts, 1);
  EXPECT_EQ(master->Checkpoints().latest_restored->id, 2);
  Pass(milliseconds(10'000));
  AwaitConfirmed(3);
  job(1)->Fail(Error(ErrorCode::kData, "bad row"));
  EXPECT_EQ(master->Wait(), JobStatus::kFailed) << "one attempt only";
  EXPECT_EQ(master->Checkpoints().completed, 3);
}

TEST_F(JobMasterTest, AFailedCheckpointIsCountedAndTheJobGoesOn) {
  auto master = Make(
      {{"execution.checkpointing.interval", "10 s"}, {"execution.checkpointing.tolerable-failed-checkpoints", "1"}});
  world_.declines = 1;
  master->Start();
  Pass(milliseconds(10'000));
  Eventually([&] { return master->Checkpoints().failed == 1; });
  EXPECT_EQ(master->status(), JobStatus::kRunning);
  EXPECT_EQ(master->Checkpoints().latest_failed->failure_message, "Asynchronous task checkpoint failed. IO: disk full");
  world_.declines = 2;
  Pass(milliseconds(10'000));
  Eventually([&] { return master->Checkpoints().failed == 2; });
  Eventually([&] { return master->status() == JobStatus::kRestarting; });
  EXPECT_NE(master->History().failures[0].error.message().find("tolerable failure threshold"), std::string::npos);
  PassUntil([&] { return world_.attempts() == 2; });
  Eventually([&] { return master->status() == JobStatus::kRunning; });
}

TEST_F(JobMasterTest, ASavepointBesideCommitsNothing) {
  auto master = Make({});
  master->Start();
  EXPECT_FALSE(master->TriggerSavepoint({}).ok()) << "no folder";
  const auto order = master->TriggerSavepoint({.folder = "file:" + folder_});
  ASSERT_TRUE(order.ok());
  Eventually([&] { return master->FindOrder(*order)->done; });
  const SavepointFacts facts = *master->FindOrder(*order);
  ASSERT_FALSE(facts.error) << facts.error->ToString();
  EXPECT_TRUE(facts.location.find("savepoint-012345-") != std::string::npos) << facts.location;
  EXPECT_TRUE(world_.With([](World& w) { return w.confirmed.empty(); }));
  EXPECT_TRUE(world_.With([](World& w) { return w.triggered[0].full; }));
  EXPECT_EQ(master->status(), JobStatus::kRunning);
  EXPECT_EQ(master->Checkpoints().latest_savepoint->kind, CheckpointKind::kSavepoint);
  master->Cancel();
  EXPECT_EQ(master->Wait(), JobStatus::kCanceled);
}

TEST_F(JobMasterTest, CancelWithSavepointEndsCanceledAndCommitsNothingBehindIt) {
  auto master = Make({{"execution.checkpointing.interval", "10 s"}});
  master->Start();
  AwaitCheckpoints(1);
  world_.acknowledge = false;
  const auto order = master->TriggerSavepoint({.folder = "file:" + folder_, .cancel_job = true});
  ASSERT_TRUE(order.ok());
  Eventually([&] { return world_.With([](World& w) { return w.triggered.size() == 2; }); });
  Pass(milliseconds(20'000));  // no checkpoint comes between it and the end
  job(0)->Acknowledge(2);
  EXPECT_EQ(master->Wait(), JobStatus::kCanceled);
  const SavepointFacts facts = *master->FindOrder(*order);
  ASSERT_FALSE(facts.error) << facts.error->ToString();
  EXPECT_FALSE(facts.location.empty());
  EXPECT_EQ(world_.With([](World& w) { return w.confirmed; }), std::vector<int64_t>{1});
  EXPECT_EQ(world_.With([](World& w) { return w.triggered.size(); }), 2u);
}

TEST_F(JobMasterTest, StopWithSavepointFinishesAndAJobStartsFromIt) {
  const std::string location =
      StopWithSavepoint(Make({{"execution.checkpointing.savepoint-dir", "file:" + folder_}}), "");
  auto next = Make({{"execution.savepoint.path", location}});
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(RestoredFrom().back(), 1);
  EXPECT_TRUE(next->Checkpoints().latest_restored->savepoint);
  next->Start();
  const int64_t again = next->TriggerCheckpoint();
  Eventually([&] { return next->FindOrder(again)->done; });
  EXPECT_EQ(next->CheckpointOfOrder(again), 2) << "ids go on behind the savepoint's";
}

TEST_F(JobMasterTest, TakesOverTheKeyGroupsOfWhatItStartsFrom) {
  const std::string location = StopWithSavepoint(Make({}, false, 256), "file:" + folder_);
  EXPECT_EQ(Make({{"execution.savepoint.path", location}})->max_parallelism(), 256);
  EXPECT_EQ(Make({{"execution.savepoint.path", location}, {"pipeline.max-parallelism", "128"}})->max_parallelism(), 128)
      << "Job::Create refuses it";
}

TEST_F(JobMasterTest, RescalesInPlace) {
  auto master = Make({{"execution.checkpointing.interval", "10 s"}});
  master->Start();
  EXPECT_FALSE(master->UpdateParallelism({{"nobody", 2}}).ok());
  EXPECT_FALSE(master->UpdateParallelism({{"source", 129}}).ok());
  ASSERT_TRUE(master->UpdateParallelism(2).ok());
  Eventually([&] { return master->History().rescales == 1; });
  EXPECT_EQ(master->status(), JobStatus::kRunning);
  EXPECT_EQ(world_.With([](World& w) { return w.parallelism; }), (std::vector<int>{1, 2}));
  EXPECT_EQ(world_.With([](World& w) { return w.held; }), (std::vector<bool>{false, true}));
  EXPECT_TRUE(world_.With([](World& w) { return w.confirmed.empty(); })) << "nothing is durable yet";
  EXPECT_EQ(master->Checkpoints().total, 0);
  Pass(milliseconds(10'000));
  AwaitConfirmed(2);
}

TEST_F(JobMasterTest, ARescaleThatCannotBeSnapshottedLeavesTheJob) {
  auto master = Make({});
  world_.declines = 1;
  master->Start();
  ASSERT_TRUE(master->UpdateParallelism(2).ok());
  Eventually(
      [&] { return world_.With([&](World&) { return notes_.find("keeps its parallelism") != std::string::npos; }); });
  EXPECT_EQ(master->status(), JobStatus::kRunning);
  EXPECT_EQ(world_.attempts(), 1u);
}

TEST_F(JobMasterTest, AProcessThatComesBackResumes) {
  const OptionValues options = InFolder();
  auto master = Make(options);
  master->Start();
  Pass(milliseconds(10'000));
  AwaitConfirmed(1);
  master->Abandon();
  EXPECT_EQ(master->Wait(), JobStatus::kCanceled);
  master.reset();
  auto next = Make(options, true);
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(RestoredFrom().back(), 1);
  next->Start();
  Eventually([&] { return next->status() == JobStatus::kRunning; });
  next->Cancel();
  EXPECT_EQ(next->Wait(), JobStatus::kCanceled);
  next.reset();
  auto last = Make(options, true);
  EXPECT_EQ(RestoredFrom().back(), 0) << "cancelled: deleted";
}

TEST_F(JobMasterTest, ADamagedCheckpointIsPassedOver) {
  auto master = Make(InFolder({{"execution.checkpointing.num-retained", "2"},
                               {"restart-strategy.type", "fixed-delay"},
                               {"restart-strategy.fixed-delay.delay", "1 s"}}));
  master->Start();
  AwaitCheckpoints(2);
  const std::string manifest = folder_ + "/cp/0123456789abcdef0123456789abcdef/chk-2/_metadata";
  ASSERT_TRUE(std::filesystem::exists(manifest));
  std::filesystem::resize_file(manifest, std::filesystem::file_size(manifest) / 2);
  job(0)->Fail(Error(ErrorCode::kData, "bad row"));
  PassUntil([&] { return world_.attempts() == 2; });
  EXPECT_EQ(RestoredFrom(), (std::vector<int64_t>{0, 1}));
  EXPECT_NE(world_.With([&](World&) { return notes_; }).find("chk-2/_metadata"), std::string::npos) << notes_;
}

TEST_F(JobMasterTest, AStateFileThatTurnsOutDamagedIsPassedOver) {
  auto master = Make(InFolder({{"execution.checkpointing.num-retained", "2"},
                               {"restart-strategy.type", "fixed-delay"},
                               {"restart-strategy.fixed-delay.attempts", "2"},
                               {"restart-strategy.fixed-delay.delay", "1 s"}}));
  master->Start();
  AwaitCheckpoints(2);
  job(0)->Fail(Error(ErrorCode::kData, "bad row"));
  PassUntil([&] { return world_.attempts() == 2 && master->status() == JobStatus::kRunning; });
  job(1)->Fail(Error(ErrorCode::kCorrupt, "'shared/x-2' has a wrong checksum"));
  PassUntil([&] { return world_.attempts() == 3; });
  EXPECT_EQ(RestoredFrom(), (std::vector<int64_t>{0, 2, 1}));
}

TEST_F(JobMasterTest, AFolderThatCannotBeWrittenFailsTheCheckpointOnly) {
  // A file where the job's folder should be.
  std::filesystem::create_directories(folder_ + "/cp");
  auto master = Make(InFolder({{"execution.checkpointing.tolerable-failed-checkpoints", "5"}}));
  ASSERT_NE(master, nullptr);
  std::filesystem::remove_all(folder_ + "/cp");
  std::ofstream(folder_ + "/cp") << "in the way";
  master->Start();
  Pass(milliseconds(10'000));
  Eventually([&] { return master->Checkpoints().failed == 1; });
  EXPECT_EQ(master->status(), JobStatus::kRunning);
  const std::string message = master->Checkpoints().latest_failed->failure_message;
  EXPECT_TRUE(message.starts_with("Failure to finalize checkpoint.")) << message;
  std::filesystem::remove(folder_ + "/cp");
  Pass(milliseconds(10'000));
  AwaitConfirmed(2);
}

TEST_F(JobMasterTest, CancelWhileRestarting) {
  auto master = Make({{"restart-strategy.type", "fixed-delay"}, {"restart-strategy.fixed-delay.delay", "1 h"}});
  master->Start();
  Eventually([&] { return master->status() == JobStatus::kRunning; });
  job(0)->Fail(Error(ErrorCode::kData, "bad row"));
  Eventually([&] { return master->status() == JobStatus::kRestarting; });
  master->Cancel();
  EXPECT_EQ(master->Wait(), JobStatus::kCanceled);
}

TEST_F(JobMasterTest, WhatDoesNotFitIsNotTriedAgain) {
  auto master = Make({{"execution.checkpointing.interval", "10 s"}});
  master->Start();
  Eventually([&] { return master->status() == JobStatus::kRunning; });
  job(0)->Fail(Error(ErrorCode::kRestore, "operator 'source': another type"));
  EXPECT_EQ(master->Wait(), JobStatus::kFailed);
}

}  // namespace
}  // namespace sluice::engine
