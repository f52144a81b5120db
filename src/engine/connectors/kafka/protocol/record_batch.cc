#include "engine/connectors/kafka/protocol/record_batch.h"

#include <algorithm>
#include <map>

#include "engine/connectors/kafka/protocol/compression.h"
#include "engine/connectors/kafka/protocol/crc32c.h"
#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka {
namespace {

constexpr size_t kLengthEnd = 12;    // offset and length, which every format begins with
constexpr size_t kCheckedFrom = 21;  // what the checksum is of begins behind it
constexpr size_t kHeadSize = 61;     // up to the first record
constexpr int8_t kMagic = 2;
constexpr int16_t kCodecMask = 7, kLogAppendTime = 8, kTransactional = 16, kControl = 32;
constexpr int16_t kAbortMark = 0;
constexpr int64_t kMostOffset = int64_t{1} << 62;

struct Head {
  int64_t base_offset = 0;
  int32_t length = 0;  // of what follows the length
  int32_t leader_epoch = -1;
  int8_t magic = 0;
  uint32_t crc = 0;
  int16_t attributes = 0;
  int32_t last_offset_delta = 0;
  int64_t first_timestamp = 0, max_timestamp = 0;
  int64_t producer_id = -1;
  int32_t records = 0;

  /// Offsets count up from 0: a head that says otherwise is broken, and must not wrap around meanwhile.
  bool has_offsets() const { return base_offset >= 0 && base_offset < kMostOffset && last_offset_delta >= 0; }
  int64_t next_offset() const { return has_offsets() ? base_offset + last_offset_delta + 1 : 0; }
  size_t size() const { return kLengthEnd + static_cast<size_t>(length); }
};

/// Nothing where the next batch is not there as a whole.
std::optional<Head> NextHead(std::string_view bytes) {
  WireReader in(bytes);
  Head head;
  head.base_offset = in.Int64();
  head.length = in.Int32();
  if (!in.ok() || head.length < 0 || head.size() > bytes.size()) return std::nullopt;
  head.leader_epoch = in.Int32();
  head.magic = in.Int8();
  head.crc = static_cast<uint32_t>(in.Int32());
  head.attributes = in.Int16();
  head.last_offset_delta = in.Int32();
  head.first_timestamp = in.Int64();
  head.max_timestamp = in.Int64();
  head.producer_id = in.Int64();
  (void)in.Int16();  // its epoch
  (void)in.Int32();  // the first record's sequence number
  head.records = in.Int32();
  return head;
}

/// The numbers and bytes of records: signed varints, lengths before bytes.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  int64_t Varint() {
    if (at_ < end_ && static_cast<uint8_t>(*at_) < 0x80) {
      const auto byte = static_cast<uint8_t>(*at_++);
      return (byte >> 1) ^ -(byte & 1);
    }
    return LongVarint();
  }
  /// Null where the length is -1.
  std::optional<std::string_view> Bytes() {
    const int64_t size = Varint();
    if (size < 0) return std::nullopt;
    return Take(size);
  }
  std::string_view Take(int64_t size) {
    if (size < 0 || size > end_ - at_) {
      ok_ = false;
      return {};
    }
    const std::string_view bytes(at_, static_cast<size_t>(size));
    at_ += size;
    return bytes;
  }
  bool ok() const { return ok_; }

 private:
  int64_t LongVarint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64 && at_ < end_; shift += 7) {
      const auto byte = static_cast<uint8_t>(*at_++);
      v |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
    }
    ok_ = false;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

/// Whose batches are left out while aborted transactions are passed by.
class AbortedProducers {
 public:
  explicit AbortedProducers(std::vector<AbortedTransaction> aborted) : waiting_(std::move(aborted)) {
    std::sort(waiting_.begin(), waiting_.end(),
              [](const auto& a, const auto& b) { return a.first_offset > b.first_offset; });
  }
  /// Asked of the batches in their order.
  bool LeavesOut(const Head& head, bool is_abort_mark) {
    while (!waiting_.empty() && waiting_.back().first_offset < head.next_offset()) {
      ++open_[waiting_.back().producer_id];
      waiting_.pop_back();
    }
    const auto producer = open_.find(head.producer_id);
    if (producer == open_.end() || (head.attributes & kTransactional) == 0) return false;
    if (!is_abort_mark) return true;
    if (--producer->second == 0) open_.erase(producer);
    return true;
  }

 private:
  std::vector<AbortedTransaction> waiting_;  // the next one last
  std::map<int64_t, int> open_;
};

Error BrokenAt(const Head& head, const std::string& why) {
  return Error(ErrorCode::kData, "the record batch at offset " + std::to_string(head.base_offset) + " " + why);
}

bool IsAbortMark(const Head& head, std::string_view records) {
  if ((head.attributes & kControl) == 0) return false;
  RecordReader in(records);
  (void)in.Varint();  // length
  (void)in.Take(1);   // attributes
  (void)in.Varint();  // timestamp
  (void)in.Varint();  // offset
  const auto key = in.Bytes();
  if (!key || key->size() < 4) return false;
  WireReader number(*key);
  (void)number.Int16();  // version
  return number.Int16() == kAbortMark;
}

