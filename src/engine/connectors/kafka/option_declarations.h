// The options of 'connector' = 'kafka' and 'upsert-kafka', each declared once. For those who read them only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/options_registry.h"
#include "engine/connectors/kafka/kafka_options.h"

namespace sluice::engine::kafka {

#define SLUICE_KAFKA_CLASS "org.apache.flink.streaming.connectors.kafka.table.KafkaConnectorOptions$"

enum class FieldsInclude : uint8_t { kAll, kExceptKey };
enum class NamingStrategy : uint8_t { kDefault, kIncrementing, kPooling };
using Millis = std::chrono::milliseconds;
using Names = std::vector<std::string>;

inline constexpr Option<std::string> kServers{.key = "properties.bootstrap.servers",
                                              .text = "Where to find the brokers."};
inline constexpr Option<std::string> kGroup{.key = "properties.group.id",
                                            .text = "The consumer group whose offsets are read and committed."};
inline constexpr Option<Names> kTopic{.key = "topic",
                                      .text = "Topics, separated by ';'; of a sink, the ones it may write to."};
inline constexpr Option<std::string> kTopicPattern{
    .key = "topic-pattern", .text = "A regular expression for the names of topics, instead of 'topic'."};
inline constexpr Option<std::string> kFormat{.key = "format",
                                             .text = "The format of values; 'value.format' is the same."};
inline constexpr Option<std::string> kValueFormat{.key = "value.format", .text = "The format of values."};
inline constexpr Option<std::string> kKeyFormat{.key = "key.format", .text = "The format of keys."};
inline constexpr Option<Names> kKeyFields{.key = "key.fields", .text = "The columns that stand in the key."};
inline constexpr Option<std::string> kKeyPrefix{.key = "key.fields-prefix",
                                                .text = "What the names of key columns begin with in the table alone."};
inline constexpr Option<FieldsInclude> kValueFields{.key = "value.fields-include",
                                                    .default_value = "ALL",
                                                    .enum_class = SLUICE_KAFKA_CLASS "ValueFieldsStrategy",
                                                    .enum_values = "ALL, EXCEPT_KEY",
                                                    .text = "Whether key columns stand in the value too."};
inline constexpr Option<StartupMode> kStartup{
    .key = "scan.startup.mode",
    .default_value = "group-offsets",
    .enum_class = SLUICE_KAFKA_CLASS "ScanStartupMode",
    .enum_values = "earliest-offset, latest-offset, group-offsets, timestamp, specific-offsets",
    .text = "Where reading begins without a checkpoint."};
inline constexpr Option<std::string> kStartupOffsets{.key = "scan.startup.specific-offsets",
                                                     .text = "partition:0,offset:42;partition:1,offset:300"};
inline constexpr Option<int64_t> kStartupTimestamp{.key = "scan.startup.timestamp-millis",
                                                   .text = "Begin at the first records that are not older."};
inline constexpr Option<BoundedMode> kBounded{
    .key = "scan.bounded.mode",
    .default_value = "unbounded",
    .enum_class = SLUICE_KAFKA_CLASS "ScanBoundedMode",
    .enum_values = "unbounded, latest-offset, group-offsets, timestamp, specific-offsets",
    .text = "Where reading ends."};
inline constexpr Option<std::string> kBoundedOffsets{.key = "scan.bounded.specific-offsets",
                                                     .text = "partition:0,offset:42;partition:1,offset:300"};
inline constexpr Option<int64_t> kBoundedTimestamp{.key = "scan.bounded.timestamp-millis",
                                                   .text = "End before the first records that are not older."};
inline constexpr Option<Millis> kDiscovery{
    .key = "scan.topic-partition-discovery.interval",
    .default_value = "5 min",
    .text = "How often new partitions and topics are looked for; 0: at the start only."};
inline constexpr Option<int32_t> kScanParallelism{.key = "scan.parallelism", .text = "The source's parallelism."};
inline constexpr Option<int32_t> kSinkParallelism{.key = "sink.parallelism", .text = "The sink's parallelism."};
inline constexpr Option<std::string> kPartitioner{.key = "sink.partitioner",
                                                  .default_value = "default",
                                                  .text = "'default' (by key), 'fixed' (by subtask) or 'round-robin'."};
inline constexpr Option<std::string> kSemantic{.key = "sink.semantic",
                                               .text = "The old name of sink.delivery-guarantee."};
inline constexpr Option<DeliveryGuarantee> kGuarantee{.key = "sink.delivery-guarantee",
                                                      .default_value = "at-least-once",
                                                      .enum_class = "org.apache.flink.connector.base.DeliveryGuarantee",
                                                      .enum_values = "exactly-once, at-least-once, none",
                                                      .text = "What holds for rows when the job fails."};
inline constexpr Option<std::string> kIdPrefix{
    .key = "sink.transactional-id-prefix",
    .text = "What the names of all transactions of an exactly-once sink begin with."};
inline constexpr Option<NamingStrategy> kNaming{
    .key = "sink.transaction-naming-strategy",
    .default_value = "DEFAULT",
    .enum_class = "org.apache.flink.connector.kafka.sink.TransactionNamingStrategy",
    .enum_values = "DEFAULT, INCREMENTING, POOLING",
    .text = "Accepted; transactional ids are always reused (a pool a subtask)."};
inline constexpr Option<int32_t> kFlushRows{.key = "sink.buffer-flush.max-rows",
                                            .default_value = "0",
                                            .text = "Keep only the last row of a key in so many rows; 0: off."};
inline constexpr Option<Millis> kFlushInterval{.key = "sink.buffer-flush.interval",
                                               .default_value = "0 s",
                                               .text = "Write what is kept at least so often; 0: off."};

inline constexpr std::string_view kPropertiesPrefix = "properties.";

/// Those of one of the two connectors.
inline std::vector<OptionSpec> Specs(bool upsert) {
  std::vector<OptionSpec> all = {kServers.spec(),         kTopic.spec(),
                                 kTopicPattern.spec(),    kKeyFormat.spec(),
                                 kValueFormat.spec(),     kKeyPrefix.spec(),
                                 kValueFields.spec(),     kBounded.spec(),
                                 kBoundedOffsets.spec(),  kBoundedTimestamp.spec(),
                                 kDiscovery.spec(),       kScanParallelism.spec(),
                                 kSinkParallelism.spec(), kGuarantee.spec(),
                                 kIdPrefix.spec(),        kNaming.spec()};
  if (upsert) {
    for (const OptionSpec& s : {kFlushRows.spec(), kFlushInterval.spec()}) all.push_back(s);
  } else {
    for (const OptionSpec& s :
         {kGroup.spec(), kFormat.spec(), kKeyFields.spec(), kStartup.spec(), kStartupOffsets.spec(),
          kStartupTimestamp.spec(), kPartitioner.spec(), kSemantic.spec()}) {
      all.push_back(s);
    }
  }
  return all;
}

inline bool IsRequired(std::string_view key, bool upsert) {
  return key == kServers.key || (upsert && (key == kKeyFormat.key || key == kValueFormat.key));
}

inline Error Invalid(std::string message) { return Error(ErrorCode::kValidation, std::move(message)); }

#undef SLUICE_KAFKA_CLASS

}  // namespace sluice::engine::kafka
