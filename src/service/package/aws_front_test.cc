#include "service/package/aws_front.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <optional>
#include <set>

#include "base/files.h"
#include "net/http_server.h"

namespace sluice::service {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr const char* kHost = "kinesis.eu-west-1.amazonaws.com";

/// A TLS connection that trusts the authority alone, as a client of `host`.
class Client {
 public:
  Client(uint16_t port, const std::string& authority, const std::string& host)
      : context_(asio::ssl::context::tls_client), stream_(io_, context_) {
    context_.add_certificate_authority(asio::buffer(authority));
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(host));
    SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port}, error);
    if (!error) stream_.handshake(asio::ssl::stream_base::client, error);
  }
  void Send(std::string_view bytes) { asio::write(stream_, asio::buffer(bytes), error); }
  /// What comes next; empty at the end.
  std::string Receive() {
    std::string room(16 * 1024, '\0');
    room.resize(stream_.read_some(asio::buffer(room), error));
    return room;
  }
  /// Until the text ends with `end`, or the connection does.
  std::string ReceiveUntil(std::string_view end) {
    std::string all;
    while (!error && !all.ends_with(end)) all += Receive();
    return all;
  }

  error_code error;

 private:
  asio::io_context io_;
  asio::ssl::context context_;
  asio::ssl::stream<tcp::socket> stream_;
};

/// A client of HTTP/2 that says nothing of it in the handshake.
class Http2Client {
 public:
  explicit Http2Client(Client& client) : client_(client) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user) {
          static_cast<Http2Client*>(user)
              ->headers[frame->hd.stream_id][std::string(reinterpret_cast<const char*>(name), name_size)] =
              std::string(reinterpret_cast<const char*>(value), value_size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user) {
          static_cast<Http2Client*>(user)->bodies[id].append(reinterpret_cast<const char*>(data), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           [](nghttp2_session*, int32_t id, uint32_t, void* user) {
                                                             static_cast<Http2Client*>(user)->closed.insert(id);
                                                             return 0;
                                                           });
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 24);
  }
  ~Http2Client() { nghttp2_session_del(session_); }

  int32_t Submit(const std::string& path, std::string body) {
    const std::vector<std::pair<std::string, std::string>> fields = {
        {":method", "POST"}, {":scheme", "https"}, {":authority", kHost}, {":path", path}, {"x-amz-target", "T"}};
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : fields) {
      pairs.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                       reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                       NGHTTP2_NV_FLAG_NONE});
    }
    auto& kept = sent_.emplace_back(std::make_unique<std::string>(std::move(body)));
    nghttp2_data_provider provider{};
    provider.source.ptr = kept.get();
    provider.read_callback = [](nghttp2_session*, int32_t, uint8_t* room, size_t size, uint32_t* flags,
                                nghttp2_data_source* source, void*) {
      auto* left = static_cast<std::string*>(source->ptr);
      const size_t n = std::min(size, left->size());
      std::copy_n(left->data(), n, room);
      left->erase(0, n);
      if (left->empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(n);
    };
    return nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(), &provider, nullptr);
  }
  /// Until `done` or the connection's end.
  void Run(const std::function<bool()>& done) {
    while (!client_.error) {
      const uint8_t* data = nullptr;
      for (ssize_t n; (n = nghttp2_session_mem_send(session_, &data)) > 0;) {
        client_.Send({reinterpret_cast<const char*>(data), static_cast<size_t>(n)});
      }
      if (done()) return;
      const std::string bytes = client_.Receive();
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    }
  }

  std::map<int32_t, std::map<std::string, std::string>> headers;
  std::map<int32_t, std::string> bodies;
  std::set<int32_t> closed;

 private:
  Client& client_;
  nghttp2_session* session_ = nullptr;
  std::vector<std::unique_ptr<std::string>> sent_;
};

class AwsFrontTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = *MakeTemporaryFolder("front-test");
    auto authority = CertificateAuthority::Open(folder_, 1'795'000'000'000);
    ASSERT_TRUE(authority.ok());
    authority_ = authority->certificate();
    endpoint_ = *net::HttpServer::Start("127.0.0.1", 0, [](const net::HttpRequest& request) {
      net::HttpResponse response = net::HttpResponse::Text(
          200, std::string(request.headers.Get("Host")) + " " + request.target + " " +
                   std::string(request.headers.Get("X-Amz-Target")) + " " + std::to_string(request.body.size()));
      if (request.path == "/large") response.body = std::string(3'000'000, 'x');
      return response;
    });
    AwsFrontOptions options;
    options.port = 0;
    options.endpoints.emplace("KINESIS", net::Url{"http", "127.0.0.1", endpoint_->port(), "/"});
    options.endpoints.emplace("STS", net::Url{"http", "127.0.0.1", 1, "/"});  // where nobody listens
    auto front = AwsFront::Start(std::move(options), *authority, Logger());
    ASSERT_TRUE(front.ok());
    front_ = std::move(*front);
  }
  void TearDown() override { (void)RemoveTree(folder_); }

  std::string folder_, authority_;
  std::unique_ptr<net::HttpServer> endpoint_;
  std::unique_ptr<AwsFront> front_;
};

