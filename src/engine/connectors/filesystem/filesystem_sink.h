// Writes a table's files.
#pragma once

#include <memory>

#include "engine/connectors/connector.h"

namespace sluice::engine::filesystem {

Result<std::unique_ptr<Sink>> MakeFilesystemSink(const SinkNode& node, const Schema& input,
                                                 const ConnectorEnvironment& environment);

}  // namespace sluice::engine::filesystem
