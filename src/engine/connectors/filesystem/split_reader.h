// The records of one file, or of a range of its lines, as columns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/connectors/filesystem/byte_reader.h"
#include "engine/connectors/filesystem/file_rows.h"
#include "engine/connectors/filesystem/split.h"
#include "engine/formats/format.h"

namespace sluice::engine::filesystem {

/// Not thread-safe.
class SplitReader : public SplitRows {
 public:
  /// Positions on the split's first unread record. The decoder must outlive the reader.
  static Result<std::unique_ptr<SplitReader>> Open(const Split& split, std::shared_ptr<RandomAccessFile> file,
                                                   Decoder& decoder);

  Result<bool> Read(size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds,
                    size_t* made) override;
  /// Bytes of content before the next unread record.
  uint64_t offset() const override { return offset_; }

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