RecordFacts FactsOf(const Head& head, int64_t timestamp_delta, RecordReader& in) {
  RecordFacts facts;
  const bool append_time = (head.attributes & kLogAppendTime) != 0;
  facts.timestamp_type = append_time ? TimestampType::kLogAppendTime : TimestampType::kCreateTime;
  // A producer's clock may say anything: as in Java the sum wraps around.
  const auto created = static_cast<uint64_t>(head.first_timestamp) + static_cast<uint64_t>(timestamp_delta);
  facts.timestamp_ms = append_time ? head.max_timestamp : static_cast<int64_t>(created);
  facts.leader_epoch = head.leader_epoch;
  for (int64_t n = in.Varint(); n > 0 && in.ok(); --n) {
    RecordHeader header;
    header.name = in.Bytes().value_or(std::string_view());
    header.value = in.Bytes();
    facts.headers.push_back(header);
  }
  return facts;
}

Status ReadRecords(const Head& head, std::string_view bytes, const BatchReading& reading, PartitionRecords& out) {
  RecordReader in(bytes);
  const size_t most = out.records.size() + std::min(bytes.size(), static_cast<size_t>(std::max(head.records, 0)));
  if (most > out.records.capacity()) {
    const size_t room = std::max(most, 2 * out.records.capacity());
    out.records.reserve(room);
    out.offsets.reserve(room);
  }
  for (int32_t i = 0; i < head.records; ++i) {
    RecordReader record(in.Take(in.Varint()));
    (void)record.Take(1);  // attributes: none are in use
    const int64_t timestamp_delta = record.Varint();
    const int64_t offset_delta = record.Varint();
    splits::Record made;
    made.key = record.Bytes();
    made.value = record.Bytes();
    const bool in_batch = offset_delta >= 0 && offset_delta <= head.last_offset_delta;
    if (!in.ok() || !record.ok() || !in_batch) return BrokenAt(head, "is malformed.");
    const int64_t offset = head.base_offset + offset_delta;
    if (offset < reading.from) continue;
    if (reading.with_facts) {
      out.facts.push_back(FactsOf(head, timestamp_delta, record));
      if (!record.ok()) return BrokenAt(head, "has malformed headers.");
    }
    out.bytes += (made.key ? made.key->size() : 0) + (made.value ? made.value->size() : 0);
    out.records.push_back(made);
    out.offsets.push_back(offset);
  }
  return {};
}

Status ReadBatch(const Head& head, std::string_view bytes, const std::shared_ptr<const void>& owner,
                 const BatchReading& reading, AbortedProducers& aborted, PartitionRecords& out) {
  if (head.magic != kMagic) {
    return Error(ErrorCode::kNotSupported, "not supported yet: the batch at offset " +
                                               std::to_string(head.base_offset) +
                                               " is in a message format of Kafka before 0.11 (number " +
                                               std::to_string(head.magic) + "); copy the topic with a newer producer");
  }
  if (bytes.size() < kHeadSize) return BrokenAt(head, "is shorter than its head.");
  if (!head.has_offsets()) return BrokenAt(head, "is malformed.");
  if (reading.check_crcs && Crc32c(bytes.substr(kCheckedFrom)) != head.crc) {
    return BrokenAt(head, "has another checksum than its bytes.");
  }
  const std::string_view records = bytes.substr(kHeadSize);
  const bool left_out = aborted.LeavesOut(head, IsAbortMark(head, records));
  if (left_out || (head.attributes & kControl) != 0 || head.next_offset() <= reading.from) return {};
  const auto codec = static_cast<Codec>(head.attributes & kCodecMask);
  if (codec == Codec::kNone) {
    if (out.owners.empty() || out.owners.back() != owner) out.owners.push_back(owner);
    return ReadRecords(head, records, reading, out);
  }
  Result<Decompressed> plain = Decompress(codec, records);
  if (!plain.ok()) return plain.error().WithContext("the record batch at offset " + std::to_string(head.base_offset));
  out.owners.push_back(plain->buffer);
  return ReadRecords(head, {plain->buffer->data(), plain->size}, reading, out);
}

}  // namespace

int64_t OffsetBehind(std::string_view bytes, int64_t from) {
  while (const auto head = NextHead(bytes)) {
    from = std::max(from, head->next_offset());
    bytes.remove_prefix(head->size());
  }
  return from;
}

Status ReadBatches(std::string_view bytes, const std::shared_ptr<const void>& owner, BatchReading reading,
                   PartitionRecords& out) {
  AbortedProducers aborted(std::move(reading.aborted));
  out.next_offset = std::max(out.next_offset, reading.from);
  while (const auto head = NextHead(bytes)) {
    SLUICE_RETURN_IF_ERROR(ReadBatch(*head, bytes.substr(0, head->size()), owner, reading, aborted, out));
    out.next_offset = std::max(out.next_offset, head->next_offset());
    bytes.remove_prefix(head->size());
  }
  return {};
}

}  // namespace sluice::engine::kafka
