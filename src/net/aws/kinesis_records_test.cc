#include "net/aws/kinesis_records.h"

#include <gtest/gtest.h>

#include "net/base64.h"
#include "net/digest.h"

namespace sluice::net {
namespace {

std::string Varint(uint64_t v) {
  std::string out;
  for (; v > 0x7f; v >>= 7) out += static_cast<char>(v | 0x80);
  return out + static_cast<char>(v);
}
std::string Text(int field, const std::string& text) {
  return Varint(static_cast<uint64_t>(field) << 3 | 2) + Varint(text.size()) + text;
}
std::string Number(int field, uint64_t v) { return Varint(static_cast<uint64_t>(field) << 3) + Varint(v); }

/// As the Kinesis Producer Library packs: key tables, then records that name their keys by number.
std::string Pack(const std::string& message) { return "\xf3\x89\x9a\xc2" + message + Md5(message); }
std::string TwoRecords() {
  return Text(1, "1") + Text(1, "8") + Text(2, "7") + Text(3, Number(1, 0) + Text(3, "one")) +
         Text(3, Number(1, 1) + Text(3, "")) + Text(3, Number(1, 1) + Number(2, 0) + Text(3, "three"));
}

KinesisRecords Parsed(const std::string& data, Result<KinesisRecords>* result = nullptr) {
  std::string json = "{\"MillisBehindLatest\":1500,\"NextShardIterator\":\"AAA\",\"Records\":[{\"Data\":\"" +
                     Base64(data) +
                     "\",\"PartitionKey\":\"k\\u00e9\",\"SequenceNumber\":\"4962\","
                     "\"ApproximateArrivalTimestamp\":1648030794.441,\"EncryptionType\":\"NONE\"}]}";
  auto parsed = ParseKinesisRecords(json, "NextShardIterator");
  if (result != nullptr) *result = parsed;
  EXPECT_TRUE(parsed.ok());
  return parsed.ok() ? *parsed : KinesisRecords();
}

std::vector<std::string> DataOf(const KinesisRecords& records) {
  std::vector<std::string> out;
  for (const auto& record : records.records) out.emplace_back(records.Text(record.data));
  return out;
}

TEST(KinesisRecordsTest, FieldsOfAnAnswer) {
  const KinesisRecords records = Parsed("hello");
  ASSERT_EQ(records.records.size(), 1u);
  EXPECT_EQ(records.Text(records.records[0].data), "hello");
  EXPECT_EQ(records.Text(records.records[0].partition_key), "k\xc3\xa9");
  EXPECT_EQ(records.Text(records.records[0].sequence_number), "4962");
  EXPECT_EQ(records.records[0].arrival_ms, 1648030794441);
  EXPECT_EQ(records.millis_behind, 1500);
  EXPECT_EQ(records.next, "AAA");
}

TEST(KinesisRecordsTest, AnswersOfOthersAreRefused) {
  for (std::string json :
       {"", "[]", "{\"Records\":1}", "{\"Records\":[1]}", "{}", "{\"Records\":[{\"Data\":\"?\"}]}"}) {
    EXPECT_FALSE(ParseKinesisRecords(json, "NextShardIterator").ok()) << json;
  }
}

TEST(KinesisRecordsTest, PackedRecordsAreTakenApart) {
  KinesisRecords records = Parsed(Pack(TwoRecords()));
  UnpackAggregated(records, {});
  EXPECT_EQ(DataOf(records), (std::vector<std::string>{"one", "", "three"}));
  EXPECT_EQ(records.Text(records.records[2].partition_key), "8");
  EXPECT_EQ(records.Text(records.records[2].sequence_number), "4962");
  EXPECT_EQ(records.records[2].sub_sequence, 2);
  EXPECT_FALSE(records.records[1].last_of_sequence);
  EXPECT_TRUE(records.records[2].last_of_sequence);
}

TEST(KinesisRecordsTest, RecordsOfAnotherShardAreLeftOut) {
  KinesisRecords records = Parsed(Pack(TwoRecords()));
  // Explicit hash key 7 only.
  UnpackAggregated(records, {"0", "100"});
  EXPECT_EQ(DataOf(records), (std::vector<std::string>{"three"}));
}

TEST(KinesisRecordsTest, WhatOnlyLooksPackedStays) {
  std::string wrong_digest = Pack(TwoRecords());
  wrong_digest.back() ^= 1;
  for (const std::string& data : {wrong_digest, Pack("\x0a\xff"), Pack(Text(3, Number(1, 5) + Text(3, "x"))),
                                  std::string("\xf3\x89\x9a\xc2"), Pack("\x07")}) {
    KinesisRecords records = Parsed(data);
    UnpackAggregated(records, {});
    EXPECT_EQ(DataOf(records), (std::vector<std::string>{data}));
  }
}

TEST(KinesisRecordsTest, HashKeysOfTheGuidesExample) {
  // Stream hp-16: shard i covers [i * 2^124, (i + 1) * 2^124); ops.md 12.3 has the shards of these keys.
  const int shards[] = {12, 12, 14, 10, 14, 1, 8, 12};
  for (int key = 1; key <= 8; ++key) {
    EXPECT_EQ(static_cast<int>(HashKeyOf(std::to_string(key)) >> 124), shards[key - 1]) << key;
  }
  EXPECT_TRUE(ParseHashKey("21267647932558653966460912964485513216", 0) == static_cast<HashKey>(1) << 124);
  EXPECT_TRUE(ParseHashKey("x", 5) == 5);
}

TEST(Base64Test, DecodesWhatRfc4648Lists) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"Zg==", "f"},
                                                       {"Zm8=", "fo"},
                                                       {"Zm9v", "foo"},
                                                       {"Zm9vYg==", "foob"},
                                                       {"Zm9vYmE=", "fooba"},
                                                       {"////", "\xff\xff\xff"}};
  for (const auto& [text, bytes] : cases) {
    std::string out(DecodedBase64Room(text), '\0');
    auto size = DecodeBase64(text, out.data());
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(out.substr(0, *size), bytes);
  }
  for (const char* bad : {"Zg=", "Z===", "Zg=a", "Zm9\n", "=g==", "Zm9v="}) {
    char out[16];
    EXPECT_FALSE(DecodeBase64(bad, out)) << bad;
  }
}

}  // namespace
}  // namespace sluice::net
