// The format of the Kinesis Producer Library's packed records: four magic bytes, a protobuf message, its MD5.
//   message AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2;
//                              repeated Record records = 3; }
//   message Record { uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; bytes data = 3; … }
#include <optional>

#include "net/aws/kinesis_records.h"
#include "net/digest.h"

namespace sluice::net {
namespace {

constexpr std::string_view kMagic = "\xf3\x89\x9a\xc2";
constexpr size_t kDigest = 16;

/// Fields of a protobuf message, one after the other.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : bytes_(bytes) {}

  /// False at the end, and if the message is broken.
  bool Next() {
    if (!ok_ || bytes_.empty()) return false;
    const uint64_t tag = Varint();
    field = static_cast<uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0: number = Varint(); break;
      case 1: Take(8); break;
      case 2: text = Take(Varint()); break;
      case 5: Take(4); break;
      default: ok_ = false;
    }
    return ok_;
  }
  bool ok() const { return ok_; }

  uint32_t field = 0;
  uint64_t number = 0;
  std::string_view text;

 private:
  uint64_t Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return v;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Take(uint64_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

struct Packed {
  std::string_view partition_key;
  std::string_view explicit_hash_key;
  std::string_view data;
};

std::optional<Packed> ReadPacked(std::string_view bytes, const std::vector<std::string_view>& keys,
                                 const std::vector<std::string_view>& hash_keys) {
  ProtoReader reader(bytes);
  Packed out;
  bool keyed = false;
  while (reader.Next()) {
    if (reader.field == 1) {
      if (reader.number >= keys.size()) return std::nullopt;
      out.partition_key = keys[reader.number];
      keyed = true;
    } else if (reader.field == 2) {
      if (reader.number >= hash_keys.size()) return std::nullopt;
      out.explicit_hash_key = hash_keys[reader.number];
    } else if (reader.field == 3) {
      out.data = reader.text;
    }
  }
  if (!reader.ok() || !keyed) return std::nullopt;
  return out;
}

/// The records packed into `data`; nothing if it is a record as any other.
std::optional<std::vector<Packed>> Unpack(std::string_view data) {
  if (data.size() < kMagic.size() + kDigest || !data.starts_with(kMagic)) return std::nullopt;
  const std::string_view message = data.substr(kMagic.size(), data.size() - kMagic.size() - kDigest);
  if (Md5(message) != data.substr(data.size() - kDigest)) return std::nullopt;
  std::vector<std::string_view> keys, hash_keys, bodies;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.field == 1) keys.push_back(reader.text);
    if (reader.field == 2) hash_keys.push_back(reader.text);
    if (reader.field == 3) bodies.push_back(reader.text);
  }
  if (!reader.ok()) return std::nullopt;
  std::vector<Packed> out;
  for (const std::string_view body : bodies) {
    auto packed = ReadPacked(body, keys, hash_keys);
    if (!packed) return std::nullopt;
    out.push_back(*packed);
  }
  return out;
}

}  // namespace

HashKey HashKeyOf(std::string_view partition_key) {
  HashKey v = 0;
  for (const char c : Md5(partition_key)) v = v << 8 | static_cast<unsigned char>(c);
  return v;
}

HashKey ParseHashKey(std::string_view text, HashKey fallback) {
  if (text.empty() || text.size() > 39) return fallback;
  HashKey v = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return fallback;
    v = v * 10 + static_cast<unsigned>(c - '0');
  }
  return v;
}

void UnpackAggregated(KinesisRecords& records, const HashKeyRange& range) {
  bool any = false;
  for (const auto& record : records.records) any = any || records.Text(record.data).starts_with(kMagic);
  if (!any) return;
  const HashKey first = ParseHashKey(range.first, 0);
  const HashKey last = ParseHashKey(range.last, ~static_cast<HashKey>(0));
  std::vector<KinesisRecords::Record> out;
  for (const KinesisRecords::Record& record : records.records) {
    const auto packed = Unpack(records.Text(record.data));
    if (!packed) {
      out.push_back(record);
      continue;
    }
    const size_t begin = out.size();
    int32_t number = 0;
    for (const Packed& p : *packed) {
      const HashKey key = ParseHashKey(p.explicit_hash_key, HashKeyOf(p.partition_key));
      KinesisRecords::Record one = record;
      auto span = [&](std::string_view text) {
        return KinesisRecords::Span{static_cast<uint32_t>(text.data() - records.bytes.data()),
                                    static_cast<uint32_t>(text.size())};
      };
      one.data = span(p.data);
      one.partition_key = span(p.partition_key);
      one.sub_sequence = number++;
      one.last_of_sequence = false;
      if (key >= first && key <= last) out.push_back(one);
    }
    if (out.size() > begin) out.back().last_of_sequence = true;
  }
  records.records = std::move(out);
}

}  // namespace sluice::net
