// A librdkafka client: its settings, its errors, its end. Thread-safe as librdkafka is.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/connectors/kafka/client_properties.h"

namespace sluice::engine::kafka {

struct ListFree {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, ListFree>;
inline PartitionList NewPartitionList(size_t size) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

class KafkaClient {
 public:
  struct Setup {
    ClientRole role = ClientRole::kConsumer;
    OptionMap properties;
    Security security;
    std::vector<std::pair<std::string, std::string>> overrides;  // librdkafka's names, on top
    /// Producer: a message was not delivered. From the thread that polls.
    std::function<void(rd_kafka_resp_err_t)> on_failed_delivery;
  };
  static Result<std::unique_ptr<KafkaClient>> Make(Setup setup);
  ~KafkaClient();
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  rd_kafka_t* get() const { return rk_; }
  /// "what: Kafka's text (what the brokers said last)".
  Error Failed(const std::string& what, rd_kafka_resp_err_t code) const;
  /// Of the transactional calls; destroys `error`. Null is fine.
  Status Check(const std::string& what, rd_kafka_error_t* error) const;
  /// An error that the client does not recover from: all brokers down does not count.
  std::optional<Error> fatal() const;

 private:
  explicit KafkaClient(Setup setup) : setup_(std::move(setup)) {}
  Status Start();
  static void OnError(rd_kafka_t* rk, int code, const char* reason, void* opaque);
  static void OnDelivery(rd_kafka_t* rk, const rd_kafka_message_t* message, void* opaque);
  static void OnToken(rd_kafka_t* rk, const char* config, void* opaque);

  Setup setup_;
  rd_kafka_t* rk_ = nullptr;
  mutable std::mutex mutex_;
  std::string last_reason_;     // under mutex_
  std::optional<Error> fatal_;  // under mutex_
};

}  // namespace sluice::engine::kafka
