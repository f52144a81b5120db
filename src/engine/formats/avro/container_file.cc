#include "engine/formats/avro/container_file.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/formats/avro/avro_reader.h"
#include "engine/formats/avro/avro_writer.h"
#include "engine/formats/avro/block_codec.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine::avro {
namespace {

constexpr std::string_view kMagic{"Obj\x01", 4};
constexpr size_t kSync = 16;
constexpr size_t kMostHeader = 64 << 20;
constexpr size_t kBlockBytes = 64'000;  // Avro's default

class ContainerReader : public FileReader {
 public:
  explicit ContainerReader(std::shared_ptr<RandomAccessFile> file) : file_(std::move(file)) {}

  Status Open(const DecodeRequest& request, const FileRange& range) {
    SLUICE_RETURN_IF_ERROR(ReadHeader());
    Result<std::unique_ptr<RecordReader>> rows = RecordReader::Make(*tree_, request.physical, request.paths);
    if (!rows.ok()) return Named(rows.error());
    rows_ = std::move(*rows);
    types_ = request.types;
    skip_ = range.skip_rows;
    end_ = std::min<uint64_t>(range.end, file_->size());
    return range.begin <= at_ ? Status() : FindBlock(range.begin);
  }

  Result<size_t> Read(size_t max_rows, std::vector<ColumnPtr>& columns) override {
    columns.clear();
    for (const DataType& type : types_) {
      columns.push_back(Column::Make(type, 0));
      columns.back()->Reserve(max_rows);
    }
    size_t made = 0;
    while (made < max_rows) {
      if (in_block_ == 0) {
        SLUICE_ASSIGN_OR_RETURN(const bool more, NextBlock());
        if (!more) break;
        continue;
      }
      --in_block_;
      if (skip_ > 0) {
        --skip_;
        if (!rows_->Skip()) return BrokenRecord();
        continue;
      }
      for (ColumnPtr& column : columns) column->Resize(made + 1);
      if (!rows_->Read(columns, made)) return BrokenRecord();
      ++made;
    }
    return made;
  }

 private:
  Error Named(const Error& error) const { return error.WithContext(file_->name()); }
  Error Broken(const std::string& what) const {
    return Error(ErrorCode::kData, "The Avro file " + file_->name() + " is broken: " + what + ".");
  }
  Error BrokenRecord() const {
    return Broken("a record of the block at byte " + std::to_string(block_at_) + " ends in or before the field '" +
                  rows_->field() + "', or holds no value that the table's column can take");
  }

  Result<std::string> Bytes(uint64_t offset, size_t size) const {
    std::string bytes(size, '\0');
    SLUICE_ASSIGN_OR_RETURN(const size_t read, file_->ReadAt(offset, bytes.data(), size));
    bytes.resize(read);
    return bytes;
  }

  Status ReadHeader() {
    // Schemas may be long: more is read until the header is whole.
    for (size_t size = 16 * 1024;; size *= 4) {
      SLUICE_ASSIGN_OR_RETURN(const std::string bytes, Bytes(0, size));
      if (!bytes.starts_with(kMagic)) {
        return Error(ErrorCode::kData, "Not an Avro data file: " + file_->name());
      }
      if (ParseHeader(bytes)) break;
      if (bytes.size() < size || size > kMostHeader) return Broken("its header ends early");
    }
    Result<SchemaTree> tree = SchemaTree::Parse(schema_);
    if (!tree.ok()) return Named(tree.error());
    tree_ = std::move(*tree);
    const Status codec = CheckCodec(codec_);
    return codec.ok() ? Status() : Named(codec.error());
  }

  bool ParseHeader(std::string_view bytes) {
    static const SchemaTree kNone;
    ValueReader in(kNone);
    in.Start(bytes.substr(kMagic.size()), nullptr);
    while (true) {
      int64_t count = 0, size = 0;
      if (!in.ReadLong(&count)) return false;
      if (count == 0) break;
      if (count < 0 && (count == INT64_MIN || !in.ReadLong(&size))) return false;
      for (int64_t k = std::abs(count); k > 0; --k) {
        std::string_view key, value;
        if (!in.ReadBytes(&key) || !in.ReadBytes(&value)) return false;
        if (key == "avro.schema") schema_ = value;
        if (key == "avro.codec") codec_ = value;
      }
    }
    if (in.left() < kSync) return false;
    at_ = bytes.size() - in.left();
    std::memcpy(sync_, bytes.data() + at_, kSync);
    at_ += kSync;
    return true;
  }

  /// The first block that begins at `begin` or later: it stands behind a sync marker.
  Status FindBlock(uint64_t begin) {
    uint64_t offset = std::max<uint64_t>(begin, at_) - kSync;
    const std::string_view sync(sync_, kSync);
    constexpr size_t kStep = 256 * 1024;
    while (offset < file_->size()) {
      SLUICE_ASSIGN_OR_RETURN(const std::string bytes, Bytes(offset, kStep));
      const size_t found = bytes.find(sync);
      if (found != std::string::npos) {
        at_ = offset + found + kSync;
        return {};
      }
      if (bytes.size() <= kSync) break;
      offset += bytes.size() - kSync + 1;
    }
    at_ = file_->size();
    return {};
  }

