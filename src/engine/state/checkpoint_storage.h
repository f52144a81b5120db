// Where checkpoints live: files below a root (a folder, a bucket, this process' memory). Names are relative to the
// root, with '/'. A file is immutable once it is finished. The layout below the root is in docs/formats/checkpoint.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/state/piece_reader.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

/// A file in the making. Used by one thread; the bytes are written behind it by the storage's own threads.
class StateFileWriter {
 public:
  /// Without Finish: the file is given up and removed.
  virtual ~StateFileWriter() = default;
  virtual void Append(std::string bytes) = 0;
  /// Bytes appended but not yet written; a caller that makes more than it wants to hold waits with the next step.
  virtual size_t queued_bytes() const = 0;
  /// No more bytes. `done` is called once on a thread of the storage when they are durable (or, if short, put into the
  /// piece itself), or with the first error, which names the file.
  virtual void Finish(std::function<void(Result<StatePiece>)> done) = 0;
};

/// Thread-safe.
class CheckpointStorage : public PieceReader {
 public:
  virtual std::unique_ptr<StateFileWriter> CreateFile(const std::string& name) = 0;
  /// The whole file `name` (a manifest) in one step: after a crash it is there with all of `bytes`, or not at all.
  virtual Status WriteWhole(const std::string& name, std::string_view bytes) = 0;
  virtual Result<std::string> ReadWhole(const std::string& name) = 0;
  /// The size of a finished file in bytes; kNotFound if there is none.
  virtual Result<uint64_t> Size(const std::string& name) = 0;
  /// Names of all finished files below folder `prefix` (recursively), sorted; none if there is no such folder.
  virtual Result<std::vector<std::string>> List(const std::string& prefix) = 0;
  /// Removes a file, or a folder with all that is in it; fine if there is none.
  virtual Status Remove(const std::string& name) = 0;
  /// The root as users write it: "file:/x/y", "s3://bucket/x", "memory".
  virtual std::string location() const = 0;
};

/// In this process' memory: for jobs without a checkpoint folder (Flink's JobManagerCheckpointStorage) and for
/// rescaling in place. `done` callbacks come on the calling thread.
std::unique_ptr<CheckpointStorage> MakeMemoryCheckpointStorage();

}  // namespace sluice::engine
