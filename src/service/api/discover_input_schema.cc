#include <fmt/format.h>

#include "service/api/actions.h"
#include "service/api/schema_discovery.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

constexpr size_t kMaxSampleBytes = 1024 * 1024;
constexpr size_t kMaxShownRows = 100;

ApiError StreamProblem(const std::string& arn, const Error& error) {
  switch (error.code()) {
    case ErrorCode::kResourceExhausted:
      return {"ResourceProvisionedThroughputExceededException",
              fmt::format("Reading {} was throttled; try again later ({})", arn, error.message())};
    case ErrorCode::kUnavailable:
    case ErrorCode::kIo:
    case ErrorCode::kTimeout:
    case ErrorCode::kData:
      return {"ServiceUnavailableException", fmt::format("{} cannot be read: {}", arn, error.message()), 503};
    default:
      return ApiError::InvalidArgument(fmt::format(
          "Please check the role provided or validity of the stream: {} cannot be read ({})", arn, error.message()));
  }
}

Answer<std::vector<std::string>> SampleStream(ServiceContext& context, const json::object& request) {
  StreamSample sample;
  sample.stream_arn = TextAt(request, "ResourceARN");
  if (sample.stream_arn.find(":firehose:") != std::string::npos) {
    return ApiError::Unsupported("DiscoverInputSchema of a Firehose delivery stream is not supported yet");
  }
  const auto* start = ObjectAt(request, "InputStartingPositionConfiguration");
  const std::string position = start == nullptr ? "NOW" : TextAt(*start, "InputStartingPosition");
  if (position == "LAST_STOPPED_POINT") {
    return ApiError::InvalidArgument("InputStartingPosition must be NOW or TRIM_HORIZON to discover a schema");
  }
  sample.from_beginning = position == "TRIM_HORIZON";
  auto records = context.streams->Sample(sample);
  if (!records.ok()) return StreamProblem(sample.stream_arn, records.error());
  size_t bytes = 0;
  size_t kept = 0;
  while (kept < records->size() && (kept == 0 || bytes + (*records)[kept].size() <= kMaxSampleBytes)) {
    bytes += (*records)[kept++].size();
  }
  records->resize(kept);
  return std::move(*records);
}

Answer<std::vector<std::string>> SampleObject(ServiceContext& context, const json::object& s3) {
  const std::string bucket = TextAt(s3, "BucketARN");
  const std::string key = TextAt(s3, "FileKey");
  auto bytes = context.code.Fetch(bucket, key, "");
  if (!bytes.ok()) {
    return ApiError::InvalidArgument(fmt::format(
        "Please check the role provided or validity of S3 location you provided. We are unable to get the specified "
        "fileKey: {} in the specified bucket: {} ({})",
        key, bucket, bytes.error().message()));
  }
  if (bytes->size() > kMaxSampleBytes) bytes->resize(std::max<size_t>(bytes->rfind('\n', kMaxSampleBytes) + 1, 1));
  std::vector<std::string> out;
  if (!bytes->empty()) out.push_back(std::move(*bytes));
  return out;
}

bool IsUtf8(std::string_view text) {
  size_t follow = 0;
  for (unsigned char c : text) {
    if (follow > 0) {
      if ((c & 0xc0) != 0x80) return false;
      --follow;
    } else if (c >= 0x80) {
      follow = (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : (c & 0xf8) == 0xf0 ? 3 : 0;
      if (follow == 0) return false;
    }
  }
  return follow == 0;
}

}  // namespace

Answer<json::object> DiscoverInputSchema(ServiceContext& context, const json::object& request) {
  const auto* s3 = ObjectAt(request, "S3Configuration");
  if ((s3 != nullptr) == request.contains("ResourceARN")) {
    return ApiError::InvalidArgument("DiscoverInputSchema needs exactly one of ResourceARN and S3Configuration");
  }
  if (request.contains("InputProcessingConfiguration")) {
    return ApiError::Unsupported("InputProcessingConfiguration of DiscoverInputSchema is not supported yet");
  }
  SLUICE_ASSIGN_OR_RETURN(std::vector<std::string> records,
                          s3 != nullptr ? SampleObject(context, *s3) : SampleStream(context, request));
  if (records.empty()) {
    return ApiError("UnableToDetectSchemaException", "No records were found to detect the schema from");
  }
  for (const std::string& record : records) {
    if (IsUtf8(record)) continue;
    return ApiError("UnableToDetectSchemaException", "The records are not UTF-8 text: only JSON and CSV are detected");
  }
  auto discovered = DiscoverSchema(records);
  json::array raw(records.begin(), records.end());
  if (!discovered) {
    return ApiError("UnableToDetectSchemaException",
                    "Unable to detect the schema of the records: they are neither JSON objects nor CSV")
        .WithMembers(json::serialize(json::object{{"RawInputRecords", std::move(raw)}}));
  }
  json::array parsed;
  for (const auto& row : discovered->rows) {
    if (parsed.size() >= kMaxShownRows) break;
    json::array fields;
    for (const std::string& field : row) fields.emplace_back(field);
    parsed.push_back(std::move(fields));
  }
  return json::object{{"InputSchema", std::move(discovered->schema)},
                      {"ParsedInputRecords", std::move(parsed)},
                      {"RawInputRecords", std::move(raw)}};
}

}  // namespace sluice::service
