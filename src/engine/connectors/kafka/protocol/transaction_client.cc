#include "engine/connectors/kafka/protocol/transaction_client.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/connectors/kafka/protocol/wire.h"

namespace sluice::engine::kafka {
namespace {

constexpr ApiVersion kMetadata{3, 4}, kFindCoordinator{10, 1}, kInitProducerId{22, 1}, kEndTxn{26, 1},
    kDescribeTransactions{65, 0, true}, kListTransactions{66, 0, true};

// Error codes of the protocol.
constexpr int16_t kCoordinatorLoading = 14, kCoordinatorNotAvailable = 15, kNotCoordinator = 16, kInvalidEpoch = 47,
                  kInvalidTxnState = 48, kInvalidProducerIdMapping = 49, kConcurrentTransactions = 51,
                  kUnknownProducerId = 59, kProducerFenced = 90, kTransactionalIdNotFound = 105;

bool MovedOrLoading(int16_t code) {
  return code == kCoordinatorLoading || code == kCoordinatorNotAvailable || code == kNotCoordinator;
}

Error Refused(const std::string& what, const std::string& id, int16_t code) {
  return Error(ErrorCode::kIo, "Kafka refuses to " + what + " the transaction of '" + id + "': error " +
                                   std::to_string(code) + " of the protocol.");
}

Error Malformed() { return Error(ErrorCode::kIo, "A Kafka broker sent a malformed answer."); }

}  // namespace

TransactionClient::TransactionClient(const std::string& servers, Security security, int64_t timeout_ms)
    : bootstrap_(ParseServers(servers)), security_(std::move(security)), timeout_ms_(timeout_ms) {}
TransactionClient::~TransactionClient() = default;

/// Calls `step` until it says that it is done (true) or an error is for good. A broken connection is made anew.
template <typename Step>
Status TransactionClient::Retry(const Step& step) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms_);
  auto pause = std::chrono::milliseconds(2);
  while (true) {
    Result<bool> done = step();
    if (done.ok() && *done) return {};
    if (!done.ok()) {
      if (done.error().code() != ErrorCode::kIo && done.error().code() != ErrorCode::kTimeout) return done.error();
      connections_.clear();
      coordinators_.clear();
    }
    if (std::chrono::steady_clock::now() + pause > deadline) {
      if (!done.ok()) return done.error();
      return Error(ErrorCode::kTimeout,
                   "The Kafka brokers did not finish a transaction within " + std::to_string(timeout_ms_) + " ms.");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(200));
  }
}

