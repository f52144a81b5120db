// What librdkafka does not offer: looking at, finishing and aborting transactions of producers that are gone. Speaks
// to the brokers itself. Blocking calls with a deadline; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/protocol/broker_connection.h"

namespace sluice::engine::kafka {

/// Names one transaction: a later one of the same transactional id and producer has another epoch, or began when this
/// one was finished.
struct TransactionName {
  std::string transactional_id;
  int64_t producer_id = -1;
  int16_t epoch = -1;
};

class TransactionClient {
 public:
  /// `servers`: "host:port,host:port".
  TransactionClient(const std::string& servers, Security security, int64_t timeout_ms);
  ~TransactionClient();

  enum class Outcome : uint8_t {
    kDone,  // now, or it had been before
    kLost,  // the broker has aborted it (its timeout), or another producer has taken its id
  };
  /// Commits the transaction. Tries again while the broker asks for that.
  Result<Outcome> Commit(const TransactionName& transaction);

  struct Description {
    TransactionName name;
    bool open = false;  // something was written in it
  };
  Result<Description> Describe(const std::string& transactional_id);

  /// Fences whoever has the id and aborts what is open.
  Status Abort(const std::string& transactional_id);

  /// Ids of open transactions, of all producers that the brokers know.
  Result<std::vector<std::string>> ListOpen();

 private:
  Result<std::string> CallCoordinator(const std::string& transactional_id, const ApiVersion& api,
                                      const std::string& body);
  Result<BrokerConnection*> ConnectionTo(const BrokerAddress& address);
  Result<std::vector<BrokerAddress>> Brokers();
  Result<BrokerConnection*> AnyBroker();
  Result<BrokerAddress> Coordinator(const std::string& transactional_id);
  template <typename Step>
  Status Retry(const Step& step);

  const std::vector<BrokerAddress> bootstrap_;
  const Security security_;
  const int64_t timeout_ms_;
  std::vector<std::pair<BrokerAddress, std::unique_ptr<BrokerConnection>>> connections_;
  std::map<std::string, BrokerAddress> coordinators_;
};

}  // namespace sluice::engine::kafka
