// Options, positions, dates and the division of shards; the source and the sink are tested on real peers
// (tests/connectors).
#include <gtest/gtest.h>

#include "engine/connectors/connector_for_test.h"
#include "engine/connectors/kinesis/counting_shards.h"
#include "engine/connectors/kinesis/java_date.h"
#include "engine/connectors/kinesis/kinesis_options.h"
#include "engine/connectors/kinesis/record_inbox.h"
#include "engine/connectors/kinesis/shard_assigner.h"
#include "engine/connectors/kinesis/source_position.h"

namespace sluice::engine::kinesis {
namespace {

using Assigner = SourceOptions::Assigner;
using Kind = net::ShardPosition::Kind;

TEST(KinesisAssignerTest, TheGuidesExample) {
  // ops.md 12.6: stream hp-16, sixteen shards, parallelism 8.
  const int expected[] = {7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 6, 7, 0, 1, 2, 3};
  for (int i = 0; i < 16; ++i) {
    char id[32];
    std::snprintf(id, sizeof(id), "shardId-%012d", i);
    EXPECT_EQ(SubtaskOfShard(Assigner::kHash, "hp-16", id, {}, 8), expected[i]) << id;
  }
}

TEST(KinesisAssignerTest, UniformByHashKeys) {
  const char* quarters[] = {"0", "85070591730234615865843651857942052864", "170141183460469231731687303715884105728",
                            "255211775190703847597530955573826158592", "340282366920938463463374607431768211456"};
  for (int i = 0; i < 4; ++i) {
    net::HashKeyRange keys{quarters[i], quarters[i + 1]};
    if (i == 3) keys.last = "340282366920938463463374607431768211455";
    EXPECT_EQ(SubtaskOfShard(Assigner::kUniform, "s", "x", keys, 4), i);
    EXPECT_EQ(SubtaskOfShard(Assigner::kUniform, "s", "x", keys, 2), i / 2);
    EXPECT_EQ(SubtaskOfShard(Assigner::kUniform, "s", "x", keys, 1), 0);
  }
}

TEST(KinesisPositionTest, BytesAndBackAndMerged) {
  SourcePosition a;
  a.start_ms = 20;
  a.shards["s1"] = {false, "77", -1, {"0", "9"}};
  a.shards["s2"] = {true, "", -1, {}};
  SourcePosition b;
  b.start_ms = 10;
  b.shards["s3"] = {false, "78", 4, {}};
  auto merged = MergePositions({a.ToBytes(), "", b.ToBytes()});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->start_ms, 10);
  ASSERT_EQ(merged->shards.size(), 3u);
  EXPECT_EQ(merged->shards["s1"].keys.last, "9");
  EXPECT_TRUE(merged->shards["s2"].finished);
  EXPECT_EQ(merged->shards["s1"].Next().kind, Kind::kAfterSequenceNumber);
  EXPECT_EQ(merged->shards["s3"].Next().kind, Kind::kAtSequenceNumber) << "the packed record once more";
  EXPECT_EQ(merged->shards["s3"].sub_sequence, 4);
  const std::string bytes = a.ToBytes();
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_EQ(SourcePosition::FromBytes(bytes.substr(0, size)).error().code(), ErrorCode::kRestore) << size;
  }
}

TEST(KinesisPositionTest, BytesOfVersion1AreReadForEver) {
  SourcePosition a;
  a.start_ms = 1;
  a.shards["s"] = {true, "7", 2, {"0", "9"}};
  auto number = [](char v) { return std::string(1, v) + std::string(7, '\0'); };
  EXPECT_EQ(a.ToBytes(), number(1) + number(1) + number(1) + number(1) + "s" + number(1) + number(1) + "7" + number(2) +
                             number(1) + "0" + number(1) + "9");
}

