#include "engine/connectors/aws/async_sink.h"

#include <utility>

#include "base/metrics_registry.h"
#include "engine/runtime/async_operator.h"

namespace sluice::engine::aws {
namespace {

constexpr std::string_view kOfSubtask = "operator,subtask";
constexpr MetricSpec kSent{MetricKind::kCounter, "sluice_async_sink_entries_sent_total", "entries",
                           "Entries that Kinesis, Firehose or DynamoDB took.", kOfSubtask};
constexpr MetricSpec kRefused{MetricKind::kCounter, "sluice_async_sink_entries_refused_total", "entries",
                              "Entries that were refused and sent again.", kOfSubtask};
constexpr MetricSpec kInFlight{MetricKind::kGauge, "sluice_async_sink_requests_in_flight", "requests",
                               "Requests that have no answer yet.", kOfSubtask};

class AsyncSink final : public Sink, public AsyncOperator {
 public:
  AsyncSink(AsyncSinkParts parts, const ConnectorEnvironment& environment)
      : parts_(std::move(parts)), environment_(environment) {}

  Status Open(const TaskContext& context) override {
    SLUICE_RETURN_IF_ERROR(parts_.entries->Open(context));
    SLUICE_ASSIGN_OR_RETURN(auto target, parts_.make_target());
    writer_ = std::make_unique<AsyncWriter>(
        std::move(target), parts_.limits, *environment_.clock, environment_.random,
        context.wake ? context.wake : [] {});
    if (context.metrics != nullptr) {
      const std::vector<std::string> labels = {context.operator_uid, std::to_string(context.subtask)};
      sent_ = context.metrics->NewCounter(kSent, labels);
      refused_ = context.metrics->NewCounter(kRefused, labels);
      in_flight_ = context.metrics->NewGauge(kInFlight, labels);
    }
    return {};
  }

  Status Write(Batch batch) override {
    const Rows rows = batch.rows();
    for (size_t k = 0; k < rows.count; ++k) {
      SLUICE_ASSIGN_OR_RETURN(auto entry, parts_.entries->Make(batch, rows[k]));
      if (entry) SLUICE_RETURN_IF_ERROR(writer_->Add(std::move(*entry)));
    }
    Tell();
    return {};
  }

  Status Flush() override {
    Tell();
    return writer_->Nudge();
  }

  bool saturated() const override { return writer_->full(); }
  bool idle() const override { return writer_->empty(); }
  Result<bool> EmitReady(Output&) override {
    if (const auto error = writer_->error()) return *error;
    return false;
  }

  Result<std::string> PrepareCommit(int64_t) override {
    SLUICE_RETURN_IF_ERROR(writer_->Flush());
    Tell();
    return std::string();
  }

  Status Finish() override {
    const Status done = writer_->Flush();
    Tell();
    return done;
  }

  Status Close() override {
    writer_.reset();
    return {};
  }

 private:
  void Tell() {
    if (!sent_) return;
    const AsyncWriter::Counts counts = writer_->counts();
    sent_->Add(counts.sent - std::exchange(told_.sent, counts.sent));
    refused_->Add(counts.refused - std::exchange(told_.refused, counts.refused));
    in_flight_->Set(static_cast<double>(counts.in_flight));
  }

  const AsyncSinkParts parts_;
  const ConnectorEnvironment environment_;
  std::unique_ptr<AsyncWriter> writer_;
  std::shared_ptr<Counter> sent_, refused_;
  std::shared_ptr<Gauge> in_flight_;
  AsyncWriter::Counts told_;
};

}  // namespace

std::unique_ptr<Sink> MakeAsyncSink(AsyncSinkParts parts, const ConnectorEnvironment& environment) {
  return std::make_unique<AsyncSink>(std::move(parts), environment);
}

}  // namespace sluice::engine::aws
