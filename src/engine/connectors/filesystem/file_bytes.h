// Files of a table as bytes anywhere.
#pragma once

#include <memory>
#include <string>

#include "engine/formats/file_format.h"

namespace sluice::engine::filesystem {

/// kNotFound if there is none.
Result<std::unique_ptr<RandomAccessFile>> OpenLocalFile(const std::string& path);

}  // namespace sluice::engine::filesystem
