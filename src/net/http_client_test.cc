#include "net/http_client.h"

#include <gtest/gtest.h>

#include "net/http_server.h"

namespace sluice::net {
namespace {

Result<HttpResponse> Send(const HttpServer& server, const std::string& target, HttpRequest request = {},
                          HttpClientOptions options = {}) {
  auto url = ParseUrl("http://" + server.address() + target);
  return SendHttp(*url, request, options);
}

TEST(HttpClientTest, SendsBodyAndHeadersAndReadsTheAnswer) {
  auto server = HttpServer::Start("127.0.0.1", 0, [](const HttpRequest& request) {
    HttpResponse response = HttpResponse::Json(202, request.method + request.path + request.body);
    response.headers.Set("X-Echo", std::string(request.headers.Get("x-in")) + request.query.at("q"));
    return response;
  });
  ASSERT_TRUE(server.ok());
  HttpRequest request;
  request.method = "PATCH";
  request.headers.Set("X-In", "1");
  request.body = std::string(300'000, 'z');
  auto response = Send(**server, "/a/b?q=2", request);
  ASSERT_TRUE(response.ok()) << response.error().ToString();
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->headers.Get("x-echo"), "12");
  EXPECT_EQ(response->body, "PATCH/a/b" + request.body);
  request.method = "HEAD";
  EXPECT_EQ(Send(**server, "/?q=", request)->body, "");
}

TEST(HttpClientTest, LimitsAndTimeOutsAreErrors) {
  std::mutex mutex;
  auto server = HttpServer::Start("127.0.0.1", 0, [&mutex](const HttpRequest& request) {
    if (request.path == "/slow") std::lock_guard lock(mutex);
    return HttpResponse::Text(200, std::string(5000, 'x'));
  });
  ASSERT_TRUE(server.ok());
  HttpClientOptions options;
  options.max_response_bytes = 100;
  EXPECT_EQ(Send(**server, "/", {}, options).error().code(), ErrorCode::kResourceExhausted);
  {
    std::lock_guard lock(mutex);
    HttpClientOptions hasty;
    hasty.total_timeout = std::chrono::milliseconds(30);
    EXPECT_EQ(Send(**server, "/slow", {}, hasty).error().code(), ErrorCode::kTimeout);
  }
  (*server)->Stop();
  EXPECT_EQ(Send(**server, "/").error().code(), ErrorCode::kIo);
  EXPECT_EQ(SendHttp({"http", "no-such-host.invalid", 80, "/"}, {}).error().code(), ErrorCode::kIo);
}

TEST(HttpClientTest, HttpsFailsCleanlyAgainstAPlainServer) {
  auto server = HttpServer::Start("127.0.0.1", 0, [](const HttpRequest&) { return HttpResponse::Text(200, "x"); });
  ASSERT_TRUE(server.ok());
  auto response = SendHttp({"https", "127.0.0.1", (*server)->port(), "/"}, {});
  ASSERT_FALSE(response.ok());
  EXPECT_NE(response.error().message().find("TLS"), std::string::npos) << response.error().message();
}

}  // namespace
}  // namespace sluice::net
