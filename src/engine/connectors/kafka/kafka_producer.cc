#include "engine/connectors/kafka/kafka_producer.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace sluice::engine::kafka {
namespace {

constexpr int kCallMs = 30'000;
constexpr int64_t kGiveUpMs = 60'000;
constexpr const char* kTransactionTimeoutMs = "900000";  // the most that brokers allow by themselves

using Steady = std::chrono::steady_clock;

void* Mutable(std::string_view bytes) { return const_cast<char*>(bytes.data()); }

}  // namespace

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::Make(const Setup& setup) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(setup));
  SLUICE_RETURN_IF_ERROR(producer->Start());
  return producer;
}

Status KafkaProducer::Start() {
  KafkaClient::Setup client;
  client.role = ClientRole::kProducer;
  client.properties = setup_.properties;
  client.security = setup_.security;
  client.on_failed_delivery = [this](rd_kafka_resp_err_t code) {
    int none = 0;
    failed_.compare_exchange_strong(none, static_cast<int>(code));
  };
  const auto& properties = setup_.properties;
  if (!setup_.transactional_id.empty()) {
    const auto given = properties.find("transaction.timeout.ms");
    const std::string timeout = given == properties.end() ? kTransactionTimeoutMs : given->second;
    client.overrides = {{"transactional.id", setup_.transactional_id}, {"transaction.timeout.ms", timeout}};
    // A message may not be waited for longer than its transaction.
    const bool short_lived = std::atoll(timeout.c_str()) < 120'000;
    if (short_lived && !properties.contains("delivery.timeout.ms")) {
      client.overrides.emplace_back("message.timeout.ms", timeout);
    }
  }
  SLUICE_ASSIGN_OR_RETURN(client_, KafkaClient::Make(std::move(client)));
  return setup_.transactional_id.empty() ? Status() : TakeTransactionalId();
}

Status KafkaProducer::TakeTransactionalId() {
  const auto deadline = Steady::now() + std::chrono::milliseconds(kGiveUpMs);
  while (true) {
    rd_kafka_error_t* error = rd_kafka_init_transactions(client_->get(), 1000);
    const bool again = error != nullptr && rd_kafka_error_is_retriable(error) != 0 && Steady::now() < deadline &&
                       !(setup_.cancelled && setup_.cancelled->load());
    if (!again) {
      return client_->Check("Kafka does not let the sink begin transactions as '" + setup_.transactional_id + "'",
                            error);
    }
    rd_kafka_error_destroy(error);
  }
}

Status KafkaProducer::Begin() {
  if (in_transaction_ || setup_.transactional_id.empty()) return {};
  in_transaction_ = true;
  return client_->Check("A Kafka transaction cannot begin", rd_kafka_begin_transaction(client_->get()));
}

Status KafkaProducer::OpenTopics(const std::vector<std::string>& names) {
  for (size_t i = topics_.size(); i < names.size(); ++i) {
    Topic topic;
    topic.handle.reset(rd_kafka_topic_new(client_->get(), names[i].c_str(), nullptr));
    if (setup_.fixed_subtask >= 0) {
      const rd_kafka_metadata_t* metadata = nullptr;
      const rd_kafka_resp_err_t err = rd_kafka_metadata(client_->get(), 0, topic.handle.get(), &metadata, kCallMs);
      if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return client_->Failed("Partitions of topic '" + names[i] + "'", err);
      const int partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
      rd_kafka_metadata_destroy(metadata);
      if (partitions == 0) return Error(ErrorCode::kData, "Partitions of the target topic is empty.");
      topic.partition = setup_.fixed_subtask % partitions;
    }
    topics_.push_back(std::move(topic));
  }
  return {};
}

Status KafkaProducer::Send(const std::vector<OutMessage>& messages, const std::vector<std::string>& topics,
                           bool plain) {
  if (messages.empty()) return {};
  SLUICE_RETURN_IF_ERROR(OpenTopics(topics));
  SLUICE_RETURN_IF_ERROR(Begin());
  if (plain) {
    SLUICE_RETURN_IF_ERROR(SendPlain(messages));
  } else {
    for (const OutMessage& m : messages) SLUICE_RETURN_IF_ERROR(SendOne(m, topics_[m.topic]));
  }
  return Serve();
}

