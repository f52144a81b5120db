#include "net/aws/kinesis_records.h"

#include <simdjson.h>

#include <cmath>

#include "net/base64.h"

namespace sluice::net {
namespace {

namespace ondemand = simdjson::ondemand;

Error NoRecords() { return Error(ErrorCode::kData, "an answer with records is not one of Kinesis"); }

KinesisRecords::Span Append(std::string& bytes, std::string_view text) {
  const KinesisRecords::Span span{static_cast<uint32_t>(bytes.size()), static_cast<uint32_t>(text.size())};
  bytes += text;
  return span;
}

bool ReadRecord(ondemand::object object, KinesisRecords& out) {
  KinesisRecords::Record record;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (key == "ApproximateArrivalTimestamp") {
      double seconds = 0;
      if (field.value().get_double().get(seconds) != simdjson::SUCCESS) return false;
      record.arrival_ms = std::llround(seconds * 1000);
      continue;
    }
    const bool data = key == "Data";
    const bool partition_key = key == "PartitionKey";
    if (!data && !partition_key && key != "SequenceNumber") continue;
    std::string_view text;
    if (field.value().get_string().get(text) != simdjson::SUCCESS) return false;
    if (data) {
      const size_t begin = out.bytes.size();
      out.bytes.resize(begin + DecodedBase64Room(text));
      const auto size = DecodeBase64(text, out.bytes.data() + begin);
      if (!size) return false;
      out.bytes.resize(begin + *size);
      record.data = {static_cast<uint32_t>(begin), static_cast<uint32_t>(*size)};
    } else {
      (partition_key ? record.partition_key : record.sequence_number) = Append(out.bytes, text);
    }
  }
  out.records.push_back(record);
  return true;
}

bool ReadRecords(ondemand::array array, KinesisRecords& out) {
  for (auto element : array) {
    ondemand::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS || !ReadRecord(object, out)) return false;
  }
  return true;
}

}  // namespace

Result<KinesisRecords> ParseKinesisRecords(std::string& json, std::string_view next_name) {
  const size_t size = json.size();
  json.reserve(size + simdjson::SIMDJSON_PADDING);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(json.data(), size, json.capacity()).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return NoRecords();
  }
  KinesisRecords out;
  out.bytes.reserve(size);
  bool seen = false;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return NoRecords();
    if (key == "Records") {
      ondemand::array array;
      if (field.value().get_array().get(array) != simdjson::SUCCESS || !ReadRecords(array, out)) return NoRecords();
      seen = true;
    } else if (key == "MillisBehindLatest") {
      if (field.value().get_int64().get(out.millis_behind) != simdjson::SUCCESS) out.millis_behind = -1;
    } else if (key == next_name) {
      std::string_view text;
      if (field.value().get_string().get(text) == simdjson::SUCCESS) out.next = text;
    }
  }
  if (!seen) return NoRecords();
  return out;
}

}  // namespace sluice::net
