#include "net/sigv4.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

constexpr int64_t kNowMs = 1440938160'000;  // 2015-08-30T12:36:00Z, the time of AWS's published vectors

AwsCredentials ExampleCredentials(std::string token = "") {
  return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", std::move(token)};
}

std::string Sign(std::string_view url, const AwsCredentials& credentials, const SigV4Scope& scope,
                 HttpRequest request) {
  auto parsed = ParseUrl(url);
  SignSigV4(*parsed, credentials, scope, kNowMs, &request);
  return std::string(request.headers.Get("Authorization"));
}

TEST(SigV4Test, PublishedVectorGetVanilla) {
  EXPECT_EQ(Sign("https://example.amazonaws.com/", ExampleCredentials(), {"us-east-1", "service"}, {}),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4Test, PublishedVectorQueryOrder) {
  EXPECT_TRUE(Sign("https://example.amazonaws.com/?Param2=value2&Param1=value1", ExampleCredentials(),
                   {"us-east-1", "service"}, {})
                  .ends_with("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
}

// The next two were computed with botocore.
TEST(SigV4Test, BlanksPathsTokensAndBodies) {
  HttpRequest request;
  request.method = "POST";
  request.body = "Param1=value1";
  request.headers.Set("My-Header1", "  a   b ");
  EXPECT_EQ(Sign("https://example.amazonaws.com/a%20b/c?Param2=value2&Param1=value%2F1", ExampleCredentials("TOK"),
                 {"us-east-1", "service"}, request),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;my-header1;x-amz-date;x-amz-security-token, "
            "Signature=670be8e74f0ae91b3656bf2251b4a3183f5b1d2e47042a05d35f7c8ba8c16423");
}

TEST(SigV4Test, S3EncodesOnceAndSendsThePayloadHash) {
  EXPECT_EQ(Sign("http://127.0.0.1:5000/bucket/a%20b/c.sql?versionId=x%2Fy", ExampleCredentials(),
                 {"us-east-1", "s3", false, true}, {}),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=efdc66fdd05435fe78df0899b82f1a34af468d59cb0a9efa745246e20754ed73");
}

}  // namespace
}  // namespace sluice::net
