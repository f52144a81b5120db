#include "engine/job/stest/disturbed_run.h"

#include "base/random.h"
#include "engine/job/stest/attempt.h"
#include "engine/job/stest/transactional_rows.h"
#include "engine/runtime/worker_pool.h"
#include "engine/state/rocksdb_backend.h"

namespace sluice::engine::stest {
namespace {

class DisturbedRun {
 public:
  DisturbedRun(PhysicalPlan plan, const JobBuildEnvironment& environment, const MatrixPoint& point,
               std::string_view name, WorkerPool& workers, int64_t deadline_ns)
      : plan_(std::make_shared<const PhysicalPlan>(std::move(plan))),
        environment_(environment),
        point_(point),
        workers_(workers),
        deadline_ns_(deadline_ns),
        random_(SeededHash(point.seed, name)),
        rows_(plan_->settings.time_zone, plan_->settings.legacy_cast),
        storage_(MakeMemoryCheckpointStorage()) {}

  Result<std::vector<DisplayedRow>> Run() {
    int parallelism = point_.parallelism;
    for (uint64_t kills = 1 + random_.Below(2); kills > 0; --kills) {
      SLUICE_ASSIGN_OR_RETURN(const bool ended, RunUntilKilled(parallelism));
      if (ended) return rows_.Take();
      if (point_.disturbance == Disturbance::kRescale) parallelism = Another(parallelism);
    }
    SLUICE_RETURN_IF_ERROR(RunToTheEnd(parallelism));
    return rows_.Take();
  }

 private:
  int Another(int parallelism) {
    const int other = 1 + static_cast<int>(random_.Below(3));
    return other < parallelism ? other : other + 1;
  }

  /// Points near the beginning: the corpus' inputs have few rows, and small batches make many points out of them.
  int64_t SomeBatches() {
    const uint64_t most = point_.batch_rows == 1 ? 14 : point_.batch_rows < 100 ? 5 : 3;
    return static_cast<int64_t>(random_.Below(most));
  }

  Status Start(Attempt& attempt, int parallelism) {
    JobBuildEnvironment environment = environment_;
    environment.default_parallelism = parallelism;
    SLUICE_ASSIGN_OR_RETURN(JobGraph graph, BuildJobGraph(plan_, environment, [](Batch) { return Status(); }));
    for (size_t i = 0; i < graph.vertices.size(); ++i) {
      JobVertex& vertex = graph.vertices[i];
      if (vertex.make_source) {
        vertex.make_source = [make = vertex.make_source, &gate = attempt.gate()]() -> Result<std::unique_ptr<Source>> {
          SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Source> source, make());
          return Behind(gate, std::move(source));
        };
      } else if (std::holds_alternative<CollectNode>(plan_->nodes[i].payload)) {
        vertex.make_sink = [this]() -> Result<std::unique_ptr<Sink>> { return rows_.MakeSink(); };
      }
    }
    if (!manifest_) return attempt.Start(std::move(graph), workers_, StateBackendsOf(point_), nullptr);
    // As another process would read it.
    JobRestore restore;
    SLUICE_ASSIGN_OR_RETURN(restore.manifest, DecodeManifest(EncodeManifest(*manifest_), "the test's checkpoint"));
    restore.reader = storage_.get();
    restore.may_refer = random_.Below(2) == 0;
    return attempt.Start(std::move(graph), workers_, StateBackendsOf(point_), &restore);
  }

  /// True: the job has ended before it could be killed.
  Result<bool> RunUntilKilled(int parallelism) {
    Attempt attempt(*environment_.clock, deadline_ns_);
    attempt.gate().Open(SomeBatches());
    SLUICE_RETURN_IF_ERROR(Start(attempt, parallelism));
    const Attempt::Event event = attempt.Await();
    if (event == Attempt::Event::kEnded || event == Attempt::Event::kTimeout) return Ended(attempt);
    const BarrierMode mode = random_.Below(3) == 0 ? BarrierMode::kUnaligned : BarrierMode::kAligned;
    SLUICE_ASSIGN_OR_RETURN(auto manifest, attempt.Checkpoint(++last_checkpoint_, mode, *storage_));
    if (!manifest) return Ended(attempt);
    manifest_ = std::move(manifest);
    // Killed between the manifest and the commits, or some time after them.
    if (random_.Below(2) == 0) attempt.Confirm(last_checkpoint_);
    const int64_t more = SomeBatches();
    if (more > 0 && event == Attempt::Event::kGateClosed) {
      attempt.gate().Open(more);
      (void)attempt.Await();
    }
    return false;
  }

  Result<bool> Ended(Attempt& attempt) {
    SLUICE_RETURN_IF_ERROR(attempt.Outcome());
    return true;
  }

  Status RunToTheEnd(int parallelism) {
    Attempt attempt(*environment_.clock, deadline_ns_);
    SLUICE_RETURN_IF_ERROR(Start(attempt, parallelism));
    while (attempt.Await() == Attempt::Event::kFinalWanted) {
      SLUICE_ASSIGN_OR_RETURN(const auto manifest,
                              attempt.Checkpoint(++last_checkpoint_, BarrierMode::kAligned, *storage_));
      if (manifest) attempt.Confirm(last_checkpoint_);
    }
    return attempt.Outcome();
  }

  const std::shared_ptr<const PhysicalPlan> plan_;
  const JobBuildEnvironment& environment_;
  const MatrixPoint point_;
  WorkerPool& workers_;
  const int64_t deadline_ns_;
  SeededRandom random_;
  TransactionalRows rows_;
  std::unique_ptr<CheckpointStorage> storage_;
  int64_t last_checkpoint_ = 0;
  std::optional<CheckpointManifest> manifest_;
};

}  // namespace

StateBackendFactory StateBackendsOf(const MatrixPoint& point) {
  constexpr size_t kSmallBudget = 64 << 10;  // most entries must go through the store
  return point.rocksdb ? RocksDbStateBackends({}, kSmallBudget) : StateBackendFactory();
}

Result<std::vector<DisplayedRow>> RunDisturbed(PhysicalPlan plan, const JobBuildEnvironment& environment,
                                               const MatrixPoint& point, std::string_view name, WorkerPool& workers,
                                               int64_t deadline_ns) {
  return DisturbedRun(std::move(plan), environment, point, name, workers, deadline_ns).Run();
}

}  // namespace sluice::engine::stest
