// Guesses the schema of sampled data, as DiscoverInputSchema answers it. Pure; any bytes are accepted.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sluice::service {

struct DiscoveredSchema {
  boost::json::object schema;                  // SourceSchema
  std::vector<std::vector<std::string>> rows;  // ParsedInputRecords: a field for each column
};

/// JSON objects (one or several in a record, or arrays of them), else CSV with the delimiter that fits best. Nothing if
/// neither makes sense of the records. Types: BOOLEAN, INTEGER, BIGINT, REAL, DOUBLE, TIMESTAMP, VARCHAR(n).
std::optional<DiscoveredSchema> DiscoverSchema(const std::vector<std::string>& records);

}  // namespace sluice::service
