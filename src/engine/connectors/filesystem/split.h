// A file of a table, or a part of one.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::engine::filesystem {

/// Ranges of one file tile it: a record, or a unit of a structured file, belongs to the range that its first byte lies
/// in.
struct Split {
  std::string path;
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;  // UINT64_MAX: to the end of the file
  uint64_t size = 0;          // of the file, when it was listed
  int64_t modified_ms = 0;
  /// What was read before: bytes of the file's content from its start (0 = from `begin`); of a structured file, rows of
  /// the range.
  uint64_t offset = 0;
};

}  // namespace sluice::engine::filesystem
