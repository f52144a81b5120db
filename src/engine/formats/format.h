// A format turns bytes into columns and rows into bytes. Connectors frame the bytes (lines, messages, files).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/formats/file_format.h"
#include "engine/plan/descriptors.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

/// What a decoder must produce: output column k is the value at `paths[k]` in the physical row ({3}, or {3, 0} for
/// field 0 of column 3's ROW). Nothing else needs to be parsed.
struct DecodeRequest {
  Schema physical;  // all physical columns in declared order (csv needs the positions)
  std::vector<std::vector<int>> paths;
  std::vector<DataType> types;  // of each output column
  OptionMap options;            // the format's own, prefix stripped
  std::string time_zone = "UTC";
  std::vector<std::string> metadata_keys;  // columns after the paths, from the format's metadata
};

/// One a split or partition; one thread.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// How records are framed in a file: true = one record a line, ended by '\n' (with an optional '\r').
  virtual bool line_framed() const { return true; }
  /// Decodes whole records out of bytes [begin, end) of `chunk` and appends rows to `columns` (one a path, then the
  /// metadata) and to `kinds` (only if the format makes changelogs; else leaves it empty). Stops after `max_rows`
  /// rows. Strings may stay views into the chunk: the columns Retain it. Answers the bytes consumed. `last` says that
  /// no more bytes follow, so an unterminated record is complete. Errors name the record ("line 12 of FILE" is added
  /// by the connector from records_seen()).
  virtual Result<size_t> Decode(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end, bool last,
                                size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) = 0;
  /// One message (Kafka, Kinesis): exactly the records inside it.
  virtual Status DecodeMessage(const std::shared_ptr<const Buffer>& chunk, size_t begin, size_t end,
                               std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds) = 0;
  int64_t records_seen() const { return records_seen_; }
  /// Rows appended so far; what a reader of no columns at all (COUNT(*)) goes by.
  int64_t rows_made() const { return rows_made_; }

  /// Bytes that buffers need past their end, readable but meaningless (simdjson's padding).
  static constexpr size_t kPadding = 64;

 protected:
  int64_t records_seen_ = 0;
  int64_t rows_made_ = 0;
};

struct EncodeRequest {
  Schema schema;
  OptionMap options;
  std::string time_zone = "UTC";
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  /// Appends row `position` of the batch as one record, without the framing newline.
  virtual Status Encode(const Batch& batch, size_t position, std::string& out) = 0;
  /// What separates records in a file; "\n" for line formats.
  virtual std::string_view separator() const { return "\n"; }
};

/// A format: its descriptor and its two makers (null if it cannot).
struct Format {
  FormatDescriptor descriptor;
  bool in_files = true;     // false: only whole messages
  bool in_messages = true;  // false: only files (parquet, orc)
  Result<std::unique_ptr<Decoder>> (*make_decoder)(const DecodeRequest&) = nullptr;
  Result<std::unique_ptr<Encoder>> (*make_encoder)(const EncodeRequest&) = nullptr;
  // --- files with a structure of their own: all three, and then files are read and written by these only
  /// Checks options and schema for files, in place of descriptor.validate.
  Status (*check_file)(const OptionMap&, const Schema&) = nullptr;
  Result<std::unique_ptr<FileReader>> (*open_file)(const DecodeRequest&, std::shared_ptr<RandomAccessFile>,
                                                   const FileRange&) = nullptr;
  /// The sink must outlive the writer.
  Result<std::unique_ptr<FileWriter>> (*create_file)(const EncodeRequest&, ByteSink* sink) = nullptr;
};

// One a folder; engine/job lists them.
Format JsonFormat();
Format CsvFormat();
Format RawFormat();
Format DebeziumJsonFormat();
Format CanalJsonFormat();
Format MaxwellJsonFormat();
Format OggJsonFormat();
Format AvroFormat();
Format ParquetFormat();
Format OrcFormat();
Format ProtobufFormat();

}  // namespace sluice::engine
