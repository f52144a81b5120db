// The options of 'connector' = 'kafka' and 'upsert-kafka', declared once, and a table's options read and checked as
// Flink's KafkaDynamicTableFactory and UpsertKafkaDynamicTableFactory do.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/connectors/splits/record_decoder.h"
#include "engine/formats/format.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::kafka {

enum class StartupMode : uint8_t { kEarliest, kLatest, kGroupOffsets, kTimestamp, kSpecificOffsets };
enum class BoundedMode : uint8_t { kUnbounded, kLatest, kGroupOffsets, kTimestamp, kSpecificOffsets };
enum class DeliveryGuarantee : uint8_t { kExactlyOnce, kAtLeastOnce, kNone };
/// What `properties.auto.offset.reset` says of partitions without a committed offset.
enum class OffsetReset : uint8_t { kNone, kEarliest, kLatest };

using OffsetsByPartition = std::map<int32_t, int64_t>;
using Formats = std::map<std::string, Format>;

/// Which topics a table is of: a list, or a pattern that the whole name must match.
struct Topics {
  std::vector<std::string> names;
  std::string pattern;  // Java's; empty: the list counts
};

/// What source and sink read alike.
struct KafkaTable {
  bool upsert = false;
  Topics topics;
  OptionMap properties;         // the prefix "properties." is gone
  splits::RecordLayout layout;  // key_format is null without a key
};

struct SourceOptions {
  KafkaTable table;
  StartupMode startup = StartupMode::kGroupOffsets;
  int64_t startup_timestamp_ms = 0;
  OffsetsByPartition startup_offsets;
  OffsetReset reset = OffsetReset::kNone;
  BoundedMode bounded = BoundedMode::kUnbounded;
  int64_t bounded_timestamp_ms = 0;
  OffsetsByPartition bounded_offsets;
  int64_t discovery_interval_ms = 300'000;  // 0: looked for once
  std::string group;                        // empty: no offsets are committed
  bool commit_on_checkpoint = true;
};

struct SinkOptions {
  KafkaTable table;
  DeliveryGuarantee guarantee = DeliveryGuarantee::kAtLeastOnce;
  std::string transactional_id_prefix;
  bool fixed_partitioner = false;  // a subtask writes to one partition
  size_t flush_max_rows = 0;       // 0: rows are not reduced by key
  int64_t flush_interval_ms = 0;
};

/// Errors are Flink's sentences.
Result<SourceOptions> ReadSourceOptions(const TableDescription& table, const Formats& formats, bool upsert);
Result<SinkOptions> ReadSinkOptions(const TableDescription& table, const Formats& formats, bool upsert);

/// The options that the connector takes, for lists and the reference page.
std::vector<FactoryOption> KafkaFactoryOptions(bool upsert);

}  // namespace sluice::engine::kafka
