#include "net/multipart.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(MultipartTest, ReadsWhatCurlAndFlinksClientsSend) {
  std::string body =
      "--XX\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"../a/b \\\"q\\\".sql\"\r\n"
      "Content-Type: application/x-java-archive\r\n\r\nSELECT 1;\r\n\r\n--X\r\n--XX\r\n"
      "content-disposition: form-data; name=plain\r\n\r\nv\r\n--XX--\r\n";
  auto parts = ParseMultipart("Multipart/Form-Data; charset=utf-8; boundary=\"XX\"", body);
  ASSERT_TRUE(parts.ok()) << parts.error().ToString();
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "jarfile");
  EXPECT_EQ((*parts)[0].filename, "b \"q\".sql");
  EXPECT_EQ((*parts)[0].body, "SELECT 1;\r\n\r\n--X");
  EXPECT_EQ((*parts)[1].name, "plain");
  EXPECT_EQ((*parts)[1].body, "v");
}

TEST(MultipartTest, RoundTripKeepsAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 1024; ++i) bytes += static_cast<char>(i * 37);
  auto built = BuildMultipart({{"jarfile", "x.zip", "application/zip", bytes}, {"empty", "", "", ""}}, "b0undary");
  auto parts = ParseMultipart(built.content_type, built.body);
  ASSERT_TRUE(parts.ok()) << parts.error().ToString();
  EXPECT_EQ((*parts)[0].body, bytes);
  EXPECT_EQ((*parts)[1].body, "");
}

TEST(MultipartTest, BrokenBodiesAreErrors) {
  const std::string good = BuildMultipart({{"n", "f", "t", "body"}}, "B").body;
  for (size_t cut = 0; cut + 4 < good.size(); ++cut) {
    EXPECT_FALSE(ParseMultipart("multipart/form-data; boundary=B", good.substr(0, cut)).ok()) << cut;
  }
  EXPECT_FALSE(ParseMultipart("text/plain", good).ok());
  EXPECT_FALSE(ParseMultipart("multipart/form-data", good).ok());
  EXPECT_FALSE(ParseMultipart("multipart/form-data; boundary=", good).ok());
  EXPECT_FALSE(ParseMultipart("multipart/form-data; boundary=B", "--B\r\n--B--").ok());
}

TEST(MultipartTest, ChangedBytesNeverCrash) {
  const std::string good = BuildMultipart({{"n", "f", "t", "body"}, {"m", "", "", "x"}}, "B").body;
  for (size_t i = 0; i < good.size(); ++i) {
    for (char byte : {'\0', '"', '\r', '\n', '-', ';', '='}) {
      std::string bad = good;
      bad[i] = byte;
      (void)ParseMultipart("multipart/form-data; boundary=B", bad);
      (void)ParseMultipart("multipart/form-data; boundary=" + bad.substr(0, i), good);
    }
  }
}

}  // namespace
}  // namespace sluice::net
