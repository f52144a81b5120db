// What a filesystem sink puts into a checkpoint. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::engine::filesystem {

/// A file that is durable and waits for its commit.
struct PreparedFile {
  std::string temporary_path;  // of a local file
  std::string final_path, folder;
  uint64_t size = 0;
  std::string upload;              // of an object: the multipart upload, …
  std::vector<std::string> etags;  // … and its parts
};

/// A committed file that no reader sees: it waits for its compaction.
struct HiddenFile {
  std::string path, folder;
  uint64_t size = 0;
};

/// Files of one checkpoint that become fewer.
struct PendingCompaction {
  uint64_t target_bytes = 0;
  std::vector<HiddenFile> files;
};

/// What a checkpoint knows of earlier ones' files, for all subtasks of the sink.
struct Remembered {
  std::string attempt;    // whose memory this is
  int64_t restored = -1;  // it holds what checkpoints of earlier attempts up to this one have remembered
  std::map<std::string, int64_t> waiting;      // partitions' folders without their success file: since when
  std::vector<PendingCompaction> compactions;  // not done
  std::vector<std::string> expired;            // hidden files to remove when this checkpoint is complete
};

struct PreparedFiles {
  std::string lineage;  // see storage.h
  std::string prefix;   // of the attempt's subtask that prepared them
  std::vector<PreparedFile> files;
  int64_t checkpoint = 0;
  int64_t prepared_ms = 0;
  int64_t watermark = INT64_MIN;         // of the subtask's input
  uint64_t compaction_bytes = 0;         // what hidden ones of `files` are put together up to
  std::optional<Remembered> remembered;  // by one of the sink's subtasks

  bool ended() const { return watermark == INT64_MAX; }
};

std::string EncodePreparedFiles(const PreparedFiles& prepared);
/// kData if the bytes are cut off or of another version.
Result<PreparedFiles> DecodePreparedFiles(std::string_view bytes);

}  // namespace sluice::engine::filesystem
