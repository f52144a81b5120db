// Writes rows to a Firehose delivery stream, at least once.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/clock.h"
#include "engine/connectors/aws/aws_options.h"
#include "engine/connectors/aws/encoded_entries.h"
#include "engine/connectors/connector.h"
#include "engine/connectors/options/format_options.h"
#include "net/digest.h"

namespace sluice::engine {
namespace {

namespace json = boost::json;
using Formats = std::map<std::string, Format>;

/// Flink's KinesisFirehoseSinkBuilder: what PutRecordBatch takes.
constexpr aws::AsyncWriterLimits kLimits{
    .batch_entries = 500, .batch_bytes = 4 * 1024 * 1024, .entry_bytes = 1000 * 1024};

const std::vector<std::string>& OwnOptions() {
  static const std::vector<std::string> kOptions = [] {
    std::vector<std::string> all = {"delivery-stream", "format", "sink.parallelism"};
    all.insert(all.end(), CommonOptions().begin(), CommonOptions().end());
    all.insert(all.end(), aws::AsyncWriterOptions().begin(), aws::AsyncWriterOptions().end());
    return all;
  }();
  return kOptions;
}

class FirehoseTarget final : public aws::AsyncTarget {
 public:
  FirehoseTarget(aws::AwsAccess access, std::string stream, Clock& clock)
      : access_(std::move(access)),
        stream_(std::move(stream)),
        client_(access_.client, access_.credentials.get(), clock, nullptr) {}

  Result<aws::LeftOver> Send(const std::vector<aws::WriteEntry>& entries) override;
  void Cancel() override { client_.Cancel(); }
  std::string name() const override { return "writing to Firehose stream '" + stream_ + "'"; }

 private:
  const aws::AwsAccess access_;
  const std::string stream_;
  net::AwsClient client_;
};

Result<aws::LeftOver> FirehoseTarget::Send(const std::vector<aws::WriteEntry>& entries) {
  std::string request = "{\"DeliveryStreamName\":" + json::serialize(json::value(stream_)) + ",\"Records\":[";
  for (const aws::WriteEntry& entry : entries) request += "{\"Data\":\"" + net::Base64(entry.data) + "\"},";
  request.back() = ']';
  request += '}';
  SLUICE_ASSIGN_OR_RETURN(const std::string body,
                          client_.CallJson("Firehose_20150804.PutRecordBatch", std::move(request)));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const auto* object = ec ? nullptr : answer.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains("RequestResponses");
  const auto* results = member == nullptr ? nullptr : member->if_array();
  if (results == nullptr || results->size() != entries.size()) {
    return Error(ErrorCode::kUnavailable, "the answer to PutRecordBatch is not one of Firehose");
  }
  aws::LeftOver left;
  for (size_t i = 0; i < results->size(); ++i) {
    const auto* result = (*results)[i].if_object();
    const auto* code = result == nullptr ? nullptr : result->if_contains("ErrorCode");
    if (code == nullptr || !code->is_string()) continue;
    const std::string type(code->as_string());
    left.reason = Error(type == "ServiceUnavailableException" ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable,
                        type + ": a record was refused");
    left.entries.push_back(entries[i]);
  }
  return left;
}

Result<TableCapability> SinkCapability(const TableDescription& table, const Formats& formats) {
  SLUICE_RETURN_IF_ERROR(RequireOptions(table.options, {"delivery-stream"}));
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, formats));
  OptionMap own;
  for (const auto& [name, value] : table.options) {
    const bool elsewhere = name.starts_with(format->descriptor.name + ".") || name.starts_with("aws.") ||
                           name.starts_with("sink.http-client.");
    if (!elsewhere) own.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("firehose", own, OwnOptions()));
  SLUICE_RETURN_IF_ERROR(aws::CheckAwsOptions(table.options));
  SLUICE_RETURN_IF_ERROR(aws::ReadAsyncWriterLimits(table.options, kLimits));
  return aws::EncodedCapability(table, formats);
}

Result<std::unique_ptr<Sink>> MakeSink(const SinkNode& node, const Schema& input,
                                       const ConnectorEnvironment& environment) {
  aws::AsyncSinkParts parts;
  SLUICE_ASSIGN_OR_RETURN(parts.limits, aws::ReadAsyncWriterLimits(node.table.options, kLimits));
  SLUICE_ASSIGN_OR_RETURN(parts.entries, aws::MakeEncodedEntries(node.table, input, environment, nullptr, nullptr));
  parts.make_target = [options = node.table.options,
                       clock = environment.clock]() -> Result<std::unique_ptr<aws::AsyncTarget>> {
    SLUICE_ASSIGN_OR_RETURN(aws::AwsAccess access,
                            aws::MakeAwsAccess(options, "firehose", net::ProcessEnvironment(), *clock));
    return std::unique_ptr<aws::AsyncTarget>(
        std::make_unique<FirehoseTarget>(std::move(access), options.at("delivery-stream"), *clock));
  };
  return aws::MakeAsyncSink(std::move(parts), environment);
}

}  // namespace

Connector FirehoseConnector(const std::map<std::string, Format>* formats) {
  Connector connector;
  connector.descriptor.name = "firehose";
  connector.descriptor.is_sink = true;
  connector.descriptor.takes_format = true;
  for (const std::string& name : OwnOptions()) {
    connector.descriptor.options.push_back({name, name == "delivery-stream" || name == "format"});
  }
  connector.descriptor.sink = [formats](const TableDescription& table) { return SinkCapability(table, *formats); };
  connector.make_sink = MakeSink;
  return connector;
}

}  // namespace sluice::engine
