// Rows as Kafka messages: key and value in their formats, and the metadata columns that may be written
// (DynamicKafkaRecordSerializationSchema).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/columnar/batch.h"
#include "engine/connectors/kafka/kafka_options.h"
#include "engine/functions/regex.h"

namespace sluice::engine::kafka {

struct MessageHeader {
  std::string name;
  std::optional<std::string> value;
};

/// A message before it is sent. Views point into the encoder's buffer, until its next batch.
struct OutMessage {
  std::optional<std::string_view> key, value;
  int64_t timestamp_ms = -1;  // -1: the broker's or the client's clock
  uint32_t topic = 0;         // index into RecordEncoder::topics()
  std::vector<MessageHeader> headers;
};

/// The metadata that a table may write; a table of one topic cannot choose it.
std::vector<MetadataKey> WritableMetadata(const Topics& topics);

class RecordEncoder {
 public:
  /// Input: physical columns, then table.metadata.
  static Result<std::unique_ptr<RecordEncoder>> Make(const TableDescription& table, const SinkOptions& options,
                                                     const std::string& time_zone);

  /// Messages of the batch's rows, in order. They are the encoder's, until the next call.
  Result<const std::vector<OutMessage>*> Encode(Batch batch);

  /// Names that OutMessage::topic indexes; grows.
  const std::vector<std::string>& topics() const { return topics_; }
  /// No message has headers or a time of its own, and all go to one topic.
  bool plain() const { return timestamp_ < 0 && headers_ < 0 && header_list_ < 0 && topic_ < 0; }

 private:
  struct Side {
    std::vector<size_t> columns;  // of the input
    std::unique_ptr<Encoder> encoder;
  };
  struct Span {
    size_t begin = 0, end = 0;
    bool there = false;
  };

  Result<Side> MakeSide(const TableDescription& table, const Format& format, const OptionMap& options,
                        const std::vector<int>& fields, const std::string& prefix, const std::string& time_zone) const;
  Status FindMetadata(const TableDescription& table);
  Result<Span> Append(const Side& side, const Batch& part, size_t row);
  Result<uint32_t> TopicOf(const Batch& batch, size_t row);
  Status ReadMetadata(const Batch& batch, size_t row, OutMessage& out);

  Topics allowed_;
  std::unique_ptr<Regex> pattern_;
  bool upsert_ = false;
  Side value_;
  std::optional<Side> key_;
  int topic_ = -1, timestamp_ = -1, headers_ = -1, header_list_ = -1;  // input columns
  std::vector<std::string> topics_;
  std::string buffer_;
  std::vector<OutMessage> messages_;
  std::vector<std::pair<Span, Span>> spans_;  // key and value of each message in buffer_
};

}  // namespace sluice::engine::kafka
