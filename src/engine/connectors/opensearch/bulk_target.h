// Sends entries as one bulk request.
#pragma once

#include <memory>

#include "engine/connectors/aws/async_writer.h"
#include "engine/connectors/opensearch/opensearch_options.h"

namespace sluice::engine::opensearch {

/// An entry's data are its lines of the bulk request; its key names the document, empty for new ones.
std::unique_ptr<aws::AsyncTarget> MakeBulkTarget(const SinkOptions& options);

}  // namespace sluice::engine::opensearch
