#include "engine/connectors/filesystem/byte_reader.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

namespace sluice::engine::filesystem {
namespace {

constexpr size_t kInputBytes = 128 * 1024;

class PlainReader : public ByteReader {
 public:
  explicit PlainReader(std::shared_ptr<RandomAccessFile> file) : file_(std::move(file)) {}

  Result<size_t> Read(char* to, size_t size) override {
    SLUICE_ASSIGN_OR_RETURN(const size_t n, file_->ReadAt(at_, to, size));
    at_ += n;
    return n;
  }
  Status Skip(uint64_t bytes) override {
    at_ += bytes;
    return {};
  }

 private:
  const std::shared_ptr<RandomAccessFile> file_;
  uint64_t at_ = 0;
};

/// One step of a decompressor: consumes from in/in_size, produces to out/out_size, both moved on.
class Decompressor {
 public:
  virtual ~Decompressor() = default;
  enum class Step : uint8_t { kMore, kFrameEnd, kBad };
  virtual Step Run(const char*& in, size_t& in_size, char*& out, size_t& out_size, bool no_more_input) = 0;
};

class CompressedReader : public ByteReader {
 public:
  CompressedReader(std::unique_ptr<PlainReader> file, std::unique_ptr<Decompressor> decompressor, std::string path)
      : file_(std::move(file)), decompressor_(std::move(decompressor)), path_(std::move(path)), input_(kInputBytes) {}

  Result<size_t> Read(char* to, size_t size) override {
    char* out = to;
    size_t left = size;
    while (left == size && size > 0) {
      if (in_size_ == 0 && !file_ended_) {
        SLUICE_ASSIGN_OR_RETURN(in_size_, file_->Read(input_.data(), input_.size()));
        in_ = input_.data();
        file_ended_ = in_size_ == 0;
      }
      if (file_ended_ && in_size_ == 0 && frame_ended_) return size_t{0};
      const size_t before_in = in_size_, before_out = left;
      const Decompressor::Step step = decompressor_->Run(in_, in_size_, out, left, file_ended_);
      frame_ended_ = step == Decompressor::Step::kFrameEnd;
      const bool stuck = before_in == in_size_ && before_out == left && !frame_ended_;
      if (step == Decompressor::Step::kBad || (stuck && file_ended_)) {
        return Error(ErrorCode::kData, "The compressed file " + path_ + " is broken or cut off.");
      }
    }
    return size - left;
  }

  Status Skip(uint64_t bytes) override {
    std::vector<char> sink(64 * 1024);
    while (bytes > 0) {
      SLUICE_ASSIGN_OR_RETURN(const size_t n, Read(sink.data(), std::min<uint64_t>(sink.size(), bytes)));
      if (n == 0) return Error(ErrorCode::kData, "The file " + path_ + " is shorter than when it was read last.");
      bytes -= n;
    }
    return {};
  }

 private:
  std::unique_ptr<PlainReader> file_;
  std::unique_ptr<Decompressor> decompressor_;
  const std::string path_;
  std::vector<char> input_;
  const char* in_ = nullptr;
  size_t in_size_ = 0;
  bool file_ended_ = false;
  bool frame_ended_ = true;  // an empty file is fine
};

class Zlib : public Decompressor {
 public:
  explicit Zlib(int window_bits) { ok_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Zlib() override { inflateEnd(&stream_); }
  Step Run(const char*& in, size_t& in_size, char*& out, size_t& out_size, bool) override {
    if (!ok_) return Step::kBad;
    if (ended_ && in_size > 0) {  // the next member of a concatenated file
      inflateReset(&stream_);
      ended_ = false;
    }
    if (ended_) return Step::kFrameEnd;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in));
    stream_.avail_in = static_cast<uInt>(in_size);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(out_size, 1 << 30));
    const uInt offered = stream_.avail_out;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    in += in_size - stream_.avail_in;
    in_size = stream_.avail_in;
    out += offered - stream_.avail_out;
    out_size -= offered - stream_.avail_out;
    if (code == Z_STREAM_END) ended_ = true;
    return ended_ ? Step::kFrameEnd : code == Z_OK || code == Z_BUF_ERROR ? Step::kMore : Step::kBad;
  }

