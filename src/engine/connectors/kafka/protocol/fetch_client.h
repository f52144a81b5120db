// Reads partitions: fetches record batches from the partitions' leaders and takes them apart, on a thread of its own.
// What librdkafka does for each message (an allocation, a queue, locks) is done here for each batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "engine/connectors/kafka/kafka_options.h"
#include "engine/connectors/kafka/message_reader.h"
#include "engine/connectors/kafka/protocol/broker_connection.h"
#include "engine/connectors/kafka/protocol/fetch_messages.h"
#include "engine/connectors/kafka/security.h"

namespace sluice::engine::kafka {

class FetchClient final : public MessageReader {
 public:
  struct Setup {
    std::string servers;
    Security security;
    FetchSettings settings;
    /// Where reading goes on if the offset is not at the broker (any more); kNone: the job fails.
    OffsetReset reset = OffsetReset::kNone;
    bool with_facts = false;
    /// There is something to Take. From the client's thread.
    std::function<void()> wake;
  };
  explicit FetchClient(Setup setup);
  /// Waits for the thread; if a broker hangs just then, for some seconds.
  ~FetchClient() override;

  Status Add(const std::vector<AddedPartition>& partitions) override;
  Status Leave(const std::vector<LeftPartition>& partitions) override;
  Result<std::optional<ReadRecords>> Take() override;
  int64_t HighWatermark(int32_t split) const override;

 private:
  using Millis = int64_t;
  struct Partition {
    TopicPartition name;
    int64_t next = kEarliestOffset;
    int32_t leader = -1;  // -1: not known
    Millis not_before = 0;
  };
  struct Broker {
    BrokerAddress address;
    std::unique_ptr<BrokerConnection> connection;
    std::vector<int32_t> asked;  // splits of the request under way
    Millis deadline = 0;
    Millis not_before = 0;  // after it could not be reached
  };
  /// One partition's share of an answer.
  struct Part {
    int32_t split = -1;
    int64_t from = 0;  // what was asked for
    FetchedPartition fetched;
  };

  void Run();
  Status Step();
  void TakeOrders();
  bool HasRoom() const;
  Millis FindLeaders();
  Status AskForLeaders(BrokerConnection& connection);
  Status Ask(int32_t id, Broker& broker);
  Status FindOffsets(Broker& broker, const std::vector<int32_t>& splits);
  Status SendFetch(Broker& broker, const std::vector<int32_t>& splits);
  void WaitForAnswers(Millis until);
  Status TakeAnswer(int32_t id, Broker& broker);
  Result<std::vector<Part>> PartsOf(std::string_view body, const std::vector<int32_t>& asked) const;
  Status TakePart(Part& part, const std::shared_ptr<const void>& owner);
  Status PartFailed(Partition& partition, int16_t code);
  void Hand(ReadRecords records);
  void Lose(Broker& broker);
  void Signal();

  const Setup setup_;
  const std::vector<BrokerAddress> bootstrap_;
  int wake_fd_ = -1;

  // The thread's own.
  std::map<int32_t, Partition> partitions_;  // by split
  std::map<int32_t, Broker> brokers_;        // by node id
  std::unique_ptr<BrokerConnection> any_;    // asked for leaders
  size_t next_bootstrap_ = 0;
  Millis look_not_before_ = 0;

  mutable std::mutex mutex_;
  bool stop_ = false;
  std::vector<AddedPartition> added_;
  std::vector<int32_t> left_;
  std::deque<ReadRecords> read_;
  size_t read_bytes_ = 0;
  bool starved_ = false;  // the thread waits for room
  std::map<int32_t, int64_t> high_watermarks_;
  std::optional<Error> error_;  // for good

  std::thread thread_;
};

}  // namespace sluice::engine::kafka
