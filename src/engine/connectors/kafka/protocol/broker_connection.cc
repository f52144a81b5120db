#include "engine/connectors/kafka/protocol/broker_connection.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/connectors/kafka/protocol/scram.h"
#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka {
namespace {

constexpr ApiVersion kSaslHandshake{17, 1}, kSaslAuthenticate{36, 0};
constexpr int32_t kLargestAnswer = 256 << 20;

std::string Name(const BrokerAddress& a) { return a.host + ":" + std::to_string(a.port); }

std::string TlsError() {
  char text[256] = "unknown";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

/// Every certificate of a PEM text is trusted.
void Trust(SSL_CTX* context, const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  while (X509* c = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), c);
    X509_free(c);
  }
  ERR_clear_error();
  BIO_free(bio);
}

Status UseKey(SSL_CTX* context, const Security& security) {
  BIO* bio = BIO_new_mem_buf(security.certificate_pem.data(), static_cast<int>(security.certificate_pem.size()));
  bool first = true;
  while (X509* c = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
    if (first) {
      SSL_CTX_use_certificate(context, c);
      X509_free(c);
    } else {
      SSL_CTX_add_extra_chain_cert(context, c);  // takes it
    }
    first = false;
  }
  BIO_free(bio);
  ERR_clear_error();
  bio = BIO_new_mem_buf(security.key_pem.data(), static_cast<int>(security.key_pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, const_cast<char*>(security.key_password.c_str()));
  BIO_free(bio);
  const bool used = key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  if (used) return {};
  return Error(ErrorCode::kOption, "The private key of 'properties.ssl.keystore' cannot be used: " + TlsError());
}

}  // namespace

std::vector<BrokerAddress> ParseServers(const std::string& servers) {
  std::vector<BrokerAddress> out;
  size_t begin = 0;
  while (begin < servers.size()) {
    const size_t end = std::min(servers.find(',', begin), servers.size());
    std::string one = servers.substr(begin, end - begin);
    begin = end + 1;
    one.erase(0, one.find_first_not_of(' '));
    if (const size_t scheme = one.find("://"); scheme != std::string::npos) one.erase(0, scheme + 3);
    const size_t colon = one.rfind(':');
    if (colon == std::string::npos) continue;
    BrokerAddress a{one.substr(0, colon), std::atoi(one.c_str() + colon + 1)};
    if (a.host.starts_with('[') && a.host.ends_with(']')) a.host = a.host.substr(1, a.host.size() - 2);
    out.push_back(std::move(a));
  }
  return out;
}

struct BrokerConnection::Transport {
  BrokerAddress address;
  int fd = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;

  ~Transport() {
    if (ssl != nullptr) SSL_free(ssl);
    if (context != nullptr) SSL_CTX_free(context);
    if (fd >= 0) close(fd);
  }

  Error Failed(const std::string& what) const {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT;
    return Error(
        late ? ErrorCode::kTimeout : ErrorCode::kIo,
        "Kafka broker " + Name(address) + ": " + what + (errno != 0 ? std::string(": ") + strerror(errno) : ""));
  }

  Status Connect(int64_t timeout_ms) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (const int rc = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
        rc != 0) {
      return Error(ErrorCode::kIo, "Kafka broker " + Name(address) + ": " + gai_strerror(rc));
    }
    const timeval timeout{timeout_ms / 1000, timeout_ms % 1000 * 1000};
    for (addrinfo* a = found; a != nullptr && fd < 0; a = a->ai_next) {
      fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
      if (fd < 0) continue;
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
      setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
      if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) break;
      close(std::exchange(fd, -1));
    }
    freeaddrinfo(found);
    return fd >= 0 ? Status() : Status(Failed("cannot connect"));
  }

  Status StartTls(const Security& security) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    if (security.trusted_pem.empty()) {
      SSL_CTX_set_default_verify_paths(context);
    } else {
      Trust(context, security.trusted_pem);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (!security.key_pem.empty()) SLUICE_RETURN_IF_ERROR(UseKey(context, security));
    ssl = SSL_new(context);
    SSL_set_tlsext_host_name(ssl, address.host.c_str());
    if (security.verify_host) SSL_set1_host(ssl, address.host.c_str());
    SSL_set_fd(ssl, fd);
    errno = 0;
    return SSL_connect(ssl) == 1 ? Status() : Status(Failed("TLS: " + TlsError()));
  }

  Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      errno = 0;
      const ssize_t n = ssl != nullptr ? SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()))
                                       : send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0 && errno == EINTR) continue;
      if (n <= 0) return Failed("the connection broke");
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
  }

  Status Read(char* to, size_t size) {
    while (size > 0) {
      errno = 0;
      const ssize_t n = ssl != nullptr ? SSL_read(ssl, to, static_cast<int>(size)) : recv(fd, to, size, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return Failed("the connection broke");
      to += n;
      size -= static_cast<size_t>(n);
    }
    return {};
  }
};

