#include "engine/connectors/kafka/protocol/compression.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka {
namespace {

constexpr size_t kLargest = size_t{1} << 30;
// Snappy copies at most 64 bytes by an order of two: what claims to be larger is broken, and gets no memory to prove
// it.
constexpr size_t kSnappysMost = 32;

Error Broken(const char* codec) {
  return Error(ErrorCode::kData, std::string("A record batch is not compressed with ") + codec + " as it says.");
}

/// Output that grows: decoders write at end() as long as there is room().
class Growing {
 public:
  explicit Growing(size_t first) { Reserve(std::max<size_t>(first, 4096)); }
  char* end() { return buffer_->data() + size_; }
  size_t room() const { return buffer_->size() - size_; }
  void Wrote(size_t n) { size_ += n; }
  bool Grow() {
    if (buffer_->size() >= kLargest) return false;
    Reserve(buffer_->size() * 2);
    return true;
  }
  Decompressed Take() && { return {std::move(buffer_), size_}; }

 private:
  void Reserve(size_t capacity) {
    auto larger = std::make_shared<Buffer>(capacity);
    if (size_ > 0) std::memcpy(larger->data(), buffer_->data(), size_);
    buffer_ = std::move(larger);
  }
  std::shared_ptr<Buffer> buffer_;
  size_t size_ = 0;
};

Result<Decompressed> Lz4(std::string_view bytes) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) return Broken("lz4");
  const std::unique_ptr<LZ4F_dctx, decltype(&LZ4F_freeDecompressionContext)> owned(context,
                                                                                   LZ4F_freeDecompressionContext);
  Growing out(bytes.size() * 4);
  LZ4F_decompressOptions_t stable{};
  while (true) {
    size_t written = out.room(), read = bytes.size();
    const size_t hint = LZ4F_decompress(context, out.end(), &written, bytes.data(), &read, &stable);
    if (LZ4F_isError(hint) != 0) return Broken("lz4");
    out.Wrote(written);
    bytes.remove_prefix(read);
    if (hint == 0) return std::move(out).Take();
    if (out.room() == 0) {
      if (!out.Grow()) return Broken("lz4");
    } else if (read == 0 && written == 0) {
      return Broken("lz4");  // cut off
    }
  }
}

Result<Decompressed> Gzip(std::string_view bytes) {
  z_stream stream{};
  constexpr int kGzipHeader = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipHeader) != Z_OK) return Broken("gzip");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> owned(&stream, inflateEnd);
  Growing out(bytes.size() * 4);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(out.end());
    const auto room = static_cast<uInt>(out.room());
    stream.avail_out = room;
    const int rc = inflate(&stream, Z_NO_FLUSH);
    out.Wrote(room - stream.avail_out);
    if (rc == Z_STREAM_END) return std::move(out).Take();
    const bool full = stream.avail_out == 0;
    if ((rc != Z_OK && rc != Z_BUF_ERROR) || !full || !out.Grow()) return Broken("gzip");
  }
}

Result<Decompressed> Zstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  Growing out(bytes.size() * 4);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    ZSTD_outBuffer to{out.end(), out.room(), 0};
    const size_t before = in.pos;
    const size_t rc = ZSTD_decompressStream(stream.get(), &to, &in);
    if (ZSTD_isError(rc) != 0) return Broken("zstd");
    out.Wrote(to.pos);
    if (rc == 0) return std::move(out).Take();
    if (out.room() == 0) {
      if (!out.Grow()) return Broken("zstd");
    } else if (in.pos == before && to.pos == 0) {
      return Broken("zstd");  // cut off
    }
  }
}

bool SnappyBlock(std::string_view bytes, Growing& out) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size) || size > bytes.size() * kSnappysMost)
    return false;
  while (out.room() < size) {
    if (!out.Grow()) return false;
  }
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.end())) return false;
  out.Wrote(size);
  return true;
}

/// Java's clients write blocks with their lengths behind a header of their own; others write one bare block.
Result<Decompressed> Snappy(std::string_view bytes) {
  constexpr std::string_view kJavasMark("\x82SNAPPY\0", 8);
  constexpr size_t kJavasHeader = 16;
  Growing out(bytes.size() * 4);
  if (!bytes.starts_with(kJavasMark)) {
    if (!SnappyBlock(bytes, out)) return Broken("snappy");
    return std::move(out).Take();
  }
  bytes.remove_prefix(std::min(bytes.size(), kJavasHeader));
  while (!bytes.empty()) {
    WireReader in(bytes);
    const int32_t size = in.Int32();
    bytes = in.rest();
    if (!in.ok() || size < 0 || static_cast<size_t>(size) > bytes.size() ||
        !SnappyBlock(bytes.substr(0, static_cast<size_t>(size)), out)) {
      return Broken("snappy");
    }
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return std::move(out).Take();
}

}  // namespace

Result<Decompressed> Decompress(Codec codec, std::string_view bytes) {
  switch (codec) {
    case Codec::kGzip: return Gzip(bytes);
    case Codec::kSnappy: return Snappy(bytes);
    case Codec::kLz4: return Lz4(bytes);
    case Codec::kZstd: return Zstd(bytes);
    case Codec::kNone: break;
  }
  return Error(ErrorCode::kData, "A record batch is compressed with a codec that Kafka has not (number " +
                                     std::to_string(static_cast<int>(codec)) + ").");
}

}  // namespace sluice::engine::kafka
