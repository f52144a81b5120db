#include "net/event_stream.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(EventStreamTest, MessagesComeOutOfAnyPieces) {
  const std::string one = EncodeEventMessage({{{":event-type", "A"}, {":message-type", "event"}}, "payload"});
  const std::string stream = one + EncodeEventMessage({{}, ""});
  for (size_t piece : {1, 3, 1000}) {
    EventStreamReader reader;
    std::vector<std::string> payloads;
    for (size_t at = 0; at < stream.size(); at += piece) {
      reader.Add(stream.substr(at, piece));
      while (true) {
        auto message = reader.Next();
        ASSERT_TRUE(message.ok());
        if (!*message) break;
        EXPECT_EQ((*message)->Header(":event-type"), payloads.empty() ? "A" : "");
        payloads.push_back((*message)->payload);
      }
    }
    EXPECT_EQ(payloads, (std::vector<std::string>{"payload", ""}));
  }
}

TEST(EventStreamTest, BytesOfTheProtocolsTestSuite) {
  // "payload_one_str_header" of Amazon's event stream test vectors.
  const std::string bytes(
      "\x00\x00\x00\x3d\x00\x00\x00\x20\x07\xfd\x83\x96\x0c"
      "content-type\x07\x00\x10"
      "application/json{'foo':'bar'}\x8d\x9c\x08\xb1",
      61);
  EventStreamReader reader;
  reader.Add(bytes);
  auto message = reader.Next();
  ASSERT_TRUE(message.ok()) << message.error().ToString();
  ASSERT_TRUE(*message);
  EXPECT_EQ((*message)->payload, "{'foo':'bar'}");
  EXPECT_EQ((*message)->Header("content-type"), "application/json");
  EXPECT_EQ(EncodeEventMessage(**message), bytes);
}

TEST(EventStreamTest, EveryFlippedBitIsSeen) {
  const std::string whole = EncodeEventMessage({{{":event-type", "A"}}, "payload"});
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EventStreamReader reader;
    reader.Add(damaged);
    EXPECT_FALSE(reader.Next().ok()) << "bit " << bit;
  }
}

}  // namespace
}  // namespace sluice::net