TEST(KinesisDateTest, SimpleDateFormat) {
  auto parse = [](const char* text, const char* pattern) {
    auto parsed = ParseJavaDate(text, pattern);
    return parsed.ok() ? parsed->value_or(-1) : -2;
  };
  constexpr const char* kDefault = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";
  EXPECT_EQ(parse("2016-04-04T19:58:46.480-00:00", kDefault), 1459799926480);
  EXPECT_EQ(parse("2016-04-04T19:58:46.480+02:00", kDefault), 1459799926480 - 7'200'000);
  EXPECT_EQ(parse("2016-04-04T19:58:46.480Z", kDefault), 1459799926480);
  EXPECT_EQ(parse("1459799926.480", kDefault), -1);
  EXPECT_EQ(parse("20160404", "yyyyMMdd"), 1459728000000);
  EXPECT_EQ(parse("04/04/2016 'x", "dd/MM/yyyy '''x'"), 1459728000000);
  EXPECT_EQ(parse("2016", "GGGG"), -2);
  EXPECT_EQ(parse("", kDefault), -1);
  EXPECT_EQ(parse("2016-04-04T", kDefault), -1);
}

OptionMap Today() {
  return {{"connector", "kinesis"},
          {"stream.arn", "arn:aws:kinesis:us-east-1:123456789012:stream/s"},
          {"aws.region", "us-east-1"},
          {"format", "json"}};
}
OptionMap Before() {
  return {{"connector", "kinesis"}, {"stream", "s"}, {"aws.region", "us-east-1"}, {"format", "json"}};
}

OptionMap With(OptionMap options, const OptionMap& more) {
  for (const auto& [name, value] : more) options[name] = value;
  return options;
}

TEST(KinesisOptionsTest, BothSpellings) {
  TableDescription table;
  table.options = With(Today(), {{"source.init.position", "AT_TIMESTAMP"},
                                 {"source.init.timestamp", "1459799926.480"},
                                 {"source.reader.type", "EFO"},
                                 {"source.efo.consumer.name", "c"},
                                 {"source.shard.discovery.interval", "3 s"},
                                 {"source.shard.get-records.max-record-count", "7"}});
  auto today = ReadSourceOptions(table);
  ASSERT_TRUE(today.ok()) << today.error().ToString();
  table.options = With(Before(), {{"scan.stream.initpos", "AT_TIMESTAMP"},
                                  {"scan.stream.initpos-timestamp", "2016-04-04T19:58:46.480-00:00"},
                                  {"scan.stream.recordpublisher", "EFO"},
                                  {"scan.stream.efo.consumername", "c"},
                                  {"scan.shard.discovery.intervalmillis", "3000"},
                                  {"scan.shard.getrecords.maxrecordcount", "7"}});
  auto before = ReadSourceOptions(table);
  ASSERT_TRUE(before.ok()) << before.error().ToString();
  for (const SourceOptions& options : {*today, *before}) {
    EXPECT_EQ(options.stream.name, "s");
    EXPECT_EQ(options.initial.kind, Kind::kAtTimestamp);
    EXPECT_EQ(options.initial.timestamp_ms, 1459799926480);
    EXPECT_TRUE(options.fan_out);
    EXPECT_EQ(options.consumer_name, "c");
    EXPECT_EQ(options.discovery_interval.count(), 3000);
    EXPECT_EQ(options.max_records, 7u);
  }
  EXPECT_EQ(today->assigner, Assigner::kUniform);
  EXPECT_EQ(before->assigner, Assigner::kHash);
}

std::string Refused(const OptionMap& options, std::vector<std::string> partitioned = {}) {
  TableDescription table;
  table.options = options;
  table.partition_keys = std::move(partitioned);
  Status status = CheckTableOptions(options, "json");
  if (status.ok()) {
    auto source = ReadSourceOptions(table);
    if (!source.ok()) return source.error().message();
    auto sink = ReadSinkOptions(table);
    return sink.ok() ? "" : sink.error().message();
  }
  return status.error().message();
}