BrokerConnection::BrokerConnection(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
BrokerConnection::~BrokerConnection() = default;

Result<std::unique_ptr<BrokerConnection>> BrokerConnection::Open(const BrokerAddress& address, const Security& security,
                                                                 int64_t timeout_ms) {
  auto transport = std::make_unique<Transport>();
  transport->address = address;
  SLUICE_RETURN_IF_ERROR(transport->Connect(timeout_ms));
  if (security.tls) SLUICE_RETURN_IF_ERROR(transport->StartTls(security));
  std::unique_ptr<BrokerConnection> connection(new BrokerConnection(std::move(transport)));
  if (security.sasl) SLUICE_RETURN_IF_ERROR(connection->Authenticate(security));
  return connection;
}

Result<std::string> BrokerConnection::Call(const ApiVersion& api, std::string_view body) {
  SLUICE_RETURN_IF_ERROR(Send(api, body));
  SLUICE_ASSIGN_OR_RETURN(Answer answer, Receive());
  return std::move(answer.bytes).erase(0, answer.body);
}

Status BrokerConnection::Send(const ApiVersion& api, std::string_view body) {
  flexible_ = api.flexible;
  WireWriter request;
  request.Int16(api.key);
  request.Int16(api.version);
  request.Int32(++correlation_);
  request.String("sluice");
  if (api.flexible) request.NoTags();
  request.Raw(body);
  WireWriter framed;
  framed.Bytes(request.bytes());
  return transport_->Write(framed.bytes());
}

Result<BrokerConnection::Answer> BrokerConnection::Receive() {
  char length[4];
  SLUICE_RETURN_IF_ERROR(transport_->Read(length, sizeof(length)));
  const int32_t size = WireReader({length, sizeof(length)}).Int32();
  if (size < 4 || size > kLargestAnswer) {
    return Error(ErrorCode::kIo, "Kafka broker " + Name(transport_->address) + " sent no Kafka answer.");
  }
  Answer answer;
  answer.bytes.resize(static_cast<size_t>(size));
  SLUICE_RETURN_IF_ERROR(transport_->Read(answer.bytes.data(), answer.bytes.size()));
  WireReader in(answer.bytes);
  if (in.Int32() != correlation_) {
    return Error(ErrorCode::kIo, "Kafka broker " + Name(transport_->address) + " answered another request.");
  }
  if (flexible_) in.SkipTags();
  answer.body = answer.bytes.size() - in.rest().size();
  return answer;
}

int BrokerConnection::descriptor() const { return transport_->fd; }

Status BrokerConnection::Authenticate(const Security& security) {
  auto refused = [&](const std::string& why) {
    return Error(ErrorCode::kIo, "Kafka broker " + Name(transport_->address) + " refuses the login (" +
                                     security.mechanism + "): " + why);
  };
  WireWriter handshake;
  handshake.String(security.mechanism);
  SLUICE_ASSIGN_OR_RETURN(const std::string offered, Call(kSaslHandshake, handshake.bytes()));
  if (WireReader(offered).Int16() != 0) return refused("it does not know the mechanism.");
  auto step = [&](std::string_view token) -> Result<std::string> {
    WireWriter w;
    w.Bytes(token);
    SLUICE_ASSIGN_OR_RETURN(const std::string answer, Call(kSaslAuthenticate, w.bytes()));
    WireReader in(answer);
    const int16_t code = in.Int16();
    const std::string message = in.String();
    if (code != 0) return refused(message);
    return in.Bytes();
  };
  if (security.mechanism == "PLAIN") {
    const std::string nul(1, '\0');
    const Result<std::string> answer = step(nul + security.username + nul + security.password);
    return answer.ok() ? Status() : Status(answer.error());
  }
  if (security.mechanism == "OAUTHBEARER") {
    SLUICE_ASSIGN_OR_RETURN(const BearerToken token, security.token());
    const Result<std::string> answer = step(
        "n,,\x01"
        "auth=Bearer " +
        token.token + "\x01\x01");
    return answer.ok() ? Status() : Status(answer.error());
  }
  if (security.mechanism.starts_with("SCRAM-SHA-")) {
    ScramClient scram(security.mechanism == "SCRAM-SHA-512", security.username, security.password);
    SLUICE_ASSIGN_OR_RETURN(const std::string first, step(scram.First()));
    SLUICE_ASSIGN_OR_RETURN(const std::string proof, scram.Final(first));
    SLUICE_ASSIGN_OR_RETURN(const std::string last, step(proof));
    return scram.Check(last) ? Status() : Status(refused("it does not prove that it knows the password."));
  }
  return Error(ErrorCode::kNotSupported,
               "not supported yet: sink.delivery-guarantee = 'exactly-once' with the SASL mechanism '" +
                   security.mechanism + "'");
}

}  // namespace sluice::engine::kafka
