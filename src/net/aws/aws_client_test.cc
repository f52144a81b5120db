#include "net/aws/aws_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <thread>

#include "base/files.h"
#include "net/aws/kinesis.h"
#include "net/http_server.h"

namespace sluice::net {
namespace {

EnvLookup Environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) {
    auto found = values.find(name);
    return found == values.end() ? "" : found->second;
  };
}

/// A service that answers by a script, the last entry for ever; bodies and targets are kept.
class ScriptedService {
 public:
  explicit ScriptedService(std::vector<HttpResponse> script) : script_(std::move(script)) {
    auto server = HttpServer::Start("127.0.0.1", 0, [this](const HttpRequest& request) {
      const size_t call = calls_++;
      std::lock_guard lock(mutex_);
      requests.push_back(request);
      return script_[std::min(call, script_.size() - 1)];
    });
    EXPECT_TRUE(server.ok());
    server_ = std::move(*server);
  }
  std::string endpoint() const { return "http://" + server_->address(); }
  size_t calls() const { return calls_; }
  std::vector<HttpRequest> requests;

 private:
  std::vector<HttpResponse> script_;
  std::mutex mutex_;
  std::atomic<size_t> calls_ = 0;
  std::unique_ptr<HttpServer> server_;
};

HttpResponse Refusal(int status, const std::string& type) {
  return HttpResponse::Json(status, "{\"__type\":\"com.amazonaws#" + type + "\",\"message\":\"m\"}");
}

AwsClientOptions Options(const std::string& endpoint, int attempts) {
  return {.service = "kinesis", .region = "us-east-1", .endpoint = endpoint, .attempts = attempts};
}

