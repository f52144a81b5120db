#include "service/api/schema_discovery.h"

#include <gtest/gtest.h>

#include <random>

namespace sluice::service {
namespace {

std::string TypeOf(const std::vector<std::string>& records, size_t column = 0) {
  auto found = DiscoverSchema(records);
  if (!found) return "";
  return std::string(found->schema.at("RecordColumns").at(column).at("SqlType").as_string());
}

TEST(SchemaDiscoveryTest, TypesHoldEveryValue) {
  EXPECT_EQ(TypeOf({R"({"a":1})", R"({"a":2147483647})"}), "INTEGER");
  EXPECT_EQ(TypeOf({R"({"a":1})", R"({"a":2147483648})"}), "BIGINT");
  EXPECT_EQ(TypeOf({R"({"a":1})", R"({"a":1.5})"}), "REAL");
  EXPECT_EQ(TypeOf({R"({"a":1.23456789})"}), "DOUBLE");
  EXPECT_EQ(TypeOf({R"({"a":true})", R"({"a":1})"}), "VARCHAR(4)");
  EXPECT_EQ(TypeOf({R"({"a":null})"}), "VARCHAR(4)");
  EXPECT_EQ(TypeOf({R"({"a":"12345"})"}), "VARCHAR(8)");
  EXPECT_EQ(TypeOf({R"({"a":"2024-01-02 03:04:05"})", R"({"a":"2024-01-02"})"}), "VARCHAR(32)");
  EXPECT_EQ(TypeOf({"{\"a\":\"" + std::string(70'000, 'x') + "\"}"}), "VARCHAR(65535)");
}

TEST(SchemaDiscoveryTest, WhatIsNeitherJsonNorCsv) {
  for (const char* text : {"", "word", "{\"a\":", "[1]", "{}", "a,b\nc\n", "null"}) {
    EXPECT_FALSE(DiscoverSchema({text})) << text;
  }
  EXPECT_FALSE(DiscoverSchema({}));
  EXPECT_FALSE(DiscoverSchema({R"({"a":1})", "a,b"}));
}

TEST(SchemaDiscoveryTest, EveryRowHasAFieldForEachColumn) {
  auto found = DiscoverSchema({R"({"a":1}{"b":{"c":"x"}})"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->rows.size(), 2u);
  EXPECT_EQ(found->rows[0], (std::vector<std::string>{"1", "null"}));
  EXPECT_EQ(found->rows[1], (std::vector<std::string>{"null", "x"}));
}

TEST(SchemaDiscoveryTest, AnyBytesAreAccepted) {
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\":,|\t\n\r 01.eE-truefalsnul\\\x80\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (size_t n = random() % 24; n > 0; --n) text += alphabet[random() % alphabet.size()];
    auto found = DiscoverSchema({text});
    if (!found) continue;
    const size_t columns = found->schema.at("RecordColumns").as_array().size();
    for (const auto& row : found->rows) EXPECT_EQ(row.size(), columns) << text;
  }
}

}  // namespace
}  // namespace sluice::service
