#include "engine/formats/avro/block_codec.h"

#include <bzlib.h>
#include <lzma.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <vector>

namespace sluice::engine::avro {
namespace {

constexpr size_t kMost = size_t{1} << 30;
// Of an xz decoder: its highest level needs 65 MiB, a broken header may ask for all there is.
constexpr uint64_t kMostMemory = uint64_t{256} << 20;
// Snappy copies at most 64 bytes by an order of two: what claims to be larger is broken, and gets no memory to prove
// it.
constexpr size_t kSnappysMost = 32;

Error Broken(std::string_view codec) {
  return Error(ErrorCode::kData, "a block compressed with '" + std::string(codec) + "' is broken or larger than 1 GiB");
}

std::shared_ptr<const Buffer> Copy(std::string_view bytes) {
  auto buffer = std::make_shared<Buffer>(bytes.size());
  if (!bytes.empty()) std::memcpy(buffer->data(), bytes.data(), bytes.size());
  return buffer;
}

uint32_t BigEndian(const char* p) {
  uint32_t v = 0;
  for (int k = 0; k < 4; ++k) v = v << 8 | static_cast<unsigned char>(p[k]);
  return v;
}

uint32_t Crc(const char* data, size_t size) {
  return static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(data), static_cast<uInt>(size)));
}

/// The bytes, then the CRC of what they decompress to.
Result<std::shared_ptr<const Buffer>> Unsnap(std::string_view bytes) {
  size_t size = 0;
  if (bytes.size() < 4 || !snappy::GetUncompressedLength(bytes.data(), bytes.size() - 4, &size) || size > kMost ||
      size > bytes.size() * kSnappysMost) {
    return Broken("snappy");
  }
  auto buffer = std::make_shared<Buffer>(size);
  if (!snappy::RawUncompress(bytes.data(), bytes.size() - 4, buffer->data()) ||
      Crc(buffer->data(), size) != BigEndian(bytes.data() + bytes.size() - 4)) {
    return Broken("snappy");
  }
  return std::shared_ptr<const Buffer>(std::move(buffer));
}

/// Calls `step(out, room)` with more and more room; it answers how much it made, or -1; 0 is the end.
template <typename F>
Result<std::shared_ptr<const Buffer>> Grow(std::string_view codec, size_t input, F&& step) {
  std::string out;
  size_t made = 0;
  while (true) {
    if (out.size() - made < 4096) {
      if (out.size() >= kMost) return Broken(codec);
      out.resize(std::max<size_t>(out.size() * 2, input * 4 + 8192));
    }
    const int64_t n = step(out.data() + made, out.size() - made);
    if (n < 0) return Broken(codec);
    if (n == 0) return Copy({out.data(), made});
    made += static_cast<size_t>(n);
  }
}

Result<std::shared_ptr<const Buffer>> Inflate(std::string_view bytes) {
  z_stream z = {};
  if (inflateInit2(&z, -15) != Z_OK) return Broken("deflate");
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  auto result = Grow("deflate", bytes.size(), [&](char* to, size_t room) -> int64_t {
    z.next_out = reinterpret_cast<Bytef*>(to);
    z.avail_out = static_cast<uInt>(room);
    const int code = inflate(&z, Z_NO_FLUSH);
    const auto n = static_cast<int64_t>(room - z.avail_out);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return -1;
    return n == 0 && code != Z_STREAM_END ? -1 : n;
  });
  inflateEnd(&z);
  return result;
}

Result<std::shared_ptr<const Buffer>> Bunzip(std::string_view bytes) {
  bz_stream z = {};
  if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK) return Broken("bzip2");
  z.next_in = const_cast<char*>(bytes.data());
  z.avail_in = static_cast<unsigned>(bytes.size());
  bool ended = false;
  auto result = Grow("bzip2", bytes.size(), [&](char* to, size_t room) -> int64_t {
    if (ended) return 0;
    z.next_out = to;
    z.avail_out = static_cast<unsigned>(room);
    const int code = BZ2_bzDecompress(&z);
    ended = code == BZ_STREAM_END;
    const auto n = static_cast<int64_t>(room - z.avail_out);
    return (code != BZ_OK && !ended) || (n == 0 && !ended) ? -1 : n;
  });
  BZ2_bzDecompressEnd(&z);
  return result;
}

