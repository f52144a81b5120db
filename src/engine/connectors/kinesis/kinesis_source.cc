#include "engine/connectors/kinesis/kinesis_source.h"

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "engine/connectors/aws/aws_options.h"
#include "engine/connectors/kinesis/counting_shards.h"
#include "engine/connectors/kinesis/kinesis_options.h"
#include "engine/connectors/kinesis/shard_assigner.h"
#include "engine/connectors/kinesis/source_metrics.h"
#include "engine/connectors/kinesis/source_position.h"
#include "engine/connectors/kinesis/stream_watch.h"
#include "engine/connectors/options/format_options.h"
#include "engine/connectors/shared_parts.h"
#include "engine/connectors/splits/record_decoder.h"

namespace sluice::engine::kinesis {
namespace {

constexpr int64_t kLookAgainMs = 1000;  // the inbox wakes us

class CalledRandom : public Random {
 public:
  explicit CalledRandom(std::function<uint64_t()> next) : next_(std::move(next)) {}
  uint64_t Next() override { return next_(); }

 private:
  const std::function<uint64_t()> next_;
};

class KinesisSource final : public Source {
 public:
  KinesisSource(const SourceNode& node, Schema output, const ConnectorEnvironment& environment)
      : node_(node), output_(std::move(output)), environment_(environment), random_(environment.random) {}
  ~KinesisSource() override { Stop(); }

  Status Prepare() {
    SLUICE_ASSIGN_OR_RETURN(options_, ReadSourceOptions(node_.table));
    SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(node_.table.options, *environment_.formats));
    const std::string zone = environment_.settings != nullptr ? environment_.settings->time_zone : "UTC";
    const splits::RecordLayout layout =
        splits::PlainLayout(node_.table, *format, FormatOptions(node_.table.options, format->descriptor.name));
    SLUICE_ASSIGN_OR_RETURN(decoder_, splits::RecordDecoder::Make(node_, output_, layout, zone));
    metadata_ = [this](size_t which, const splits::RowOrigins& origins) { return Metadata(which, origins); };
    return {};
  }

  Status Open(const TaskContext& context) override {
    context_ = &context;
    metrics_.Open(context, options_.stream.name);
    SLUICE_ASSIGN_OR_RETURN(access_, aws::MakeAwsAccess(AwsOptionsOf(node_.table.options), "kinesis",
                                                        net::ProcessEnvironment(), *environment_.clock));
    access_.client.attempts = 3;
    client_ =
        std::make_unique<net::KinesisClient>(access_.client, access_.credentials.get(), *environment_.clock, &random_);
    position_.start_ms = environment_.clock->NowMs();
    return {};
  }

  Status RestorePositions(const std::vector<std::string>& positions) override {
    SLUICE_ASSIGN_OR_RETURN(restored_, MergePositions(positions));
    if (restored_.start_ms == 0) return {};  // of no subtask: none was open when it was taken
    fresh_ = false;
    position_.start_ms = restored_.start_ms;
    for (const auto& [id, shard] : restored_.shards) {
      if (IsOwn(id, shard.keys)) position_.shards.emplace(id, shard);
    }
    return {};
  }

  Result<PollResult> Poll(Output& out) override {
    if (!watch_) Start();
    if (node_.limit >= 0 && emitted_ >= node_.limit) return PollResult{PollState::kEnd};
    SLUICE_RETURN_IF_ERROR(TellSplits(out));
    if (!current_.records) {
      SLUICE_ASSIGN_OR_RETURN(auto next, inbox_->Pop());
      // A split is told before its first delivery: look once more, for both may have come since.
      SLUICE_RETURN_IF_ERROR(TellSplits(out));
      NoteShards();
      if (!next) return PollResult{PollState::kIdle, kLookAgainMs};
      SLUICE_RETURN_IF_ERROR(Take(std::move(*next), out));
    }
    if (current_.records) SLUICE_RETURN_IF_ERROR(EmitSome(out));
    return PollResult{PollState::kMore};
  }

