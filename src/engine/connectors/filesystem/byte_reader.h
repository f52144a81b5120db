// Sequential bytes of a file, decompressed by the ending of its name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/formats/file_format.h"

namespace sluice::engine::filesystem {

class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// Up to `size` bytes into `to`; 0 at the end.
  virtual Result<size_t> Read(char* to, size_t size) = 0;
  /// Goes on `bytes` (of decompressed content) further.
  virtual Status Skip(uint64_t bytes) = 0;
};

/// From the file's start. ".gz", ".gzip", ".deflate", ".zst", ".bz2", ".xz", else plain. Errors name the file.
std::unique_ptr<ByteReader> ReadBytes(std::shared_ptr<RandomAccessFile> file);

/// True if the file can only be read from its start.
bool IsCompressed(const std::string& path);

}  // namespace sluice::engine::filesystem
