#include "engine/connectors/kafka/librdkafka_reader.h"

#include <deque>
#include <map>
#include <string>

namespace sluice::engine::kafka {
namespace {

struct MessageFree {
  void operator()(const rd_kafka_message_t* m) const { rd_kafka_message_destroy(const_cast<rd_kafka_message_t*>(m)); }
};

TimestampType TypeOf(rd_kafka_timestamp_type_t type) {
  switch (type) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME: return TimestampType::kCreateTime;
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: return TimestampType::kLogAppendTime;
    default: return TimestampType::kNone;
  }
}

RecordFacts FactsOf(const rd_kafka_message_t& m) {
  RecordFacts facts;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  facts.timestamp_ms = rd_kafka_message_timestamp(&m, &type);
  facts.timestamp_type = TypeOf(type);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return facts;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    RecordHeader header{name, std::nullopt};
    if (value != nullptr) header.value = std::string_view(static_cast<const char*>(value), size);
    facts.headers.push_back(header);
  }
  return facts;
}

class LibrdkafkaReader final : public MessageReader {
 public:
  LibrdkafkaReader(const KafkaClient& client, rd_kafka_queue_t* queue, size_t batch_rows, bool with_facts)
      : client_(client), queue_(queue), with_facts_(with_facts), room_(batch_rows) {}

  Status Add(const std::vector<AddedPartition>& partitions) override {
    const PartitionList list = NewPartitionList(partitions.size());
    for (const AddedPartition& p : partitions) {
      splits_[p.at.partition] = p.split;
      const int64_t from = p.at.next_offset == kEarliestOffset ? RD_KAFKA_OFFSET_BEGINNING : p.at.next_offset;
      rd_kafka_topic_partition_list_add(list.get(), p.at.partition.first.c_str(), p.at.partition.second)->offset = from;
    }
    return client_.Check("Kafka partitions cannot be read", rd_kafka_incremental_assign(client_.get(), list.get()));
  }

  Status Leave(const std::vector<LeftPartition>& partitions) override {
    const PartitionList list = NewPartitionList(partitions.size());
    for (const LeftPartition& p : partitions) {
      splits_.erase(p.partition);
      rd_kafka_topic_partition_list_add(list.get(), p.partition.first.c_str(), p.partition.second);
    }
    return client_.Check("Kafka partitions cannot be left", rd_kafka_incremental_unassign(client_.get(), list.get()));
  }

  Result<std::optional<ReadRecords>> Take() override {
    if (ready_.empty()) SLUICE_RETURN_IF_ERROR(Consume());
    std::optional<ReadRecords> taken;
    if (ready_.empty()) return taken;
    taken = std::move(ready_.front());
    ready_.pop_front();
    return taken;
  }

  int64_t HighWatermark(int32_t split) const override {
    for (const auto& [name, number] : splits_) {
      if (number != split) continue;
      int64_t low = 0, high = 0;
      const auto err = rd_kafka_get_watermark_offsets(client_.get(), name.first.c_str(), name.second, &low, &high);
      return err == RD_KAFKA_RESP_ERR_NO_ERROR ? high : -1;
    }
    return -1;
  }

 private:
  /// The messages that are there, brought together by partition.
  Status Consume() {
    const ssize_t n = rd_kafka_consume_batch_queue(queue_, 0, room_.data(), room_.size());
    std::map<int32_t, ReadRecords> by_split;
    Status status;
    for (ssize_t i = 0; i < n; ++i) {
      const std::shared_ptr<const rd_kafka_message_t> m(room_[static_cast<size_t>(i)], MessageFree());
      const bool end = m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
      if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR && !end) {
        if (status.ok()) status = CheckEvent(*m);
        continue;
      }
      const auto split = splits_.find({rd_kafka_topic_name(m->rkt), m->partition});
      if (split == splits_.end()) continue;
      ReadRecords& read = by_split[split->second];
      read.split = split->second;
      // The last offsets may be marks of transactions, which never come as messages: the end counts as well.
      read.records.next_offset = m->offset + (end ? 0 : 1);
      if (!end) Append(m, read.records);
    }
    SLUICE_RETURN_IF_ERROR(status);
    for (auto& [split, read] : by_split) ready_.push_back(std::move(read));
    return {};
  }

  void Append(const std::shared_ptr<const rd_kafka_message_t>& m, PartitionRecords& to) const {
    splits::Record record;
    if (m->key != nullptr) record.key = {static_cast<const char*>(m->key), m->key_len};
    if (m->payload != nullptr) record.value = {static_cast<const char*>(m->payload), m->len};
    to.records.push_back(record);
    to.offsets.push_back(m->offset);
    if (with_facts_) to.facts.push_back(FactsOf(*m));
    to.bytes += m->key_len + m->len;
    to.owners.push_back(m);
  }

  const KafkaClient& client_;
  rd_kafka_queue_t* const queue_;
  const bool with_facts_;
  std::map<TopicPartition, int32_t> splits_;
  std::vector<rd_kafka_message_t*> room_;
  std::deque<ReadRecords> ready_;
};

}  // namespace

Status CheckEvent(const rd_kafka_message_t& event) {
  switch (event.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return Error(ErrorCode::kIo, "Kafka: " + std::string(rd_kafka_message_errstr(&event)));
    default: return {};  // the client goes on trying by itself
  }
}

std::unique_ptr<MessageReader> MakeLibrdkafkaReader(const KafkaClient& client, rd_kafka_queue_t* queue,
                                                    size_t batch_rows, bool with_facts) {
  return std::make_unique<LibrdkafkaReader>(client, queue, batch_rows, with_facts);
}

}  // namespace sluice::engine::kafka
