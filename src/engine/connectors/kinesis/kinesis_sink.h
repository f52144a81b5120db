// Writes rows to a Kinesis data stream, at least once.
#pragma once

#include <memory>

#include "engine/connectors/connector.h"

namespace sluice::engine::kinesis {

Result<std::unique_ptr<Sink>> MakeKinesisSink(const SinkNode& node, const Schema& input,
                                              const ConnectorEnvironment& environment);

/// PARTITIONED BY names columns of types that Kinesis can have as keys.
Status CheckPartitionKeys(const TableDescription& table);

}  // namespace sluice::engine::kinesis