TEST_F(AwsFrontTest, PassesHttp1OnWithItsHost) {
  Client client(front_->port(), authority_, kHost);
  for (int i = 0; i < 3; ++i) {  // over one connection
    client.Send("POST /a?b=c HTTP/1.1\r\nHost: " + std::string(kHost) +
                "\r\nX-Amz-Target: T\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_TRUE(client.ReceiveUntil(" 5").ends_with(std::string(kHost) + " /a?b=c T 5"));
  }
  EXPECT_FALSE(client.error);
}

TEST_F(AwsFrontTest, TakesHttp2WithoutNegotiation) {
  Client client(front_->port(), authority_, kHost);
  Http2Client http2(client);
  const int32_t small = http2.Submit("/one", "hello");
  const int32_t large = http2.Submit("/large", std::string(1'000'000, 'y'));
  http2.Run([&] { return http2.closed.size() == 2; });
  EXPECT_EQ("200", http2.headers[small][":status"]);
  EXPECT_EQ(std::string(kHost) + " /one T 5", http2.bodies[small]);
  EXPECT_EQ(std::string(3'000'000, 'x'), http2.bodies[large]);
}

TEST_F(AwsFrontTest, PassesAnswersOnAsTheyCome) {
  asio::io_context io;
  tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
  AwsFrontOptions options;
  options.port = 0;
  options.endpoints.emplace("KINESIS", net::Url{"http", "127.0.0.1", acceptor.local_endpoint().port(), "/"});
  auto authority = CertificateAuthority::Open(folder_, 1'795'000'000'000);
  auto front = AwsFront::Start(std::move(options), *authority, Logger());
  ASSERT_TRUE(front.ok());
  Client client((*front)->port(), authority_, kHost);
  Http2Client http2(client);
  const int32_t id = http2.Submit("/subscribe", "{}");
  std::optional<tcp::socket> endpoint;
  int step = 0;
  http2.Run([&] {
    const std::string& body = http2.bodies[id];
    if (step == 0) {
      endpoint = acceptor.accept();
      asio::write(
          *endpoint,
          asio::buffer(std::string_view("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")));
      step = 1;
    } else if (step == 1 && body == "first") {
      // The answer is not at its end, and its beginning is here already.
      asio::write(*endpoint, asio::buffer(std::string_view("6\r\nsecond\r\n0\r\n\r\n")));
      step = 2;
    }
    return http2.closed.contains(id);
  });
  EXPECT_EQ(2, step);
  EXPECT_EQ("firstsecond", http2.bodies[id]);
}

TEST_F(AwsFrontTest, SaysWhenAnEndpointIsNotThere) {
  Client client(front_->port(), authority_, "sts.amazonaws.com");
  client.Send("GET / HTTP/1.1\r\nHost: sts.amazonaws.com\r\n\r\n");
  EXPECT_TRUE(client.ReceiveUntil("\n").starts_with("HTTP/1.1 502 "));
  Client other(front_->port(), authority_, "sts.amazonaws.com");
  Http2Client http2(other);
  const int32_t id = http2.Submit("/", "");
  http2.Run([&] { return http2.closed.contains(id); });
  EXPECT_EQ("502", http2.headers[id][":status"]);
}

TEST_F(AwsFrontTest, RefusesOtherHosts) {
  for (const char* host : {"example.com", "firehose.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"}) {
    Client client(front_->port(), authority_, host);
    EXPECT_TRUE(client.error) << host;
  }
  Client good(front_->port(), authority_, "111122223333.control-kinesis.eu-west-1.amazonaws.com");
  EXPECT_FALSE(good.error);
}

TEST_F(AwsFrontTest, StopsWithConnectionsOpen) {
  Client client(front_->port(), authority_, kHost);
  Http2Client http2(client);
  http2.Submit("/one", "hello");
  http2.Run([&] { return http2.closed.size() == 1; });
  front_->Stop();
  front_.reset();
  client.ReceiveUntil("never");
  EXPECT_TRUE(client.error);
}

}  // namespace
}  // namespace sluice::service
