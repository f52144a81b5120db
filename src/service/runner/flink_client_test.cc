#include "service/runner/flink_client.h"

#include <gtest/gtest.h>

#include <map>

#include "net/http_server.h"

namespace sluice::service {
namespace {

/// Answers by path what the test has set.
class Peer {
 public:
  explicit Peer(std::map<std::string, net::HttpResponse> answers) : answers_(std::move(answers)) {
    auto server = net::HttpServer::Start("127.0.0.1", 0, [this](const net::HttpRequest& request) {
      auto found = answers_.find(request.method + " " + request.path);
      return found == answers_.end() ? net::HttpResponse::Json(404, R"({"errors":["Not found."]})") : found->second;
    });
    if (server.ok()) server_ = std::move(server).value();
  }
  FlinkClient client() const { return FlinkClient({"http", "127.0.0.1", server_->port(), "/"}); }

 private:
  std::map<std::string, net::HttpResponse> answers_;
  std::unique_ptr<net::HttpServer> server_;
};

net::HttpResponse Json(std::string text) { return net::HttpResponse::Json(200, std::move(text)); }

/// Two jobs in these states.
Peer TwoJobs(const std::string& a, const std::string& b) {
  auto job = [](const std::string& state) {
    return Json("{\"state\":\"" + state + "\",\"vertices\":[{\"status\":\"" + state + "\"}]}");
  };
  return Peer({{"GET /jobs/overview", Json(R"({"jobs":[{"jid":"a","state":"x"},{"jid":"b","state":"x"}]})")},
               {"GET /jobs/a", job(a)},
               {"GET /jobs/b", job(b)}});
}

TEST(FlinkClientTest, SeveralJobsCountAsOne) {
  EXPECT_TRUE(TwoJobs("RUNNING", "RUNNING").client().AllJobs()->all_up());
  EXPECT_TRUE(TwoJobs("FINISHED", "RUNNING").client().AllJobs()->all_up());
  EXPECT_FALSE(TwoJobs("RUNNING", "CREATED").client().AllJobs()->all_up());
  EXPECT_TRUE(TwoJobs("FINISHED", "FINISHED").client().AllJobs()->finished());
  auto failed = TwoJobs("RUNNING", "FAILED").client().AllJobs();
  EXPECT_TRUE(failed->ended());
  EXPECT_FALSE(failed->all_ended);
  EXPECT_EQ(failed->id, "b");
  EXPECT_EQ(Peer({{"GET /jobs/overview", Json(R"({"jobs":[]})")}}).client().AllJobs().error().code(),
            ErrorCode::kNotFound);
}

TEST(FlinkClientTest, ErrorsAreThePeersOwnWords) {
  Peer peer(
      {{"POST /jars/x/run",
        net::HttpResponse::Json(500, R"({"errors":["Internal server error.","<Exception on server side:\nno such )"
                                     R"(table: t\n\tat x\n\nEnd of exception on server side>"]})")},
       {"GET /overview", net::HttpResponse::Text(200, "<html>")},
       {"GET /jobs/overview", Json("[]")}});
  EXPECT_EQ(peer.client().Run("x", {}, std::chrono::seconds(5)).error().message(), "no such table: t\n\tat x");
  EXPECT_EQ(peer.client().Ping().error().code(), ErrorCode::kData);
  EXPECT_EQ(peer.client().Jobs().error().code(), ErrorCode::kData);
  EXPECT_EQ(peer.client().Job("none").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sluice::service