  Result<std::string> SnapshotPosition() override {
    NoteShards();
    return position_.ToBytes();
  }

  Status Close() override {
    Stop();
    return {};
  }

 private:
  bool IsOwn(const std::string& shard, const net::HashKeyRange& keys) const {
    return SubtaskOfShard(options_.assigner, options_.stream.name, shard, keys, context_->parallelism) ==
           context_->subtask;
  }

  void Start() {
    restored_.start_ms = position_.start_ms;
    const std::string name = "kinesis " + context_->operator_uid;
    group_ = environment_.shared ? environment_.shared->Get<ShardGroup>(name) : std::make_shared<ShardGroup>();
    group_->EnterConsumer();
    inbox_ = std::make_unique<RecordInbox>(context_->wake);
    parts_.options = &options_;
    parts_.client = client_.get();
    parts_.clock = environment_.clock;
    parts_.random = &random_;
    parts_.inbox = inbox_.get();
    parts_.report = [this](const std::string& shard, int64_t behind, size_t bytes) {
      metrics_.Fetched(shard, behind, bytes);
    };
    watch_ = std::make_unique<StreamWatch>(&parts_, group_.get(),
                                           StreamWatch::Place{context_->subtask, context_->parallelism},
                                           std::move(restored_), fresh_);
  }

  void Stop() {
    if (!watch_) return;
    inbox_->Close();
    client_->Cancel();
    watch_.reset();
    const bool last = group_->LeaveConsumer();
    if (last && options_.fan_out && options_.manages_consumer && options_.consumer_arn.empty()) Deregister();
    group_.reset();
  }

  /// Of no interest if it fails: the next start finds the consumer.
  void Deregister() {
    net::AwsClientOptions options = access_.client;
    options.total_timeout = std::chrono::seconds(2);
    options.attempts = 1;
    net::KinesisClient client(options, access_.credentials.get(), *environment_.clock);
    auto arn = client.StreamArn(options_.stream);
    if (arn.ok()) (void)client.DeregisterStreamConsumer(*arn, options_.consumer_name).ok();
  }

  /// What the watch has found out about shards that nothing is read of.
  void NoteShards() {
    if (!watch_) return;
    for (const std::string& id : watch_->TakeForgotten()) {
      auto known = position_.shards.find(id);
      if (known != position_.shards.end() && known->second.finished) position_.shards.erase(known);
    }
    for (const net::KinesisShard& shard : watch_->TakeSkipped()) {
      ShardProgress& progress = position_.shards[shard.id];
      progress.finished = true;
      progress.keys = shard.keys;
    }
  }

  Status TellSplits(Output& out) {
    if (const auto splits = inbox_->TakeSplits()) {
      shards_.Set(*splits);
      listed_ = true;
    }
    if (!listed_) return {};
    const auto counting = shards_.Changed();
    return counting ? out.SetSplits(*counting) : Status();
  }

  Status Take(Delivery delivery, Output& out) {
    const net::KinesisShard shard = watch_->ShardOf(delivery.split);
    if (delivery.records && delivery.records->records.empty()) {
      shards_.AtTip(delivery.split);
      return TellSplits(out);
    }
    if (delivery.records) {
      shards_.Spoke(delivery.split);
      current_ = std::move(delivery);
      current_shard_ = shard;
      at_ = 0;
      return TellSplits(out);
    }
    ShardProgress& progress = position_.shards[shard.id];
    progress.finished = true;
    progress.sequence_number.clear();
    progress.sub_sequence = -1;
    progress.keys = shard.keys;
    watch_->Finished(delivery.split);
    return {};
  }

