// Asks an HTTP endpoint for the rows of a key.
#pragma once

#include <memory>
#include <vector>

#include "engine/connectors/connector.h"

namespace sluice::engine::http {

/// What the answer to a request says beside its rows: error-string, http-status-code, …
std::vector<MetadataKey> ReadableMetadata();

Result<std::unique_ptr<LookupSource>> MakeHttpLookup(const LookupJoinNode& node,
                                                     const ConnectorEnvironment& environment);

}  // namespace sluice::engine::http
