// A small world for tests of checkpoints: sources that can be read again from a position, keyed counting operators,
// sinks with two phases, and a coordinator that does what it is told.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/runtime/job.h"
#include "engine/runtime/worker_pool.h"

namespace sluice::engine {

/// What the outside sees of all attempts of a job.
struct OutsideWorld {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<int64_t, std::vector<std::pair<int64_t, int64_t>>> transactions;  // by number; not visible
  std::set<int64_t> committed;
  int64_t next_transaction = 1;
  int64_t emitted = 0;   // rows that sources sent
  bool held = false;     // sources stop before the last tenth of their rows
  bool endless = false;  // … and say that there may be more

  /// Committed (key, count) rows, sorted.
  std::vector<std::pair<int64_t, int64_t>> Visible();
  void AwaitEmitted(int64_t rows);
  void Release();
};

struct SourceSpec {
  int64_t parts = 6;
  int64_t rows_per_part = 200;
  int64_t keys = 17;
  int64_t salt = 0;
  int64_t Key(int64_t part, int64_t row) const { return ((part * 7919 + row * 104729 + salt) & 0x7FFFFFFF) % keys; }
};

/// Columns: key, time. The parts are divided among the subtasks; the watermark is the smallest time of theirs.
std::function<Result<std::unique_ptr<Source>>()> PartsSource(OutsideWorld* world, SourceSpec spec);
/// Counts rows by key (column 0) over all its inputs and emits (key, count) for every row; fails on a late row.
std::function<Result<std::unique_ptr<Operator>>()> CountingOperator(bool check_late);
/// Passes rows on.
std::function<Result<std::unique_ptr<Operator>>()> PassingOperator();
std::function<Result<std::unique_ptr<Sink>>()> TransactionSink(OutsideWorld* world);

/// Takes checkpoints of one attempt of a job.
class TestCoordinator : public JobListener {
 public:
  explicit TestCoordinator(CheckpointStorage* storage) : storage_(storage) {}

  void OnJobStatus(JobStatus status, int64_t) override;
  void OnSubtaskAck(SubtaskAck ack) override;
  void OnDecline(int64_t id, const Error& error) override;
  void OnFinalCheckpointWanted() override;

  /// The manifest of a checkpoint once all subtasks have answered; none if it was declined or the job ended first.
  std::optional<CheckpointManifest> Take(Job& job, const JobGraph& graph, CheckpointRequest request);
  /// Without waiting; Await waits.
  void Trigger(Job& job, CheckpointRequest request);
  std::optional<CheckpointManifest> Await(Job& job, const JobGraph& graph, int64_t id);
  /// Confirms what two-phase sinks want until the job has ended.
  JobStatus RunToTheEnd(Job& job, const JobGraph& graph, int64_t first_id);

  std::map<int64_t, std::vector<SubtaskAck>> acks;
  std::map<int64_t, std::string> declines;
  int wanted = 0;
  bool ended = false;
  std::mutex mutex;
  std::condition_variable changed;

 private:
  CheckpointStorage* storage_;
};

}  // namespace sluice::engine
