// The records of one file, or of a range of its lines, as columns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/connectors/filesystem/byte_reader.h"
#include "engine/formats/format.h"

namespace sluice::engine::filesystem {

/// A file or a part of it. Ranges of one file tile it: a record belongs to the range that its first byte lies in.
struct Split {
  std::string path;
  uint64_t begin = 0;
  uint64_t end = UINT64_MAX;  // UINT64_MAX: to the end of the file
  uint64_t size = 0;          // of the file, when it was listed
  int64_t modified_ms = 0;
  uint64_t offset = 0;  // bytes of the file's content already read, from its start; 0 = from `begin`
};

/// Not thread-safe.
class SplitReader {
 public:
  /// Positions on the split's first unread record. The decoder must outlive the reader.
  static Result<std::unique_ptr<SplitReader>> Open(const Split& split, Decoder& decoder);

  /// Appends up to `max_rows` rows; `made` is their number. False when the split is read to its end.
  Result<bool> Read(size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds, size_t* made);
  /// Bytes of content before the next unread record.
  uint64_t offset() const { return offset_; }

 private:
  SplitReader(const Split& split, Decoder& decoder) : split_(split), decoder_(decoder) {}
  Status Fill();
  Error AtRecord(const Error& error) const;

  const Split split_;
  Decoder& decoder_;
  std::unique_ptr<ByteReader> bytes_;
  uint64_t stop_ = UINT64_MAX;  // content offset at which the split ends
  uint64_t offset_ = 0;
  uint64_t fetched_ = 0;  // content offset of the end of the buffer
  bool file_ended_ = false;
  std::shared_ptr<Buffer> chunk_;
  size_t begin_ = 0, end_ = 0;  // unread bytes of the chunk
  int64_t first_record_ = 0;    // decoder's count when the split was opened
};

}  // namespace sluice::engine::filesystem
