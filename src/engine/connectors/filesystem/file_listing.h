// Which files a table's path stands for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/filesystem/partition_path.h"

namespace sluice::engine::filesystem {

struct FileInfo {
  std::string path;
  uint64_t size = 0;
  int64_t modified_ms = 0;
};

/// A plain path out of the option: "file:///x", "file:/x" or "/x". Other schemes are refused.
Result<std::string> LocalPath(const std::string& option);

/// All files at or below `path`, sorted by path; names that begin with '.' or '_' are left out, folders with such names
/// too. kNotFound if there is no such path.
Result<std::vector<FileInfo>> ListFiles(const std::string& path);

struct PartitionPath {
  PartitionSpec spec;
  std::string path;
};

/// The folders `depth` levels below `path` whose last `depth` names are "k=v". None if the path does not exist.
Result<std::vector<PartitionPath>> ListPartitions(const std::string& path, size_t depth);

}  // namespace sluice::engine::filesystem