  Result<bool> NextBlock() {
    if (at_ >= end_) return false;
    block_at_ = at_;
    SLUICE_ASSIGN_OR_RETURN(const std::string head, Bytes(at_, 20));
    static const SchemaTree kNone;
    ValueReader in(kNone);
    in.Start(head, nullptr);
    int64_t count = 0, size = 0;
    if (!in.ReadLong(&count) || !in.ReadLong(&size) || count < 0 || size < 0 ||
        static_cast<uint64_t>(size) > file_->size()) {
      return Broken("no block begins at byte " + std::to_string(at_));
    }
    const uint64_t data = at_ + (head.size() - in.left());
    SLUICE_ASSIGN_OR_RETURN(const std::string bytes, Bytes(data, static_cast<size_t>(size) + kSync));
    if (bytes.size() < static_cast<size_t>(size) + kSync || std::memcmp(bytes.data() + size, sync_, kSync) != 0) {
      return Broken("the block at byte " + std::to_string(at_) + " does not end with the sync marker");
    }
    at_ = data + static_cast<uint64_t>(size) + kSync;
    if (skip_ >= static_cast<uint64_t>(count)) {
      skip_ -= static_cast<uint64_t>(count);
      return true;
    }
    auto block = DecompressBlock(codec_, {bytes.data(), static_cast<size_t>(size)});
    if (!block.ok()) return Named(block.error());
    rows_->values().Start({(*block)->data(), (*block)->size()}, *block);
    in_block_ = static_cast<uint64_t>(count);
    return true;
  }

  const std::shared_ptr<RandomAccessFile> file_;
  std::string schema_, codec_ = "null";
  char sync_[kSync] = {};
  std::optional<SchemaTree> tree_;
  std::unique_ptr<RecordReader> rows_;
  std::vector<DataType> types_;
  uint64_t at_ = 0;  // of the next block
  uint64_t end_ = 0;
  uint64_t block_at_ = 0;
  uint64_t in_block_ = 0;  // records left in the block
  uint64_t skip_ = 0;
};

class ContainerWriter : public FileWriter {
 public:
  ContainerWriter(const EncodeRequest& request, std::string codec, ByteSink* sink)
      : schema_(request.schema), codec_(std::move(codec)), sink_(sink) {}

  Status Write(const std::vector<ColumnPtr>& columns, const Rows& rows) override {
    for (size_t k = 0; k < rows.count; ++k) {
      WriteLong(1, block_);  // the record of the union with null
      for (size_t c = 0; c < schema_.size(); ++c) {
        SLUICE_RETURN_IF_ERROR(WriteValue(*columns[c], schema_[c].type.nullable(), rows[k], block_));
      }
      ++count_;
      if (block_.size() >= kBlockBytes) SLUICE_RETURN_IF_ERROR(EndBlock());
    }
    return {};
  }

  Status Finish() override {
    if (count_ > 0) return EndBlock();
    return sync_.empty() ? WriteHeader() : Status();
  }

 private:
  /// The marker must only not stand in the blocks by chance: it follows from the schema and the first block.
  static std::string MarkerOf(std::string_view schema, std::string_view block) {
    std::string marker;
    for (const uint64_t seed : {uint64_t{0xcbf29ce484222325}, uint64_t{0x9e3779b97f4a7c15}}) {
      uint64_t hash = seed;
      for (const std::string_view part : {schema, block}) {
        for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
        hash ^= hash >> 29;
      }
      marker.append(reinterpret_cast<const char*>(&hash), sizeof(hash));
    }
    return marker;
  }

  Status WriteHeader() {
    const std::string schema = SchemaJson(schema_, AvroOptions(), true);
    sync_ = MarkerOf(schema, block_);
    std::string header(kMagic);
    WriteLong(2, header);
    WriteBytes("avro.schema", header);
    WriteBytes(schema, header);
    WriteBytes("avro.codec", header);
    WriteBytes(codec_, header);
    WriteLong(0, header);
    return sink_->Append(header + sync_);
  }

  Status EndBlock() {
    if (sync_.empty()) SLUICE_RETURN_IF_ERROR(WriteHeader());
    const std::string data = CompressBlock(codec_, block_);
    std::string head;
    WriteLong(count_, head);
    WriteLong(static_cast<int64_t>(data.size()), head);
    block_.clear();
    count_ = 0;
    SLUICE_RETURN_IF_ERROR(sink_->Append(head));
    SLUICE_RETURN_IF_ERROR(sink_->Append(data));
    return sink_->Append(sync_);
  }

  const Schema schema_;
  const std::string codec_;
  ByteSink* const sink_;
  std::string sync_;  // empty: the header is not written yet
  std::string block_;
  int64_t count_ = 0;
};

}  // namespace

Result<std::unique_ptr<FileReader>> OpenContainer(const DecodeRequest& request, std::shared_ptr<RandomAccessFile> file,
                                                  const FileRange& range) {
  auto reader = std::make_unique<ContainerReader>(std::move(file));
  SLUICE_RETURN_IF_ERROR(reader->Open(request, range));
  return std::unique_ptr<FileReader>(std::move(reader));
}

Result<std::unique_ptr<FileWriter>> CreateContainer(const EncodeRequest& request, ByteSink* sink) {
  const std::string codec = text::StringOption(request.options, "codec", "snappy");
  SLUICE_RETURN_IF_ERROR(CheckCodec(codec));
  return std::unique_ptr<FileWriter>(std::make_unique<ContainerWriter>(request, codec, sink));
}

}  // namespace sluice::engine::avro
