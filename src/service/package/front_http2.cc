// HTTP/2 from the client, HTTP/1.1 to the endpoint: a connection to it for each stream.
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <vector>

#include "service/package/front_stream.h"

namespace sluice::service::front {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr size_t kMaxRequestBytes = 64u << 20;
constexpr size_t kMaxHeaderBytes = 64u << 10;
constexpr size_t kMaxWaitingBytes = 256u << 10;  // of one answer, until the client takes them
constexpr int32_t kWindowBytes = 4 << 20;
constexpr uint32_t kMaxStreams = 1000;

struct Stream {
  int32_t id = 0;
  std::string method, target, authority;
  std::vector<std::pair<std::string, std::string>> headers;
  size_t header_bytes = 0;
  std::string body;
  bool dispatched = false;

  std::string answer;  // bytes of the answer's body that nghttp2 has not taken
  bool answer_complete = false;
  bool closed = false;                           // by the client, or at its end
  Upstream* upstream = nullptr;                  // while its request is under way
  std::shared_ptr<asio::steady_timer> writable;  // cancelled when `answer` has room, or it is closed
};

/// Fields that concern one connection only, and those that are made anew.
bool IsHopByHop(std::string_view name) {
  for (std::string_view one : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te",
                               "http2-settings", "host", "content-length", "expect"}) {
    if (beast::iequals(name, one)) return true;
  }
  return false;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string RequestText(const Stream& stream) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nhost: {}\r\n", stream.method, stream.target, stream.authority);
  for (const auto& [name, value] : stream.headers) {
    if (!IsHopByHop(name)) out += name + ": " + value + "\r\n";
  }
  out += fmt::format("content-length: {}\r\nconnection: close\r\n\r\n", stream.body.size());
  return out + stream.body;
}

class Http2Connection : public std::enable_shared_from_this<Http2Connection> {
 public:
  Http2Connection(std::shared_ptr<TlsStream> client, net::Url endpoint, asio::ssl::context* upstream_tls)
      : client_(std::move(client)), endpoint_(std::move(endpoint)), upstream_tls_(upstream_tls) {}

  ~Http2Connection() { nghttp2_session_del(session_); }

  awaitable<void> Serve(std::string begin) {
    const auto self = shared_from_this();
    Open();
    bool good = Receive(begin);
    std::string room(64 * 1024, '\0');
    while (good && !Done()) {
      auto [ec, n] = co_await client_->async_read_some(asio::buffer(room), kAnswer);
      if (ec) break;
      good = Receive(std::string_view(room).substr(0, n));
    }
    ended_ = true;
    for (auto& [id, stream] : streams_) CloseStream(*stream);
    error_code ignored;
    client_->next_layer().close(ignored);
  }

 private:
  static Http2Connection& Of(void* user_data) { return *static_cast<Http2Connection*>(user_data); }

