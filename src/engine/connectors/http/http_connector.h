// 'connector' = 'rest-lookup' (GetInData) and 'http' (Apache): tables that are looked up over HTTP.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/connectors/connector.h"

namespace sluice::engine {

std::vector<Connector> HttpLookupConnectors(const std::map<std::string, Format>* formats);

}  // namespace sluice::engine