 private:
  z_stream stream_ = {};
  bool ok_ = false;
  bool ended_ = false;
};

class Zstd : public Decompressor {
 public:
  Zstd() : stream_(ZSTD_createDStream()) {}
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Step Run(const char*& in, size_t& in_size, char*& out, size_t& out_size, bool) override {
    ZSTD_inBuffer input{in, in_size, 0};
    ZSTD_outBuffer output{out, out_size, 0};
    const size_t code = ZSTD_decompressStream(stream_, &output, &input);
    if (ZSTD_isError(code)) return Step::kBad;
    in += input.pos;
    in_size -= input.pos;
    out += output.pos;
    out_size -= output.pos;
    return code == 0 ? Step::kFrameEnd : Step::kMore;
  }

 private:
  ZSTD_DStream* stream_;
};

class Bzip2 : public Decompressor {
 public:
  Bzip2() { ok_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK; }
  ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }
  Step Run(const char*& in, size_t& in_size, char*& out, size_t& out_size, bool) override {
    if (ended_ && in_size > 0) {
      BZ2_bzDecompressEnd(&stream_);
      stream_ = {};
      ok_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
      ended_ = false;
    }
    if (!ok_) return Step::kBad;
    if (ended_) return Step::kFrameEnd;
    stream_.next_in = const_cast<char*>(in);
    stream_.avail_in = static_cast<unsigned>(in_size);
    stream_.next_out = out;
    stream_.avail_out = static_cast<unsigned>(std::min<size_t>(out_size, 1 << 30));
    const unsigned offered = stream_.avail_out;
    const int code = BZ2_bzDecompress(&stream_);
    in += in_size - stream_.avail_in;
    in_size = stream_.avail_in;
    out += offered - stream_.avail_out;
    out_size -= offered - stream_.avail_out;
    if (code == BZ_STREAM_END) ended_ = true;
    return ended_ ? Step::kFrameEnd : code == BZ_OK ? Step::kMore : Step::kBad;
  }

 private:
  bz_stream stream_ = {};
  bool ok_ = false;
  bool ended_ = false;
};

class Xz : public Decompressor {
 public:
  Xz() { ok_ = lzma_stream_decoder(&stream_, UINT64_MAX, LZMA_CONCATENATED) == LZMA_OK; }
  ~Xz() override { lzma_end(&stream_); }
  Step Run(const char*& in, size_t& in_size, char*& out, size_t& out_size, bool no_more_input) override {
    if (!ok_) return Step::kBad;
    stream_.next_in = reinterpret_cast<const uint8_t*>(in);
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<uint8_t*>(out);
    stream_.avail_out = out_size;
    const lzma_ret code = lzma_code(&stream_, no_more_input ? LZMA_FINISH : LZMA_RUN);
    in += in_size - stream_.avail_in;
    in_size = stream_.avail_in;
    out += out_size - stream_.avail_out;
    out_size = stream_.avail_out;
    if (code == LZMA_STREAM_END) return Step::kFrameEnd;
    return code == LZMA_OK || code == LZMA_BUF_ERROR ? Step::kMore : Step::kBad;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ok_ = false;
};

std::unique_ptr<Decompressor> DecompressorFor(const std::string& path) {
  if (path.ends_with(".gz") || path.ends_with(".gzip")) return std::make_unique<Zlib>(15 + 16);
  if (path.ends_with(".deflate")) return std::make_unique<Zlib>(15);
  if (path.ends_with(".zst") || path.ends_with(".zstd")) return std::make_unique<Zstd>();
  if (path.ends_with(".bz2")) return std::make_unique<Bzip2>();
  if (path.ends_with(".xz")) return std::make_unique<Xz>();
  return nullptr;
}

}  // namespace

bool IsCompressed(const std::string& path) { return DecompressorFor(path) != nullptr; }

std::unique_ptr<ByteReader> ReadBytes(std::shared_ptr<RandomAccessFile> file) {
  const std::string path = file->name();
  auto plain = std::make_unique<PlainReader>(std::move(file));
  auto decompressor = DecompressorFor(path);
  if (!decompressor) return plain;
  return std::make_unique<CompressedReader>(std::move(plain), std::move(decompressor), path);
}

}  // namespace sluice::engine::filesystem
