#include "engine/connectors/kafka/protocol/record_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/connectors/kafka/protocol/crc32c.h"
#include "engine/connectors/kafka/protocol/record_batch_for_test.h"

namespace sluice::engine::kafka {
namespace {

using test::Compressed;
using test::Encoded;
using test::TestBatch;

/// "offset:key=value" of each record.
std::vector<std::string> Listed(const PartitionRecords& read) {
  std::vector<std::string> out;
  for (size_t i = 0; i < read.records.size(); ++i) {
    const splits::Record& r = read.records[i];
    out.push_back(std::to_string(read.offsets[i]) + ":" + std::string(r.key.value_or("null")) + "=" +
                  std::string(r.value.value_or("null")));
  }
  return out;
}

Result<PartitionRecords> Read(const std::string& bytes, BatchReading reading = {}) {
  PartitionRecords out;
  auto owner = std::make_shared<const std::string>(bytes);
  SLUICE_RETURN_IF_ERROR(ReadBatches(*owner, owner, std::move(reading), out));
  return out;
}

using testing::ElementsAre;
using testing::HasSubstr;

TEST(RecordBatch, NullsAndEmptyBytesDiffer) {
  const auto read = Read(Encoded({5, {{"k", "v"}, {std::nullopt, ""}, {"", std::nullopt}}}));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_THAT(Listed(*read), ElementsAre("5:k=v", "6:null=", "7:=null"));
  EXPECT_EQ(read->next_offset, 8);
  EXPECT_EQ(read->bytes, 2u);
  EXPECT_TRUE(read->facts.empty());
}

TEST(RecordBatch, EveryCodec) {
  const std::string large(300'000, 'x');
  for (const Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    TestBatch batch{0, {{"a", large}, {"b", "2"}}, static_cast<int16_t>(codec)};
    const auto read = Read(Encoded(batch));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_THAT(Listed(*read), ElementsAre("0:a=" + large, "1:b=2")) << static_cast<int>(codec);
  }
}

TEST(RecordBatch, SnappyBlocksOfJavasClients) {
  std::string block;
  snappy::Compress("hello ", 6, &block);
  WireWriter w;
  w.Raw(std::string_view("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16));
  w.Bytes(block);
  w.Bytes(block);
  const auto plain = Decompress(Codec::kSnappy, w.bytes());
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(std::string_view(plain->buffer->data(), plain->size), "hello hello ");
}

TEST(RecordBatch, BytesThatAreNotWhatTheyAreSaidToBe) {
  const std::string text(5000, 'y');
  for (const Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    const std::string packed = Compressed(codec, text);
    EXPECT_FALSE(Decompress(codec, packed.substr(0, packed.size() / 2)).ok()) << static_cast<int>(codec);
    EXPECT_FALSE(Decompress(codec, "nonsense that no codec makes").ok()) << static_cast<int>(codec);
    EXPECT_FALSE(Decompress(codec, "").ok()) << static_cast<int>(codec);
  }
  EXPECT_FALSE(Decompress(static_cast<Codec>(6), text).ok());
}

TEST(RecordBatch, StartsInTheMiddleAndLeavesACutOffBatch) {
  const std::string whole = Encoded({0, {{"a", "0"}, {"a", "1"}, {"a", "2"}}}) + Encoded({3, {{"a", "3"}}});
  BatchReading reading;
  reading.from = 2;
  const auto read = Read(whole.substr(0, whole.size() - 1), reading);
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(Listed(*read), ElementsAre("2:a=2"));
  EXPECT_EQ(read->next_offset, 3);
  EXPECT_EQ(OffsetBehind(whole.substr(0, whole.size() - 1), 2), 3);
  EXPECT_EQ(OffsetBehind(whole, 2), 4);
  EXPECT_EQ(OffsetBehind("", 2), 2);
}

TEST(RecordBatch, FactsForMetadata) {
  BatchReading reading;
  reading.with_facts = true;
  TestBatch batch{0, {{"a", "0", {{"h", "x"}, {"g", std::nullopt}}}, {"a", "1"}}};
  auto read = Read(Encoded(batch), reading);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->facts.size(), 2u);
  EXPECT_EQ(read->facts[1].timestamp_ms, 1010);
  EXPECT_EQ(read->facts[1].timestamp_type, TimestampType::kCreateTime);
  EXPECT_EQ(read->facts[0].leader_epoch, 7);
  ASSERT_EQ(read->facts[0].headers.size(), 2u);
  EXPECT_EQ(read->facts[0].headers[0].value, "x");
  EXPECT_EQ(read->facts[0].headers[1].name, "g");
  EXPECT_FALSE(read->facts[0].headers[1].value);
  batch.attributes = 8;
  read = Read(Encoded(batch), reading);
  EXPECT_EQ(read->facts[0].timestamp_ms, 9000);
  EXPECT_EQ(read->facts[0].timestamp_type, TimestampType::kLogAppendTime);
}

TestBatch Mark(int64_t offset, int64_t producer, bool commit) {
  const std::string key{0, 0, 0, static_cast<char>(commit ? 1 : 0)};
  return {offset, {{key, std::string(6, '\0')}}, 16 | 32, producer};
}

TEST(RecordBatch, MarksAndAbortedTransactionsAreLeftOut) {
  constexpr int16_t kTransactional = 16;
  const std::string bytes =
      Encoded({0, {{"p1", "aborted"}}, kTransactional, 1}) + Encoded({1, {{"p2", "kept"}}, kTransactional, 2}) +
      Encoded({2, {{"plain", "kept"}}, 0, 1}) + Encoded(Mark(3, 1, false)) +
      Encoded({4, {{"p1", "kept"}}, kTransactional, 1}) + Encoded(Mark(5, 1, true)) + Encoded(Mark(6, 2, true));
  BatchReading committed;
  committed.aborted = {{1, 0}};
  auto read = Read(bytes, committed);
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(Listed(*read), ElementsAre("1:p2=kept", "2:plain=kept", "4:p1=kept"));
  EXPECT_EQ(read->next_offset, 7);
  read = Read(bytes);
  EXPECT_THAT(Listed(*read), ElementsAre("0:p1=aborted", "1:p2=kept", "2:plain=kept", "4:p1=kept"));
}

TEST(RecordBatch, BrokenBatchesNameTheirOffset) {
  std::string bytes = Encoded({41, {{"a", "0"}}});
  std::string flipped = bytes;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_THAT(Read(flipped).error().message(), HasSubstr("the record batch at offset 41 has another checksum"));
  const auto old = Read(Encoded({41, {{"a", "0"}}, 0, -1, 0, 0, 1}));
  EXPECT_EQ(old.error().code(), ErrorCode::kNotSupported);
  BatchReading unchecked;
  unchecked.check_crcs = false;
  for (size_t at = 61; at < bytes.size(); ++at) {  // nothing that stands there makes it read out of its bounds
    for (const char c : {'\x7f', '\xff', '\0'}) {
      std::string broken = bytes;
      broken[at] = c;
      (void)Read(broken, unchecked);
    }
  }
}

/// A batch's bytes with a number of its head, of 4 or 8 bytes, in place of what stood there.
std::string WithNumber(std::string bytes, size_t at, size_t size, int64_t number) {
  for (size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(number >> 8 * (size - 1 - i));
  return bytes;
}

TEST(RecordBatch, OffsetsThatCannotBeAreRefused) {
  constexpr size_t kBaseOffset = 0, kLastOffsetDelta = 23;
  const std::string bytes = Encoded({41, {{"a", "0"}, {"b", "1"}}});
  BatchReading unchecked;
  unchecked.check_crcs = false;
  for (const std::string& broken :
       {WithNumber(bytes, kBaseOffset, 8, INT64_MAX), WithNumber(bytes, kBaseOffset, 8, -1),
        WithNumber(bytes, kLastOffsetDelta, 4, -1), WithNumber(bytes, kLastOffsetDelta, 4, 0)}) {
    const auto read = Read(broken, unchecked);
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.error().message(), HasSubstr("is malformed."));
    EXPECT_GE(OffsetBehind(broken, 7), 7) << "never back";
  }
}

TEST(RecordBatch, WhatClaimsToBeLargeGetsNoMemory) {
  const std::string_view gigabyte("\x80\x80\x80\x80\x04 and a few bytes", 20);
  EXPECT_EQ(Decompress(Codec::kSnappy, gigabyte).error().code(), ErrorCode::kData);
}

TEST(RecordBatch, ChecksumIsCastagnolis) { EXPECT_EQ(Crc32c("123456789"), 0xE3069283u); }

}  // namespace
}  // namespace sluice::engine::kafka
