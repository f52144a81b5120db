#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/ids.h"
#include "service/runner/driver.h"
#include "service/runner/first_line.h"
#include "service/runner/snapshot_transfer.h"

namespace sluice::service {
namespace {

/// Of a snapshot's savepoints each has a name of its own, which an engine is asked for it by.
std::string TriggerId(const SnapshotRow& row, size_t number, int attempt) {
  auto id = Id128::Parse(row.folder.substr(row.folder.rfind('/') + 1));
  if (!id.ok()) return "";
  id->high ^= static_cast<uint64_t>(attempt);
  id->low += number;
  return id->ToString();
}

/// In the order of the script: its jobs have ids that follow each other.
Result<std::vector<FlinkJob>> JobsInOrder(const JobControl& client) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<FlinkJob> jobs, client.Jobs());
  std::sort(jobs.begin(), jobs.end(), [](const FlinkJob& a, const FlinkJob& b) { return a.id < b.id; });
  return jobs;
}

}  // namespace

std::string Supervisor::Driver::BelowDataFolder(std::string location) const {
  if (location.starts_with("file:")) location.erase(0, 5);
  if (location.starts_with("///")) location.erase(0, 2);
  const std::string prefix = supervisor_.options_.data_folder + "/";
  if (location.starts_with(prefix)) location.erase(0, prefix.size());
  return location;
}

std::string Supervisor::Driver::AbsoluteLocation(const std::string& location) const {
  const bool elsewhere = location.empty() || location.starts_with('/') || location.find(':') != std::string::npos;
  return elsewhere ? location : supervisor_.options_.data_folder + "/" + location;
}

std::optional<SnapshotRow> Supervisor::Driver::BegunSnapshot() {
  auto begun = supervisor_.store_.ListSnapshots(
      {.application = name_, .status = "CREATING", .origin = "SystemCreateSnapshot"}, kNewest, 1);
  if (!begun.ok() || begun->empty()) return std::nullopt;
  return begun->front();
}

Result<SnapshotRow> Supervisor::Driver::SystemSnapshot(const ApplicationRow& row, const LifecycleSettings& settings) {
  if (auto begun = BegunSnapshot()) return *begun;
  const std::string id = NewId();
  SnapshotRow out;
  out.owner = settings.standing_snapshots ? "" : name_;
  out.name = fmt::format("{}-{}-{}-{}-{}", id.substr(0, 8), id.substr(8, 4), id.substr(12, 4), id.substr(16, 4),
                         id.substr(20));
  out.application = name_;
  out.application_created_ms = row.created_ms;
  out.status = "CREATING";
  // Of the job that runs, which is not the version that it makes room for.
  out.version = row.running_version == 0 ? row.version : row.running_version;
  out.created_ms = NowMs();
  out.runtime = settings.runtime;
  out.folder = settings.standing_snapshots
                   ? "snapshots/" + id
                   : folder_.substr(supervisor_.options_.data_folder.size() + 1) + "/snapshots/" + id;
  out.by_system = true;
  out.origin = "SystemCreateSnapshot";
  SnapshotOperationRow operation;
  operation.id = id;
  operation.operation = "SystemCreateSnapshot";
  operation.start_ms = out.created_ms;
  SLUICE_RETURN_IF_ERROR(supervisor_.store_.BeginSnapshot(&out, 0, settings.standing_snapshots ? &operation : nullptr));
  return out;
}

Result<std::string> Supervisor::Driver::AwaitSavepoint(const JobControl& client, const std::string& job,
                                                       const std::string& trigger, bool stop, int64_t deadline_ns) {
  while (true) {
    auto savepoint = client.Savepoint(job, trigger);
    if (savepoint.ok() && savepoint->done) {
      if (!savepoint->failure.empty()) return Error(ErrorCode::kIo, savepoint->failure);
      return savepoint->location;
    }
    if (!savepoint.ok() && (savepoint.error().code() == ErrorCode::kNotFound || !Runner().Alive(folder_))) {
      return savepoint.error();
    }
    if (supervisor_.clock_.MonotonicNs() > deadline_ns) {
      return Error(ErrorCode::kTimeout, fmt::format("the snapshot was not complete within {} s",
                                                    supervisor_.options_.snapshot_timeout.count() / 1000));
    }
    if (stop ? Interrupted() : Urgent()) return Error(ErrorCode::kCancelled, "the snapshot was interrupted");
    supervisor_.clock_.Sleep(std::chrono::milliseconds(20));
  }
}

