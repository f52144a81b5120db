// One connection to one broker: requests go out and answers come back one by one, with TLS and SASL as the table says.
// Blocking, with a deadline; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/security.h"

namespace sluice::engine::kafka {

struct BrokerAddress {
  std::string host;
  int port = 9092;
  bool operator==(const BrokerAddress&) const = default;
};

/// "host:port,host:port", as 'properties.bootstrap.servers' has it. What names no port is left out.
std::vector<BrokerAddress> ParseServers(const std::string& servers);

/// What a message is: its key and version; `flexible` ones have tags in their headers.
struct ApiVersion {
  int16_t key;
  int16_t version;
  bool flexible = false;
};

class BrokerConnection {
 public:
  /// Errors: kIo (no connection, TLS), kAuth-like refusals as kIo with the broker's words, kTimeout.
  static Result<std::unique_ptr<BrokerConnection>> Open(const BrokerAddress& address, const Security& security,
                                                        int64_t timeout_ms);
  ~BrokerConnection();
  BrokerConnection(const BrokerConnection&) = delete;
  BrokerConnection& operator=(const BrokerConnection&) = delete;

  /// The answer's body, without its header. After an error the connection is of no use.
  Result<std::string> Call(const ApiVersion& api, std::string_view body);

  /// Call in two steps, for who waits for several brokers at once: Receive blocks until the answer of what was sent is
  /// there as a whole; before it begins to come, descriptor() is not readable. One request at a time.
  Status Send(const ApiVersion& api, std::string_view body);
  struct Answer {
    std::string bytes;
    size_t body = 0;  // where it begins
  };
  Result<Answer> Receive();
  int descriptor() const;

 private:
  struct Transport;
  explicit BrokerConnection(std::unique_ptr<Transport> transport);
  Status Authenticate(const Security& security);

  std::unique_ptr<Transport> transport_;
  int32_t correlation_ = 0;
  bool flexible_ = false;  // what was sent last
};

}  // namespace sluice::engine::kafka
