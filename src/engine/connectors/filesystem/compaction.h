// Small files of one checkpoint become larger ones (auto-compaction). As in Flink, the sink's own files are hidden
// under
// ".uncompacted-NAME" and stay so; "compacted-NAME", after the first of the files in it, is what readers see.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/connectors/filesystem/prepared_files.h"
#include "engine/connectors/filesystem/storage.h"
#include "engine/formats/format.h"

namespace sluice::engine::filesystem {

inline constexpr std::string_view kUncompacted = ".uncompacted-";
inline constexpr std::string_view kCompacted = "compacted-";

bool IsUncompacted(std::string_view path);
/// Where the rows of the files go whose first is `first`.
std::string CompactedName(std::string_view first);

/// Files that become one.
using CompactionUnit = std::vector<HiddenFile>;

/// Puts the files of each folder into units of at most `target_bytes` (a larger file is alone in its unit). The same
/// files always give the same units, in whatever order they come: an interrupted compaction is repeated.
std::vector<CompactionUnit> PackUnits(std::vector<HiddenFile> files, uint64_t target_bytes);

/// How files are put together: bytes after bytes, or through rows if they have a structure of their own.
struct RewriteRules {
  const Format* structured = nullptr;  // of a file with a structure; else null
  EncodeRequest request;               // of the files
};

/// Makes the unit's rows visible as one file; the hidden files stay. Fine if that has happened before. `restored`: also
/// if the hidden files are gone. kCancelled when `stop` became true.
Status CompactUnit(Storage& storage, const CompactionUnit& unit, const RewriteRules& rules, const std::string& lineage,
                   bool restored, const std::atomic<bool>& stop);

}  // namespace sluice::engine::filesystem
