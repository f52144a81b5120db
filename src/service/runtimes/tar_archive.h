// Unpacks .tar.gz files.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace sluice::service {

/// Writes each regular file for which `place` has a path (an empty one: left out) there; folders are made. `place` gets
/// the name in the archive. Errors: kIo, kCorrupt (no sound .tar.gz).
Status UnpackTarGz(const std::string& archive, const std::function<std::string(const std::string& name)>& place);

}  // namespace sluice::service
