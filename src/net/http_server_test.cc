#include "net/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "net/multipart.h"

namespace sluice::net {
namespace {

/// A raw connection: sends exact bytes and reads until the server closes or `until` has come.
class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(fd_); }
  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  std::string ReadUntil(std::string_view until) {
    char buffer[4096];
    while (until.empty() || text_.find(until) == std::string::npos) {
      ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
      if (n <= 0) break;
      text_.append(buffer, static_cast<size_t>(n));
    }
    return std::exchange(text_, {});
  }
  std::string ReadAll() { return ReadUntil({}); }

 private:
  int fd_;
  bool connected_ = false;
  std::string text_;
};

HttpResponse Echo(const HttpRequest& request) {
  std::string query;
  for (const auto& [key, value] : request.query) query += key + "=" + value + ";";
  return HttpResponse::Text(200, request.method + " " + request.path + " " + query + " " + request.body + "$");
}

std::unique_ptr<HttpServer> StartOrDie(HttpHandler handler, HttpServerOptions options = {}) {
  auto server = HttpServer::Start("127.0.0.1", 0, std::move(handler), std::move(options));
  if (!server.ok()) ADD_FAILURE() << server.error().ToString();
  return std::move(server).value();
}

TEST(HttpServerTest, KeepsTheConnectionAndDecodesTheTarget) {
  auto server = StartOrDie(Echo);
  RawClient client(server->port());
  client.Send("GET /jobs/a%20b?mode=cancel&x=1+2%26 HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string first = client.ReadUntil("$");
  EXPECT_NE(first.find("HTTP/1.1 200 OK"), std::string::npos) << first;
  EXPECT_NE(first.find("GET /jobs/a b mode=cancel;x=1 2&; $"), std::string::npos) << first;
  client.Send("POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_NE(client.ReadUntil("$").find("POST /p  abcde$"), std::string::npos);
  client.Send("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::string head = client.ReadAll();
  EXPECT_NE(head.find("Content-Length: 10"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
}

TEST(HttpServerTest, AnswersExpectContinueBeforeTheBody) {
  auto server = StartOrDie(Echo);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_NE(client.ReadUntil("\r\n\r\n").find("100 Continue"), std::string::npos);
  client.Send("ok");
  EXPECT_NE(client.ReadUntil("$").find("ok$"), std::string::npos);
}

TEST(HttpServerTest, RefusesWhatIsTooLargeOrBroken) {
  HttpServerOptions options;
  options.max_header_bytes = 1024;
  options.max_body_bytes = 1000;
  auto server = StartOrDie(Echo, options);
  {
    RawClient client(server->port());
    client.Send("GET / HTTP/1.1\r\nX: " + std::string(5000, 'a') + "\r\n\r\n");
    EXPECT_NE(client.ReadAll().find("HTTP/1.1 431"), std::string::npos);
  }
  {
    RawClient client(server->port());
    client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'b'));
    EXPECT_NE(client.ReadAll().find("HTTP/1.1 413"), std::string::npos);
  }
  for (std::string_view junk : {"\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}) {
    RawClient client(server->port());
    client.Send(junk);
    EXPECT_NE(client.ReadAll().find("HTTP/1.1 400"), std::string::npos) << junk;
  }
  RawClient after(server->port());
  after.Send("GET /alive HTTP/1.0\r\n\r\n");
  EXPECT_NE(after.ReadAll().find("/alive"), std::string::npos);
}

TEST(HttpServerTest, AnExceptionIsA500AndSplitHeadersAreDropped) {
  auto server = StartOrDie([](const HttpRequest& request) -> HttpResponse {
    if (request.path == "/throw") throw std::runtime_error("boom");
    HttpResponse response = HttpResponse::Text(200, "fine$");
    response.headers.Set("X-Evil", "a\r\nX-Injected: 1");
    return response;
  });
  RawClient client(server->port());
  client.Send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(client.ReadUntil("boom\n").find("HTTP/1.1 500"), std::string::npos);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("$").find("X-Injected"), std::string::npos);
}

TEST(HttpServerTest, StopLetsARunningHandlerAnswer) {
  std::mutex mutex;
  std::condition_variable changed;
  bool entered = false;
  bool release = false;
  auto server = StartOrDie([&](const HttpRequest&) {
    std::unique_lock lock(mutex);
    entered = true;
    changed.notify_all();
    changed.wait(lock, [&] { return release; });
    return HttpResponse::Text(200, "late");
  });
  RawClient idle(server->port());
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return entered; });
  }
  std::thread stopper([&] { server->Stop(); });
  EXPECT_EQ(idle.ReadAll(), "");  // closed at once: it waits for nothing
  {
    std::lock_guard lock(mutex);
    release = true;
    changed.notify_all();
  }
  EXPECT_NE(client.ReadAll().find("late"), std::string::npos);
  stopper.join();
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(HttpServerTest, AUsedPortIsAnErrorThatNamesIt) {
  auto server = StartOrDie(Echo);
  auto second = HttpServer::Start("127.0.0.1", server->port(), Echo);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message().find(std::to_string(server->port())), std::string::npos);
  EXPECT_FALSE(HttpServer::Start("not-an-ip", 0, Echo).ok());
}

TEST(ListenAddressTest, AcceptsHostAndPort) {
  EXPECT_EQ(ParseListenAddress("0.0.0.0:80")->port, 80);
  EXPECT_EQ(ParseListenAddress(":0")->host, "127.0.0.1");
  EXPECT_EQ(ParseListenAddress("[::1]:4599")->host, "::1");
  for (auto bad : {"", "4599", "host", "host:", "host:x", "host:1/x", "host:99999", "[::1]", "h:1/"}) {
    EXPECT_FALSE(ParseListenAddress(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace sluice::net
