#include "engine/job/server/java_throwable.h"

#include <gtest/gtest.h>

namespace sluice::engine::server {
namespace {

// Flink 2.3 wrote it, and reads it back.
constexpr char kFlink[] =
    "rO0ABXNyAClvcmcuYXBhY2hlLmZsaW5rLnV0aWwuU2VyaWFsaXplZFRocm93YWJsZWUWnfUfpxPzAgADTAAZZnVsbFN0cmluZ2lm"
    "aWVkU3RhY2tUcmFjZXQAEkxqYXZhL2xhbmcvU3RyaW5nO0wAFm9yaWdpbmFsRXJyb3JDbGFzc05hbWVxAH4AAVsAE3NlcmlhbGl6"
    "ZWRFeGNlcHRpb250AAJbQnhyABNqYXZhLmxhbmcuRXhjZXB0aW9u0P0fPho7HMQCAAB4cgATamF2YS5sYW5nLlRocm93YWJsZdXG"
    "NSc5d7jLAwAETAAFY2F1c2V0ABVMamF2YS9sYW5nL1Rocm93YWJsZTtMAA1kZXRhaWxNZXNzYWdlcQB+AAFbAApzdGFja1RyYWNl"
    "dAAeW0xqYXZhL2xhbmcvU3RhY2tUcmFjZUVsZW1lbnQ7TAAUc3VwcHJlc3NlZEV4Y2VwdGlvbnN0ABBMamF2YS91dGlsL0xpc3Q7"
    "eHBwdAAJQE1FU1NBR0VAdXIAHltMamF2YS5sYW5nLlN0YWNrVHJhY2VFbGVtZW50OwJGKjw8/SI5AgAAeHAAAAAAc3IAH2phdmEu"
    "dXRpbC5Db2xsZWN0aW9ucyRFbXB0eUxpc3R6uBe0PKee3gIAAHhweHQAB0BUUkFDRUB0AAdAQ0xBU1NAcA==";

TEST(JavaThrowable, IsWhatFlinkWrites) { EXPECT_EQ(SerializedThrowable("@CLASS@", "@MESSAGE@", "@TRACE@"), kFlink); }

TEST(JavaThrowable, AnyTextFits) {
  for (const std::string& text :
       {std::string(200'000, 'x'), std::string("a\0b", 3), std::string("\xF0\x9F\x98\x80\xFF")}) {
    EXPECT_GT(SerializedThrowable("c", text, text).size(), 500u);
    EXPECT_EQ(SerializedThrowable("c", text, text).size() % 4, 0u);
  }
}

}  // namespace
}  // namespace sluice::engine::server
