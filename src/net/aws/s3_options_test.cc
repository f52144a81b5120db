#include "net/aws/s3_options.h"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(S3Options, SettingsBeforeTheEnvironment) {
  const EnvLookup process = [](const std::string& name) { return "process's " + name; };
  const auto found = *S3Environment({{"s3.access.key", "old spelling"}, {"s3.endpoint", "http://x"}}, process);
  EXPECT_EQ(found("AWS_ACCESS_KEY_ID"), "old spelling");
  EXPECT_EQ(found("AWS_ENDPOINT_URL_S3"), "http://x");
  EXPECT_EQ(found("AWS_SESSION_TOKEN"), "") << "the environment's token does not fit this key";
  EXPECT_EQ(found("AWS_REGION"), "process's AWS_REGION");
  EXPECT_EQ((*S3Environment({}, process))("AWS_SESSION_TOKEN"), "process's AWS_SESSION_TOKEN");
}

}  // namespace
}  // namespace sluice::net
