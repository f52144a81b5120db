#include "net/aws/kinesis.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "net/digest.h"
#include "net/event_stream.h"
#include "net/http2_stream.h"

namespace sluice::net {
namespace {

namespace json = boost::json;

std::string TextOf(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
}

const json::value* MemberOf(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

const json::array* ListOf(const json::value& value, std::string_view key) {
  const auto* member = MemberOf(value, key);
  return member != nullptr ? member->if_array() : nullptr;
}

Error Unexpected(std::string_view operation) {
  return Error(ErrorCode::kData, fmt::format("the answer to {} is not one of Kinesis", operation));
}

std::string Target(std::string_view operation) { return fmt::format("Kinesis_20131202.{}", operation); }

void Name(const KinesisStream& stream, json::object& request) {
  if (stream.arn.empty()) {
    request["StreamName"] = stream.name;
  } else {
    request["StreamARN"] = stream.arn;
  }
}

/// GetShardIterator names the fields otherwise than SubscribeToShard.
void AddPosition(const ShardPosition& position, std::string_view type_name, std::string_view sequence_name,
                 json::object& out) {
  using Kind = ShardPosition::Kind;
  const double seconds = static_cast<double>(position.timestamp_ms) / 1000;
  switch (position.kind) {
    case Kind::kTrimHorizon: out[type_name] = "TRIM_HORIZON"; break;
    case Kind::kLatest: out[type_name] = "LATEST"; break;
    case Kind::kAtTimestamp:
      out[type_name] = "AT_TIMESTAMP";
      out["Timestamp"] = seconds;
      break;
    case Kind::kAtSequenceNumber:
    case Kind::kAfterSequenceNumber:
      out[type_name] = position.kind == Kind::kAtSequenceNumber ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER";
      out[sequence_name] = position.sequence_number;
      break;
  }
}

KinesisShard ReadShard(const json::value& value) {
  KinesisShard shard;
  shard.id = TextOf(value, "ShardId");
  shard.parent = TextOf(value, "ParentShardId");
  shard.adjacent_parent = TextOf(value, "AdjacentParentShardId");
  if (const auto* range = MemberOf(value, "HashKeyRange")) {
    shard.keys = {TextOf(*range, "StartingHashKey"), TextOf(*range, "EndingHashKey")};
  }
  if (const auto* range = MemberOf(value, "SequenceNumberRange")) {
    shard.closed = !TextOf(*range, "EndingSequenceNumber").empty();
  }
  return shard;
}

Result<StreamConsumer> ReadConsumer(std::string_view operation, const std::string& body, std::string_view member) {
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const auto* consumer = ec ? nullptr : MemberOf(answer, member);
  if (consumer == nullptr || TextOf(*consumer, "ConsumerARN").empty()) return Unexpected(operation);
  return StreamConsumer{TextOf(*consumer, "ConsumerARN"), TextOf(*consumer, "ConsumerStatus")};
}

}  // namespace

std::optional<KinesisStream> KinesisStream::OfArn(const std::string& arn) {
  const size_t at = arn.find(":stream/");
  if (!arn.starts_with("arn:") || arn.find(":kinesis:") == std::string::npos || at == std::string::npos) {
    return std::nullopt;
  }
  return KinesisStream{arn.substr(at + 8), arn};
}

KinesisClient::KinesisClient(AwsClientOptions options, CredentialsProvider* credentials, Clock& clock, Random* random)
    : client_(std::move(options), credentials, clock, random) {}

Result<std::string> KinesisClient::Call(std::string_view operation, std::string body) {
  return client_.CallJson(Target(operation), std::move(body));
}

Result<std::vector<KinesisShard>> KinesisClient::ListShards(const KinesisStream& stream) {
  std::vector<KinesisShard> out;
  json::object request;
  Name(stream, request);
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("ListShards", json::serialize(request)));
    boost::system::error_code ec;
    const json::value answer = json::parse(body, ec);
    const auto* shards = ec ? nullptr : ListOf(answer, "Shards");
    if (shards == nullptr) return Unexpected("ListShards");
    for (const json::value& shard : *shards) out.push_back(ReadShard(shard));
    const std::string next = TextOf(answer, "NextToken");
    if (next.empty()) return out;
    request = {{"NextToken", next}};
  }
}

Result<std::string> KinesisClient::StreamArn(const KinesisStream& stream) {
  if (!stream.arn.empty()) return stream.arn;
  json::object request;
  Name(stream, request);
  SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("DescribeStreamSummary", json::serialize(request)));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const auto* summary = ec ? nullptr : MemberOf(answer, "StreamDescriptionSummary");
  std::string arn = summary == nullptr ? "" : TextOf(*summary, "StreamARN");
  if (arn.empty()) return Unexpected("DescribeStreamSummary");
  return arn;
}

Result<std::string> KinesisClient::ShardIterator(const KinesisStream& stream, const std::string& shard,
                                                 const ShardPosition& position) {
  json::object request{{"ShardId", shard}};
  Name(stream, request);
  AddPosition(position, "ShardIteratorType", "StartingSequenceNumber", request);
  SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("GetShardIterator", json::serialize(request)));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  std::string iterator = ec ? "" : TextOf(answer, "ShardIterator");
  if (iterator.empty()) return Unexpected("GetShardIterator");
  return iterator;
}

Result<KinesisRecords> KinesisClient::GetRecords(const KinesisStream& stream, const std::string& iterator,
                                                 size_t limit) {
  json::object request{{"ShardIterator", iterator}, {"Limit", limit}};
  if (!stream.arn.empty()) request["StreamARN"] = stream.arn;
  SLUICE_ASSIGN_OR_RETURN(std::string body, Call("GetRecords", json::serialize(request)));
  return ParseKinesisRecords(body, "NextShardIterator");
}

