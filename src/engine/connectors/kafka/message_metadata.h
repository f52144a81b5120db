// The metadata columns that a Kafka message offers (KafkaDynamicSource.ReadableMetadata).
#pragma once

#include <librdkafka/rdkafka.h>

#include <span>
#include <string>
#include <vector>

#include "engine/columnar/column.h"
#include "engine/connectors/splits/record_decoder.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::kafka {

/// In Flink's order.
std::vector<MetadataKey> ReadableMetadata();

/// One value a row; row i is of messages[origins[i]]. All messages are of one partition.
ColumnPtr MetadataColumn(const std::string& key, std::span<rd_kafka_message_t* const> messages,
                         const splits::RowOrigins& origins);

}  // namespace sluice::engine::kafka
