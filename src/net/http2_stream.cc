#include "net/http2_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "net/tls_context.h"

namespace sluice::net {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

int LeftMs(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1'000'000'000));
}

constexpr uint32_t kWindowBytes = 1024 * 1024;

}  // namespace

class Http2Stream::Session {
 public:
  Session(Url url, HttpClientOptions options)
      : url_(std::move(url)), options_(std::move(options)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Session() {
    if (http2_ != nullptr) nghttp2_session_del(http2_);
    if (ssl_ != nullptr) SSL_free(ssl_);
  }

  Status Start(const HttpRequest& request);
  Result<std::string> Read(std::chrono::milliseconds patience);
  void Cancel() {
    const uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof(one));
  }

  int status = 0;
  HttpHeaders headers;

 private:
  Error Failed(std::string_view what, std::string_view why) const {
    return Error(ErrorCode::kIo, fmt::format("{} {}: {}", what, url_.Authority(), why));
  }
  Error FailedBy(std::string_view what, int error) const {
    return Failed(what, std::generic_category().message(error));
  }
  Error TimedOut(std::string_view what) const {
    return Error(ErrorCode::kTimeout, fmt::format("{} {}: no answer in time", what, url_.Authority()));
  }

  Status Connect(Deadline deadline);
  Status ConnectTo(const addrinfo& address, Deadline deadline);
  Status Handshake(Deadline deadline);
  Status OpenSession(const HttpRequest& request);
  /// Waits until the socket is ready for `events` (POLLIN, POLLOUT).
  Status WaitFor(short events, Deadline deadline, std::string_view what);
  /// Some bytes to or from the peer; 0: the socket is not ready (`want_` says for what); -1: the connection has ended.
  ssize_t Receive(char* buffer, size_t size);
  ssize_t Transmit(const char* data, size_t size);
  Status SendPending(Deadline deadline);
  /// Waits for bytes and lets nghttp2 work on them.
  Status Step(Deadline deadline);

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* self);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int OnData(nghttp2_session*, uint8_t, int32_t, const uint8_t* data, size_t size, void* self);
  static int OnClose(nghttp2_session*, int32_t, uint32_t error, void* self);
  static ssize_t ReadBody(nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                          nghttp2_data_source* source, void*);

  const Url url_;
  const HttpClientOptions options_;
  const FileDescriptor wake_;
  std::optional<FileDescriptor> socket_;
  std::optional<boost::asio::ssl::context> tls_;
  SSL* ssl_ = nullptr;
  nghttp2_session* http2_ = nullptr;
  short want_ = POLLIN;
  std::string request_body_;
  size_t body_sent_ = 0;
  bool head_seen_ = false;
  bool closed_ = false;  // the stream, by either side
  uint32_t close_error_ = 0;
  std::string body_;
};

Status Http2Stream::Session::WaitFor(short events, Deadline deadline, std::string_view what) {
  while (true) {
    pollfd fds[2] = {{socket_->get(), events, 0}, {wake_.get(), POLLIN, 0}};
    const int ready = poll(fds, 2, LeftMs(deadline));
    if (ready < 0 && errno != EINTR) return FailedBy(what, errno);
    if (fds[1].revents != 0) {
      return Error(ErrorCode::kCancelled, fmt::format("the request to {} was cancelled", url_.Authority()));
    }
    if (ready > 0 && fds[0].revents != 0) return {};
    if (std::chrono::steady_clock::now() >= deadline) return TimedOut(what);
  }
}

