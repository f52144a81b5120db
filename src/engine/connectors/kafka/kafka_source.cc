#include "engine/connectors/kafka/kafka_source.h"

#include <algorithm>
#include <deque>
#include <map>
#include <unordered_map>

#include "base/clock.h"
#include "engine/connectors/kafka/message_metadata.h"
#include "engine/connectors/kafka/partition_finder.h"
#include "engine/connectors/kafka/source_metrics.h"
#include "engine/connectors/splits/record_decoder.h"
#include "engine/runtime/checkpoint_listener.h"

namespace sluice::engine::kafka {
namespace {

constexpr int64_t kLookAgainMs = 200;  // the queue's callback wakes us; this is for what it does not see
constexpr int64_t kTellEveryMs = 1000;

struct QueueFree {
  void operator()(rd_kafka_queue_t* q) const { rd_kafka_queue_destroy(q); }
};

/// Messages taken from the queue; given back at its end.
class Messages {
 public:
  Messages(rd_kafka_queue_t* queue, std::vector<rd_kafka_message_t*>& room) : room_(room) {
    const ssize_t n = rd_kafka_consume_batch_queue(queue, 0, room.data(), room.size());
    size_ = n > 0 ? static_cast<size_t>(n) : 0;
  }
  ~Messages() {
    for (rd_kafka_message_t* m : all()) rd_kafka_message_destroy(m);
  }
  std::span<rd_kafka_message_t*> all() const { return {room_.data(), size_}; }

 private:
  std::vector<rd_kafka_message_t*>& room_;
  size_t size_ = 0;
};

class KafkaSource final : public Source, public CheckpointListener {
 public:
  KafkaSource(const SourceNode& node, Schema output, const ConnectorEnvironment& environment)
      : node_(node), output_(std::move(output)), environment_(environment) {}

  Status Prepare() {
    const bool upsert = node_.table.options.at("connector") == "upsert-kafka";
    SLUICE_ASSIGN_OR_RETURN(options_, ReadSourceOptions(node_.table, *environment_.formats, upsert));
    const std::string zone = environment_.settings != nullptr ? environment_.settings->time_zone : "UTC";
    SLUICE_ASSIGN_OR_RETURN(decoder_, splits::RecordDecoder::Make(node_, output_, options_.table.layout, zone));
    metadata_ = [this](size_t which, const splits::RowOrigins& origins) -> Result<ColumnPtr> {
      return MetadataColumn(node_.table.metadata[which].key, decoding_, origins);
    };
    return {};
  }

  Status Open(const TaskContext& context) override {
    context_ = &context;
    metrics_.Open(context);
    room_.resize(std::max<size_t>(1, context.batch_rows));
    KafkaClient::Setup setup;
    setup.properties = options_.table.properties;
    SLUICE_ASSIGN_OR_RETURN(setup.security,
                            ReadSecurity(setup.properties, [clock = environment_.clock] { return clock->NowMs(); }));
    setup.overrides = {{"auto.offset.reset", ResetOfClient()}, {"max.poll.interval.ms", "86400000"}};
    // librdkafka wants a group even where none is used.
    if (options_.group.empty()) setup.overrides.emplace_back("group.id", "sluice");
    if (options_.bounded != BoundedMode::kUnbounded) setup.overrides.emplace_back("enable.partition.eof", "true");
    SLUICE_ASSIGN_OR_RETURN(client_, KafkaClient::Make(std::move(setup)));
    rd_kafka_poll_set_consumer(client_->get());
    queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
    rd_kafka_queue_cb_event_enable(
        queue_.get(), [](rd_kafka_t*, void* self) { static_cast<const TaskContext*>(self)->wake(); },
        const_cast<TaskContext*>(context_));
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (!started_) SLUICE_RETURN_IF_ERROR(Start(out));
    if (finder_) SLUICE_RETURN_IF_ERROR(TakeFound(out));
    if (node_.limit >= 0 && emitted_ >= node_.limit) return PollResult{PollState::kEnd};
    if (discovered_ && unfinished_ == 0 && (options_.bounded != BoundedMode::kUnbounded || context_->batch)) {
      return PollResult{PollState::kEnd};
    }
    const Messages taken(queue_.get(), room_);
    if (taken.all().empty()) {
      if (const auto fatal = client_->fatal()) return *fatal;
      Tell();
      return PollResult{PollState::kIdle, kLookAgainMs};
    }
    SLUICE_RETURN_IF_ERROR(EmitAll(taken.all(), out));
    return PollResult{PollState::kMore};
  }

