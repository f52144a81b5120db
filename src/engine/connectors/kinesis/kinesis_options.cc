#include "engine/connectors/kinesis/kinesis_options.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "engine/connectors/aws/aws_options.h"
#include "engine/connectors/kinesis/java_date.h"
#include "engine/connectors/options/format_options.h"
#include "engine/formats/text/option_text.h"

namespace sluice::engine::kinesis {
namespace {

using Kind = net::ShardPosition::Kind;

Error Bad(std::string message) { return Error(ErrorCode::kOption, std::move(message)); }

/// The option in today's spelling, else in the one before.
std::string Either(const OptionMap& options, const char* now, const char* before, const char* fallback) {
  auto found = options.find(now);
  if (found == options.end()) found = options.find(before);
  return found == options.end() ? fallback : found->second;
}

Result<net::KinesisStream> StreamOf(const OptionMap& options) {
  auto arn = options.find("stream.arn");
  if (arn == options.end()) return net::KinesisStream{options.at("stream"), ""};
  auto stream = net::KinesisStream::OfArn(arn->second);
  if (!stream) {
    return Bad("'" + arn->second +
               "' is not the ARN of a Kinesis data stream ('stream.arn'); expected "
               "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME");
  }
  return *stream;
}

Result<net::ShardPosition> InitialPosition(const OptionMap& options) {
  const bool today = options.contains("source.init.position") || !options.contains("scan.stream.initpos");
  const std::string name = Either(options, "source.init.position", "scan.stream.initpos", "LATEST");
  if (name == "LATEST") return net::ShardPosition{Kind::kLatest, "", 0};
  if (name == "TRIM_HORIZON") return net::ShardPosition{Kind::kTrimHorizon, "", 0};
  if (name != "AT_TIMESTAMP") {
    if (!today)
      return Bad(
          "Invalid initial position in stream set in config. Valid values are: TRIM_HORIZON, LATEST, AT_TIMESTAMP, ");
    return text::InvalidOption("source.init.position",
                               "Could not parse value for enum class org.apache.flink.connector.kinesis.source.config."
                               "KinesisSourceConfigOptions$InitialPosition. Expected one of: [[LATEST, TRIM_HORIZON, "
                               "AT_TIMESTAMP]]");
  }
  const std::string when = Either(options, "source.init.timestamp", "scan.stream.initpos-timestamp", "");
  const char* key = today ? "source.init.timestamp" : "flink.stream.initpos.timestamp";
  if (when.empty()) {
    return Bad("Please set value for initial timestamp ('" + std::string(key) +
               "') when using AT_TIMESTAMP initial position.");
  }
  const std::string format = Either(options, "source.init.timestamp.format", "scan.stream.initpos-timestamp-format",
                                    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
  SLUICE_ASSIGN_OR_RETURN(const auto parsed, ParseJavaDate(when, format));
  if (parsed) return net::ShardPosition{Kind::kAtTimestamp, "", *parsed};
  char* end = nullptr;
  const double seconds = std::strtod(when.c_str(), &end);
  if (end == when.c_str() || *end != '\0' || !(seconds >= 0) || seconds > 1e11) {
    return Bad(
        "Invalid value given for initial timestamp for AT_TIMESTAMP initial position in stream. Must be a valid "
        "format: ('" +
        format +
        "') or non-negative double value. For example, 2016-04-04T19:58:46.480-00:00 or "
        "1459799926.480 .");
  }
  return net::ShardPosition{Kind::kAtTimestamp, "", std::llround(seconds * 1000)};
}

Result<std::chrono::milliseconds> Interval(const OptionMap& options, const char* now, const char* before,
                                           std::chrono::milliseconds fallback) {
  SLUICE_ASSIGN_OR_RETURN(const auto value, text::DurationOption(options, now));
  if (value) return std::chrono::milliseconds(*value);
  if (before == nullptr) return fallback;
  SLUICE_ASSIGN_OR_RETURN(const int64_t ms, text::IntOption(options, before, fallback.count(), 64));
  if (ms < 0)
    return Bad(std::string("Invalid value given for '") + before + "'. Must be a valid non-negative long value.");
  return std::chrono::milliseconds(ms);
}

Status ReadFanOut(const OptionMap& options, SourceOptions& out) {
  const std::string reader = Either(options, "source.reader.type", "scan.stream.recordpublisher", "POLLING");
  if (reader != "EFO" && reader != "POLLING") {
    if (options.contains("source.reader.type")) {
      return text::InvalidOption(
          "source.reader.type",
          "Could not parse value for enum class org.apache.flink.connector.kinesis.source.config."
          "KinesisSourceConfigOptions$ReaderType. Expected one of: [[POLLING, EFO]]");
    }
    return Bad("Invalid record publisher type in stream set in config. Valid values are: EFO, POLLING, ");
  }
  out.fan_out = reader == "EFO";
  if (!out.fan_out) return {};
  out.consumer_name = Either(options, "source.efo.consumer.name", "scan.stream.efo.consumername", "");
  const std::string registration = text::StringOption(options, "scan.stream.efo.registration", "LAZY");
  const std::string lifecycle = text::StringOption(options, "source.efo.lifecycle", "JOB_MANAGED");
  if (registration != "LAZY" && registration != "EAGER" && registration != "NONE") {
    return Bad("Invalid efo registration type in stream set in config. Valid values are: LAZY, EAGER, NONE, ");
  }
  if (lifecycle != "JOB_MANAGED" && lifecycle != "SELF_MANAGED") {
    return text::InvalidOption("source.efo.lifecycle",
                               "Could not parse value for enum class org.apache.flink.connector.kinesis.source.config."
                               "KinesisSourceConfigOptions$ConsumerLifecycle. Expected one of: [[JOB_MANAGED, "
                               "SELF_MANAGED]]");
  }
  out.manages_consumer = registration != "NONE" && lifecycle == "JOB_MANAGED";
  const std::string stream_name = out.stream.name;
  out.consumer_arn =
      Either(options, ("scan.stream.efo.consumerarn." + stream_name).c_str(), "scan.stream.efo.consumerarn", "");
  if (out.consumer_name.empty() && out.consumer_arn.empty()) {
    if (registration == "NONE") {
      return Bad("Invalid efo consumer arn settings for not providing consumer arns: flink.stream.efo.consumerarn." +
                 stream_name);
    }
    return Bad(
        "For EFO consumers, 'source.efo.consumer.name' ('scan.stream.efo.consumername') must be set: the name of "
        "the consumer to register.");
  }
  return {};
}

}  // namespace

const std::vector<std::string>& OwnOptions() {
  static const std::vector<std::string> kOptions = [] {
    std::vector<std::string> all = {
        "aws.region",       "format",     "sink.partitioner", "sink.partitioner-field-delimiter",
        "sink.parallelism", "stream.arn", "stream",           "source.shard-assigner"};
    all.insert(all.end(), CommonOptions().begin(), CommonOptions().end());
    all.insert(all.end(), aws::AsyncWriterOptions().begin(), aws::AsyncWriterOptions().end());
    return all;
  }();
  return kOptions;
}

Status CheckTableOptions(const OptionMap& options, const std::string& format) {
  if (options.contains("stream") && !options.contains("stream.arn")) {
    if (!options.contains("aws.region") && !options.contains("aws.endpoint")) {
      return Bad(
          "For FlinkKinesisConsumer AWS region ('aws.region') and/or AWS endpoint ('aws.endpoint') must be set in "
          "the config.");
    }
  } else {
    SLUICE_RETURN_IF_ERROR(RequireOptions(options, {"aws.region", "stream.arn"}));
  }
  OptionMap own;
  for (const auto& [name, value] : options) {
    bool checked_elsewhere = name.starts_with(format + ".");
    for (const char* prefix : {"aws.", "sink.", "source.", "scan."}) {
      checked_elsewhere = checked_elsewhere || name.starts_with(prefix);
    }
    if (!checked_elsewhere) own.emplace(name, value);
  }
  SLUICE_RETURN_IF_ERROR(RefuseUnknownOptions("kinesis", own, OwnOptions()));
  SLUICE_RETURN_IF_ERROR(StreamOf(options));
  return aws::CheckAwsOptions(AwsOptionsOf(options));
}

OptionMap AwsOptionsOf(const OptionMap& options) {
  OptionMap out = options;
  auto host = options.find("sink.producer.kinesis-endpoint");
  if (host != options.end()) {
    auto port = options.find("sink.producer.kinesis-port");
    out.try_emplace("aws.endpoint", "https://" + host->second + (port == options.end() ? "" : ":" + port->second));
  }
  auto verify = options.find("sink.producer.verify-certificate");
  if (verify != options.end()) {
    out.try_emplace("aws.trust.all.certificates", verify->second == "false" ? "true" : "false");
  }
  return out;
}

Result<SourceOptions> ReadSourceOptions(const TableDescription& table) {
  const OptionMap& options = table.options;
  SourceOptions out;
  SLUICE_ASSIGN_OR_RETURN(out.stream, StreamOf(options));
  SLUICE_ASSIGN_OR_RETURN(out.initial, InitialPosition(options));
  SLUICE_RETURN_IF_ERROR(ReadFanOut(options, out));
  SLUICE_ASSIGN_OR_RETURN(const int64_t before_records,
                          text::IntOption(options, "scan.shard.getrecords.maxrecordcount", 10'000, 32));
  SLUICE_ASSIGN_OR_RETURN(const int64_t records,
                          text::IntOption(options, "source.shard.get-records.max-record-count", before_records, 32));
  if (records < 1 || records > 10'000) {
    return Bad(
        "Invalid value given for maximum records per getRecords shard operation. Must be a valid non-negative "
        "integer value, at most 10000.");
  }
  out.max_records = static_cast<size_t>(records);
  SLUICE_ASSIGN_OR_RETURN(out.interval, Interval(options, "", "scan.shard.getrecords.intervalmillis", out.interval));
  SLUICE_ASSIGN_OR_RETURN(out.empty_interval,
                          Interval(options, "source.reader.empty-records-fetch-interval", nullptr, out.empty_interval));
  SLUICE_ASSIGN_OR_RETURN(out.discovery_interval,
                          Interval(options, "source.shard.discovery.interval", "scan.shard.discovery.intervalmillis",
                                   out.discovery_interval));
  SLUICE_ASSIGN_OR_RETURN(out.subscription_timeout,
                          Interval(options, "source.efo.subscription.timeout", nullptr, out.subscription_timeout));
  SLUICE_ASSIGN_OR_RETURN(out.adaptive, text::BoolOption(options, "scan.shard.adaptivereads", false));
  const bool before = out.stream.arn.empty();
  const std::string assigner = Either(options, "source.shard-assigner", "scan.shard-assigner", "default");
  using Assigner = SourceOptions::Assigner;
  if (assigner == "default") {
    out.assigner = before ? Assigner::kHash : Assigner::kUniform;
  } else if (assigner == "uniform") {
    out.assigner = before ? Assigner::kUniformByStream : Assigner::kUniform;
  } else {
    return Error(ErrorCode::kNotSupported,
                 "not supported yet: the shard assigner '" + assigner + "'; 'default' and 'uniform' are");
  }
  return out;
}

Result<SinkOptions> ReadSinkOptions(const TableDescription& table) {
  OptionMap options = table.options;
  SinkOptions out;
  SLUICE_ASSIGN_OR_RETURN(out.stream, StreamOf(options));
  constexpr const char* kOlder[][2] = {{"sink.producer.record-max-buffered-time", "sink.flush-buffer.timeout"},
                                       {"sink.producer.collection-max-size", "sink.batch.max-size"},
                                       {"sink.producer.collection-max-count", "sink.requests.max-inflight"},
                                       {"sink.producer.fail-on-error", "sink.fail-on-error"}};
  for (const auto& [older, today] : kOlder) {
    if (auto found = options.find(older); found != options.end()) options.try_emplace(today, found->second);
  }
  SLUICE_ASSIGN_OR_RETURN(out.limits, aws::ReadAsyncWriterLimits(options, out.limits));
  out.delimiter = text::StringOption(options, "sink.partitioner-field-delimiter", "|");
  using Partitioner = SinkOptions::Partitioner;
  auto partitioner = options.find("sink.partitioner");
  if (!table.partition_keys.empty()) {
    if (partitioner != options.end()) {
      return Bad("Cannot set sink.partitioner option for a table defined with a PARTITIONED BY clause");
    }
    out.partitioner = Partitioner::kFields;
  } else if (partitioner == options.end() || partitioner->second == "random") {
    out.partitioner = Partitioner::kRandom;
  } else if (partitioner->second == "fixed") {
    out.partitioner = Partitioner::kFixed;
  } else {
    return Bad("Could not find and instantiate partitioner class '" + partitioner->second + "'");
  }
  return out;
}

}  // namespace sluice::engine::kinesis