TEST(KinesisOptionsTest, FlinksSentences) {
  EXPECT_EQ(Refused(Today()), "");
  EXPECT_EQ(Refused(Before()), "");
  EXPECT_EQ(Refused({{"connector", "kinesis"}, {"format", "json"}}),
            "One or more required options are missing.\n\nMissing required options are:\n\naws.region\nstream.arn");
  EXPECT_EQ(Refused(With(Today(), {{"sink.partitioner", "fixed"}}), {"a"}),
            "Cannot set sink.partitioner option for a table defined with a PARTITIONED BY clause");
  EXPECT_EQ(
      Refused(With(Today(), {{"source.init.position", "AT_TIMESTAMP"}})),
      "Please set value for initial timestamp ('source.init.timestamp') when using AT_TIMESTAMP initial position.");
  EXPECT_EQ(Refused(With(Today(), {{"aws.credentials.provider", "MAGIC"}})),
            "Invalid AWS Credential Provider Type set in config. Valid values are: ENV_VAR, SYS_PROP, PROFILE, BASIC, "
            "ASSUME_ROLE, WEB_IDENTITY_TOKEN, CUSTOM, AUTO, ");
  EXPECT_EQ(Refused(With(Today(), {{"aws.credentials.provider", "BASIC"}})),
            "Please set values for AWS Access Key ID ('aws.credentials.provider.basic.accesskeyid') and Secret Key "
            "('aws.credentials.provider.basic.secretkey') when using the BASIC AWS credential provider type.");
  EXPECT_NE(Refused(With(Today(), {{"aws.region", "here"}})).find("Invalid AWS region set in config."),
            std::string::npos);
  EXPECT_EQ(Refused(With(Today(), {{"aws.trust.all.certificates", "perhaps"}})),
            "Invalid aws.trust.all.certificates value, must be a boolean.");
  EXPECT_NE(Refused(With(Today(), {{"streem", "x"}})).find("Unsupported options found for 'kinesis'"),
            std::string::npos);
  EXPECT_NE(Refused(With(Today(), {{"aws.credentials.provider", "CUSTOM"}})).find("not supported yet"),
            std::string::npos);
  EXPECT_EQ(Refused(With(Today(), {{"sink.batch.max-size", "501"}})),
            "The option 'sink.batch.max-size' is 501; the service takes at most 500 in a request.");
}

TEST(KinesisCountingShardsTest, ShardByShardUntilAllWereAtTheirTip) {
  using Ids = std::vector<int32_t>;
  CountingShards shards;
  shards.Set({0, 1, 2});
  EXPECT_EQ(shards.Changed(), (Ids{0, 1, 2}));
  shards.AtTip(2);
  EXPECT_EQ(shards.Changed(), (Ids{0, 1})) << "it is empty and holds nothing back";
  shards.Spoke(0);
  EXPECT_EQ(shards.Changed(), std::nullopt);
  shards.AtTip(0);
  EXPECT_EQ(shards.Changed(), (Ids{1}));
  shards.Spoke(2);
  EXPECT_EQ(shards.Changed(), (Ids{1, 2})) << "from its first record on, while shard 1 is still behind";
  shards.AtTip(1);
  EXPECT_EQ(shards.Changed(), Ids());
  shards.Spoke(0);
  EXPECT_EQ(shards.Changed(), std::nullopt) << "the subtask as a whole from now on";
  shards.Set({0, 1, 3});
  EXPECT_EQ(shards.Changed(), (Ids{0, 3})) << "a new shard has records that may be old";
  shards.AtTip(3);
  EXPECT_EQ(shards.Changed(), Ids());
}

TEST(KinesisInboxTest, BoundedForEachShardAndWoken) {
  std::atomic<int> woken = 0;
  RecordInbox inbox([&] { ++woken; });
  auto some = std::make_shared<const net::KinesisRecords>();
  EXPECT_TRUE(inbox.Push({0, some}));
  EXPECT_TRUE(inbox.Push({0, some}));
  EXPECT_TRUE(inbox.Push({1, some})) << "another shard has room of its own";
  EXPECT_EQ(woken, 3);
  std::thread third([&] { EXPECT_TRUE(inbox.Push({0, some})); });
  EXPECT_EQ((*inbox.Pop())->split, 0);
  third.join();
  std::thread fourth([&] { EXPECT_FALSE(inbox.Push({0, some})); });
  inbox.Close();
  fourth.join();
  inbox.Fail(Error(ErrorCode::kIo, "x"));
  EXPECT_EQ(inbox.Pop().error().message(), "x");
}

}  // namespace
}  // namespace sluice::engine::kinesis