/// Moves the clock on whenever something waits, until it is destroyed.
class ClockRunner {
 public:
  explicit ClockRunner(ManualClock& clock)
      : thread_([this, &clock] {
          while (!done_) {
            clock.Advance(std::chrono::seconds(30));
            std::this_thread::yield();
          }
        }) {}
  ~ClockRunner() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

TEST(AwsClientTest, WhatMayPassIsTriedAgain) {
  ScriptedService service(
      {Refusal(500, "InternalFailure"), Refusal(400, "LimitExceededException"), HttpResponse::Json(200, "{\"a\":1}")});
  ManualClock clock(1'700'000'000'000);
  SeededRandom random(1);
  FixedCredentials credentials({"k", "s", ""});
  AwsClient client(Options(service.endpoint(), 3), &credentials, clock, &random);
  ClockRunner runner(clock);
  auto answer = client.CallJson("X.Y", "{}");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(*answer, "{\"a\":1}");
  EXPECT_EQ(service.calls(), 3u);
}

TEST(AwsClientTest, RefusalsAreNotTriedAgainAndKeepTheirWords) {
  ScriptedService service({Refusal(400, "InvalidArgumentException")});
  ManualClock clock(1'700'000'000'000);
  SeededRandom random(1);
  FixedCredentials credentials({"k", "s", ""});
  AwsClient client(Options(service.endpoint(), 5), &credentials, clock, &random);
  auto answer = client.CallJson("X.Y", "{}");
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(answer.error().message(), "InvalidArgumentException: m");
  EXPECT_EQ(AwsErrorType(answer.error()), "InvalidArgumentException");
  EXPECT_EQ(service.calls(), 1u);
}

TEST(AwsClientTest, AfterTheLastAttemptTheErrorIsTold) {
  ScriptedService service({Refusal(400, "ProvisionedThroughputExceededException")});
  ManualClock clock(1'700'000'000'000);
  SeededRandom random(1);
  FixedCredentials credentials({"k", "s", ""});
  AwsClient client(Options(service.endpoint(), 2), &credentials, clock, &random);
  ClockRunner runner(clock);
  EXPECT_EQ(client.CallJson("X.Y", "{}").error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(service.calls(), 2u);
}

class CountedCredentials : public KeptCredentials {
 public:
  explicit CountedCredentials(const Clock& clock, int64_t life_ms)
      : KeptCredentials(clock), clock_(clock), life_ms_(life_ms) {}
  int fetched = 0;
  bool broken = false;

 protected:
  Result<AwsCredentials> Fetch() override {
    if (broken) return Error(ErrorCode::kIo, "no");
    return AwsCredentials{"key" + std::to_string(++fetched), "s", "t", clock_.NowMs() + life_ms_};
  }

 private:
  const Clock& clock_;
  const int64_t life_ms_;
};

TEST(AwsClientTest, ExpiredCredentialsAreFetchedAnewOnce) {
  ScriptedService service({Refusal(400, "ExpiredTokenException"), HttpResponse::Json(200, "{}")});
  ManualClock clock(1'700'000'000'000);
  CountedCredentials credentials(clock, 3'600'000);
  AwsClient client(Options(service.endpoint(), 1), &credentials, clock, nullptr);
  EXPECT_TRUE(client.CallJson("X.Y", "{}").ok());
  EXPECT_EQ(credentials.fetched, 2);
  EXPECT_NE(std::string(service.requests.at(1).headers.Get("Authorization")).find("Credential=key2/"),
            std::string::npos);
}

TEST(AwsClientTest, CredentialsAreRefreshedBeforeTheyExpire) {
  ManualClock clock(1'000'000);
  CountedCredentials hour(clock, 3'600'000);
  EXPECT_EQ(hour.Get()->access_key_id, "key1");
  clock.SetNowMs(1'000'000 + 3'600'000 - 300'001);
  EXPECT_EQ(hour.Get()->access_key_id, "key1");
  clock.SetNowMs(1'000'000 + 3'600'000 - 300'000);
  EXPECT_EQ(hour.Get()->access_key_id, "key2");
  hour.broken = true;
  clock.SetNowMs(clock.NowMs() + 3'500'000);
  EXPECT_EQ(hour.Get()->access_key_id, "key2") << "still good, and no newer ones are to be had";
  clock.SetNowMs(clock.NowMs() + 200'000);
  EXPECT_FALSE(hour.Get().ok());

  CountedCredentials minute(clock, 60'000);
  EXPECT_EQ(minute.Get()->access_key_id, "key1");
  clock.SetNowMs(clock.NowMs() + 44'999);
  EXPECT_EQ(minute.Get()->access_key_id, "key1");
  clock.SetNowMs(clock.NowMs() + 1);
  EXPECT_EQ(minute.Get()->access_key_id, "key2");
}

TEST(AwsClientTest, ConnectionsAreKept) {
  ScriptedService service({HttpResponse::Json(200, "{}")});
  ManualClock clock(1'700'000'000'000);
  FixedCredentials credentials({"k", "s", ""});
  AwsClient client(Options(service.endpoint(), 1), &credentials, clock, nullptr);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.CallJson("X.Y", "{}").ok());
  EXPECT_EQ(service.requests[0].remote_address, service.requests[2].remote_address);
}

TEST(AwsClientTest, CancelEndsACallUnderWay) {
  std::atomic<bool> entered = false, leave = false;
  auto server = HttpServer::Start("127.0.0.1", 0, [&](const HttpRequest&) {
    entered = true;
    while (!leave) std::this_thread::yield();
    return HttpResponse::Json(200, "{}");
  });
  ManualClock clock(1'700'000'000'000);
  FixedCredentials credentials({"k", "s", ""});
  AwsClient client(Options("http://" + (*server)->address(), 1), &credentials, clock, nullptr);
  std::thread canceller([&] {
    while (!entered) std::this_thread::yield();
    client.Cancel();
  });
  EXPECT_EQ(client.CallJson("X.Y", "{}").error().code(), ErrorCode::kCancelled);
  canceller.join();
  leave = true;
  EXPECT_EQ(client.CallJson("X.Y", "{}").error().code(), ErrorCode::kCancelled);
}

TEST(StsTest, RolesAreAssumedWithTheBasesCredentialsAndATokenWithoutAny) {
  ScriptedService sts(
      {HttpResponse::Text(200,
                          "<R><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey>"
                          "<SessionToken>T</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>"
                          "</Credentials></R>")});
  ManualClock clock(1'700'000'000'000);
  auto environment = Environment({{"AWS_ENDPOINT_URL_STS", sts.endpoint()}, {"AWS_REGION", "eu-west-1"}});
  RoleRequest request{.role_arn = "arn:aws:iam::1:role/r", .session_name = "me", .external_id = "x y"};
  auto role =
      AssumedRole(request, std::make_unique<FixedCredentials>(AwsCredentials{"base", "s", ""}), environment, clock);
  auto got = role->Get();
  ASSERT_TRUE(got.ok()) << got.error().ToString();
  EXPECT_EQ(got->session_token, "T");
  EXPECT_EQ(got->expires_at_ms, 1'893'456'000'000);
  EXPECT_EQ(sts.requests[0].body,
            "Version=2011-06-15&Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me"
            "&ExternalId=x%20y");
  EXPECT_NE(std::string(sts.requests[0].headers.Get("Authorization")).find("Credential=base/"), std::string::npos);

  auto folder = MakeTemporaryFolder("token");
  std::ofstream(*folder + "/t") << "web+token\n";
  RoleRequest web{.role_arn = "arn:aws:iam::1:role/r", .token_file = *folder + "/t"};
  EXPECT_TRUE(WebIdentityRole(web, environment, clock)->Get().ok());
  EXPECT_EQ(sts.requests[1].body,
            "Version=2011-06-15&Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
            "&RoleSessionName=sluice&WebIdentityToken=web%2Btoken");
  EXPECT_FALSE(sts.requests[1].headers.Has("Authorization"));
  (void)RemoveTree(*folder);
}

TEST(KinesisClientTest, RefusedRecordsOfARequestAreNamed) {
  ScriptedService service({HttpResponse::Json(
      200,
      "{\"FailedRecordCount\":1,\"Records\":[{\"SequenceNumber\":\"1\",\"ShardId\":\"s\"},"
      "{\"ErrorCode\":\"ProvisionedThroughputExceededException\",\"ErrorMessage\":\"Rate exceeded\"}]}")});
  ManualClock clock(1'700'000'000'000);
  FixedCredentials credentials({"k", "s", ""});
  KinesisClient client(Options(service.endpoint(), 1), &credentials, clock);
  auto refused = client.PutRecords({"s", ""}, {{"a", "k\""}, {"b", "2"}});
  ASSERT_TRUE(refused.ok()) << refused.error().ToString();
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ((*refused)[0].index, 1u);
  EXPECT_EQ((*refused)[0].error.code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(service.requests[0].body,
            "{\"StreamName\":\"s\",\"Records\":[{\"Data\":\"YQ==\",\"PartitionKey\":\"k\\\"\"},"
            "{\"Data\":\"Yg==\",\"PartitionKey\":\"2\"}]}");
}

}  // namespace
}  // namespace sluice::net
