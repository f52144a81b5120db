#pragma once

#include "engine/connectors/connector.h"

namespace sluice::engine::kafka {

/// For 'kafka' and, by the table's option 'connector', 'upsert-kafka'.
Result<std::unique_ptr<Source>> MakeKafkaSource(const SourceNode& node, const Schema& output,
                                                const ConnectorEnvironment& environment);

}  // namespace sluice::engine::kafka
