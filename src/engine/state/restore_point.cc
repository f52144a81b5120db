#include "engine/state/restore_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/random.h"
#include "engine/state/state_names.h"

namespace sluice::engine {
namespace {

/// The folder without "_metadata" and slashes at its end.
std::string FolderOf(std::string path) {
  const auto strip = [&] {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  };
  strip();
  const std::string manifest = "/" + std::string(kManifestName);
  if (path.ends_with(manifest)) path.resize(path.size() - manifest.size());
  strip();
  return path;
}

/// "file:/x/y" → {"file:/x", "y"}.
std::pair<std::string, std::string> SplitLast(const std::string& location) {
  const size_t slash = location.find_last_of('/');
  if (slash == std::string::npos) return {"", location};
  std::string parent = location.substr(0, slash);
  if (parent.empty() || parent.ends_with(':')) parent += '/';
  return {parent, location.substr(slash + 1)};
}

void ForEachPiece(const CheckpointManifest& manifest, const std::function<void(const StatePiece&)>& visit) {
  for (const VertexSnapshotData& vertex : manifest.vertices) {
    for (const SubtaskSnapshot& subtask : vertex.subtasks) {
      if (!subtask.state) continue;
      for (const StatePiece& piece : subtask.state->pieces) visit(piece);
    }
  }
}

/// AbstractFsCheckpointStorageAccess.resolveCheckpointPointer's sentences.
Error NothingThere(const std::string& path, CheckpointStorage& storage) {
  const auto names = storage.List("");
  if (names.ok() && names->empty()) {
    const std::string location = storage.location();
    return Error(ErrorCode::kNotFound,
                 fmt::format("Cannot find checkpoint or savepoint file/directory '{}' on file system '{}'.", path,
                             location.substr(0, location.find(':'))));
  }
  return Error(ErrorCode::kNotFound,
               fmt::format("Cannot find meta data file '_metadata' in directory '{}'. Please try to load the "
                           "checkpoint/savepoint directly from the metadata file instead of the directory.",
                           path));
}

Result<std::string> ReadManifest(CheckpointStorage& storage, const std::string& path) {
  auto bytes = storage.ReadWhole(std::string(kManifestName));
  if (!bytes.ok() && bytes.error().code() == ErrorCode::kNotFound) return NothingThere(path, storage);
  return bytes;
}

std::string HexDigits(uint64_t bits, size_t digits) { return fmt::format("{:016x}", bits).substr(16 - digits); }

}  // namespace

std::set<std::string> FilesOf(const CheckpointManifest& manifest) {
  std::set<std::string> files;
  ForEachPiece(manifest, [&](const StatePiece& piece) {
    if (!piece.file.empty()) files.insert(piece.file);
  });
  return files;
}

Status CheckFiles(const CheckpointManifest& manifest, CheckpointStorage& storage) {
  std::map<std::string, uint64_t> needed;
  std::string beyond;
  ForEachPiece(manifest, [&](const StatePiece& piece) {
    if (piece.file.empty()) return;
    if (piece.length > UINT64_MAX - piece.offset) beyond = piece.file;
    uint64_t& end = needed[piece.file];
    end = std::max(end, piece.offset + piece.length);
  });
  const auto damaged = [&](const std::string& name, const std::string& what) {
    return Error(ErrorCode::kCorrupt, fmt::format("'{}' {}", JoinLocation(storage.location(), name), what));
  };
  if (!beyond.empty()) return damaged(beyond, "cannot hold what the manifest says of it");
  for (const auto& [name, end] : needed) {
    auto size = storage.Size(name);
    if (!size.ok() && size.error().code() == ErrorCode::kNotFound) return damaged(name, "is missing");
    if (!size.ok()) return size.error();
    if (*size < end) {
      return damaged(name, fmt::format("is cut short: {} bytes are referred to, {} are there", end, *size));
    }
  }
  return {};
}

Result<RestorePoint> OpenRestorePoint(const OpenStorage& open, const std::string& path) {
  const std::string folder = FolderOf(path);
  RestorePoint point;
  SLUICE_ASSIGN_OR_RETURN(point.storage, open(folder));
  point.location = point.storage->location();
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, ReadManifest(*point.storage, path));
  const std::string where = JoinLocation(point.location, kManifestName);
  SLUICE_ASSIGN_OR_RETURN(point.manifest, DecodeManifest(bytes, where));
  if (!point.manifest.savepoint) {
    // A checkpoint's files are named from above the job's folder: <root>/<job id>/chk-<n>.
    const std::string root = SplitLast(SplitLast(point.location).first).first;
    SLUICE_ASSIGN_OR_RETURN(point.storage, open(root));
  }
  SLUICE_RETURN_IF_ERROR(CheckFiles(point.manifest, *point.storage));
  return point;
}

Result<SavepointTarget> BeginSavepoint(const OpenStorage& open, const std::string& folder, const std::string& job_id,
                                       Random& random) {
  SLUICE_ASSIGN_OR_RETURN(auto parent, open(folder));
  SavepointTarget target;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const std::string name = fmt::format("savepoint-{}-{}", job_id.substr(0, 6), HexDigits(random.Next(), 12));
    SLUICE_ASSIGN_OR_RETURN(const auto taken, parent->List(name));
    if (!taken.empty()) continue;
    SLUICE_ASSIGN_OR_RETURN(target.storage, open(JoinLocation(parent->location(), name)));
    target.location = target.storage->location();
    return target;
  }
  return Error(ErrorCode::kIo, fmt::format("no free name for a savepoint in '{}'", folder));
}

Status CompleteSavepoint(const SavepointTarget& target, CheckpointManifest manifest) {
  manifest.savepoint = true;
  SLUICE_RETURN_IF_ERROR(CheckFiles(manifest, *target.storage));
  return target.storage->WriteWhole(std::string(kManifestName), EncodeManifest(manifest));
}

Status RemoveSavepoint(const OpenStorage& open, const SavepointTarget& target) {
  const auto [parent, name] = SplitLast(target.location);
  SLUICE_ASSIGN_OR_RETURN(auto storage, open(parent));
  return storage->Remove(name);
}

Status DisposeSavepoint(const OpenStorage& open, const std::string& path) {
  const std::string folder = FolderOf(path);
  SLUICE_ASSIGN_OR_RETURN(auto storage, open(folder));
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes, ReadManifest(*storage, path));
  // What is damaged can be disposed of too, but only its own folder: which other files it has is not known.
  auto manifest = DecodeManifest(bytes, path);
  const auto [parent, name] = SplitLast(storage->location());
  SLUICE_ASSIGN_OR_RETURN(auto above, open(parent));
  SLUICE_RETURN_IF_ERROR(above->Remove(name));
  if (!manifest.ok() || manifest->savepoint) return {};

  // A checkpoint: files under shared/ that no other checkpoint of the job refers to.
  const auto [root, job] = SplitLast(parent);
  SLUICE_ASSIGN_OR_RETURN(auto top, open(root));
  std::set<std::string> files = FilesOf(*manifest);
  SLUICE_ASSIGN_OR_RETURN(const auto names, top->List(job));
  for (const std::string& other : names) {
    if (!other.ends_with("/" + std::string(kManifestName))) continue;
    SLUICE_ASSIGN_OR_RETURN(const std::string content, top->ReadWhole(other));
    auto decoded = DecodeManifest(content, other);
    if (!decoded.ok()) return {};  // it may need any of them
    for (const std::string& needed : FilesOf(*decoded)) files.erase(needed);
  }
  for (const std::string& file : files) SLUICE_RETURN_IF_ERROR(top->Remove(file));
  return {};
}

}  // namespace sluice::engine
