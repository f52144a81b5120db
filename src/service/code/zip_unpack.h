// Unpacks zip files.
#pragma once

#include <string>

#include "base/result.h"

namespace sluice::service {

/// Writes every file of the zip below `folder`, which is made; paths that lead out of it are refused. Errors: kIo,
/// kValidation (no sound zip).
Status UnpackZip(const std::string& archive, const std::string& folder);

}  // namespace sluice::service
