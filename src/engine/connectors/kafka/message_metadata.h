// The metadata columns that a Kafka message offers (KafkaDynamicSource.ReadableMetadata).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/connectors/kafka/protocol/record_batch.h"
#include "engine/connectors/kafka/source_position.h"
#include "engine/connectors/splits/record_decoder.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::kafka {

/// In Flink's order.
std::vector<MetadataKey> ReadableMetadata();

/// One value a row; row i is of facts[origins[i]] and offsets[origins[i]], all of one partition.
ColumnPtr MetadataColumn(const std::string& key, const TopicPartition& partition, std::span<const int64_t> offsets,
                         std::span<const RecordFacts> facts, const splits::RowOrigins& origins);

}  // namespace sluice::engine::kafka