Result<std::vector<std::string>> Supervisor::Driver::Savepoints(const SnapshotRow& row, bool stop, int attempt) {
  auto client = Client();
  if (!client) return Error(ErrorCode::kIo, "there is no engine");
  const std::string folder = supervisor_.options_.data_folder + "/" + row.folder;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<FlinkJob> jobs, JobsInOrder(*client));
  const bool any = std::any_of(jobs.begin(), jobs.end(), [](const FlinkJob& job) { return !job.ended(); });
  for (size_t i = 0; i < jobs.size(); ++i) {
    auto known = client->Savepoint(jobs[i].id, TriggerId(row, i, attempt));
    if (known.ok() || (jobs[i].ended() && any)) continue;
    if (known.error().code() != ErrorCode::kNotFound) return known.error();
    const std::string target = fmt::format("{}/{}", folder, i);
    SLUICE_RETURN_IF_ERROR(MakeFolders(target));
    SLUICE_RETURN_IF_ERROR(client->TriggerSavepoint(jobs[i].id, target, TriggerId(row, i, attempt), stop));
  }
  At("snapshot.triggered");
  const int64_t deadline = DeadlineIn(supervisor_.options_.snapshot_timeout);
  std::vector<std::string> out;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].ended() && !client->Savepoint(jobs[i].id, TriggerId(row, i, attempt)).ok()) {
      out.emplace_back();  // has read all of its input before
      continue;
    }
    SLUICE_ASSIGN_OR_RETURN(std::string location,
                            AwaitSavepoint(*client, jobs[i].id, TriggerId(row, i, attempt), stop, deadline));
    out.push_back(BelowDataFolder(std::move(location)));
  }
  while (stop && supervisor_.clock_.MonotonicNs() < deadline) {
    auto all = client->AllJobs();
    if (!all.ok() || all->all_ended) break;
    if (Urgent()) return Error(ErrorCode::kCancelled, "the stop was interrupted");
    supervisor_.clock_.Sleep(std::chrono::milliseconds(10));
  }
  return out;
}

/// Flink declines while a task is coming or going: after a rescale those that got nothing to read end. The job runs on,
/// and can be asked again when that is over.
Result<std::vector<std::string>> Supervisor::Driver::SavepointsAndStop(const SnapshotRow& row) {
  constexpr std::chrono::seconds kSettling{20};
  auto taken = Savepoints(row, true, 0);
  if (taken.ok() || taken.error().code() != ErrorCode::kIo) return taken;
  logger_.Warn("a stop is tried once more", {{"error", FirstLine(taken.error().message())}});
  const int64_t deadline = DeadlineIn(kSettling);
  while (supervisor_.clock_.MonotonicNs() < deadline) {
    auto client = Client();
    auto job = client ? client->AllJobs() : Result<FlinkJob>(Error(ErrorCode::kIo, "there is no engine"));
    if (!job.ok() || job->ended()) break;
    if (job->all_up()) return Savepoints(row, true, 1);
    if (Urgent()) return Error(ErrorCode::kCancelled, "the stop was interrupted");
    supervisor_.clock_.Sleep(std::chrono::milliseconds(50));
  }
  return taken;
}

std::optional<std::vector<std::string>> Supervisor::Driver::SavepointsOnDisk(const SnapshotRow& row) {
  auto files = FilesBelow(supervisor_.options_.data_folder + "/" + row.folder);
  if (!files.ok()) return std::nullopt;
  constexpr std::string_view kLast = "/_metadata";  // written when all else is there
  std::vector<std::string> out;
  for (const std::string& file : *files) {
    if (file.ends_with(kLast)) out.push_back(row.folder + "/" + file.substr(0, file.size() - kLast.size()));
  }
  auto jobs = ListFolder(supervisor_.options_.data_folder + "/" + row.folder);
  if (out.empty() || !jobs.ok() || jobs->size() != out.size()) return std::nullopt;
  return out;
}

void Supervisor::Driver::TakeSnapshots() {
  {
    std::lock_guard lock(mutex_);
    snapshots_wanted_ = false;
  }
  auto waiting = supervisor_.store_.ListSnapshots({.application = name_, .status = "CREATING"}, kNewest, 1000);
  if (!waiting.ok()) return;
  // In the order of the requests.
  for (auto row = waiting->rbegin(); row != waiting->rend(); ++row) {
    if (row->origin == "SystemCreateSnapshot") continue;
    TakeSnapshot(*row);
    if (Urgent()) return;
  }
}

void Supervisor::Driver::TakeSnapshot(const SnapshotRow& row) {
  At("create_snapshot.begun");
  auto taken = Savepoints(row, false, 0);
  // What was given up for a force stop is failed there; what for the service's end is begun anew by the next one.
  if (!taken.ok() && taken.error().code() == ErrorCode::kCancelled) return;
  At("create_snapshot.complete");
  Status stored;
  if (taken.ok()) {
    const int64_t size = BytesBelow(supervisor_.options_.data_folder + "/" + row.folder);
    stored = supervisor_.store_.FinishSnapshot(row.sequence, *taken, size, NowMs());
    log_.Write("INFO", version_, fmt::format("The snapshot {} was taken.", row.name));
  } else {
    const std::string why = taken.error().message();
    stored = supervisor_.store_.FailSnapshot(row.sequence, why, NowMs());
    log_.Write("ERROR", version_, fmt::format("The snapshot {} failed: {}", row.name, FirstLine(why)), why);
  }
  if (!stored.ok()) logger_.Error("a snapshot cannot be recorded", {{"error", stored.error().message()}});
  At("create_snapshot.stored");
}

}  // namespace sluice::service