Result<BrokerConnection*> TransactionClient::ConnectionTo(const BrokerAddress& address) {
  for (auto& [known, connection] : connections_) {
    if (known == address) return connection.get();
  }
  SLUICE_ASSIGN_OR_RETURN(auto made,
                          BrokerConnection::Open(address, security_, std::min<int64_t>(timeout_ms_, 10'000)));
  connections_.emplace_back(address, std::move(made));
  return connections_.back().second.get();
}

Result<BrokerConnection*> TransactionClient::AnyBroker() {
  if (!connections_.empty()) return connections_.front().second.get();
  Error last(ErrorCode::kOption, "'properties.bootstrap.servers' names no broker as host:port.");
  for (const BrokerAddress& address : bootstrap_) {
    Result<BrokerConnection*> connection = ConnectionTo(address);
    if (connection.ok()) return connection;
    last = connection.error();
  }
  return last;
}

Result<std::vector<BrokerAddress>> TransactionClient::Brokers() {
  SLUICE_ASSIGN_OR_RETURN(BrokerConnection * any, AnyBroker());
  WireWriter w;
  w.Int32(0);  // no topics
  w.Bool(false);
  SLUICE_ASSIGN_OR_RETURN(const std::string answer, any->Call(kMetadata, w.bytes()));
  WireReader in(answer);
  (void)in.Int32();  // throttle time
  std::vector<BrokerAddress> brokers;
  for (int32_t n = in.Int32(); n > 0 && in.ok(); --n) {
    (void)in.Int32();  // node id
    BrokerAddress a;
    a.host = in.String();
    a.port = in.Int32();
    (void)in.String();  // rack
    brokers.push_back(std::move(a));
  }
  if (!in.ok()) return Malformed();
  return brokers;
}

/// Empty host: ask again later.
Result<BrokerAddress> TransactionClient::Coordinator(const std::string& transactional_id) {
  if (const auto it = coordinators_.find(transactional_id); it != coordinators_.end()) return it->second;
  SLUICE_ASSIGN_OR_RETURN(BrokerConnection * any, AnyBroker());
  WireWriter w;
  w.String(transactional_id);
  w.Int8(1);  // of transactions
  SLUICE_ASSIGN_OR_RETURN(const std::string answer, any->Call(kFindCoordinator, w.bytes()));
  WireReader in(answer);
  (void)in.Int32();
  const int16_t code = in.Int16();
  (void)in.String();
  (void)in.Int32();
  BrokerAddress address;
  address.host = in.String();
  address.port = in.Int32();
  if (!in.ok()) return Malformed();
  if (MovedOrLoading(code)) return BrokerAddress{};
  if (code != 0) return Error(ErrorCode::kData, Refused("find the coordinator of", transactional_id, code).message());
  coordinators_[transactional_id] = address;
  return address;
}

/// Empty: ask again later.
Result<std::string> TransactionClient::CallCoordinator(const std::string& transactional_id, const ApiVersion& api,
                                                       const std::string& body) {
  SLUICE_ASSIGN_OR_RETURN(const BrokerAddress address, Coordinator(transactional_id));
  if (address.host.empty()) return std::string();
  SLUICE_ASSIGN_OR_RETURN(BrokerConnection * connection, ConnectionTo(address));
  return connection->Call(api, body);
}

Result<TransactionClient::Outcome> TransactionClient::Commit(const TransactionName& t) {
  WireWriter w;
  w.String(t.transactional_id);
  w.Int64(t.producer_id);
  w.Int16(t.epoch);
  w.Bool(true);
  Outcome outcome = Outcome::kDone;
  SLUICE_RETURN_IF_ERROR(Retry([&]() -> Result<bool> {
    SLUICE_ASSIGN_OR_RETURN(const std::string answer, CallCoordinator(t.transactional_id, kEndTxn, w.bytes()));
    if (answer.empty()) return false;
    WireReader in(answer);
    (void)in.Int32();
    const int16_t code = in.Int16();
    if (!in.ok()) return Malformed();
    if (code == 0) return true;
    if (MovedOrLoading(code)) coordinators_.erase(t.transactional_id);
    if (MovedOrLoading(code) || code == kConcurrentTransactions) return false;
    if (code == kInvalidEpoch || code == kInvalidTxnState || code == kInvalidProducerIdMapping ||
        code == kUnknownProducerId || code == kProducerFenced) {
      outcome = Outcome::kLost;
      return true;
    }
    return Error(ErrorCode::kData, Refused("commit", t.transactional_id, code).message());
  }));
  return outcome;
}

Result<TransactionClient::Description> TransactionClient::Describe(const std::string& transactional_id) {
  WireWriter w;
  w.CompactLength(1);
  w.CompactString(transactional_id);
  w.NoTags();
  Description out;
  out.name.transactional_id = transactional_id;
  SLUICE_RETURN_IF_ERROR(Retry([&]() -> Result<bool> {
    SLUICE_ASSIGN_OR_RETURN(const std::string answer,
                            CallCoordinator(transactional_id, kDescribeTransactions, w.bytes()));
    if (answer.empty()) return false;
    WireReader in(answer);
    (void)in.Int32();
    if (in.CompactLength() != 1) return Malformed();
    const int16_t code = in.Int16();
    (void)in.CompactString();
    const std::string state = in.CompactString();
    (void)in.Int32();
    (void)in.Int64();
    out.name.producer_id = in.Int64();
    out.name.epoch = in.Int16();
    if (!in.ok()) return Malformed();
    if (MovedOrLoading(code)) {
      coordinators_.erase(transactional_id);
      return false;
    }
    if (code == kTransactionalIdNotFound) return true;
    if (code != 0) return Error(ErrorCode::kData, Refused("describe", transactional_id, code).message());
    out.open = state == "Ongoing";
    return true;
  }));
  return out;
}

Status TransactionClient::Abort(const std::string& transactional_id) {
  WireWriter w;
  w.String(transactional_id);
  w.Int32(60'000);
  return Retry([&]() -> Result<bool> {
    SLUICE_ASSIGN_OR_RETURN(const std::string answer, CallCoordinator(transactional_id, kInitProducerId, w.bytes()));
    if (answer.empty()) return false;
    WireReader in(answer);
    (void)in.Int32();
    const int16_t code = in.Int16();
    if (!in.ok()) return Malformed();
    if (code == 0) return true;
    if (MovedOrLoading(code)) coordinators_.erase(transactional_id);
    if (MovedOrLoading(code) || code == kConcurrentTransactions) return false;
    return Error(ErrorCode::kData, Refused("abort", transactional_id, code).message());
  });
}

Result<std::vector<std::string>> TransactionClient::ListOpen() {
  std::vector<std::string> open;
  SLUICE_RETURN_IF_ERROR(Retry([&]() -> Result<bool> {
    open.clear();
    SLUICE_ASSIGN_OR_RETURN(const std::vector<BrokerAddress> brokers, Brokers());
    for (const BrokerAddress& address : brokers) {
      SLUICE_ASSIGN_OR_RETURN(BrokerConnection * connection, ConnectionTo(address));
      WireWriter w;
      w.CompactLength(1);
      w.CompactString("Ongoing");
      w.CompactLength(0);
      w.NoTags();
      SLUICE_ASSIGN_OR_RETURN(const std::string answer, connection->Call(kListTransactions, w.bytes()));
      WireReader in(answer);
      (void)in.Int32();
      const int16_t code = in.Int16();
      for (uint32_t n = in.CompactLength(); n > 0 && in.ok(); --n) (void)in.CompactString();
      for (uint32_t n = in.CompactLength(); n > 0 && in.ok(); --n) {
        open.push_back(in.CompactString());
        (void)in.Int64();
        (void)in.CompactString();
        in.SkipTags();
      }
      if (!in.ok()) return Malformed();
      if (MovedOrLoading(code)) return false;
      if (code != 0)
        return Error(ErrorCode::kData, "Kafka refuses to list transactions: error " + std::to_string(code));
    }
    return true;
  }));
  return open;
}

}  // namespace sluice::engine::kafka
