// The header as AWS documents it, and bytes that are none.
#include "engine/formats/glue/glue_message.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/formats/glue/json_schema.h"

namespace sluice::engine::glue {
namespace {

constexpr const char* kId = "b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63";

std::shared_ptr<const Buffer> Chunk(const std::string& bytes) {
  auto chunk = std::make_shared<Buffer>(bytes.size() + Decoder::kPadding);
  std::memset(chunk->data(), 0, bytes.size() + Decoder::kPadding);
  std::memcpy(chunk->data(), bytes.data(), bytes.size());
  return chunk;
}

Result<std::string> PayloadOf(const std::string& bytes) {
  SLUICE_ASSIGN_OR_RETURN(const Payload payload, ReadMessage(Chunk(bytes), 0, bytes.size()));
  EXPECT_EQ(payload.schema_version, kId);
  return std::string(payload.chunk->data() + payload.begin, payload.end - payload.begin);
}

TEST(GlueMessageTest, WhatIsWrittenIsRead) {
  for (const bool compressed : {false, true}) {
    for (const std::string& payload : {std::string(), std::string("abc"), std::string(100'000, 'x')}) {
      Result<std::string> message = MakeHeader(kId, compressed);
      ASSERT_TRUE(message.ok());
      EXPECT_EQ(message->substr(0, 2), std::string(1, 3) + std::string(1, compressed ? 5 : 0));
      EXPECT_EQ(message->substr(2, 4), "\xb7\xb4\xa7\xf0");
      AppendPayload(payload, compressed, *message);
      const Result<std::string> read = PayloadOf(*message);
      ASSERT_TRUE(read.ok()) << read.error().message();
      EXPECT_EQ(*read, payload);
    }
  }
}

TEST(GlueMessageTest, OtherBytesAreRefused) {
  std::string message = *MakeHeader(kId, true);
  EXPECT_FALSE(PayloadOf(message.substr(0, 17)).ok());
  EXPECT_FALSE(PayloadOf(message).ok());  // nothing to decompress
  AppendPayload("some payload", true, message);
  for (size_t cut = kHeader; cut < message.size(); ++cut) EXPECT_FALSE(PayloadOf(message.substr(0, cut)).ok()) << cut;
  EXPECT_FALSE(PayloadOf("\x02" + message.substr(1)).ok());
  EXPECT_FALSE(PayloadOf(message.substr(0, 1) + "\x01" + message.substr(2)).ok());
  for (const char* id :
       {"", "b7b4a7f0", "b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c6", "x7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63"}) {
    EXPECT_FALSE(MakeHeader(id, false).ok()) << id;
  }
}

TEST(GlueJsonSchemaTest, TypesAndTheirNullability) {
  const Schema nested = {{"x", DataType::Boolean().NotNull(), ""}};
  const Result<std::string> schema = JsonSchemaOf({{"a\"", DataType::Bigint().NotNull(), ""},
                                                   {"m", DataType::Map(DataType::String(), DataType::Date()), ""},
                                                   {"r", DataType::Row(nested).NotNull(), ""}});
  ASSERT_TRUE(schema.ok()) << schema.error().message();
  EXPECT_EQ(*schema,
            R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,)"
            R"("properties":{"a\"":{"type":"integer"},"m":{"anyOf":[{"type":"object","additionalProperties":)"
            R"({"type":["string","null"],"format":"date"}},{"type":"null"}]},"r":{"type":"object",)"
            R"("additionalProperties":false,"properties":{"x":{"type":"boolean"}},"required":["x"]}},)"
            R"("required":["a\"","r"]})");
  EXPECT_FALSE(JsonSchemaOf({{"m", DataType::Map(DataType::Integer(), DataType::Date()), ""}}).ok());
}

}  // namespace
}  // namespace sluice::engine::glue
