// Reads a table's files.
#pragma once

#include <memory>

#include "engine/connectors/connector.h"

namespace sluice::engine::filesystem {

Result<std::unique_ptr<Source>> MakeFilesystemSource(const SourceNode& node, const Schema& output,
                                                     const ConnectorEnvironment& environment);

}  // namespace sluice::engine::filesystem
