// libFuzzer entry: whatever a broker sends, it is read or refused cleanly, what was read stands in memory that is kept,
// and both who look for the offset to go on at find the same. The first byte says what the rest is and how it is read.
#include <algorithm>
#include <cstdlib>

#include "base/fuzz_seeds.h"
#include "engine/connectors/kafka/protocol/fetch_messages.h"
#include "engine/connectors/kafka/protocol/record_batch_for_test.h"

namespace sluice::engine::kafka {
namespace {

enum Kind : uint8_t { kFetch, kBatches, kMetadata, kListOffsets, kKinds };
constexpr uint8_t kWithFacts = 8, kChecked = 16, kFromLater = 32;

void Demand(bool holds) {
  if (!holds) std::abort();
}

/// Every byte that the records name: the sanitizer sees whether it may be read.
size_t Touched(const PartitionRecords& read) {
  size_t sum = 0;
  const auto touch = [&](std::string_view bytes) {
    for (const char c : bytes) sum += static_cast<unsigned char>(c);
  };
  for (const splits::Record& r : read.records) {
    touch(r.key.value_or(""));
    touch(r.value.value_or(""));
  }
  for (const RecordFacts& f : read.facts) {
    for (const RecordHeader& h : f.headers) {
      touch(h.name);
      touch(h.value.value_or(""));
    }
  }
  return sum;
}

void ReadThem(std::string_view bytes, uint8_t options, std::vector<AbortedTransaction> aborted) {
  BatchReading reading;
  reading.with_facts = (options & kWithFacts) != 0;
  reading.check_crcs = (options & kChecked) != 0;
  reading.from = (options & kFromLater) != 0 ? 1 : 0;
  reading.aborted = std::move(aborted);
  const int64_t from = reading.from;
  const int64_t behind = OffsetBehind(bytes, from);
  PartitionRecords read;
  const auto owner = std::make_shared<const std::string>(bytes);
  const Status status = ReadBatches(*owner, owner, reading, read);
  Demand(read.records.size() == read.offsets.size());
  Demand(!reading.with_facts || !status.ok() || read.facts.size() == read.records.size());
  Demand(!status.ok() || read.next_offset == behind);
  Demand(std::all_of(read.offsets.begin(), read.offsets.end(), [&](int64_t offset) { return offset >= from; }));
  volatile size_t kept = Touched(read);
  (void)kept;
}

void ReadAnswer(Kind kind, uint8_t options, std::string_view bytes) {
  if (kind == kBatches) return ReadThem(bytes, options, {});
  if (kind == kMetadata) return (void)ReadMetadata(bytes);
  if (kind == kListOffsets) return (void)ReadListOffsets(bytes);
  auto parts = ReadFetch(bytes);
  if (!parts.ok()) return;
  for (FetchedPartition& part : *parts) ReadThem(part.batches, options, std::move(part.aborted));
}

/// A fetch's answer with one partition.
std::string FetchAnswer(const std::string& batches, int64_t aborted_producer) {
  WireWriter w;
  w.Int32(0);  // throttle time
  w.Int16(0);  // no error
  w.Int32(0);  // session
  w.Int32(1);  // topics
  w.String("topic");
  w.Int32(1);  // partitions
  w.Int32(0);
  w.Int16(0);
  for (int i = 0; i < 3; ++i) w.Int64(9);  // high watermark, last stable offset, where the log begins
  w.Int32(1);
  w.Int64(aborted_producer);
  w.Int64(0);
  w.Bytes(batches);
  return w.bytes();
}

std::string MetadataAnswer() {
  WireWriter w;
  w.Int32(0);
  w.Int32(1);  // brokers
  w.Int32(1);
  w.String("host");
  w.Int32(9092);
  w.String("rack");
  w.String("cluster");
  w.Int32(1);
  w.Int32(1);  // topics
  w.Int16(0);
  w.String("topic");
  w.Bool(false);
  w.Int32(1);  // partitions
  w.Int16(0);
  w.Int32(0);
  w.Int32(1);
  for (int list = 0; list < 2; ++list) {
    w.Int32(1);
    w.Int32(1);
  }
  return w.bytes();
}

std::string ListOffsetsAnswer() {
  WireWriter w;
  w.Int32(1);
  w.String("topic");
  w.Int32(1);
  w.Int32(0);
  w.Int16(0);
  w.Int64(-1);
  w.Int64(42);
  return w.bytes();
}

std::vector<FuzzSeed> Seeds() {
  const auto made = [](const char* name, uint8_t first, const std::string& bytes) {
    return FuzzSeed{name, std::string(1, static_cast<char>(first)) + bytes};
  };
  test::TestBatch batch{0, {{"k", "v", {{"header", "h"}, {"none", {}}}}, {{}, ""}, {"", {}}}};
  std::vector<FuzzSeed> seeds;
  std::string all;
  for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    const std::string bytes = test::Encoded(batch);
    seeds.push_back(made(codec, kBatches | kWithFacts, bytes));
    all += bytes;
    ++batch.attributes;
    batch.offset += 3;
  }
  seeds.push_back(made("checked", kFetch | kWithFacts | kChecked, FetchAnswer(all, -1)));
  constexpr int16_t kTransactional = 16, kControl = 32;
  const std::string mark = test::Encoded({2, {{std::string(4, '\0'), "mark"}}, kTransactional | kControl, 1});
  seeds.push_back(made("aborted", kFetch, FetchAnswer(test::Encoded({0, {{"a", "b"}}, kTransactional, 1}) + mark, 1)));
  seeds.push_back(made("metadata", kMetadata, MetadataAnswer()));
  seeds.push_back(made("offsets", kListOffsets, ListOffsetsAnswer()));
  return seeds;
}

}  // namespace
}  // namespace sluice::engine::kafka

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  sluice::WriteFuzzSeedsIfAsked(*argc, *argv, sluice::engine::kafka::Seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::engine::kafka;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  ReadAnswer(static_cast<Kind>(data[0] % kKinds), data[0], bytes);
  return 0;
}
