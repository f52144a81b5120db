// Sinks of search indices: opensearch, opensearch-2, elasticsearch-7.
#pragma once

#include <vector>

#include "engine/connectors/connector.h"

namespace sluice::engine {

/// The same sink under each name.
std::vector<Connector> SearchConnectors(const std::map<std::string, Format>* formats);

}  // namespace sluice::engine
