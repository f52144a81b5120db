#include "net/aws/kinesis.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <boost/json.hpp>

#include "net/http_client.h"

namespace sluice::net {
namespace {

namespace json = boost::json;

std::string TextOf(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string();
}

const json::array* ListOf(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(key);
  return member != nullptr ? member->if_array() : nullptr;
}

Error Unexpected(std::string_view operation) {
  return Error(ErrorCode::kData, fmt::format("the answer to {} is not one of Kinesis", operation));
}

/// "com.amazonaws…#ResourceNotFoundException:http://…" → "ResourceNotFoundException".
std::string ErrorType(std::string text) {
  text = text.substr(0, text.find(':'));
  return text.substr(text.rfind('#') + 1);
}

Error Refused(const HttpResponse& response) {
  boost::system::error_code ec;
  const json::value body = json::parse(response.body, ec);
  std::string type = ErrorType(std::string(response.headers.Get("x-amzn-ErrorType")));
  if (type.empty() && !ec) type = ErrorType(TextOf(body, "__type"));
  std::string message = ec ? "" : TextOf(body, "message");
  if (message.empty() && !ec) message = TextOf(body, "Message");
  const ErrorCode code = type == "ResourceNotFoundException" ? ErrorCode::kNotFound
                         : type == "ProvisionedThroughputExceededException" || type == "LimitExceededException" ||
                                 type == "KMSThrottlingException"
                             ? ErrorCode::kResourceExhausted
                         : response.status >= 500 ? ErrorCode::kUnavailable
                                                  : ErrorCode::kInvalidArgument;
  return Error(code, fmt::format("{}: {}", type.empty() ? fmt::format("status {}", response.status) : type, message));
}

Result<std::string> DecodeBase64(std::string text) {
  if (text.size() % 4 != 0) return Unexpected("GetRecords");
  std::string out(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (length < 0) return Unexpected("GetRecords");
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

}  // namespace

KinesisOptions KinesisOptions::FromEnvironment(const EnvLookup& environment) {
  KinesisOptions options;
  options.region = FindRegion(environment);
  options.endpoint = environment("AWS_ENDPOINT_URL_KINESIS");
  if (options.endpoint.empty()) options.endpoint = environment("AWS_ENDPOINT_URL");
  options.ca_file = environment("AWS_CA_BUNDLE");
  return options;
}

Result<std::string> KinesisClient::Call(std::string_view operation, std::string body) const {
  std::string base =
      options_.endpoint.empty() ? fmt::format("https://kinesis.{}.amazonaws.com", options_.region) : options_.endpoint;
  while (base.ends_with('/')) base.pop_back();
  auto url = ParseUrl(base + "/");
  if (!url.ok()) return url.error().WithContext("the Kinesis endpoint");
  SLUICE_ASSIGN_OR_RETURN(AwsCredentials credentials, credentials_->Get());
  HttpRequest request;
  request.method = "POST";
  request.body = std::move(body);
  request.headers.Set("Content-Type", "application/x-amz-json-1.1");
  request.headers.Set("X-Amz-Target", fmt::format("Kinesis_20131202.{}", operation));
  SignSigV4(*url, credentials, {options_.region, "kinesis"}, clock_.NowMs(), &request);
  HttpClientOptions client;
  client.ca_file = options_.ca_file;
  SLUICE_ASSIGN_OR_RETURN(HttpResponse response, SendHttp(*url, request, client));
  if (response.status != 200) return Refused(response);
  return std::move(response.body);
}

Result<std::vector<std::string>> KinesisClient::ListShards(const std::string& stream) const {
  std::vector<std::string> out;
  json::object request{{"StreamName", stream}};
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(std::string body, Call("ListShards", json::serialize(request)));
    boost::system::error_code ec;
    const json::value answer = json::parse(body, ec);
    const auto* shards = ec ? nullptr : ListOf(answer, "Shards");
    if (shards == nullptr) return Unexpected("ListShards");
    for (const json::value& shard : *shards) out.push_back(TextOf(shard, "ShardId"));
    const std::string next = TextOf(answer, "NextToken");
    if (next.empty()) return out;
    request = {{"NextToken", next}};
  }
}

Result<std::string> KinesisClient::ShardIterator(const std::string& stream, const std::string& shard,
                                                 std::string_view type) const {
  const json::object request{{"StreamName", stream}, {"ShardId", shard}, {"ShardIteratorType", type}};
  SLUICE_ASSIGN_OR_RETURN(std::string body, Call("GetShardIterator", json::serialize(request)));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  std::string iterator = ec ? "" : TextOf(answer, "ShardIterator");
  if (iterator.empty()) return Unexpected("GetShardIterator");
  return iterator;
}

Result<KinesisBatch> KinesisClient::GetRecords(const std::string& iterator, size_t limit) const {
  const json::object request{{"ShardIterator", iterator}, {"Limit", limit}};
  SLUICE_ASSIGN_OR_RETURN(std::string body, Call("GetRecords", json::serialize(request)));
  boost::system::error_code ec;
  const json::value answer = json::parse(body, ec);
  const auto* records = ec ? nullptr : ListOf(answer, "Records");
  if (records == nullptr) return Unexpected("GetRecords");
  KinesisBatch out;
  for (const json::value& record : *records) {
    SLUICE_ASSIGN_OR_RETURN(std::string data, DecodeBase64(TextOf(record, "Data")));
    out.records.push_back(std::move(data));
  }
  out.next_iterator = TextOf(answer, "NextShardIterator");
  return out;
}

}  // namespace sluice::net
