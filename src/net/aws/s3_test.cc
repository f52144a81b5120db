#include "net/aws/s3.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <mutex>

#include "base/files.h"
#include "net/http_server.h"

namespace sluice::net {
namespace {

EnvLookup Environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) {
    auto found = values.find(name);
    return found == values.end() ? "" : found->second;
  };
}

TEST(CredentialChainTest, EnvironmentThenProfileThenNothing) {
  ManualClock clock;
  CredentialChain keys(
      Environment({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_SESSION_TOKEN", "c"}}), clock);
  EXPECT_EQ(keys.Get()->session_token, "c");

  auto folder = MakeTemporaryFolder("credentials");
  ASSERT_TRUE(folder.ok());
  std::ofstream(*folder + "/c") << "[default]\naws_access_key_id = no\n[team]\n# note\naws_access_key_id=K\n"
                                   "s3 =\n  aws_secret_access_key = nested\naws_secret_access_key = S\n";
  std::ofstream(*folder + "/config") << "[profile team]\nregion = eu-west-1\n";
  auto profile = Environment({{"AWS_PROFILE", "team"},
                              {"AWS_SHARED_CREDENTIALS_FILE", *folder + "/c"},
                              {"AWS_CONFIG_FILE", *folder + "/config"}});
  CredentialChain files(profile, clock);
  EXPECT_EQ(files.Get()->access_key_id, "K");
  EXPECT_EQ(files.Get()->secret_access_key, "S");
  EXPECT_EQ(FindRegion(profile), "eu-west-1");
  (void)RemoveTree(*folder);

  CredentialChain none(Environment({{"AWS_EC2_METADATA_DISABLED", "true"}}), clock);
  ASSERT_FALSE(none.Get().ok());
  EXPECT_EQ(none.Get().error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(FindRegion(Environment({})), "us-east-1");
}

TEST(CredentialChainTest, ContainerCredentialsAreKeptUntilTheyAreAboutToExpire) {
  std::atomic<int> calls = 0;
  auto server = HttpServer::Start("127.0.0.1", 0, [&](const HttpRequest& request) {
    if (request.headers.Get("Authorization") != "secret") return HttpResponse::Text(401, "");
    return HttpResponse::Json(200, "{\"AccessKeyId\":\"A" + std::to_string(++calls) +
                                       "\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
                                       "\"Expiration\":\"1970-01-01T01:00:00Z\"}");
  });
  ASSERT_TRUE(server.ok());
  ManualClock clock;
  CredentialChain chain(Environment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + (*server)->address() + "/c"},
                                     {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret\n"}}),
                        clock);
  EXPECT_EQ(chain.Get()->access_key_id, "A1");
  EXPECT_EQ(chain.Get()->access_key_id, "A1");
  clock.SetNowMs(56 * 60 * 1000);
  EXPECT_EQ(chain.Get()->access_key_id, "A2");
}

TEST(CredentialChainTest, TheRoleOfAnInstanceComesWithASessionToken) {
  std::atomic<int> tokens = 0, keys = 0;
  auto server = HttpServer::Start("127.0.0.1", 0, [&](const HttpRequest& request) {
    if (request.target == "/latest/api/token") {
      const bool asked =
          request.method == "PUT" && request.headers.Get("X-aws-ec2-metadata-token-ttl-seconds") == "21600";
      return asked ? HttpResponse::Text(200, "token" + std::to_string(++tokens)) : HttpResponse::Text(400, "");
    }
    if (request.headers.Get("X-aws-ec2-metadata-token") != "token" + std::to_string(tokens)) {
      return HttpResponse::Text(401, "");
    }
    if (request.target == "/latest/meta-data/iam/security-credentials/") return HttpResponse::Text(200, "the-role\n");
    if (request.target != "/latest/meta-data/iam/security-credentials/the-role") return HttpResponse::Text(404, "");
    return HttpResponse::Json(200, "{\"Code\":\"Success\",\"AccessKeyId\":\"I" + std::to_string(++keys) +
                                       "\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
                                       "\"Expiration\":\"1970-01-01T01:00:00Z\"}");
  });
  ASSERT_TRUE(server.ok());
  ManualClock clock;
  CredentialChain chain(Environment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://" + (*server)->address() + "/"}}),
                        clock);
  EXPECT_EQ(chain.Get()->access_key_id, "I1");
  EXPECT_EQ(chain.Get()->session_token, "T");
  EXPECT_EQ(tokens, 1);
  clock.SetNowMs(56 * 60 * 1000);
  EXPECT_EQ(chain.Get()->access_key_id, "I2");
  chain.Forget();
  EXPECT_EQ(chain.Get()->access_key_id, "I3");
}

TEST(CredentialChainTest, AnInstanceWithoutARoleIsNotAskedAgainForAMinute) {
  std::atomic<int> calls = 0;
  auto server = HttpServer::Start("127.0.0.1", 0, [&](const HttpRequest&) {
    ++calls;
    return HttpResponse::Text(404, "");
  });
  ASSERT_TRUE(server.ok());
  ManualClock clock;
  auto environment = Environment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://" + (*server)->address()}});
  CredentialChain chain(environment, clock);
  EXPECT_EQ(chain.Get().error().code(), ErrorCode::kNotFound);
  EXPECT_NE(chain.Get().error().message().find("EC2 instance metadata"), std::string::npos);
  EXPECT_EQ(calls, 1);
  clock.SetNowMs(60'000);
  EXPECT_FALSE(chain.Get().ok());
  EXPECT_EQ(calls, 2);
}

/// Objects in memory; enough of S3's wire form to see what the client sends.
class FakeS3 {
 public:
  FakeS3() {
    auto server = HttpServer::Start("127.0.0.1", 0, [this](const HttpRequest& request) { return Answer(request); });
    if (server.ok()) server_ = std::move(server).value();
  }
  std::string endpoint() const { return "http://" + server_->address() + "/"; }

 private:
  HttpResponse Answer(const HttpRequest& request) {
    std::lock_guard lock(mutex_);
    if (request.headers.Get("Authorization").find("/eu-north-1/s3/aws4_request") == std::string_view::npos) {
      return HttpResponse::Text(403, "<Error><Code>AccessDenied</Code><Message>a &lt;b&gt;</Message></Error>");
    }
    if (request.method == "PUT") {
      objects_[request.target] = request.body;
      return HttpResponse::Text(200, "");
    }
    if (request.query.contains("list-type")) {
      const bool second = request.query.contains("continuation-token");
      return HttpResponse::Text(200, second ? "<R><Contents><Key>p/2</Key><Size>2</Size></Contents></R>"
                                            : "<R><Contents><Key>p/1&amp;</Key><Size>1</Size></Contents>"
                                              "<NextContinuationToken>t/1</NextContinuationToken></R>");
    }
    auto found = objects_.find(request.target);
    if (found == objects_.end()) {
      return HttpResponse::Text(404, "<Error><Code>NoSuchKey</Code><Message>The key is not there.</Message></Error>");
    }
    HttpResponse response = HttpResponse::Text(200, found->second);
    response.headers.Set("ETag", "\"abc\"");
    return response;
  }

  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  std::unique_ptr<HttpServer> server_;
};

TEST(S3ClientTest, PutGetHeadListAndErrors) {
  FakeS3 s3;
  ManualClock clock(1'700'000'000'000);
  auto environment = Environment({{"AWS_ACCESS_KEY_ID", "a"},
                                  {"AWS_SECRET_ACCESS_KEY", "b"},
                                  {"AWS_REGION", "eu-north-1"},
                                  {"AWS_ENDPOINT_URL", "http://unused.invalid"},
                                  {"AWS_ENDPOINT_URL_S3", s3.endpoint()}});
  CredentialChain credentials(environment, clock);
  S3Client client(AwsClientOptions::FromEnvironment("s3", environment), &credentials, clock);
  ASSERT_TRUE(client.PutObject("bucket", "dir/a b+ü.sql", "SELECT 1").ok());
  auto object = client.GetObject("bucket", "dir/a b+ü.sql");
  ASSERT_TRUE(object.ok()) << object.error().ToString();
  EXPECT_EQ(object->body, "SELECT 1");
  EXPECT_EQ(object->etag, "abc");
  EXPECT_EQ(client.HeadObject("bucket", "dir/a b+ü.sql")->size, 8u);
  EXPECT_EQ(client.GetObject("bucket", "dir/a b+ü.sql", "", 3).error().code(), ErrorCode::kResourceExhausted);
  auto missing = client.GetObject("bucket", "nope");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message(), "s3://bucket/nope: NoSuchKey: The key is not there.");
  auto list = client.List("bucket", "p/");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].key, "p/1&");
  EXPECT_EQ((*list)[1].size, 2u);

  S3Client elsewhere({.service = "s3", .region = "us-west-2", .endpoint = s3.endpoint()}, &credentials, clock);
  EXPECT_EQ(elsewhere.GetObject("b", "k").error().message(), "s3://b/k: AccessDenied: a <b>");
}

}  // namespace
}  // namespace sluice::net