Status KafkaProducer::SendPlain(const std::vector<OutMessage>& messages) {
  batch_.resize(messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    rd_kafka_message_t& to = batch_[i];
    to = rd_kafka_message_t{};
    const OutMessage& m = messages[i];
    if (m.key) {
      to.key = Mutable(*m.key);
      to.key_len = m.key->size();
    }
    if (m.value) {
      to.payload = Mutable(*m.value);
      to.len = m.value->size();
    }
  }
  const Topic& topic = topics_[0];
  size_t begin = 0;
  while (begin < batch_.size()) {
    // Of a batch those that found no room carry that as their error; they are the last ones, or none after them may go
    // before them.
    rd_kafka_produce_batch(topic.handle.get(), topic.partition, RD_KAFKA_MSG_F_COPY, batch_.data() + begin,
                           static_cast<int>(batch_.size() - begin));
    size_t sent = begin;
    while (sent < batch_.size() && batch_[sent].err == RD_KAFKA_RESP_ERR_NO_ERROR) ++sent;
    if (sent == batch_.size()) return {};
    if (batch_[sent].err != RD_KAFKA_RESP_ERR__QUEUE_FULL) return Undelivered(batch_[sent].err);
    SLUICE_RETURN_IF_ERROR(Serve());
    rd_kafka_poll(client_->get(), 1);
    // Messages behind the first refused one may have been taken when room was made meanwhile: only refused ones go on.
    size_t kept = sent;
    for (size_t i = sent; i < batch_.size(); ++i) {
      if (batch_[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      batch_[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
      batch_[kept++] = batch_[i];
    }
    batch_.resize(kept);
    begin = sent;
  }
  return {};
}

Status KafkaProducer::SendOne(const OutMessage& message, const Topic& topic) {
  rd_kafka_headers_t* headers = nullptr;
  if (!message.headers.empty()) {
    headers = rd_kafka_headers_new(message.headers.size());
    for (const MessageHeader& h : message.headers) {
      rd_kafka_header_add(headers, h.name.data(), static_cast<ssize_t>(h.name.size()),
                          h.value ? h.value->data() : nullptr, h.value ? static_cast<ssize_t>(h.value->size()) : 0);
    }
  }
  while (true) {
    std::vector<rd_kafka_vu_t> parts(5);
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topic.handle.get();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = topic.partition;
    parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[2].u.i = RD_KAFKA_MSG_F_COPY;
    parts[3].vtype = RD_KAFKA_VTYPE_KEY;
    parts[3].u.mem.ptr = message.key ? Mutable(*message.key) : nullptr;
    parts[3].u.mem.size = message.key ? message.key->size() : 0;
    parts[4].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[4].u.mem.ptr = message.value ? Mutable(*message.value) : nullptr;
    parts[4].u.mem.size = message.value ? message.value->size() : 0;
    if (message.timestamp_ms >= 0) {
      parts.emplace_back();
      parts.back().vtype = RD_KAFKA_VTYPE_TIMESTAMP;
      parts.back().u.i64 = message.timestamp_ms;
    }
    if (headers != nullptr) {
      parts.emplace_back();
      parts.back().vtype = RD_KAFKA_VTYPE_HEADERS;
      parts.back().u.headers = headers;
    }
    rd_kafka_error_t* error = rd_kafka_produceva(client_->get(), parts.data(), parts.size());
    if (error == nullptr) return {};  // the headers are the client's now
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      if (headers != nullptr) rd_kafka_headers_destroy(headers);
      return Undelivered(code);
    }
    rd_kafka_poll(client_->get(), 1);
    if (Status served = Serve(); !served.ok()) {
      if (headers != nullptr) rd_kafka_headers_destroy(headers);
      return served;
    }
  }
}

Status KafkaProducer::Undelivered(rd_kafka_resp_err_t code) const {
  return client_->Failed("Failed to send data to Kafka", code);
}

Status KafkaProducer::Serve() {
  rd_kafka_poll(client_->get(), 0);
  if (const auto fatal = client_->fatal()) return *fatal;
  const int failed = failed_.load(std::memory_order_relaxed);
  return failed == 0 ? Status() : Undelivered(static_cast<rd_kafka_resp_err_t>(failed));
}

Status KafkaProducer::Flush() {
  // Every message ends by itself: delivered, or not within its timeout. rd_kafka_flush would look every 10 ms only, as
  // delivered messages are not reported; here a checkpoint holds up the subtask no longer than the broker does.
  constexpr std::chrono::microseconds kFirstLook{50}, kLongestPause{2'000};
  std::chrono::microseconds pause = kFirstLook;
  if (rd_kafka_outq_len(client_->get()) > 0) rd_kafka_flush(client_->get(), 0);  // nobody lingers now
  while (rd_kafka_outq_len(client_->get()) > 0) {
    SLUICE_RETURN_IF_ERROR(Serve());
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 5 / 4, kLongestPause);
  }
  return Serve();
}

Status KafkaProducer::Commit() {
  if (!in_transaction_) return {};
  const auto deadline = Steady::now() + std::chrono::milliseconds(kGiveUpMs);
  while (true) {
    rd_kafka_error_t* error = rd_kafka_commit_transaction(client_->get(), kCallMs);
    if (error == nullptr) {
      in_transaction_ = false;
      return {};
    }
    const bool again = rd_kafka_error_is_retriable(error) != 0 && Steady::now() < deadline;
    if (again) {
      rd_kafka_error_destroy(error);
      continue;
    }
    return client_->Check("A Kafka transaction cannot be committed", error);
  }
}

void KafkaProducer::Abort(int timeout_ms) {
  if (!in_transaction_) return;
  in_transaction_ = false;
  if (rd_kafka_error_t* error = rd_kafka_abort_transaction(client_->get(), timeout_ms); error != nullptr) {
    rd_kafka_error_destroy(error);
  }
}

}  // namespace sluice::engine::kafka
