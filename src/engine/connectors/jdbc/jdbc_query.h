// The SELECTs of scans and look-ups.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/connectors/jdbc/jdbc_table.h"
#include "engine/plan/physical_plan.h"

namespace sluice::engine::jdbc {

/// The condition in PostgreSQL's words, over `columns`; nothing if it has other parts than those that Flink pushes
/// down: comparisons, AND, OR, LIKE, IS [NOT] NULL of columns and constants.
std::optional<std::string> PushedFilter(const Expr& e, const Schema& columns);

/// SELECT of the columns; `range`: of partition k.
std::string ScanQuery(const JdbcTable& table, const SourceNode& node, const Schema& columns,
                      std::optional<int64_t> range);

/// SELECT of the columns with one parameter a key.
std::string LookupQuery(const JdbcTable& table, const LookupJoinNode& node);

}  // namespace sluice::engine::jdbc
