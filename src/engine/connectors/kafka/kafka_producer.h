// One librdkafka producer, transactional or not. One thread at a time.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/connectors/kafka/kafka_client.h"
#include "engine/connectors/kafka/record_encoder.h"

namespace sluice::engine::kafka {

class KafkaProducer {
 public:
  struct Setup {
    OptionMap properties;
    Security security;
    std::string transactional_id;  // empty: no transactions
    int fixed_subtask = -1;        // 'fixed' partitioner: this subtask's partition
    /// Set from another thread: Make gives up soon. May be null.
    std::shared_ptr<std::atomic<bool>> cancelled;
  };
  /// With a transactional id: takes it, which aborts what an earlier producer left open under it. Blocks.
  static Result<std::unique_ptr<KafkaProducer>> Make(const Setup& setup);

  const std::string& transactional_id() const { return setup_.transactional_id; }
  /// A transaction has begun and is neither committed nor aborted.
  bool in_transaction() const { return in_transaction_; }

  /// Sends the messages; begins a transaction if it has to. Waits only while the client's queue is full. Without
  /// headers, times and several topics (`plain`) all at once.
  Status Send(const std::vector<OutMessage>& messages, const std::vector<std::string>& topics, bool plain);
  /// Serves callbacks; a message that was not delivered is an error.
  Status Serve();
  /// Until all messages are delivered.
  Status Flush();
  /// Blocks; tried again while the brokers are away, for a while.
  Status Commit();
  /// For at most `timeout_ms`; what it says counts for nothing.
  void Abort(int timeout_ms);

 private:
  struct TopicFree {
    void operator()(rd_kafka_topic_t* t) const { rd_kafka_topic_destroy(t); }
  };
  struct Topic {
    std::unique_ptr<rd_kafka_topic_t, TopicFree> handle;
    int32_t partition = RD_KAFKA_PARTITION_UA;
  };

  explicit KafkaProducer(Setup setup) : setup_(std::move(setup)) {}
  Status Start();
  Status TakeTransactionalId();
  Status Begin();
  Status OpenTopics(const std::vector<std::string>& names);
  Status SendPlain(const std::vector<OutMessage>& messages);
  Status SendOne(const OutMessage& message, const Topic& topic);
  Status Undelivered(rd_kafka_resp_err_t code) const;

  const Setup setup_;
  std::atomic<int> failed_{0};  // the first code of a message that was not delivered
  std::unique_ptr<KafkaClient> client_;
  std::vector<Topic> topics_;
  std::vector<rd_kafka_message_t> batch_;
  bool in_transaction_ = false;
};

}  // namespace sluice::engine::kafka
