// Unpacks zip files.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace sluice::service {

/// Writes each file of the zip for which `place` has a path (an empty one: left out) there; folders are made. `place`
/// gets the name in the zip; names that lead out of a folder are refused before. Errors: kIo, kValidation (no sound
/// zip).
Status UnpackZip(const std::string& archive, const std::function<std::string(const std::string& name)>& place);

}  // namespace sluice::service
