// Files of a folder that a sink is writing: hidden under an in-progress name until they are committed by a rename.
//
//   part-UUID-SUBTASK-NUMBER                        visible; UUID is of one subtask of one attempt of a job
//   .part-UUID-SUBTASK-NUMBER.inprogress.LINEAGE    being written, or written and not yet committed
//   .part-UUID.owner.LINEAGE                        locked (flock) as long as that subtask lives
//
// With compaction (compaction.h) "part-" is ".uncompacted-part-" or "compacted-part-" in the names of files.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "engine/connectors/filesystem/prepared_files.h"
#include "engine/connectors/filesystem/storage.h"

namespace sluice::engine::filesystem {

/// Creates `folder` (with its parents) and in it ".NAME.inprogress.LINEAGE".
Result<std::unique_ptr<PartFile>> CreateLocalPartFile(const std::string& folder, const std::string& name,
                                                      const std::string& lineage, int64_t now_ms);

/// Renames; fine if that has happened before. kData if the file has not the size that it was prepared with. Of a
/// restored commit it is fine if both names are gone: it was committed then, and taken away since.
Status CommitPartFile(const PreparedFile& file, bool restored);

/// Makes renames and new names in a folder durable.
Status SyncFolder(const std::string& folder);

/// Gone with the process. Creates `root` if need be. `prefix`: "part-UUID".
Result<std::unique_ptr<OwnerMark>> TakeOwnerLock(const std::string& root, const std::string& prefix,
                                                 const std::string& lineage);

/// See Storage: the in-progress files and owner marks.
Status RemoveLeftovers(const std::string& root, const std::set<std::string>& lineages, const std::string& own_prefix);

}  // namespace sluice::engine::filesystem
