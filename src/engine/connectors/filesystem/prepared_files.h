// What a filesystem sink puts into a checkpoint. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/connectors/filesystem/part_file.h"

namespace sluice::engine::filesystem {

struct PreparedFiles {
  std::string lineage;  // see part_file.h
  std::string prefix;   // of the attempt's subtask that prepared them
  std::vector<PreparedFile> files;
};

std::string EncodePreparedFiles(const PreparedFiles& prepared);
/// kData if the bytes are cut off or of another version.
Result<PreparedFiles> DecodePreparedFiles(std::string_view bytes);

}  // namespace sluice::engine::filesystem
