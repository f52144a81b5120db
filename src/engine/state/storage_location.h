// CheckpointStorage by URI: what state.checkpoints.dir and a savepoint's path may say.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/state/checkpoint_storage.h"

namespace sluice::engine {

class DurableFiles;
class ObjectStore;

struct StorageSettings {
  /// state.storage.fs.memory-threshold: pieces up to so many bytes stay in the manifest.
  size_t inline_bytes = 20 * 1024;
  int writer_threads = 2;
  /// Larger pieces are fetched from an object store in windows of an eighth of it while they are restored.
  uint64_t read_at_once_bytes = 64 << 20;
  /// Null: the machine's files.
  std::shared_ptr<DurableFiles> files;
  /// Null: "s3://…" is refused.
  std::shared_ptr<ObjectStore> objects;
};

/// Files below a folder. `root`: an absolute path, "file:/x" or "file:///x". The folder is created with the first file.
Result<std::shared_ptr<CheckpointStorage>> MakeFolderCheckpointStorage(const std::string& root,
                                                                       const StorageSettings& settings = {});
/// Objects below "s3://bucket/prefix" (also s3a://, s3n://, s3p://).
Result<std::shared_ptr<CheckpointStorage>> MakeObjectCheckpointStorage(const std::string& root,
                                                                       const StorageSettings& settings);
/// By the scheme; kNotSupported for schemes that Flink has file systems for and we have not.
Result<std::shared_ptr<CheckpointStorage>> OpenCheckpointStorage(const std::string& uri,
                                                                 const StorageSettings& settings);

}  // namespace sluice::engine
