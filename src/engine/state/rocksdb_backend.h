// Keyed state of more than memory: RocksDB in a folder of its own, with the entries in use in memory before it.
//
// Entries that an operator asks for are read into tables in memory and stay there until Maintain finds more than the
// budget; what changed is then written back. RocksDB's own log is off: what survives a crash are snapshots, which have
// the same format as the memory backend's and may be restored by either, incremental ones too.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// `folder` is this backend's alone: what is in it is removed, now and when the backend is destroyed. `budget_bytes` is
/// for entries, write buffers and caches together; an operator that reads more in one call takes more. kIo if the
/// folder cannot be used.
Result<std::unique_ptr<KeyedStateBackend>> MakeRocksDbStateBackend(const StateBackendRequest& request,
                                                                   const std::string& folder, size_t budget_bytes);

/// What a backend gets if nobody says otherwise.
inline constexpr size_t kRocksDbBudget = 256 << 20;

/// Makes backends, each in a new folder of its own below `folder` (empty: the system's folder for temporary files),
/// which is made if it is not there; what died before has left there is removed now. Thread-safe.
StateBackendFactory RocksDbStateBackends(std::string folder, size_t budget_bytes = kRocksDbBudget);

}  // namespace sluice::engine
