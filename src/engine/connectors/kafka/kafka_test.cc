// The parts of the Kafka connector that need no broker; tests/connectors has the others.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/connectors/kafka/client_properties.h"
#include "engine/connectors/kafka/jaas_config.h"
#include "engine/connectors/kafka/msk_iam.h"
#include "engine/connectors/kafka/protocol/scram.h"
#include "engine/connectors/kafka/protocol/wire.h"
#include "engine/connectors/kafka/reduce_buffer.h"
#include "engine/connectors/kafka/source_position.h"
#include "engine/connectors/kafka/transaction_pool.h"

namespace sluice::engine::kafka {
namespace {

std::vector<int> Owners(const std::string& topic) {
  std::vector<int> owners;
  for (int32_t p = 0; p < 5; ++p) owners.push_back(OwnerOf({topic, p}, 5));
  return owners;
}

// By KafkaSourceEnumerator.getSplitOwner.
TEST(KafkaSourcePosition, PartitionsBelongToTheSubtasksThatFlinkGivesThemTo) {
  EXPECT_EQ(Owners("orders"), (std::vector<int>{4, 0, 1, 2, 3}));
  EXPECT_EQ(Owners("my-topic.v1"), (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(KafkaSourcePosition, EveryPartitionGoesToOneSubtaskAtAnyParallelism) {
  SourcePosition first, second;
  first.discovered = true;
  first.emitted = 5;
  first.partitions = {{{"t", 0}, 10, kNeverStops}, {{"t", 2}, kEarliestOffset, 99}};
  second.emitted = 7;
  second.partitions = {{{"t", 1}, 30, kNeverStops}};
  std::vector<SourcePosition> all;
  for (const SourcePosition* p : {&first, &second}) all.push_back(*DecodeSourcePosition(EncodeSourcePosition(*p)));
  for (int subtasks = 1; subtasks <= 4; ++subtasks) {
    std::vector<std::string> seen;
    for (int s = 0; s < subtasks; ++s) {
      const RestoredPositions mine = DividePositions(all, s, subtasks);
      EXPECT_EQ(mine.known.size(), 3u);
      EXPECT_EQ(mine.emitted, 12);
      EXPECT_FALSE(mine.all_discovered());
      for (const PartitionPosition& p : mine.own) {
        EXPECT_EQ(OwnerOf(p.partition, subtasks), s);
        seen.push_back(std::to_string(p.partition.second) + "@" + std::to_string(p.next_offset) +
                       (p.stop_offset == kNeverStops ? "" : "-" + std::to_string(p.stop_offset)));
      }
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen, (std::vector<std::string>{"0@10", "1@30", "2@-2-99"}));
  }
  // Whoever would have found the partition had looked: then it is new, else it starts as the table says.
  const RestoredPositions mine = DividePositions(all, 0, 1);
  for (int32_t p = 3; p < 9; ++p) EXPECT_EQ(mine.IsNew({"t", p}), OwnerOf({"t", p}, 2) == 0);
}

TEST(KafkaSourcePosition, RefusesWhatItCannotRead) {
  EXPECT_FALSE(DecodeSourcePosition("").ok());
  EXPECT_FALSE(DecodeSourcePosition(EncodeSourcePosition({true, 0, {{{"t", 0}, 1, 2}}}).substr(0, 40)).ok());
  EXPECT_FALSE(DecodeSourcePosition(std::string("\x07\0\0\0\0\0\0\0", 8)).ok());
}

TEST(KafkaTransactions, NamesHaveFlinksForm) {
  EXPECT_EQ(TransactionalId("my-app", 3, 17), "my-app-3-17");
  EXPECT_EQ(SubtaskOfTransactionalId("my-app", "my-app-3-17"), 3);
  for (const char* other : {"my-app", "my-app-3", "my-app-x-17", "my-app-3-x", "my-app-2-3-17", "other-3-17"}) {
    EXPECT_EQ(SubtaskOfTransactionalId("my-app", other), -1) << other;
  }
}

TEST(KafkaTransactions, PreparedOnesAreKeptAsBytes) {
  const PreparedTransaction prepared{99, 7, {"p-0-99", 123456789012, 32767}};
  const auto back = DecodePrepared(EncodePrepared(prepared));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->attempt, 99);
  EXPECT_EQ(back->checkpoint_id, 7);
  EXPECT_EQ(back->name.transactional_id, "p-0-99");
  EXPECT_EQ(back->name.producer_id, 123456789012);
  EXPECT_EQ(back->name.epoch, 32767);
  EXPECT_FALSE(DecodePrepared(EncodePrepared(prepared).substr(0, 30)).ok());
}

// RFC 7677, section 3.
TEST(KafkaScram, TheExampleOfTheStandard) {
  ScramClient client(false, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(client.First(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const auto final =
      client.Final("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  ASSERT_TRUE(final.ok());
  EXPECT_EQ(*final,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_TRUE(client.Check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_FALSE(client.Check("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  EXPECT_FALSE(ScramClient(false, "user", "pencil").Final("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").ok());
}

TEST(KafkaSecurity, JaasConfigurations) {
  const auto jaas = ParseJaasConfig(
      R"(org.apache.kafka.common.security.plain.PlainLoginModule required username="a b" password="p\"=;q" x=y;)");
  ASSERT_TRUE(jaas.ok());
  EXPECT_EQ(jaas->module, "org.apache.kafka.common.security.plain.PlainLoginModule");
  EXPECT_EQ(jaas->options,
            (std::map<std::string, std::string>{{"username", "a b"}, {"password", "p\"=;q"}, {"x", "y"}}));
  for (const char* bad : {"", "Module", "Module required", "Module required a=;", "Module required a=b"}) {
    const auto refused = ParseJaasConfig(bad);
    EXPECT_FALSE(refused.ok()) << bad;
  }
}

/// Base64 of URLs without padding.
std::string Plain(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    bits = bits << 6 | static_cast<uint32_t>(kDigits.find(c));
    if ((have += 6) >= 8) out.push_back(static_cast<char>(bits >> (have -= 8)));
  }
  return out;
}

// The signature is what botocore's SigV4QueryAuth makes of the same request.
TEST(KafkaSecurity, TheTokenOfMskIamIsAPresignedRequest) {
  const net::AwsCredentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "tok/en=="};
  const BearerToken token = MskIamToken(credentials, "us-west-2", 1767323045000);  // 2026-01-02T03:04:05Z
  EXPECT_EQ(Plain(token.token),
            "https://kafka.us-west-2.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
            "X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fus-west-2%2Fkafka-cluster%2Faws4_request&"
            "X-Amz-Date=20260102T030405Z&X-Amz-Expires=900&X-Amz-Security-Token=tok%2Fen%3D%3D&"
            "X-Amz-SignedHeaders=host&"
            "X-Amz-Signature=2caac91257fe0053b53e228c0933ca34a11100ea742ef7cbf758b405e6491f14&User-Agent=sluice");
  EXPECT_EQ(token.expires_at_ms, 1767323045000 + 900'000);
  EXPECT_EQ(RegionOfBroker("b-1.tutorial.t79r6y.c4.kafka.us-west-2.amazonaws.com:9098,b-2:9098"), "us-west-2");
  EXPECT_EQ(RegionOfBroker("boot-x.c1.kafka-serverless.eu-central-1.amazonaws.com:9098"), "eu-central-1");
  EXPECT_EQ(RegionOfBroker("localhost:9092"), "");
}

std::string SettingOf(const OptionMap& properties, const std::string& name, ClientRole role) {
  std::string last;
  for (const auto& [key, value] : ClientSettings(properties, Security(), role)) {
    if (key == name) last = value;
  }
  return last;
}

TEST(KafkaProperties, JavasNamesAndDefaults) {
  const auto consumer = ClientRole::kConsumer, producer = ClientRole::kProducer;
  EXPECT_EQ(SettingOf({}, "isolation.level", consumer), "read_uncommitted");
  EXPECT_EQ(SettingOf({{"isolation.level", "read_committed"}}, "isolation.level", consumer), "read_committed");
  EXPECT_EQ(SettingOf({{"fetch.max.wait.ms", "7"}}, "fetch.wait.max.ms", consumer), "7");
  EXPECT_EQ(SettingOf({{"request.timeout.ms", "9"}}, "socket.timeout.ms", consumer), "9");
  EXPECT_EQ(SettingOf({{"request.timeout.ms", "9"}}, "request.timeout.ms", producer), "9");
  EXPECT_EQ(SettingOf({{"buffer.memory", "1048576"}}, "queue.buffering.max.kbytes", producer), "1024");
  EXPECT_EQ(SettingOf({{"acks", "1"}}, "enable.idempotence", producer), "");
  EXPECT_EQ(SettingOf({{"key.deserializer", "x"}}, "key.deserializer", consumer), "");
}

TEST(KafkaReduceBuffer, KeepsTheLastMessageOfAKey) {
  ReduceBuffer buffer;
  auto add = [&](std::string key, std::optional<std::string> value) {
    OutMessage m;
    m.key = key;
    if (value) m.value = *value;
    buffer.Add(m);  // the texts end here
  };
  add("a", "1");
  add("b", "2");
  add("a", "a value that is longer than a short string");
  add("b", std::nullopt);
  std::vector<std::string> seen;
  for (const OutMessage& m : buffer.Messages())
    seen.push_back(std::string(*m.key) + "=" + std::string(m.value.value_or("-")));
  EXPECT_EQ(seen, (std::vector<std::string>{"a=a value that is longer than a short string", "b=-"}));
  buffer.Clear();
  EXPECT_TRUE(buffer.Messages().empty());
}

TEST(KafkaWire, NumbersAndStrings) {
  WireWriter w;
  w.Int16(-2);
  w.Int64(1LL << 40);
  w.String("abc");
  w.CompactString(std::string(200, 'x'));
  w.NoTags();
  WireReader r(w.bytes());
  EXPECT_EQ(r.Int16(), -2);
  EXPECT_EQ(r.Int64(), 1LL << 40);
  EXPECT_EQ(r.String(), "abc");
  EXPECT_EQ(r.CompactString(), std::string(200, 'x'));
  r.SkipTags();
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.Int32(), 0);
  EXPECT_FALSE(r.ok());
  // Lengths that lead out of the message.
  EXPECT_EQ(WireReader(std::string_view("\x7f\xff"
                                        "a",
                                        3))
                .String(),
            "");
}

}  // namespace
}  // namespace sluice::engine::kafka
