// Reads a Kinesis data stream: exactly once, by positions in the checkpoints.
#pragma once

#include <memory>

#include "engine/connectors/connector.h"

namespace sluice::engine::kinesis {

Result<std::unique_ptr<Source>> MakeKinesisSource(const SourceNode& node, const Schema& output,
                                                  const ConnectorEnvironment& environment);

/// Metadata columns that can be read: timestamp, shard-id, sequence-number.
std::vector<MetadataKey> ReadableMetadata();

}  // namespace sluice::engine::kinesis
