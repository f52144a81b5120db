// Lists of status codes, arrays in answers, delays.
#include <gtest/gtest.h>

#include "engine/connectors/http/array_elements.h"
#include "engine/connectors/http/http_options.h"
#include "engine/connectors/http/status_codes.h"

namespace sluice::engine::http {
namespace {

TEST(StatusCodesTest, GroupsCodesAndExceptions) {
  const StatusCodes codes = *ParseStatusCodes("2XX, 404,!203,,5xx,!501");
  EXPECT_TRUE(codes.test(200) && codes.test(299) && codes.test(404) && codes.test(500));
  EXPECT_FALSE(codes.test(203) || codes.test(501) || codes.test(403) || codes.test(199));
  EXPECT_TRUE(ParseStatusCodes("")->none());
  for (const char* bad : {"2Y0", "6XX", "99", "600", "!2XX", "-1", "4XXX"}) {
    EXPECT_FALSE(ParseStatusCodes(bad).ok()) << bad;
  }
}

TEST(ArrayElementsTest, ElementsAreTextsWithoutNulls) {
  using Texts = std::vector<std::string_view>;
  EXPECT_EQ(ArrayElements("[]"), Texts());
  EXPECT_EQ(ArrayElements(" [ null , {\"a\":[1,2]},\"x,]\\\"\" ]\n"), (Texts{"{\"a\":[1,2]}", "\"x,]\\\"\""}));
  EXPECT_EQ(ArrayElements("[1,[2,3]]"), (Texts{"1", "[2,3]"}));
  for (const char* bad : {"", "[", "{}", "[}]", "[[]", "[\"]", "]["})
    EXPECT_EQ(ArrayElements(bad), std::nullopt) << bad;
}

TEST(RetryDelaysTest, TheyGrowToTheirLimit) {
  const RetryDelays fixed{.first_ms = 7, .factor = 1, .limit_ms = 7};
  EXPECT_EQ(fixed.Before(0), 7);
  EXPECT_EQ(fixed.Before(9), 7);
  const RetryDelays growing{.first_ms = 1000, .factor = 1.5, .limit_ms = 60'000};
  EXPECT_EQ(growing.Before(0), 1000);
  EXPECT_EQ(growing.Before(2), 2250);
  EXPECT_EQ(growing.Before(4000), 60'000);
}

}  // namespace
}  // namespace sluice::engine::http
