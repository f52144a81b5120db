#include "net/url.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(UrlTest, SplitsAndJoins) {
  auto url = ParseUrl("HTTPS://s3.example.com/bucket/key?x=1");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->Authority(), "s3.example.com");
  EXPECT_EQ(url->target, "/bucket/key?x=1");
  auto local = ParseUrl("http://[::1]:5000?x");
  ASSERT_TRUE(local.ok());
  EXPECT_EQ(local->host, "::1");
  EXPECT_EQ(local->ToString(), "http://[::1]:5000/?x");
  for (auto bad :
       {"", "ftp://x", "http://", "http://a:b", "http://u@h/", "http://a b/", "http://h/#f", "http://[::1"}) {
    EXPECT_FALSE(ParseUrl(bad).ok()) << bad;
  }
}

TEST(UrlTest, PercentCoding) {
  EXPECT_EQ(PercentEncode("a/b c~é"), "a%2Fb%20c~%C3%A9");
  EXPECT_EQ(PercentEncode("a/b", true), "a/b");
  EXPECT_EQ(PercentDecode("%41%4a%zz%4"), "AJ%zz%4");
  EXPECT_EQ(ParseQuery("a=1&&b&c=x+y%3D&a=2"),
            (std::map<std::string, std::string>{{"a", "2"}, {"b", ""}, {"c", "x y="}}));
}

}  // namespace
}  // namespace sluice::net