  Result<std::string> SnapshotPosition() override { return EncodeSourcePosition(Position()); }

  Status RestorePositions(const std::vector<std::string>& positions) override {
    std::vector<SourcePosition> all;
    for (const std::string& bytes : positions) {
      SLUICE_ASSIGN_OR_RETURN(SourcePosition position, DecodeSourcePosition(bytes));
      all.push_back(std::move(position));
    }
    restored_ = DividePositions(all, context_->subtask, context_->parallelism);
    emitted_ = restored_.emitted;
    return {};
  }

  void SnapshotTaken(int64_t checkpoint_id) override {
    if (options_.group.empty() || !options_.commit_on_checkpoint) return;
    snapshots_.emplace_back(checkpoint_id, Position().partitions);
  }

  void CheckpointComplete(int64_t checkpoint_id) override {
    std::vector<PartitionPosition> reached;
    while (!snapshots_.empty() && snapshots_.front().first <= checkpoint_id) {
      reached = std::move(snapshots_.front().second);
      snapshots_.pop_front();
    }
    CommitOffsets(reached);
  }

  Status Close() override {
    finder_.reset();
    if (queue_) rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    queue_.reset();
    client_.reset();
    return {};
  }

 private:
  struct Split {
    PartitionPosition at;
    bool finished = false;
  };

  const char* ResetOfClient() const {
    switch (options_.startup) {
      case StartupMode::kLatest:
      case StartupMode::kTimestamp: return "latest";
      case StartupMode::kGroupOffsets:
        return options_.reset == OffsetReset::kNone       ? "error"
               : options_.reset == OffsetReset::kEarliest ? "earliest"
                                                          : "latest";
      default: return "earliest";
    }
  }

  SourcePosition Position() const {
    SourcePosition position;
    position.discovered = discovered_;
    position.emitted = emitted_;
    if (!started_) {
      position.discovered = restored_.all_discovered() && !restored_.discovered.empty();
      position.partitions = restored_.own;
    }
    for (const Split& s : splits_) position.partitions.push_back(s.at);
    return position;
  }

  Status Start(Output& out) {
    started_ = true;
    // What a bounded source reads is settled by its first look.
    discovered_ = !restored_.discovered.empty() && restored_.all_discovered();
    SLUICE_RETURN_IF_ERROR(Add(std::move(restored_.own), out));
    restored_.own.clear();
    if (discovered_ && options_.discovery_interval_ms == 0) return {};
    PartitionFinder::Task task;
    task.options = &options_;
    task.client = client_.get();
    task.subtask = context_->subtask;
    task.subtasks = context_->parallelism;
    task.restored = restored_;
    task.wake = context_->wake;
    finder_ = std::make_unique<PartitionFinder>(std::move(task));
    return {};
  }

  Status TakeFound(Output& out) {
    SLUICE_ASSIGN_OR_RETURN(auto found, finder_->Take());
    if (!found) return {};
    discovered_ = true;
    return Add(std::move(*found), out);
  }

  Status Add(std::vector<PartitionPosition> found, Output& out) {
    const PartitionList list = NewPartitionList(found.size());
    for (PartitionPosition& p : found) {
      Split split{std::move(p)};
      split.finished = split.at.finished();
      if (!split.finished) {
        ++unfinished_;
        rd_kafka_topic_partition_list_add(list.get(), split.at.partition.first.c_str(), split.at.partition.second)
            ->offset = split.at.next_offset == kEarliestOffset ? RD_KAFKA_OFFSET_BEGINNING : split.at.next_offset;
      }
      splits_.push_back(std::move(split));
    }
    places_.clear();
    if (list->cnt > 0) {
      SLUICE_RETURN_IF_ERROR(
          client_->Check("Kafka partitions cannot be read", rd_kafka_incremental_assign(client_->get(), list.get())));
    }
    return TellSplits(out);
  }

  Status TellSplits(Output& out) {
    std::vector<int32_t> open;
    for (size_t i = 0; i < splits_.size(); ++i) {
      if (!splits_[i].finished) open.push_back(static_cast<int32_t>(i));
    }
    if (open == told_) return {};
    told_ = open;
    return out.SetSplits(open);
  }

