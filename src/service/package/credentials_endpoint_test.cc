#include "service/package/credentials_endpoint.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/files.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace sluice::service {
namespace {

constexpr int64_t kNowMs = 1'795'000'000'000;  // 2026-11-18T11:06:40Z

class CredentialsEndpointTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *MakeTemporaryFolder("credentials-test"); }
  void TearDown() override { (void)RemoveTree(folder_); }

  std::unique_ptr<CredentialsEndpoint> Start(net::CredentialsProvider& own, bool assume_roles = false,
                                             std::string sts = "") {
    CredentialsEndpointOptions options{folder_ + "/port", assume_roles, [sts](const std::string& name) {
                                         return name == "AWS_ENDPOINT_URL_STS" ? sts : std::string();
                                       }};
    auto out = CredentialsEndpoint::Start(
        options, own,
        [this](const std::string& name) -> Result<std::string> {
          if (name == "gone") return Error(ErrorCode::kNotFound, "there is no application 'gone'");
          return role_;
        },
        tokens_, clock_, Logger());
    EXPECT_TRUE(out.ok());
    return std::move(*out);
  }

  /// Asks as an SDK with this environment would.
  net::HttpResponse Ask(const std::vector<std::string>& environment, const std::string& agent = "Boto3/1") {
    std::string uri, token;
    for (const std::string& entry : environment) {
      if (entry.starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI=")) uri = entry.substr(entry.find('=') + 1);
      if (entry.starts_with("AWS_CONTAINER_AUTHORIZATION_TOKEN=")) token = entry.substr(entry.find('=') + 1);
    }
    net::HttpRequest request;
    request.headers.Set("Authorization", token);
    request.headers.Set("User-Agent", agent);
    auto response = net::SendHttp(*net::ParseUrl(uri), request);
    EXPECT_TRUE(response.ok());
    return *response;
  }
  static boost::json::object Json(const net::HttpResponse& response) {
    return boost::json::parse(response.body).as_object();
  }

  std::string folder_;
  std::string role_ = "arn:aws:iam::123456789012:role/app";
  ManualClock clock_{kNowMs};
  TokenSigner tokens_{std::string(32, 'k')};
};

TEST_F(CredentialsEndpointTest, GivesTheServicesOwnToThoseWithAToken) {
  net::FixedCredentials own({"AKID", "secret", ""});
  auto endpoint = Start(own);
  auto answer = Ask(endpoint->EnvironmentFor("orders"));
  ASSERT_EQ(200, answer.status);
  EXPECT_EQ((boost::json::object{{"AccessKeyId", "AKID"},
                                 {"SecretAccessKey", "secret"},
                                 {"Expiration", "2026-11-18T12:06:40Z"},
                                 {"Token", ""}}),
            Json(answer));
  // Java's SDKs would send the empty token along.
  EXPECT_FALSE(Json(Ask(endpoint->EnvironmentFor("orders"), "aws-sdk-java/2.40.3 md/io#sync")).contains("Token"));
  auto environment = endpoint->EnvironmentFor("orders");
  for (std::string& entry : environment) {
    if (entry.find("TOKEN") != std::string::npos) entry.back() = entry.back() == 'x' ? 'y' : 'x';
  }
  EXPECT_EQ(403, Ask(environment).status);
  EXPECT_EQ(404, Ask(endpoint->EnvironmentFor("gone")).status);
}

TEST_F(CredentialsEndpointTest, KeepsItsPortAndTokens) {
  net::FixedCredentials own({"AKID", "secret", "session", kNowMs + 60'000});
  auto first = Start(own);
  const auto environment = first->EnvironmentFor("orders");
  first.reset();
  auto second = Start(own);
  auto answer = Ask(environment, "aws-sdk-java/2.40.3");
  ASSERT_EQ(200, answer.status);
  EXPECT_EQ("session", Json(answer)["Token"]);
  EXPECT_EQ("2026-11-18T11:07:40Z", Json(answer)["Expiration"]);
}

TEST_F(CredentialsEndpointTest, AssumesTheRoleAndAsksAgainBeforeItExpires) {
  std::vector<std::string> asked;
  auto sts = net::HttpServer::Start("127.0.0.1", 0, [&](const net::HttpRequest& request) {
    asked.push_back(request.body);
    net::HttpResponse response;
    response.body = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA" +
                    std::to_string(asked.size()) +
                    "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>" +
                    (asked.size() == 1 ? "2026-11-18T12:06:40Z" : "2026-11-18T13:06:40Z") +
                    "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    return response;
  });
  ASSERT_TRUE(sts.ok());
  net::FixedCredentials own({"AKID", "secret", ""});
  auto endpoint = Start(own, true, "http://" + (*sts)->address());
  const auto environment = endpoint->EnvironmentFor("orders");
  EXPECT_EQ("ASIA1", Json(Ask(environment))["AccessKeyId"]);
  EXPECT_EQ("ASIA1", Json(Ask(environment))["AccessKeyId"]);
  ASSERT_EQ(1u, asked.size());
  EXPECT_NE(std::string::npos, asked[0].find("Action=AssumeRole"));
  EXPECT_NE(std::string::npos, asked[0].find("role%2Fapp"));
  EXPECT_NE(std::string::npos, asked[0].find("RoleSessionName=app-orders"));
  clock_.Advance(std::chrono::minutes(58));
  EXPECT_EQ("ASIA2", Json(Ask(environment))["AccessKeyId"]);
  role_ = "arn:aws:iam::123456789012:role/other";
  EXPECT_EQ("ASIA3", Json(Ask(environment))["AccessKeyId"]);
  EXPECT_NE(std::string::npos, asked[2].find("role%2Fother"));
}

}  // namespace
}  // namespace sluice::service
