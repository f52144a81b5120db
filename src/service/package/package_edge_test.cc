#include "service/package/package_edge.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"

namespace sluice::service {
namespace {

class PackageEdgeTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *MakeTemporaryFolder("edge-test");
    options_.data_folder = folder_;
    options_.region = "eu-west-1";
    options_.account = "111122223333";
    options_.enter = {"/bin/sluice", "enter"};
    options_.front_port = 0;
    options_.environment = [this](const std::string& name) {
      auto it = variables_.find(name);
      return it == variables_.end() ? std::string() : it->second;
    };
    spec_.name = "orders";
    spec_.arn = "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders";
    spec_.role = "arn:aws:iam::999988887777:role/app";
    spec_.application_properties =
        R"([{"PropertyGroupId":"g","PropertyMap":{"stream.arn":"arn:aws:kinesis:eu-west-1:444455556666:stream/s"}}])";
  }
  void TearDown() override { (void)RemoveTree(folder_); }

  Result<std::unique_ptr<PackageEdge>> Start() {
    return PackageEdge::Start(
        options_, own_, [](const std::string&) -> Result<std::string> { return std::string("role"); }, tokens_, clock_,
        Logger());
  }
  PackageView View() {
    auto edge = Start();
    EXPECT_TRUE(edge.ok());
    auto view = (*edge)->ViewFor(folder_, spec_);
    EXPECT_TRUE(view.ok());
    return *view;
  }
  static bool Has(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  }
  /// The option stands in the command line with this value.
  static bool HasOption(const std::vector<std::string>& all, const std::string& option, const std::string& value) {
    for (size_t i = 0; i + 1 < all.size(); ++i) {
      if (all[i] == option && all[i + 1] == value) return true;
    }
    return false;
  }

  std::string folder_;
  std::map<std::string, std::string> variables_;
  PackageEdgeOptions options_;
  JobSpec spec_;
  ManualClock clock_{1'795'000'000'000};
  TokenSigner tokens_{std::string(32, 'k')};
  net::FixedCredentials own_{{"AKID", "secret", ""}};
};

TEST_F(PackageEdgeTest, GivesPropertiesRegionAndCredentials) {
  const PackageView view = View();
  EXPECT_TRUE(HasOption(view.launcher, "--properties", folder_ + "/application_properties.json"));
  EXPECT_TRUE(Has(view.environment, "AWS_REGION=eu-west-1"));
  EXPECT_TRUE(Has(view.environment, "AWS_DEFAULT_REGION=eu-west-1"));
  for (const char* hidden : {"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_PROFILE", "IS_LOCAL"}) {
    EXPECT_TRUE(HasOption(view.launcher, "--unset", hidden)) << hidden;
  }
  EXPECT_TRUE(std::any_of(view.environment.begin(), view.environment.end(), [](const std::string& entry) {
    return entry.starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:");
  }));
  // Nobody asked for a redirection: nothing of it is there.
  EXPECT_TRUE(view.jvm_options.empty());
  EXPECT_TRUE(view.flink_options.empty());
  EXPECT_FALSE(Has(view.launcher, "--hosts"));
  EXPECT_FALSE(ReadFile(folder_ + "/package/authority.pem").ok());
}

TEST_F(PackageEdgeTest, ConfiguresTheS3Plugin) {
  variables_["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:9000";
  const PackageView view = View();
  EXPECT_EQ("http://127.0.0.1:9000", view.flink_options.at("s3.endpoint"));
  EXPECT_EQ("true", view.flink_options.at("s3.path.style.access"));
}

TEST_F(PackageEdgeTest, RedirectsTheHostsOfTheApplication) {
  options_.redirect_aws = true;
  variables_["AWS_ENDPOINT_URL_KINESIS"] = "http://127.0.0.1:4568";
  const PackageView view = View();
  auto hosts = ReadFile(folder_ + "/package_hosts");
  ASSERT_TRUE(hosts.ok());
  for (const char* account : {"111122223333", "444455556666", "999988887777"}) {
    const std::string name = std::string(account) + ".data-kinesis.eu-west-1.amazonaws.com\n";
    EXPECT_NE(std::string::npos, hosts->find("127.83.76.1 " + name)) << name;
  }
  EXPECT_NE(std::string::npos, hosts->find("localhost"));
  EXPECT_EQ(std::string::npos, hosts->find("firehose"));
  EXPECT_TRUE(HasOption(view.launcher, "--hosts", folder_ + "/package_hosts"));
  EXPECT_TRUE(HasOption(view.launcher, "--unset-private", "AWS_ENDPOINT_URL_KINESIS"));
  EXPECT_TRUE(Has(view.environment, "AWS_CA_BUNDLE=" + folder_ + "/package/certificates.pem"));
  EXPECT_TRUE(Has(view.jvm_options, "-Djavax.net.ssl.trustStore=" + folder_ + "/package/truststore.p12"));
}

TEST_F(PackageEdgeTest, WithoutALauncherJavaIsToldOfTheHosts) {
  options_.redirect_aws = true;
  options_.enter.clear();
  variables_["AWS_ENDPOINT_URL_KINESIS"] = "http://127.0.0.1:4568";
  const PackageView view = View();
  EXPECT_TRUE(view.launcher.empty());
  EXPECT_TRUE(Has(view.jvm_options, "-Djdk.net.hosts.file=" + folder_ + "/package_hosts"));
}

TEST_F(PackageEdgeTest, RedirectingToNowhereIsRefused) {
  options_.redirect_aws = true;
  auto edge = Start();
  ASSERT_FALSE(edge.ok());
  EXPECT_NE(std::string::npos, edge.error().message().find("AWS_ENDPOINT_URL"));
}

}  // namespace
}  // namespace sluice::service
