// Finds libsluice_arrow.so when the first Parquet or ORC file is opened: Arrow's libraries take 60 MB of address space
// and a fifth of a second to load, which a job without such files need not pay.
#pragma once

#include "base/result.h"
#include "engine/formats/arrow/module_api.h"

namespace sluice::engine::arrow_files {

/// Looks beside the program, then in ../lib of it. Once loaded it stays; later calls are cheap. Any thread.
Result<const SluiceArrowModule*> LoadArrowModule();

}  // namespace sluice::engine::arrow_files
