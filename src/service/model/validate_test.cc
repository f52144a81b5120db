#include "service/model/validate.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "service/model/patterns.h"

namespace sluice::service {
namespace {

namespace json = boost::json;

std::string Check(std::string_view operation, std::string_view text, json::value* out = nullptr) {
  json::value input = json::parse(text);
  auto error = ValidateRequest(*FindOperation(operation), &input);
  if (out != nullptr) *out = input;
  return error ? error->type() + ": " + error->message() : "";
}

TEST(ShapesTest, EveryOperationAndPatternIsKnown) {
  EXPECT_EQ(AllOperations().size(), 41u);
  EXPECT_EQ(FindOperation("NoSuchOperation"), nullptr);
  for (const Operation& operation : AllOperations()) EXPECT_EQ(FindOperation(operation.name), &operation);
  for (const Shape& shape : AllShapes()) {
    EXPECT_EQ(FindShape(shape.name), &shape);
    EXPECT_TRUE(shape.pattern.empty() || MatchesPattern(shape.pattern, "x").has_value()) << shape.pattern;
  }
}

TEST(ValidateTest, ValidRequestsPassAndUnknownMembersGo) {
  json::value out;
  EXPECT_EQ(
      Check("StopApplication", R"({"ApplicationName":"a","Force":"true","Later":1,"RunConfiguration":null})", &out),
      "");
  EXPECT_EQ(json::serialize(out), R"({"ApplicationName":"a","Force":true})");
  EXPECT_EQ(Check("DeleteApplication", R"({"ApplicationName":"a","CreateTimestamp":12345678901.5})"), "");
}

TEST(ValidateTest, ConstraintsInAwsWords) {
  EXPECT_EQ(Check("DescribeApplication", "{}"),
            "InvalidArgumentException: 1 validation error detected: Value null at 'applicationName' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(Check("DescribeApplication", R"({"ApplicationName":"a b"})"),
            "InvalidArgumentException: 1 validation error detected: Value 'a b' at 'applicationName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  EXPECT_EQ(Check("ListApplications", R"({"Limit":51})"),
            "InvalidRequestException: 1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: "
            "Member must have value less than or equal to 50");
  EXPECT_EQ(Check("CreateApplication",
                  R"({"ApplicationName":"a","RuntimeEnvironment":"JAVA","ServiceExecutionRole":"arn:x","Tags":[{}]})"),
            "InvalidArgumentException: 2 validation errors detected: Value 'JAVA' at 'runtimeEnvironment' failed to "
            "satisfy constraint: Member must satisfy enum value set: [SQL-1_0, FLINK-1_6, FLINK-1_8, "
            "ZEPPELIN-FLINK-1_0, FLINK-1_11, FLINK-1_13, ZEPPELIN-FLINK-2_0, FLINK-1_15, ZEPPELIN-FLINK-3_0, "
            "FLINK-1_18, FLINK-1_19, FLINK-1_20, FLINK-2_2, FLINK-2_3]; Value null at 'tags.1.member.key' failed to "
            "satisfy constraint: Member must not be null");
  std::string long_name(129, 'x');
  EXPECT_NE(Check("DescribeApplication", "{\"ApplicationName\":\"" + long_name + "\"}")
                .find("length less than or equal to 128"),
            std::string::npos);
  EXPECT_NE(Check("UpdateApplication", R"({"ApplicationName":"a","ApplicationConfigurationUpdate":
      {"EnvironmentPropertyUpdates":{"PropertyGroups":[{"PropertyGroupId":"g","PropertyMap":{"k":""}}]}}})")
                .find("'applicationConfigurationUpdate.environmentPropertyUpdates.propertyGroups.1.member.propertyMap."
                      "k.member'"),
            std::string::npos);
}

TEST(ValidateTest, WrongTypesAreSerializationErrors) {
  for (auto text : {"[]", "1", "\"x\"", "null", R"({"ApplicationName":1})", R"({"ApplicationName":{}})"}) {
    EXPECT_TRUE(Check("DescribeApplication", text).starts_with("SerializationException: ")) << text;
  }
  EXPECT_TRUE(Check("ListApplications", R"({"Limit":1.5})").starts_with("SerializationException: "));
  EXPECT_TRUE(Check("ListApplications", R"({"Limit":99999999999})").starts_with("SerializationException: "));
  EXPECT_TRUE(
      Check("StopApplication", R"({"ApplicationName":"a","Force":"yes"})").starts_with("SerializationException: "));
  EXPECT_TRUE(Check("DeleteApplication", R"({"ApplicationName":"a","CreateTimestamp":"now"})")
                  .starts_with("SerializationException: "));
}

TEST(ValidateTest, LengthsCountCharactersNotBytes) {
  std::string tag;
  for (int i = 0; i < 128; ++i) tag += "ü";
  EXPECT_EQ(Check("TagResource", "{\"ResourceARN\":\"arn:a\",\"Tags\":[{\"Key\":\"" + tag + "\"}]}"), "");
}

TEST(ValidateTest, Base64) {
  EXPECT_EQ(Base64Decode("TWFu").value(), "Man");
  EXPECT_EQ(Base64Decode("TWE=").value(), "Ma");
  EXPECT_EQ(Base64Decode("TQ==").value(), "M");
  EXPECT_EQ(Base64Decode("").value(), "");
  for (auto bad : {"T", "TQ=", "T===", "=TQ=", "T*Fu"}) EXPECT_FALSE(Base64Decode(bad).has_value()) << bad;
}

TEST(PatternsTest, Examples) {
  EXPECT_TRUE(*MatchesPattern("([01][0-9]|2[0-3]):[0-5][0-9]", "23:59"));
  EXPECT_FALSE(*MatchesPattern("([01][0-9]|2[0-3]):[0-5][0-9]", "24:00"));
  EXPECT_FALSE(*MatchesPattern("arn:.*", "arn:a\nb"));
  EXPECT_TRUE(*MatchesPattern("[a-zA-Z0-9/!-_.*'()]+", "a/b<c"));
  EXPECT_FALSE(*MatchesPattern("^(?=^\\$)(?=^\\S+$).*$", "$ a"));
  EXPECT_FALSE(MatchesPattern("unknown", "x").has_value());
}

}  // namespace
}  // namespace sluice::service