  /// The split of a message's partition; -1 for none of ours.
  int32_t SplitOf(const rd_kafka_message_t& message) {
    std::vector<int32_t>& places = places_[message.rkt];
    const auto partition = static_cast<size_t>(message.partition);
    if (partition < places.size() && places[partition] >= 0) return places[partition];
    const std::string topic = rd_kafka_topic_name(message.rkt);
    for (size_t i = 0; i < splits_.size(); ++i) {
      if (splits_[i].at.partition.first != topic || splits_[i].at.partition.second != message.partition) continue;
      if (places.size() <= partition) places.resize(partition + 1, -1);
      places[partition] = static_cast<int32_t>(i);
      return places[partition];
    }
    return -1;
  }

  /// A batch a partition: its messages, brought together.
  Status EmitAll(std::span<rd_kafka_message_t*> messages, Output& out) {
    if (groups_.size() < splits_.size()) groups_.resize(splits_.size());
    touched_.clear();
    for (rd_kafka_message_t* m : messages) {
      if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        SLUICE_RETURN_IF_ERROR(Event(*m));
        continue;
      }
      const int32_t split = SplitOf(*m);
      if (split < 0) continue;
      Split& s = splits_[static_cast<size_t>(split)];
      if (s.finished || m->offset < s.at.next_offset) continue;
      if (m->offset >= s.at.stop_offset) {
        Finish(s);
        continue;
      }
      auto& group = groups_[static_cast<size_t>(split)];
      if (group.empty()) touched_.push_back(split);
      group.push_back(m);
      s.at.next_offset = m->offset + 1;
    }
    for (const int32_t split : touched_) {
      auto& group = groups_[static_cast<size_t>(split)];
      const Status status = EmitGroup(split, group, out);
      group.clear();
      SLUICE_RETURN_IF_ERROR(status);
      Split& s = splits_[static_cast<size_t>(split)];
      if (s.at.finished()) Finish(s);
    }
    SLUICE_RETURN_IF_ERROR(Unassign());
    return TellSplits(out);
  }

  Status EmitGroup(int32_t split, std::vector<rd_kafka_message_t*>& messages, Output& out) {
    if (node_.limit >= 0 && emitted_ >= node_.limit) return {};
    records_.clear();
    size_t bytes = 0;
    for (const rd_kafka_message_t* m : messages) {
      splits::Record record;
      if (m->key != nullptr) record.key = {static_cast<const char*>(m->key), m->key_len};
      if (m->payload != nullptr) record.value = {static_cast<const char*>(m->payload), m->len};
      bytes += m->key_len + m->len;
      records_.push_back(record);
    }
    decoding_ = messages;
    size_t failed = 0;
    Result<Batch> batch = decoder_->Decode(records_, metadata_, &failed);
    if (!batch.ok()) {
      const rd_kafka_message_t& m = *messages[std::min(failed, messages.size() - 1)];
      return batch.error().WithContext("topic '" + std::string(rd_kafka_topic_name(m.rkt)) + "', partition " +
                                       std::to_string(m.partition) + ", offset " + std::to_string(m.offset));
    }
    metrics_.Read(messages.size(), bytes, decoder_->skipped());
    if (batch->length == 0) return {};
    CutToLimit(*batch);
    batch->split = split;
    emitted_ += static_cast<int64_t>(batch->length);
    return out.Emit(std::move(*batch));
  }

  void CutToLimit(Batch& batch) const {
    if (node_.limit < 0 || emitted_ + static_cast<int64_t>(batch.length) <= node_.limit) return;
    batch.length = static_cast<size_t>(node_.limit - emitted_);
    for (ColumnPtr& column : batch.columns) {
      if (column->constant()) {
        column = Column::ResizeConstant(column, batch.length);
      } else {
        column->Resize(batch.length);
      }
    }
    if (!batch.kinds.empty()) batch.kinds.resize(batch.length);
  }

  /// What comes in the queue beside messages.
  Status Event(const rd_kafka_message_t& m) {
    if (m.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const int32_t split = SplitOf(m);
      // The last offsets may be marks of transactions, which never come as messages.
      if (split >= 0) {
        Split& s = splits_[static_cast<size_t>(split)];
        if (!s.finished && m.offset >= s.at.stop_offset) Finish(s);
      }
      return {};
    }
    const bool reset = m.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
    const bool for_good =
        reset || m.err == RD_KAFKA_RESP_ERR__FATAL || m.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        m.err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED || m.err == RD_KAFKA_RESP_ERR__AUTHENTICATION;
    if (!for_good) return {};  // the client goes on trying by itself
    return Error(ErrorCode::kIo, "Kafka: " + std::string(rd_kafka_message_errstr(&m)));
  }

