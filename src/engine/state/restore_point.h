// Savepoints and checkpoints by path: what a job is restored from, where a savepoint is written to.
//
// A savepoint is a folder "savepoint-<first 6 digits of the job id>-<12 hex digits>" with "_metadata" and its pieces
// under "data/", named relative to it: it may be moved and copied as a whole.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/state/checkpoint_storage.h"
#include "engine/state/manifest.h"

namespace sluice {
class Random;
}

namespace sluice::engine {

/// Opens the storage at a URI or path; opening creates nothing.
using OpenStorage = std::function<Result<std::shared_ptr<CheckpointStorage>>(const std::string& uri)>;

inline constexpr std::string_view kManifestName = "_metadata";
/// Flink's external path of a checkpoint in memory.
inline constexpr std::string_view kNotExternal = "<checkpoint-not-externally-addressable>";

struct RestorePoint {
  CheckpointManifest manifest;
  std::shared_ptr<CheckpointStorage> storage;  // the manifest's pieces are relative to it
  std::string location;                        // as shown: "file:/x/savepoint-0123ab-0123456789ab"
};

/// `path`: the folder of a savepoint or checkpoint, or its _metadata; a path or URI. Every file referred to must be
/// there and long enough. kNotFound: nothing is there, with Flink's sentence; kCorrupt names the damaged file.
Result<RestorePoint> OpenRestorePoint(const OpenStorage& open, const std::string& path);

/// The files that the manifest's pieces are in.
std::set<std::string> FilesOf(const CheckpointManifest& manifest);

/// kCorrupt unless every file that the manifest refers to is there and long enough.
Status CheckFiles(const CheckpointManifest& manifest, CheckpointStorage& storage);

/// A savepoint in the making.
struct SavepointTarget {
  std::shared_ptr<CheckpointStorage> storage;  // rooted at the savepoint's own folder
  std::string folder = "data";                 // for CheckpointRequest::folder
  std::string location;                        // for the user
};
/// `folder`: URI or path of the folder that gets the savepoint's; need not exist.
Result<SavepointTarget> BeginSavepoint(const OpenStorage& open, const std::string& folder, const std::string& job_id,
                                       Random& random);
/// Writes the manifest. On an error the savepoint does not count; the caller goes on with RemoveSavepoint.
Status CompleteSavepoint(const SavepointTarget& target, CheckpointManifest manifest);

/// Removes a savepoint's folder, or a retained checkpoint with the files that only it refers to. kNotFound with Flink's
/// sentence if there is none at the path (a folder that holds no _metadata is not touched).
Status DisposeSavepoint(const OpenStorage& open, const std::string& path);
/// Removes the folder of a savepoint that failed.
Status RemoveSavepoint(const OpenStorage& open, const SavepointTarget& target);

}  // namespace sluice::engine
