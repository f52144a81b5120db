// Record batches as a producer writes them, for tests.
#pragma once

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/connectors/kafka/protocol/compression.h"
#include "engine/connectors/kafka/protocol/crc32c.h"
#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka::test {

using Text = std::optional<std::string>;

struct TestRecord {
  Text key, value;
  std::vector<std::pair<std::string, Text>> headers;
};

struct TestBatch {
  int64_t offset = 0;
  std::vector<TestRecord> records;
  int16_t attributes = 0;
  int64_t producer = -1;
  int64_t first_timestamp = 1000, max_timestamp = 9000;
  int8_t magic = 2;
};

inline void PutVarint(int64_t v, std::string& to) {
  for (uint64_t u = static_cast<uint64_t>(v) << 1 ^ static_cast<uint64_t>(v >> 63);; u >>= 7) {
    if (u < 0x80) {
      to.push_back(static_cast<char>(u));
      return;
    }
    to.push_back(static_cast<char>(u | 0x80));
  }
}

inline void PutBytes(const Text& bytes, std::string& to) {
  PutVarint(bytes ? static_cast<int64_t>(bytes->size()) : -1, to);
  to += bytes.value_or("");
}

inline std::string Records(const TestBatch& batch) {
  std::string out;
  int64_t number = 0;
  for (const TestRecord& r : batch.records) {
    std::string body(1, '\0');
    PutVarint(number * 10, body);  // ms
    PutVarint(number++, body);
    PutBytes(r.key, body);
    PutBytes(r.value, body);
    PutVarint(static_cast<int64_t>(r.headers.size()), body);
    for (const auto& [name, value] : r.headers) {
      PutBytes(name, body);
      PutBytes(value, body);
    }
    PutBytes(body, out);
  }
  return out;
}

inline std::string Compressed(Codec codec, const std::string& text) {
  std::string out(text.size() * 2 + 1000, '\0');
  switch (codec) {
    case Codec::kNone: return text;
    case Codec::kGzip: {
      z_stream stream{};
      deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
      stream.avail_in = static_cast<uInt>(text.size());
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      deflate(&stream, Z_FINISH);
      out.resize(stream.total_out);
      deflateEnd(&stream);
      return out;
    }
    case Codec::kSnappy: snappy::Compress(text.data(), text.size(), &out); return out;
    case Codec::kLz4:
      out.resize(LZ4F_compressFrame(out.data(), out.size(), text.data(), text.size(), nullptr));
      return out;
    case Codec::kZstd: out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3)); return out;
  }
  return out;
}

inline std::string Encoded(const TestBatch& batch) {
  WireWriter checked;
  checked.Int16(batch.attributes);
  checked.Int32(static_cast<int32_t>(batch.records.size()) - 1);
  checked.Int64(batch.first_timestamp);
  checked.Int64(batch.max_timestamp);
  checked.Int64(batch.producer);
  checked.Int16(0);
  checked.Int32(0);
  checked.Int32(static_cast<int32_t>(batch.records.size()));
  checked.Raw(Compressed(static_cast<Codec>(batch.attributes & 7), Records(batch)));
  WireWriter out;
  out.Int64(batch.offset);
  out.Int32(static_cast<int32_t>(checked.bytes().size()) + 9);
  out.Int32(7);  // leader epoch
  out.Int8(batch.magic);
  out.Int32(static_cast<int32_t>(Crc32c(checked.bytes())));
  out.Raw(checked.bytes());
  return out.bytes();
}

}  // namespace sluice::engine::kafka::test