Status Http2Stream::Session::ConnectTo(const addrinfo& address, Deadline deadline) {
  socket_.emplace(socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol));
  if (socket_->get() < 0) return FailedBy("cannot connect to", errno);
  if (connect(socket_->get(), address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return FailedBy("cannot connect to", errno);
  SLUICE_RETURN_IF_ERROR(WaitFor(POLLOUT, deadline, "cannot connect to"));
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(socket_->get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Status() : Status(FailedBy("cannot connect to", error));
}

Status Http2Stream::Session::Connect(Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(url_.host.c_str(), std::to_string(url_.port).c_str(), &hints, &found);
  if (failed != 0) return Failed("cannot find the address of", gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  Status connected = Failed("cannot find the address of", "there is none");
  for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) {
    connected = ConnectTo(*a, deadline);
    if (connected.ok() || connected.error().code() == ErrorCode::kCancelled) break;
  }
  SLUICE_RETURN_IF_ERROR(connected);
  const int on = 1;
  setsockopt(socket_->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(socket_->get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  return {};
}

Status Http2Stream::Session::Handshake(Deadline deadline) {
  boost::system::error_code ec;
  tls_.emplace(MakeClientTlsContext(options_.ca_file, options_.trust_all_certificates, ec));
  if (ec) return Failed("cannot load the trusted certificates for", ec.message());
  ssl_ = SSL_new(tls_->native_handle());
  INVARIANT(ssl_ != nullptr, "OpenSSL cannot make a connection");
  constexpr unsigned char kProtocols[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl_, kProtocols, sizeof(kProtocols));
  SSL_set_tlsext_host_name(ssl_, url_.host.c_str());
  if (!options_.trust_all_certificates) SSL_set1_host(ssl_, url_.host.c_str());
  SSL_set_fd(ssl_, socket_->get());
  while (true) {
    ERR_clear_error();
    const int done = SSL_connect(ssl_);
    if (done == 1) break;
    const int error = SSL_get_error(ssl_, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      const char* reason = ERR_reason_error_string(ERR_get_error());
      return Failed("TLS handshake failed with", reason == nullptr ? "the connection was closed" : reason);
    }
    SLUICE_RETURN_IF_ERROR(
        WaitFor(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, "TLS handshake failed with"));
  }
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &size);
  if (size != 2 || std::memcmp(protocol, "h2", 2) != 0) return Failed("no HTTP/2 with", "the server does not offer it");
  return {};
}

ssize_t Http2Stream::Session::Receive(char* buffer, size_t size) {
  if (ssl_ == nullptr) {
    const ssize_t n = recv(socket_->get(), buffer, size, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    return n == 0 ? -1 : n;
  }
  ERR_clear_error();
  const int n = SSL_read(ssl_, buffer, static_cast<int>(size));
  if (n > 0) return n;
  const int error = SSL_get_error(ssl_, n);
  want_ = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t Http2Stream::Session::Transmit(const char* data, size_t size) {
  want_ = POLLOUT;
  if (ssl_ == nullptr) {
    const ssize_t n = send(socket_->get(), data, size, MSG_NOSIGNAL);
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
  }
  ERR_clear_error();
  const int n = SSL_write(ssl_, data, static_cast<int>(size));
  if (n > 0) return n;
  const int error = SSL_get_error(ssl_, n);
  want_ = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

int Http2Stream::Session::OnHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                                   const uint8_t* value, size_t value_size, uint8_t, void* self) {
  auto* session = static_cast<Session*>(self);
  std::string key(reinterpret_cast<const char*>(name), name_size);
  std::string text(reinterpret_cast<const char*>(value), value_size);
  if (key == ":status") {
    session->status = std::atoi(text.c_str());
  } else {
    session->headers.Add(std::move(key), std::move(text));
  }
  return 0;
}

int Http2Stream::Session::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto* session = static_cast<Session*>(self);
  if (frame->hd.type == NGHTTP2_HEADERS && session->status >= 200) session->head_seen_ = true;
  return 0;
}

int Http2Stream::Session::OnData(nghttp2_session*, uint8_t, int32_t, const uint8_t* data, size_t size, void* self) {
  static_cast<Session*>(self)->body_.append(reinterpret_cast<const char*>(data), size);
  return 0;
}

int Http2Stream::Session::OnClose(nghttp2_session*, int32_t, uint32_t error, void* self) {
  auto* session = static_cast<Session*>(self);
  session->closed_ = true;
  session->close_error_ = error;
  return 0;
}

ssize_t Http2Stream::Session::ReadBody(nghttp2_session*, int32_t, uint8_t* buffer, size_t size, uint32_t* flags,
                                       nghttp2_data_source* source, void*) {
  auto* session = static_cast<Session*>(source->ptr);
  const size_t n = std::min(size, session->request_body_.size() - session->body_sent_);
  std::memcpy(buffer, session->request_body_.data() + session->body_sent_, n);
  session->body_sent_ += n;
  if (session->body_sent_ == session->request_body_.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(n);
}

Status Http2Stream::Session::OpenSession(const HttpRequest& request) {
  nghttp2_session_callbacks* callbacks = nullptr;
  INVARIANT(nghttp2_session_callbacks_new(&callbacks) == 0, "out of memory");
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
  const int made = nghttp2_session_client_new(&http2_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  INVARIANT(made == 0, "out of memory");

  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
  nghttp2_submit_settings(http2_, NGHTTP2_FLAG_NONE, settings, 2);
  nghttp2_session_set_local_window_size(http2_, NGHTTP2_FLAG_NONE, 0, kWindowBytes);

  request_body_ = request.body;
  std::vector<std::pair<std::string, std::string>> fields = {
      {":method", request.method}, {":scheme", url_.scheme}, {":authority", url_.Authority()}, {":path", url_.target}};
  for (const auto& [name, value] : request.headers.fields()) {
    if (EqualsIgnoreCase(name, "host")) continue;  // :authority says it, and the signature covers either
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    fields.emplace_back(std::move(lower), value);
  }
  fields.emplace_back("content-length", std::to_string(request.body.size()));
  std::vector<nghttp2_nv> pairs;
  for (auto& [name, value] : fields) {
    pairs.push_back({reinterpret_cast<uint8_t*>(name.data()), reinterpret_cast<uint8_t*>(value.data()), name.size(),
                     value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  nghttp2_data_provider body{{.ptr = this}, ReadBody};
  const int32_t stream = nghttp2_submit_request(http2_, nullptr, pairs.data(), pairs.size(), &body, nullptr);
  return stream > 0 ? Status() : Status(Failed("cannot send to", nghttp2_strerror(stream)));
}

Status Http2Stream::Session::SendPending(Deadline deadline) {
  while (true) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(http2_, &data);
    if (size < 0) return Failed("cannot send to", nghttp2_strerror(static_cast<int>(size)));
    if (size == 0) return {};
    for (size_t sent = 0; sent < static_cast<size_t>(size);) {
      const ssize_t n = Transmit(reinterpret_cast<const char*>(data) + sent, static_cast<size_t>(size) - sent);
      if (n < 0) return Failed("cannot send to", "the connection was closed");
      if (n == 0) SLUICE_RETURN_IF_ERROR(WaitFor(want_, deadline, "cannot send to"));
      sent += static_cast<size_t>(n);
    }
  }
}

Status Http2Stream::Session::Step(Deadline deadline) {
  SLUICE_RETURN_IF_ERROR(SendPending(deadline));
  char buffer[64 * 1024];
  want_ = POLLIN;
  ssize_t n = Receive(buffer, sizeof(buffer));
  if (n == 0) {
    SLUICE_RETURN_IF_ERROR(WaitFor(want_, deadline, "cannot read the answer of"));
    want_ = POLLIN;
    n = Receive(buffer, sizeof(buffer));
  }
  if (n < 0) return Failed("cannot read the answer of", "the connection was closed");
  const ssize_t used =
      nghttp2_session_mem_recv(http2_, reinterpret_cast<const uint8_t*>(buffer), static_cast<size_t>(n));
  if (used < 0) return Failed("cannot read the answer of", nghttp2_strerror(static_cast<int>(used)));
  return SendPending(deadline);
}

Status Http2Stream::Session::Start(const HttpRequest& request) {
  SLUICE_RETURN_IF_ERROR(Connect(In(options_.connect_timeout)));
  const Deadline deadline = In(options_.total_timeout);
  if (url_.scheme == "https") SLUICE_RETURN_IF_ERROR(Handshake(deadline));
  SLUICE_RETURN_IF_ERROR(OpenSession(request));
  while (!head_seen_ && !closed_) SLUICE_RETURN_IF_ERROR(Step(deadline));
  if (!head_seen_) return Failed("cannot read the answer of", nghttp2_http2_strerror(close_error_));
  return {};
}

Result<std::string> Http2Stream::Session::Read(std::chrono::milliseconds patience) {
  const Deadline deadline = In(patience);
  while (body_.empty() && !closed_) SLUICE_RETURN_IF_ERROR(Step(deadline));
  if (body_.empty() && close_error_ != 0) {
    return Failed("cannot read the answer of", nghttp2_http2_strerror(close_error_));
  }
  return std::exchange(body_, std::string());
}

Http2Stream::Http2Stream(Url url, HttpClientOptions options)
    : session_(std::make_unique<Session>(std::move(url), std::move(options))) {}
Http2Stream::~Http2Stream() = default;
Status Http2Stream::Start(const HttpRequest& request) { return session_->Start(request); }
int Http2Stream::status() const { return session_->status; }
const HttpHeaders& Http2Stream::headers() const { return session_->headers; }
Result<std::string> Http2Stream::Read(std::chrono::milliseconds patience) { return session_->Read(patience); }
void Http2Stream::Cancel() { session_->Cancel(); }

}  // namespace sluice::net