Result<StreamConsumer> KinesisClient::DescribeStreamConsumer(const std::string& stream_arn, const std::string& name) {
  const json::object request{{"StreamARN", stream_arn}, {"ConsumerName", name}};
  SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("DescribeStreamConsumer", json::serialize(request)));
  return ReadConsumer("DescribeStreamConsumer", body, "ConsumerDescription");
}

Result<StreamConsumer> KinesisClient::RegisterStreamConsumer(const std::string& stream_arn, const std::string& name) {
  const json::object request{{"StreamARN", stream_arn}, {"ConsumerName", name}};
  SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("RegisterStreamConsumer", json::serialize(request)));
  return ReadConsumer("RegisterStreamConsumer", body, "Consumer");
}

Status KinesisClient::DeregisterStreamConsumer(const std::string& stream_arn, const std::string& name) {
  const json::object request{{"StreamARN", stream_arn}, {"ConsumerName", name}};
  auto done = Call("DeregisterStreamConsumer", json::serialize(request));
  return done.ok() ? Status() : Status(done.error());
}

Result<std::vector<RefusedRecord>> KinesisClient::PutRecords(const KinesisStream& stream,
                                                             const std::vector<PutRecordsEntry>& records) {
  json::object name;
  Name(stream, name);
  std::string request = json::serialize(name);
  request.back() = ',';
  request += "\"Records\":[";
  for (const PutRecordsEntry& record : records) {
    request += "{\"Data\":\"";
    request += Base64(record.data);
    request += "\",\"PartitionKey\":";
    request += json::serialize(json::value(record.partition_key));
    request += "},";
  }
  request.back() = ']';
  request += '}';
  SLUICE_ASSIGN_OR_RETURN(const std::string body, Call("PutRecords", std::move(request)));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const auto* results = ec ? nullptr : ListOf(answer, "Records");
  if (results == nullptr || results->size() != records.size()) return Unexpected("PutRecords");
  std::vector<RefusedRecord> refused;
  for (size_t i = 0; i < results->size(); ++i) {
    const std::string type = TextOf((*results)[i], "ErrorCode");
    if (type.empty()) continue;
    const bool throttled = type == "ProvisionedThroughputExceededException";
    refused.push_back({i, Error(throttled ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable,
                                fmt::format("{}: {}", type, TextOf((*results)[i], "ErrorMessage")))});
  }
  return refused;
}

// --- enhanced fan-out

struct ShardSubscription::Parts {
  explicit Parts(Url url, HttpClientOptions options) : http(std::move(url), std::move(options)) {}
  Http2Stream http;
  EventStreamReader events;
};

ShardSubscription::ShardSubscription(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ShardSubscription::~ShardSubscription() = default;
void ShardSubscription::Cancel() { parts_->http.Cancel(); }

Result<std::optional<KinesisRecords>> ShardSubscription::Next(std::chrono::milliseconds patience) {
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(std::optional<EventMessage> message, parts_->events.Next());
    if (!message) {
      SLUICE_ASSIGN_OR_RETURN(const std::string bytes, parts_->http.Read(patience));
      if (bytes.empty()) return std::optional<KinesisRecords>();
      parts_->events.Add(bytes);
      continue;
    }
    const std::string_view kind = message->Header(":message-type");
    if (kind == "exception" || kind == "error") {
      HttpResponse refusal;
      refusal.status = 400;
      std::string_view type = message->Header(":exception-type");
      if (type.empty()) type = message->Header(":error-code");
      refusal.headers.Set("x-amzn-ErrorType", std::string(type));
      refusal.body = std::move(message->payload);
      return AwsRefusal(refusal);
    }
    if (message->Header(":event-type") != "SubscribeToShardEvent") continue;
    SLUICE_ASSIGN_OR_RETURN(KinesisRecords records,
                            ParseKinesisRecords(message->payload, "ContinuationSequenceNumber"));
    return std::optional<KinesisRecords>(std::move(records));
  }
}

Result<std::shared_ptr<ShardSubscription>> KinesisClient::NewSubscription() const {
  SLUICE_ASSIGN_OR_RETURN(Url url, client_.EndpointUrl());
  const AwsClientOptions& options = client_.options();
  HttpClientOptions http{.total_timeout = options.total_timeout,
                         .ca_file = options.ca_file,
                         .trust_all_certificates = options.trust_all_certificates};
  return std::shared_ptr<ShardSubscription>(
      new ShardSubscription(std::make_unique<ShardSubscription::Parts>(std::move(url), std::move(http))));
}

Status KinesisClient::Subscribe(ShardSubscription& subscription, const std::string& consumer_arn,
                                const std::string& shard, const ShardPosition& position) {
  json::object starting;
  AddPosition(position, "Type", "SequenceNumber", starting);
  const json::object body{{"ConsumerARN", consumer_arn}, {"ShardId", shard}, {"StartingPosition", starting}};
  SLUICE_ASSIGN_OR_RETURN(const HttpRequest request,
                          client_.SignedJsonRequest(Target("SubscribeToShard"), json::serialize(body)));
  Http2Stream& http = subscription.parts_->http;
  SLUICE_RETURN_IF_ERROR(http.Start(request));
  if (http.status() == 200) return {};
  HttpResponse refusal;
  refusal.status = http.status();
  refusal.headers = http.headers();
  while (true) {
    auto bytes = http.Read(std::chrono::seconds(5));
    if (!bytes.ok() || bytes->empty()) break;
    refusal.body += *bytes;
  }
  return AwsRefusal(refusal);
}

}  // namespace sluice::net
