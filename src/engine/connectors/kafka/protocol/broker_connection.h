// One connection to one broker: requests go out and answers come back one by one, with TLS and SASL as the table says.
// Blocking, with a deadline; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/connectors/kafka/security.h"

namespace sluice::engine::kafka {

struct BrokerAddress {
  std::string host;
  int port = 9092;
  bool operator==(const BrokerAddress&) const = default;
};

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

 private:
  struct Transport;
  explicit BrokerConnection(std::unique_ptr<Transport> transport);
  Status Authenticate(const Security& security);

  std::unique_ptr<Transport> transport_;
  int32_t correlation_ = 0;
};

}  // namespace sluice::engine::kafka
