#include "engine/connectors/kafka/kafka_source.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "engine/connectors/kafka/librdkafka_reader.h"
#include "engine/connectors/kafka/message_metadata.h"
#include "engine/connectors/kafka/partition_finder.h"
#include "engine/connectors/kafka/protocol/fetch_client.h"
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

/// Properties whose work only librdkafka does.
bool WantsLibrdkafka(const OptionMap& properties, const Security& security) {
  if (security.sasl && security.mechanism != "PLAIN" && !security.mechanism.starts_with("SCRAM-SHA-") &&
      !(security.mechanism == "OAUTHBEARER" && security.token)) {
    return true;
  }
  return std::any_of(properties.begin(), properties.end(), [](const auto& property) {
    const std::string& name = property.first;
    const bool login = name.starts_with("ssl.") || name.starts_with("sasl.");
    return name == "client.rack" || (login && !IsSecurityProperty(name));
  });
}

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
      const std::string& key = node_.table.metadata[which].key;
      return MetadataColumn(key, decoding_.partition, decoding_.offsets, decoding_.facts, origins);
    };
    return {};
  }

  Status Open(const TaskContext& context) override {
    context_ = &context;
    metrics_.Open(context);
    KafkaClient::Setup setup;
    setup.properties = options_.table.properties;
    SLUICE_ASSIGN_OR_RETURN(setup.security,
                            ReadSecurity(setup.properties, [clock = environment_.clock] { return clock->NowMs(); }));
    setup.overrides = {{"auto.offset.reset", ResetOfClient()}, {"max.poll.interval.ms", "86400000"}};
    // librdkafka wants a group even where none is used.
    if (options_.group.empty()) setup.overrides.emplace_back("group.id", "sluice");
    if (options_.bounded != BoundedMode::kUnbounded) setup.overrides.emplace_back("enable.partition.eof", "true");
    const Security security = setup.security;
    SLUICE_ASSIGN_OR_RETURN(client_, KafkaClient::Make(std::move(setup)));
    rd_kafka_poll_set_consumer(client_->get());
    queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
    rd_kafka_queue_cb_event_enable(
        queue_.get(), [](rd_kafka_t*, void* self) { static_cast<const TaskContext*>(self)->wake(); },
        const_cast<TaskContext*>(context_));
    OpenReader(security);
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (!started_) SLUICE_RETURN_IF_ERROR(Start(out));
    if (finder_) SLUICE_RETURN_IF_ERROR(TakeFound(out));
    if (node_.limit >= 0 && emitted_ >= node_.limit) return PollResult{PollState::kEnd};
    if (discovered_ && unfinished_ == 0 && (options_.bounded != BoundedMode::kUnbounded || context_->batch)) {
      return PollResult{PollState::kEnd};
    }
    if (!reading_) SLUICE_RETURN_IF_ERROR(TakeRead());
    if (!reading_) {
      if (const auto fatal = client_->fatal()) return *fatal;
      Tell();
      return PollResult{PollState::kIdle, kLookAgainMs};
    }
    SLUICE_RETURN_IF_ERROR(EmitSome(out));
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
    reader_.reset();
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

  /// Where reading goes on if an offset is not there (any more).
  OffsetReset Reset() const {
    switch (options_.startup) {
      case StartupMode::kLatest:
      case StartupMode::kTimestamp: return OffsetReset::kLatest;
      case StartupMode::kGroupOffsets: return options_.reset;
      default: return OffsetReset::kEarliest;
    }
  }
  const char* ResetOfClient() const {
    switch (Reset()) {
      case OffsetReset::kNone: return "error";
      case OffsetReset::kEarliest: return "earliest";
      default: return "latest";
    }
  }

  void OpenReader(const Security& security) {
    const OptionMap& properties = options_.table.properties;
    const bool with_facts = std::any_of(node_.table.metadata.begin(), node_.table.metadata.end(), [](const auto& m) {
      return m.key == "timestamp" || m.key == "timestamp-type" || m.key == "leader-epoch" ||
             m.key.starts_with("header");
    });
    if (WantsLibrdkafka(properties, security)) {
      const size_t rows = std::max<size_t>(1, context_->batch_rows);
      reader_ = MakeLibrdkafkaReader(*client_, queue_.get(), rows, with_facts);
      return;
    }
    FetchClient::Setup setup;
    setup.servers = properties.at("bootstrap.servers");
    setup.security = security;
    setup.settings = ReadFetchSettings(properties);
    setup.reset = Reset();
    setup.with_facts = with_facts;
    setup.wake = context_->wake;
    reader_ = std::make_unique<FetchClient>(std::move(setup));
    serves_queue_ = true;
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
    std::vector<AddedPartition> added;
    for (PartitionPosition& p : found) {
      Split split{std::move(p)};
      split.finished = split.at.finished();
      if (!split.finished) {
        ++unfinished_;
        added.push_back({static_cast<int32_t>(splits_.size()), split.at});
      }
      splits_.push_back(std::move(split));
    }
    if (!added.empty()) SLUICE_RETURN_IF_ERROR(reader_->Add(added));
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

  /// What comes next of one partition, without what is behind its end or was read before.
  Status TakeRead() {
    if (serves_queue_) SLUICE_RETURN_IF_ERROR(ServeQueue());
    SLUICE_ASSIGN_OR_RETURN(reading_, reader_->Take());
    if (!reading_) return {};
    const PartitionPosition& at = splits_[static_cast<size_t>(reading_->split)].at;
    const std::vector<int64_t>& offsets = reading_->records.offsets;
    done_ = static_cast<size_t>(std::lower_bound(offsets.begin(), offsets.end(), at.next_offset) - offsets.begin());
    end_ = static_cast<size_t>(std::lower_bound(offsets.begin(), offsets.end(), at.stop_offset) - offsets.begin());
    if (splits_[static_cast<size_t>(reading_->split)].finished) done_ = end_;
    return {};
  }

  /// Answers to commits and errors of the client that reads nothing itself.
  Status ServeQueue() {
    rd_kafka_message_t* event = nullptr;
    while (rd_kafka_consume_batch_queue(queue_.get(), 0, &event, 1) > 0) {
      const Status status = CheckEvent(*event);
      rd_kafka_message_destroy(event);
      SLUICE_RETURN_IF_ERROR(status);
    }
    return {};
  }

  /// One batch of what is being read.
  Status EmitSome(Output& out) {
    const int32_t split = reading_->split;
    Split& s = splits_[static_cast<size_t>(split)];
    const size_t count = std::min(end_ - std::min(done_, end_), std::max<size_t>(1, context_->batch_rows));
    if (count > 0) {
      const size_t first = done_;
      done_ += count;
      s.at.next_offset = reading_->records.offsets[done_ - 1] + 1;
      SLUICE_RETURN_IF_ERROR(EmitRecords(split, first, count, out));
    }
    if (done_ < end_) return {};
    s.at.next_offset = std::max(s.at.next_offset, reading_->records.next_offset);
    reading_.reset();
    if (s.at.finished()) Finish(s);
    SLUICE_RETURN_IF_ERROR(LeaveFinished());
    return TellSplits(out);
  }

  Status EmitRecords(int32_t split, size_t first, size_t count, Output& out) {
    const PartitionRecords& read = reading_->records;
    const std::span<const splits::Record> records{read.records.data() + first, count};
    size_t bytes = 0;
    for (const splits::Record& r : records) bytes += (r.key ? r.key->size() : 0) + (r.value ? r.value->size() : 0);
    decoding_.partition = splits_[static_cast<size_t>(split)].at.partition;
    decoding_.offsets = {read.offsets.data() + first, count};
    decoding_.facts = read.facts.empty() ? std::span<const RecordFacts>() : std::span(read.facts).subspan(first, count);
    size_t failed = 0;
    Result<Batch> batch = decoder_->Decode(records, metadata_, &failed);
    if (!batch.ok()) {
      return batch.error().WithContext("topic '" + decoding_.partition.first + "', partition " +
                                       std::to_string(decoding_.partition.second) + ", offset " +
                                       std::to_string(decoding_.offsets[std::min(failed, count - 1)]));
    }
    metrics_.Read(count, bytes, decoder_->skipped());
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

  void Finish(Split& s) {
    if (s.finished) return;
    s.finished = true;
    s.at.next_offset = std::max(s.at.next_offset, s.at.stop_offset);
    --unfinished_;
    leaving_.push_back({static_cast<int32_t>(&s - splits_.data()), s.at.partition});
  }

  Status LeaveFinished() {
    if (leaving_.empty()) return {};
    return reader_->Leave(std::exchange(leaving_, {}));
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
    for (size_t i = 0; i < splits_.size(); ++i) {
      const PartitionPosition& at = splits_[i].at;
      if (at.next_offset < 0) continue;
      metrics_.Position(at.partition, at.next_offset - 1);
      most = std::max(most, reader_->HighWatermark(static_cast<int32_t>(i)) - at.next_offset);
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
  std::vector<LeftPartition> leaving_;
  std::deque<std::pair<int64_t, std::vector<PartitionPosition>>> snapshots_;  // not yet complete
  SourceMetrics metrics_;
  int64_t next_tell_ms_ = 0;
  std::unique_ptr<MessageReader> reader_;
  bool serves_queue_ = false;           // the reader does not
  std::optional<ReadRecords> reading_;  // records [done_, end_) of it are still to be emitted
  size_t done_ = 0, end_ = 0;
  /// What is decoded just now, for the metadata columns.
  struct Decoding {
    TopicPartition partition;
    std::span<const int64_t> offsets;
    std::span<const RecordFacts> facts;
  };
  Decoding decoding_;
};

}  // namespace

Result<std::unique_ptr<Source>> MakeKafkaSource(const SourceNode& node, const Schema& output,
                                                const ConnectorEnvironment& environment) {
  auto source = std::make_unique<KafkaSource>(node, output, environment);
  SLUICE_RETURN_IF_ERROR(source->Prepare());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace sluice::engine::kafka
