// What a filesystem sink puts into a checkpoint. Pure.
#pragma once

#include <cstdint>
#include <map>
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

struct PreparedFiles {
  std::string lineage;  // see storage.h
  std::string prefix;   // of the attempt's subtask that prepared them
  std::vector<PreparedFile> files;
  std::map<std::string, int64_t> waiting;  // partitions' folders that wait for their success file: since when
};

std::string EncodePreparedFiles(const PreparedFiles& prepared);
/// kData if the bytes are cut off or of another version.
Result<PreparedFiles> DecodePreparedFiles(std::string_view bytes);

}  // namespace sluice::engine::filesystem
