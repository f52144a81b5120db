#include "engine/connectors/filesystem/split_reader.h"

#include <algorithm>
#include <cstring>

namespace sluice::engine::filesystem {
namespace {

constexpr size_t kChunkBytes = 512 * 1024;
constexpr size_t kMaxRecordBytes = size_t{1} << 30;

/// The first offset at or after `offset` where a line begins.
Result<uint64_t> NextLine(const std::shared_ptr<RandomAccessFile>& file, uint64_t offset) {
  if (offset == 0) return uint64_t{0};
  const std::unique_ptr<ByteReader> reader = ReadBytes(file);
  SLUICE_RETURN_IF_ERROR(reader->Skip(offset - 1));
  std::vector<char> block(64 * 1024);
  uint64_t at = offset - 1;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const size_t n, reader->Read(block.data(), block.size()));
    if (n == 0) return at;
    if (const void* newline = std::memchr(block.data(), '\n', n)) {
      return at + static_cast<uint64_t>(static_cast<const char*>(newline) - block.data()) + 1;
    }
    at += n;
  }
}

/// After a restore the file may be another one.
Status CheckSize(const Split& split, const RandomAccessFile& file) {
  if (file.size() >= split.offset) return {};
  return Error(ErrorCode::kData, "The file " + split.path + " has " + std::to_string(file.size()) + " bytes, but " +
                                     std::to_string(split.offset) +
                                     " were read before: it is not the file that the checkpoint knows.");
}

}  // namespace

Result<std::unique_ptr<SplitReader>> SplitReader::Open(const Split& split, std::shared_ptr<RandomAccessFile> file,
                                                       Decoder& decoder) {
  std::unique_ptr<SplitReader> reader(new SplitReader(split, decoder));
  reader->bytes_ = ReadBytes(file);
  if (split.end != UINT64_MAX) {
    SLUICE_ASSIGN_OR_RETURN(reader->stop_, NextLine(file, split.end));
  }
  if (split.offset > 0) {
    reader->offset_ = split.offset;
  } else {
    SLUICE_ASSIGN_OR_RETURN(reader->offset_, NextLine(file, split.begin));
  }
  if (split.offset > 0 && !IsCompressed(split.path)) SLUICE_RETURN_IF_ERROR(CheckSize(split, *file));
  if (reader->offset_ > 0) SLUICE_RETURN_IF_ERROR(reader->bytes_->Skip(reader->offset_));
  reader->fetched_ = reader->offset_;
  reader->first_record_ = decoder.records_seen();
  return reader;
}

/// More bytes behind the unread ones, in a new buffer: rows may still point into the old one.
Status SplitReader::Fill() {
  const size_t left = end_ - begin_;
  if (left > kMaxRecordBytes) {
    return Error(ErrorCode::kData, "A record of more than 1 GiB begins at byte " + std::to_string(offset_) + " of " +
                                       split_.path + "; records end with a newline.");
  }
  const size_t capacity = std::max(kChunkBytes, left * 2);
  auto next = std::make_shared<Buffer>(capacity + Decoder::kPadding);
  if (left > 0) std::memcpy(next->data(), chunk_->data() + begin_, left);
  chunk_ = std::move(next);
  begin_ = 0;
  end_ = left;
  while (end_ < capacity && !file_ended_) {
    const size_t want = static_cast<size_t>(std::min<uint64_t>(capacity - end_, stop_ - fetched_));
    size_t n = 0;
    if (want > 0) {
      SLUICE_ASSIGN_OR_RETURN(n, bytes_->Read(chunk_->data() + end_, want));
    }
    file_ended_ = n == 0;
    end_ += n;
    fetched_ += n;
  }
  std::memset(chunk_->data() + end_, 0, Decoder::kPadding);
  return {};
}

Error SplitReader::AtRecord(const Error& error) const {
  const int64_t number = decoder_.records_seen() - first_record_ + 1;
  // Lines can only be counted from the start of the file.
  const bool from_start = split_.begin == 0 && split_.offset == 0;
  return error.WithContext(from_start ? "line " + std::to_string(number) + " of " + split_.path
                                      : "after byte " + std::to_string(offset_) + " of " + split_.path);
}

Result<bool> SplitReader::Read(size_t max_rows, std::vector<ColumnPtr>& columns, std::vector<RowKind>& kinds,
                               size_t* made) {
  *made = 0;
  while (*made < max_rows) {
    if (begin_ < end_) {
      const int64_t rows_before = decoder_.rows_made();
      Result<size_t> taken = decoder_.Decode(chunk_, begin_, end_, file_ended_, max_rows - *made, columns, kinds);
      if (!taken.ok()) return AtRecord(taken.error());
      *made += static_cast<size_t>(decoder_.rows_made() - rows_before);
      begin_ += *taken;
      offset_ += *taken;
      if (*taken > 0) continue;
    }
    if (file_ended_) return begin_<end_&& * made> 0;
    if (*made > 0 && begin_ < end_) return true;  // hand over what is there before reading on
    SLUICE_RETURN_IF_ERROR(Fill());
  }
  return true;
}

}  // namespace sluice::engine::filesystem