  Status EmitSome(Output& out) {
    const net::KinesisRecords& records = *current_.records;
    const size_t rows = std::max<size_t>(1, context_->batch_rows);
    const size_t end = std::min(records.records.size(), at_ + rows);
    records_.clear();
    for (size_t i = at_; i < end; ++i) {
      records_.push_back({std::nullopt, records.Text(records.records[i].data)});
    }
    size_t failed = 0;
    Result<Batch> batch = decoder_->Decode(records_, metadata_, &failed);
    if (!batch.ok()) {
      const std::string_view number = records.Text(records.records[at_ + failed].sequence_number);
      return batch.error().WithContext("shard " + current_shard_.id + ", sequence number " + std::string(number) +
                                       " of Kinesis stream '" + options_.stream.name + "'");
    }
    batch->split = current_.split;
    metrics_.Emitted(end - at_, decoder_->skipped());
    const net::KinesisRecords::Record& last = records.records[end - 1];
    ShardProgress& progress = position_.shards[current_shard_.id];
    progress.sequence_number = records.Text(last.sequence_number);
    progress.sub_sequence = last.last_of_sequence ? -1 : last.sub_sequence;
    progress.keys = current_shard_.keys;
    at_ = end;
    if (at_ == records.records.size()) current_.records = nullptr;
    emitted_ += static_cast<int64_t>(batch->row_count());
    return batch->row_count() == 0 ? Status() : out.Emit(std::move(*batch));
  }

  Result<ColumnPtr> Metadata(size_t which, const splits::RowOrigins& origins) {
    const TableDescription::Metadata& wanted = node_.table.metadata[which];
    if (wanted.key == "shard-id") {
      return Column::MakeConstant(wanted.type, Value::String(current_shard_.id), origins.rows);
    }
    const net::KinesisRecords& records = *current_.records;
    ColumnPtr column = Column::Make(wanted.type, origins.rows);
    for (size_t row = 0; row < origins.rows; ++row) {
      const net::KinesisRecords::Record& record = records.records[at_ + origins[row]];
      if (wanted.key == "sequence-number") {
        column->SetValue(row, Value::String(std::string(records.Text(record.sequence_number))));
      } else if (column->physical() == PhysicalType::kTimestamp) {
        column->SetValue(row, Value::Time(Timestamp{record.arrival_ms, 0, 0}));
      } else {
        column->SetValue(row, Value::Int(record.arrival_ms));
      }
    }
    return column;
  }

  const SourceNode node_;
  const Schema output_;
  const ConnectorEnvironment environment_;
  CalledRandom random_;
  SourceOptions options_;
  const TaskContext* context_ = nullptr;
  SourceMetrics metrics_;
  std::unique_ptr<splits::RecordDecoder> decoder_;
  splits::RecordDecoder::MetadataColumn metadata_;

  aws::AwsAccess access_;
  std::unique_ptr<net::KinesisClient> client_;
  std::shared_ptr<ShardGroup> group_;
  std::unique_ptr<RecordInbox> inbox_;
  ReaderParts parts_;
  std::unique_ptr<StreamWatch> watch_;

  SourcePosition restored_;
  bool fresh_ = true;
  SourcePosition position_;
  Delivery current_;
  net::KinesisShard current_shard_;
  size_t at_ = 0;  // record of `current_` that comes next
  int64_t emitted_ = 0;
  std::vector<splits::Record> records_;
  CountingShards shards_;
  bool listed_ = false;  // the watch has looked at the stream
};

}  // namespace

std::vector<MetadataKey> ReadableMetadata() {
  return {{"timestamp", DataType::TimestampLtz(3).NotNull()},
          {"sequence-number", DataType::Varchar(128).NotNull()},
          {"shard-id", DataType::Varchar(128).NotNull()}};
}

Result<std::unique_ptr<Source>> MakeKinesisSource(const SourceNode& node, const Schema& output,
                                                  const ConnectorEnvironment& environment) {
  auto source = std::make_unique<KinesisSource>(node, output, environment);
  SLUICE_RETURN_IF_ERROR(source->Prepare());
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace sluice::engine::kinesis
