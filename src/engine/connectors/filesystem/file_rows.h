// The rows of one split, whatever the format: of a sequence of records (split_reader.h) or of a structured file.
#pragma once

#include <memory>
#include <vector>

#include "engine/connectors/filesystem/split.h"
#include "engine/formats/format.h"

namespace sluice::engine::filesystem {

/// Not thread-safe.
class SplitRows {
 public:
  virtual ~SplitRows() = default;
  /// Adds up to `max_rows` rows to `columns`, which are empty; `made` is their number. False when the split is read to
  /// its end.
  virtual Result<bool> Read(size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds,
                            size_t* made) = 0;
  /// What Split::offset must be to go on after the rows read so far.
  virtual uint64_t offset() const = 0;
};

/// A file of parquet, orc or avro; Split::offset counts rows.
Result<std::unique_ptr<SplitRows>> OpenStructuredSplit(const Split& split, const Format& format,
                                                       const DecodeRequest& request,
                                                       std::shared_ptr<RandomAccessFile> file);

}  // namespace sluice::engine::filesystem
