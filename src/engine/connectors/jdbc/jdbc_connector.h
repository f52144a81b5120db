// The makers behind 'connector' = 'jdbc'.
#pragma once

#include "engine/connectors/connector.h"

namespace sluice::engine::jdbc {

Result<std::unique_ptr<Source>> MakeJdbcSource(const SourceNode& node, const Schema& output,
                                               const ConnectorEnvironment& environment);
Result<std::unique_ptr<LookupSource>> MakeJdbcLookup(const LookupJoinNode& node,
                                                     const ConnectorEnvironment& environment);
Result<std::unique_ptr<Sink>> MakeJdbcSink(const SinkNode& node, const Schema& input,
                                           const ConnectorEnvironment& environment);

}  // namespace sluice::engine::jdbc
