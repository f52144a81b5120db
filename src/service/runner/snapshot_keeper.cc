#include "service/runner/snapshot_keeper.h"

#include <filesystem>

#include "base/files.h"
#include "service/runner/snapshot_transfer.h"

namespace sluice::service {
namespace {

constexpr int64_t kAtOnce = 1000;
constexpr const char* kManifest = "/snapshot.json";

std::string_view ErrorCodeFor(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kNotFound: return "NoSuchKey";
    case ErrorCode::kData: return "InvalidSnapshot";
    case ErrorCode::kInvalidArgument: return "AccessDenied";
    default: return "InternalFailure";
  }
}

}  // namespace

Supervisor::SnapshotKeeper::SnapshotKeeper(Supervisor& supervisor)
    : supervisor_(supervisor), logger_(supervisor.logger_.For("snapshots")), thread_([this] { Loop(); }) {}

Supervisor::SnapshotKeeper::~SnapshotKeeper() { Close(); }

void Supervisor::SnapshotKeeper::Wake() {
  std::lock_guard lock(mutex_);
  wake_ = true;
  changed_.notify_all();
}

void Supervisor::SnapshotKeeper::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Supervisor::SnapshotKeeper::Closed() {
  std::lock_guard lock(mutex_);
  return closed_;
}

void Supervisor::SnapshotKeeper::Loop() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closed_ || wake_; });
      if (closed_) return;
      wake_ = false;
    }
    auto deleting = supervisor_.store_.ListSnapshots({.status = "DELETING"}, kNewest, kAtOnce);
    for (size_t i = 0; deleting.ok() && i < deleting->size() && !Closed(); ++i) Delete((*deleting)[i]);
    for (const char* kind : {"ExportSnapshot", "ImportSnapshot"}) {
      auto under_way = supervisor_.store_.ListSnapshotOperations("", {kind, "IN_PROGRESS"}, kNewest, kAtOnce);
      for (size_t i = 0; under_way.ok() && i < under_way->size() && !Closed(); ++i) Transfer((*under_way)[i]);
    }
  }
}

void Supervisor::SnapshotKeeper::Delete(const SnapshotRow& row) {
  // The row goes last: a service that is killed in between finds it again.
  supervisor_.AtStep("delete_snapshot.accepted");
  Status done = row.folder.empty() ? Status() : RemoveTree(supervisor_.options_.data_folder + "/" + row.folder);
  supervisor_.AtStep("delete_snapshot.files_removed");
  if (done.ok()) done = supervisor_.store_.RemoveSnapshot(row.sequence, supervisor_.clock_.NowMs());
  if (!done.ok())
    logger_.Error("a snapshot cannot be removed", {{"snapshot", row.name}, {"error", done.error().message()}});
}

void Supervisor::SnapshotKeeper::Transfer(const SnapshotOperationRow& operation) {
  auto row = supervisor_.store_.FindSnapshot(operation.snapshot);
  const bool import = operation.operation == "ImportSnapshot";
  Status done = row.ok() ? Status() : Status(row.error());
  if (done.ok() && supervisor_.options_.objects == nullptr) {
    done = Error(ErrorCode::kNotSupported, "this service has no access to S3");
  }
  if (done.ok()) done = import ? Import(*row, operation) : Export(*row, operation);
  if (done.ok() || Closed()) return;  // what was given up is begun anew by the next service
  const int64_t now = supervisor_.clock_.NowMs();
  logger_.Warn("a snapshot cannot be copied", {{"snapshot", operation.name}, {"error", done.error().message()}});
  (void)supervisor_.store_.EndSnapshotOperation(operation.id, std::string(ErrorCodeFor(done.error())),
                                                done.error().message(), now);
  if (import && row.ok()) (void)supervisor_.store_.FailSnapshot(row->sequence, done.error().message(), now);
}

Status Supervisor::SnapshotKeeper::Export(const SnapshotRow& row, const SnapshotOperationRow& operation) {
  const TransferPlace place = TransferPlace::Parse(operation.detail);
  const std::string folder = supervisor_.options_.data_folder + "/" + row.folder;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> files, FilesBelow(folder));
  supervisor_.AtStep("export.accepted");
  for (const std::string& file : files) {
    if (Closed()) return Error(ErrorCode::kCancelled, "the service ends");
    SLUICE_ASSIGN_OR_RETURN(std::string bytes, ReadFile(folder + "/" + file));
    SLUICE_RETURN_IF_ERROR(
        supervisor_.options_.objects->Put(place.bucket(), place.exported_prefix + "/" + file, std::move(bytes)));
  }
  supervisor_.AtStep("export.files_copied");
  SLUICE_RETURN_IF_ERROR(supervisor_.options_.objects->Put(place.bucket(), place.exported_prefix + kManifest,
                                                           SnapshotManifest(row, files)));
  supervisor_.AtStep("export.complete");
  return supervisor_.store_.EndSnapshotOperation(operation.id, "", "", supervisor_.clock_.NowMs());
}

Status Supervisor::SnapshotKeeper::Import(const SnapshotRow& row, const SnapshotOperationRow& operation) {
  const TransferPlace place = TransferPlace::Parse(operation.detail);
  std::string prefix = place.prefix;
  while (prefix.ends_with('/')) prefix.pop_back();
  SnapshotObjects& objects = *supervisor_.options_.objects;
  supervisor_.AtStep("import.accepted");
  auto text = objects.Get(place.bucket(), prefix + kManifest);
  if (!text.ok()) {
    // The prefix that the export was given is fine too where one export alone stands below it.
    SLUICE_ASSIGN_OR_RETURN(auto keys, objects.List(place.bucket(), prefix + "/"));
    std::vector<std::string> found;
    for (const std::string& key : keys) {
      if (key.ends_with(kManifest)) found.push_back(key.substr(0, key.size() - std::string_view(kManifest).size()));
    }
    if (found.size() != 1) {
      return Error(ErrorCode::kNotFound, found.empty() ? "there is no exported snapshot at " + place.prefix
                                                       : "there are several exported snapshots below " + place.prefix);
    }
    prefix = found.front();
    text = objects.Get(place.bucket(), prefix + kManifest);
    if (!text.ok()) return text.error();
  }
  SLUICE_ASSIGN_OR_RETURN(const ReadManifest manifest, ParseSnapshotManifest(*text));
  const std::string folder = supervisor_.options_.data_folder + "/" + row.folder;
  SLUICE_RETURN_IF_ERROR(RemoveTree(folder));
  SLUICE_RETURN_IF_ERROR(MakeFolders(folder));
  for (const std::string& file : manifest.files) {
    if (Closed()) return Error(ErrorCode::kCancelled, "the service ends");
    SLUICE_ASSIGN_OR_RETURN(std::string bytes, objects.Get(place.bucket(), prefix + "/" + file));
    SLUICE_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(folder + "/" + file).parent_path().string()));
    SLUICE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + file, bytes));
  }
  supervisor_.AtStep("import.files_copied");
  std::vector<std::string> locations;
  for (const std::string& location : manifest.locations) {
    locations.push_back(location.empty() ? "" : row.folder + "/" + location);
  }
  return supervisor_.store_.FinishImport(row.sequence, manifest.runtime, manifest.version, locations,
                                         BytesBelow(folder), supervisor_.clock_.NowMs());
}

}  // namespace sluice::service