  void Open() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) Of(user).Begin(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_length,
                      const uint8_t* value, size_t value_length, uint8_t, void* user) {
          return Of(user).Header(frame->hd.stream_id, {reinterpret_cast<const char*>(name), name_length},
                                 {reinterpret_cast<const char*>(value), value_length});
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t length, void* user) {
          return Of(user).Data(id, {reinterpret_cast<const char*>(data), length});
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
          if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) Of(user).Dispatch(frame->hd.stream_id);
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks,
                                                           [](nghttp2_session*, int32_t id, uint32_t, void* user) {
                                                             Of(user).StreamClosed(id);
                                                             return 0;
                                                           });
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 4 * kWindowBytes);
  }

  bool Receive(std::string_view bytes) {
    const auto taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    StartWriting();
    return taken >= 0;
  }

  bool Done() { return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0; }

  // ---- the client's requests

  Stream* Find(int32_t id) {
    auto it = streams_.find(id);
    return it == streams_.end() ? nullptr : it->second.get();
  }

  void Begin(int32_t id) {
    auto stream = std::make_shared<Stream>();
    stream->id = id;
    stream->writable = std::make_shared<asio::steady_timer>(client_->get_executor());
    streams_[id] = std::move(stream);
  }

  int Header(int32_t id, std::string_view name, std::string_view value) {
    Stream* stream = Find(id);
    if (stream == nullptr || stream->dispatched) return 0;
    stream->header_bytes += name.size() + value.size();
    if (stream->header_bytes > kMaxHeaderBytes) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (name == ":method") {
      stream->method = value;
    } else if (name == ":path") {
      stream->target = value;
    } else if (name == ":authority" || name == "host") {
      stream->authority = value;
    } else if (!name.starts_with(':')) {
      stream->headers.emplace_back(name, value);
    }
    return 0;
  }

  int Data(int32_t id, std::string_view bytes) {
    Stream* stream = Find(id);
    if (stream == nullptr) return 0;
    if (stream->body.size() + bytes.size() > kMaxRequestBytes) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_ENHANCE_YOUR_CALM);
      return 0;
    }
    stream->body += bytes;
    return 0;
  }

  void Dispatch(int32_t id) {
    auto it = streams_.find(id);
    if (it == streams_.end() || it->second->dispatched) return;
    it->second->dispatched = true;
    asio::co_spawn(
        client_->get_executor(), [self = shared_from_this(), stream = it->second] { return self->Exchange(stream); },
        asio::detached);
  }

  void StreamClosed(int32_t id) {
    auto it = streams_.find(id);
    if (it == streams_.end()) return;
    CloseStream(*it->second);
    streams_.erase(it);
  }

  static void CloseStream(Stream& stream) {
    stream.closed = true;
    if (stream.upstream != nullptr) stream.upstream->Close();
    stream.writable->cancel();
  }

  // ---- the endpoint's answers

  awaitable<void> Exchange(std::shared_ptr<Stream> stream) {
    Upstream upstream(client_->get_executor());
    stream->upstream = &upstream;
    error_code ec = co_await upstream.Connect(endpoint_, upstream_tls_);
    if (!ec) {
      const std::string text = RequestText(*stream);
      stream->body = std::string();
      auto [write_ec, n] = co_await asio::async_write(upstream, asio::buffer(text), kAnswer);
      ec = write_ec;
    }
    bool answered = false;
    if (!ec) answered = co_await Answer(*stream, upstream);
    if (!answered) Refuse(*stream, ec);
    stream->upstream = nullptr;
    upstream.Close();
  }

  /// False if nothing of an answer came.
  awaitable<bool> Answer(Stream& stream, Upstream& upstream) {
    beast::flat_buffer buffer;
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    parser.header_limit(kMaxHeaderBytes);
    if (stream.method == "HEAD") parser.skip(true);
    auto [header_ec, header_size] = co_await http::async_read_header(upstream, buffer, parser, kAnswer);
    if (header_ec || stream.closed) co_return stream.closed;
    SubmitAnswer(stream, parser.get());
    std::string room(32 * 1024, '\0');
    while (!parser.is_done() && !stream.closed) {
      parser.get().body().data = room.data();
      parser.get().body().size = room.size();
      // Some, not all: an answer that goes on for minutes is passed on as it comes.
      auto [ec, n] = co_await http::async_read_some(upstream, buffer, parser, kAnswer);
      if (stream.closed) co_return true;
      stream.answer.append(room, 0, room.size() - parser.get().body().size);
      Resume(stream);
      if (ec && ec != http::error::need_buffer) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_INTERNAL_ERROR);
        StartWriting();
        co_return true;
      }
      while (stream.answer.size() > kMaxWaitingBytes && !stream.closed) {
        stream.writable->expires_at(asio::steady_timer::time_point::max());
        co_await stream.writable->async_wait(kAnswer);
      }
    }
    stream.answer_complete = true;
    if (!stream.closed) Resume(stream);
    co_return true;
  }

  template <typename Message>
  void SubmitAnswer(Stream& stream, const Message& message) {
    std::vector<std::pair<std::string, std::string>> fields = {{":status", std::to_string(message.result_int())}};
    for (const auto& field : message) {
      const std::string_view name(field.name_string().data(), field.name_string().size());
      const bool length = beast::iequals(name, "content-length");
      if (length || !IsHopByHop(name)) fields.emplace_back(Lower(name), std::string(field.value()));
    }
    Submit(stream, fields);
  }

  void Submit(Stream& stream, const std::vector<std::pair<std::string, std::string>>& fields) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : fields) {
      pairs.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                       reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                       NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, int32_t id, uint8_t* room, size_t length, uint32_t* flags,
                                nghttp2_data_source* source, void*) {
      return static_cast<Http2Connection*>(source->ptr)->TakeAnswer(id, room, length, flags);
    };
    nghttp2_submit_response(session_, stream.id, pairs.data(), pairs.size(), &provider);
    StartWriting();
  }

  ssize_t TakeAnswer(int32_t id, uint8_t* room, size_t length, uint32_t* flags) {
    Stream* stream = Find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t n = std::min(length, stream->answer.size());
    if (n == 0 && !stream->answer_complete) return NGHTTP2_ERR_DEFERRED;
    std::copy_n(stream->answer.data(), n, room);
    stream->answer.erase(0, n);
    if (stream->answer.empty() && stream->answer_complete) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->answer.size() <= kMaxWaitingBytes) stream->writable->cancel();
    return static_cast<ssize_t>(n);
  }

  void Refuse(Stream& stream, error_code ec) {
    if (stream.closed) return;
    stream.answer = fmt::format("The endpoint {} does not answer: {}\n", endpoint_.ToString(), ec.message());
    stream.answer_complete = true;
    Submit(stream, {{":status", "502"}, {"content-type", "text/plain"}});
  }

  void Resume(Stream& stream) {
    nghttp2_session_resume_data(session_, stream.id);
    StartWriting();
  }

  // ---- writing

  void StartWriting() {
    if (writing_ || ended_) return;
    writing_ = true;
    asio::co_spawn(
        client_->get_executor(), [self = shared_from_this()] { return self->Write(); }, asio::detached);
  }

  awaitable<void> Write() {
    while (!ended_) {
      std::string out;
      const uint8_t* data = nullptr;
      ssize_t n = 0;
      while (out.size() < 64 * 1024 && (n = nghttp2_session_mem_send(session_, &data)) > 0) {
        out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(n));
      }
      if (out.empty()) break;
      auto [ec, written] = co_await asio::async_write(*client_, asio::buffer(out), kAnswer);
      if (ec) break;
    }
    writing_ = false;
    error_code ignored;
    if (!ended_ && Done()) client_->next_layer().close(ignored);
  }

  std::shared_ptr<TlsStream> client_;
  const net::Url endpoint_;
  asio::ssl::context* upstream_tls_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, std::shared_ptr<Stream>> streams_;
  bool writing_ = false;
  bool ended_ = false;
};

}  // namespace

awaitable<void> ServeHttp2(std::shared_ptr<TlsStream> client, std::string begin, net::Url endpoint,
                           asio::ssl::context* upstream_tls) {
  auto connection = std::make_shared<Http2Connection>(std::move(client), std::move(endpoint), upstream_tls);
  co_await connection->Serve(std::move(begin));
}

}  // namespace sluice::service::front