Result<std::shared_ptr<const Buffer>> Unxz(std::string_view bytes) {
  lzma_stream z = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&z, kMostMemory, 0) != LZMA_OK) return Broken("xz");
  z.next_in = reinterpret_cast<const uint8_t*>(bytes.data());
  z.avail_in = bytes.size();
  bool ended = false;
  auto result = Grow("xz", bytes.size(), [&](char* to, size_t room) -> int64_t {
    if (ended) return 0;
    z.next_out = reinterpret_cast<uint8_t*>(to);
    z.avail_out = room;
    const lzma_ret code = lzma_code(&z, LZMA_RUN);
    ended = code == LZMA_STREAM_END;
    const auto n = static_cast<int64_t>(room - z.avail_out);
    return (code != LZMA_OK && !ended) || (n == 0 && !ended) ? -1 : n;
  });
  lzma_end(&z);
  return result;
}

Result<std::shared_ptr<const Buffer>> Unzstd(std::string_view bytes) {
  ZSTD_DStream* z = ZSTD_createDStream();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  bool ended = false;
  auto result = Grow("zstandard", bytes.size(), [&](char* to, size_t room) -> int64_t {
    if (ended) return 0;
    ZSTD_outBuffer out{to, room, 0};
    const size_t code = ZSTD_decompressStream(z, &out, &in);
    ended = code == 0;
    return ZSTD_isError(code) || (out.pos == 0 && !ended) ? -1 : static_cast<int64_t>(out.pos);
  });
  ZSTD_freeDStream(z);
  return result;
}

std::string Deflate(std::string_view bytes) {
  z_stream z = {};
  deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, static_cast<uLong>(bytes.size())), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

std::string Snap(std::string_view bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  const uint32_t crc = Crc(bytes.data(), bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(crc >> shift));
  return out;
}

std::string Bzip(std::string_view bytes) {
  std::string out(bytes.size() + bytes.size() / 100 + 700, '\0');
  auto size = static_cast<unsigned>(out.size());
  BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()), 9,
                           0, 0);
  out.resize(size);
  return out;
}

std::string Xz(std::string_view bytes) {
  std::string out(lzma_stream_buffer_bound(bytes.size()), '\0');
  size_t size = 0;
  lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
                          reinterpret_cast<uint8_t*>(out.data()), &size, out.size());
  out.resize(size);
  return out;
}

std::string Zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

}  // namespace

Status CheckCodec(std::string_view codec) {
  for (const char* known : {"null", "deflate", "snappy", "bzip2", "xz", "zstandard"}) {
    if (codec == known) return {};
  }
  return Error(ErrorCode::kOption, "Unrecognized codec: " + std::string(codec));
}

Result<std::shared_ptr<const Buffer>> DecompressBlock(std::string_view codec, std::string_view bytes) {
  if (codec == "null") return Copy(bytes);
  if (codec == "deflate") return Inflate(bytes);
  if (codec == "snappy") return Unsnap(bytes);
  if (codec == "bzip2") return Bunzip(bytes);
  if (codec == "xz") return Unxz(bytes);
  if (codec == "zstandard") return Unzstd(bytes);
  return CheckCodec(codec).error();
}

std::string CompressBlock(std::string_view codec, std::string_view bytes) {
  if (codec == "deflate") return Deflate(bytes);
  if (codec == "snappy") return Snap(bytes);
  if (codec == "bzip2") return Bzip(bytes);
  if (codec == "xz") return Xz(bytes);
  if (codec == "zstandard") return Zstd(bytes);
  return std::string(bytes);
}

}  // namespace sluice::engine::avro
