#include "engine/connectors/kafka/kafka_sink.h"

#include <ostream>

#include "base/clock.h"
#include "engine/connectors/kafka/kafka_options.h"
#include "engine/connectors/kafka/kafka_producer.h"
#include "engine/connectors/kafka/record_encoder.h"
#include "engine/connectors/kafka/reduce_buffer.h"
#include "engine/connectors/kafka/transaction_pool.h"

namespace sluice::engine::kafka {
namespace {

class KafkaSink final : public Sink {
 public:
  KafkaSink(const SinkNode& node, const ConnectorEnvironment& environment) : node_(node), environment_(environment) {}

  Status Prepare() {
    const bool upsert = node_.table.options.at("connector") == "upsert-kafka";
    SLUICE_ASSIGN_OR_RETURN(options_, ReadSinkOptions(node_.table, *environment_.formats, upsert));
    const std::string zone = environment_.settings != nullptr ? environment_.settings->time_zone : "UTC";
    SLUICE_ASSIGN_OR_RETURN(encoder_, RecordEncoder::Make(node_.table, options_, zone));
    return {};
  }

  Status Open(const TaskContext& context) override {
    KafkaProducer::Setup setup;
    setup.properties = options_.table.properties;
    SLUICE_ASSIGN_OR_RETURN(setup.security,
                            ReadSecurity(setup.properties, [clock = environment_.clock] { return clock->NowMs(); }));
    if (options_.fixed_partitioner) setup.fixed_subtask = context.subtask;
    last_flush_ms_ = environment_.clock->NowMs();
    if (!transactional()) {
      SLUICE_ASSIGN_OR_RETURN(producer_, KafkaProducer::Make(setup));
      return {};
    }
    TransactionPool::Setup pool;
    pool.prefix = options_.transactional_id_prefix;
    pool.subtask = context.subtask;
    pool.subtasks = context.parallelism;
    pool.first_number = last_flush_ms_ * 1000;
    pool.properties = std::move(setup.properties);
    pool.security = std::move(setup.security);
    pool.fixed_subtask = setup.fixed_subtask;
    pool.log = [err = environment_.err](const std::string& line) { *err << line + "\n" << std::flush; };
    pool_ = std::make_unique<TransactionPool>(std::move(pool));
    pool_->MakeSpare();
    return {};
  }

  Status Write(Batch batch) override {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<OutMessage>* messages, encoder_->Encode(std::move(batch)));
    if (options_.flush_max_rows == 0) return Send(*messages);
    for (const OutMessage& m : *messages) {
      buffer_.Add(m);
      if (buffer_.size() >= options_.flush_max_rows) SLUICE_RETURN_IF_ERROR(SendBuffer());
    }
    return OnTime(environment_.clock->NowMs());
  }

  /// Messages are on their way by themselves; only a checkpoint waits for them (PrepareCommit).
  Status Flush() override { return producer_ ? producer_->Serve() : Status(); }

  bool two_phase() const override { return transactional(); }

  Result<std::string> PrepareCommit(int64_t checkpoint_id) override {
    SLUICE_RETURN_IF_ERROR(SendBuffer());
    if (pool_) return pool_->Prepare(checkpoint_id);
    if (options_.guarantee == DeliveryGuarantee::kAtLeastOnce) SLUICE_RETURN_IF_ERROR(producer_->Flush());
    return std::string();
  }

  Status Commit(std::string_view prepared) override { return pool_ ? pool_->Commit(prepared) : Status(); }

  Status Finish() override {
    SLUICE_RETURN_IF_ERROR(SendBuffer());
    return pool_ ? pool_->CommitCurrent() : producer_->Flush();
  }

  Status OnTime(int64_t now_ms) override {
    if (options_.flush_max_rows == 0 || now_ms < last_flush_ms_ + options_.flush_interval_ms) return {};
    return SendBuffer();
  }

  Status Close() override {
    if (pool_) pool_->Close();
    pool_.reset();
    producer_.reset();
    return {};
  }

 private:
  bool transactional() const { return options_.guarantee == DeliveryGuarantee::kExactlyOnce; }

  Status Send(const std::vector<OutMessage>& messages) {
    KafkaProducer* producer = producer_.get();
    if (pool_) {
      SLUICE_ASSIGN_OR_RETURN(producer, pool_->Current());
    }
    return producer->Send(messages, encoder_->topics(), encoder_->plain());
  }

  Status SendBuffer() {
    if (options_.flush_max_rows == 0) return {};
    last_flush_ms_ = environment_.clock->NowMs();
    if (buffer_.size() == 0) return {};
    const Status sent = Send(buffer_.Messages());
    buffer_.Clear();
    return sent;
  }

  const SinkNode node_;
  const ConnectorEnvironment environment_;
  SinkOptions options_;
  std::unique_ptr<RecordEncoder> encoder_;
  std::unique_ptr<KafkaProducer> producer_;  // without transactions
  std::unique_ptr<TransactionPool> pool_;    // with them
  ReduceBuffer buffer_;
  int64_t last_flush_ms_ = 0;
};

}  // namespace

Result<std::unique_ptr<Sink>> MakeKafkaSink(const SinkNode& node, const Schema&,
                                            const ConnectorEnvironment& environment) {
  auto sink = std::make_unique<KafkaSink>(node, environment);
  SLUICE_RETURN_IF_ERROR(sink->Prepare());
  return std::unique_ptr<Sink>(std::move(sink));
}

}  // namespace sluice::engine::kafka
