// Formats whose files have a structure of their own (parquet, orc, avro): they are not a sequence of records, so a
// reader needs the whole file at hand and a writer ends it with a footer. Connectors bring the bytes and place them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"

namespace sluice::engine {

/// A file's bytes, anywhere. Used by one thread at a time.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  /// Reads exactly `size` bytes at `offset`, fewer only if the file ends before; errors name the file.
  virtual Result<size_t> ReadAt(uint64_t offset, char* to, size_t size) = 0;
  virtual uint64_t size() const = 0;
  /// For messages.
  virtual const std::string& name() const = 0;
};

/// Where a file's bytes go, in their order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Status Append(std::string_view bytes) = 0;
};

/// Part of a file: its units (row groups, stripes, blocks) that begin in [begin, end). Ranges that tile a file share
/// out its rows. `skip_rows` of them were read before.
struct FileRange {
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;
  uint64_t skip_rows = 0;
};

/// The rows of a range of one file, as a DecodeRequest asks for them. Not thread-safe.
class FileReader {
 public:
  virtual ~FileReader() = default;
  /// Replaces `columns` by up to `max_rows` more rows and answers their number; 0 is the end. Errors name the file.
  virtual Result<size_t> Read(size_t max_rows, std::vector<ColumnPtr>& columns) = 0;
};

/// One file being written. Not thread-safe. Dropped without Finish, the file is no file of its format.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  /// Adds rows; `columns` are flat and those of the EncodeRequest's schema. Bytes may come now or later.
  virtual Status Write(const std::vector<ColumnPtr>& columns, const Rows& rows) = 0;
  /// Writes what is left and the footer.
  virtual Status Finish() = 0;
};

}  // namespace sluice::engine
