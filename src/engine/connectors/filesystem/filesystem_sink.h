// Writes a table's files.
#pragma once

#include <memory>

#include "engine/connectors/connector.h"

namespace sluice::engine::filesystem {

Result<std::unique_ptr<Sink>> MakeFilesystemSink(const SinkNode& node, const Schema& input,
                                                 const ConnectorEnvironment& environment);

/// The sink.* options; refuses what is not supported yet.
Status CheckSinkOptions(const OptionMap& options);

}  // namespace sluice::engine::filesystem