  void Finish(Split& s) {
    if (s.finished) return;
    s.finished = true;
    s.at.next_offset = std::max(s.at.next_offset, s.at.stop_offset);
    --unfinished_;
    leaving_.push_back(s.at.partition);
  }

  Status Unassign() {
    if (leaving_.empty()) return {};
    const PartitionList list = NewPartitionList(leaving_.size());
    for (const TopicPartition& p : leaving_) {
      rd_kafka_topic_partition_list_add(list.get(), p.first.c_str(), p.second);
    }
    leaving_.clear();
    places_.clear();  // by topics of the client's, which go with their last partition
    return client_->Check("Kafka partitions cannot be left", rd_kafka_incremental_unassign(client_->get(), list.get()));
  }

  void CommitOffsets(const std::vector<PartitionPosition>& reached) {
    const PartitionList list = NewPartitionList(reached.size());
    for (const PartitionPosition& p : reached) {
      if (p.next_offset < 0) continue;
      rd_kafka_topic_partition_list_add(list.get(), p.partition.first.c_str(), p.partition.second)->offset =
          p.next_offset;
    }
    if (list->cnt == 0) return;
    // The answer comes through the consumer's queue, which Poll serves. A commit that fails harms nobody.
    (void)rd_kafka_commit_queue(client_->get(), list.get(), queue_.get(), Committed, this);
  }

  static void Committed(rd_kafka_t*, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t* offsets, void* opaque) {
    auto* self = static_cast<KafkaSource*>(opaque);
    self->metrics_.CommitEnded(err == RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && offsets != nullptr && i < offsets->cnt; ++i) {
      const rd_kafka_topic_partition_t& p = offsets->elems[i];
      self->metrics_.Committed({p.topic, p.partition}, p.offset);
    }
  }

  /// Figures, from time to time while there is nothing else to do.
  void Tell() {
    const int64_t now = environment_.clock->NowMs();
    if (context_->metrics == nullptr || now < next_tell_ms_) return;
    next_tell_ms_ = now + kTellEveryMs;
    int64_t most = 0;
    for (const Split& s : splits_) {
      if (s.at.next_offset < 0) continue;
      metrics_.Position(s.at.partition, s.at.next_offset - 1);
      int64_t low = 0, high = 0;
      if (rd_kafka_get_watermark_offsets(client_->get(), s.at.partition.first.c_str(), s.at.partition.second, &low,
                                         &high) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        most = std::max(most, high - s.at.next_offset);
      }
    }
    metrics_.LargestLag(most);
  }

  const SourceNode node_;
  const Schema output_;
  const ConnectorEnvironment environment_;
  SourceOptions options_;
  std::unique_ptr<splits::RecordDecoder> decoder_;
  splits::RecordDecoder::MetadataColumn metadata_;
  const TaskContext* context_ = nullptr;
  std::unique_ptr<KafkaClient> client_;
  std::unique_ptr<rd_kafka_queue_t, QueueFree> queue_;
  std::unique_ptr<PartitionFinder> finder_;
  RestoredPositions restored_;  // until Start
  bool started_ = false, discovered_ = false;
  std::vector<Split> splits_;  // a split's number is its place, and stays
  std::vector<int32_t> told_;
  size_t unfinished_ = 0;
  int64_t emitted_ = 0;
  std::unordered_map<const rd_kafka_topic_t*, std::vector<int32_t>> places_;  // partition -> split
  std::vector<TopicPartition> leaving_;
  std::deque<std::pair<int64_t, std::vector<PartitionPosition>>> snapshots_;  // not yet complete
  SourceMetrics metrics_;
  int64_t next_tell_ms_ = 0;
  // Kept between polls for their memory.
  std::vector<rd_kafka_message_t*> room_;
  std::vector<std::vector<rd_kafka_message_t*>> groups_;  // by split
  std::vector<int32_t> touched_;
  std::vector<splits::Record> records_;
  std::span<rd_kafka_message_t* const> decoding_;
};

}  // namespace

Result<std::unique_ptr<Source>> MakeKafkaSource(const SourceNode& node, const Schema& output,
                                                const ConnectorEnvironment& environment) {
  auto source = std::make_unique<KafkaSource>(node, output, environment);
  SLUICE_RETURN_IF_ERROR(source->Prepare());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace sluice::engine::kafka
