// What the options of a table with 'connector' = 'jdbc' say, read and checked once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::jdbc {

/// libpq's connection parameters by name.
using ConnectionParameters = std::map<std::string, std::string>;

/// jdbc:postgresql://host:port,…/database?key=value. Databases other than PostgreSQL are refused by name.
Result<ConnectionParameters> ParseUrl(const std::string& url);

/// scan.partition.*: the column's values from lower to upper, in `count` ranges.
struct Partitioning {
  std::string column;
  int64_t count = 1;
  int64_t lower = 0;
  int64_t upper = 0;

  /// The k-th range, both ends inside.
  std::pair<int64_t, int64_t> Range(int64_t k) const;
  /// Never more ranges than values.
  int64_t ranges() const;
};

struct JdbcTable {
  ConnectionParameters connection;
  std::string name;  // as written: it may hold a schema
  std::optional<Partitioning> partitioning;
  int64_t lookup_retries = 3;
  int64_t flush_rows = 100;
  int64_t flush_interval_ms = 1000;
  int64_t sink_retries = 3;
  bool push_filters = true;
};

/// With Flink's sentences (JdbcDynamicTableFactory).
Result<JdbcTable> ReadJdbcTable(const TableDescription& table);

/// All options of the connector, for "Unsupported options" and the reference.
const std::vector<std::string>& JdbcOptions();

}  // namespace sluice::engine::jdbc
