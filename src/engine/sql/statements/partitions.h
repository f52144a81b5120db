// Partitions in the catalog: what ALTER TABLE … ADD and DROP PARTITION write and SHOW PARTITIONS lists. Rows are found
// in folders whether or not the catalog knows them, as with Flink's in-memory catalog.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/sql/catalog/catalog.h"
#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

/// "Table db.t in catalog c is not partitioned."
Error NotPartitioned(const ObjectPath& path, TextPosition position);

/// ADD or DROP, as `s` says, on `table`, which is the one at `path`.
Status ChangePartitions(const ast::AlterTableStatement& s, const ObjectPath& path, CatalogTable& table);

/// "p=x/q=1" of each partition that has all values of `filter`.
Result<std::vector<std::string>> PartitionNames(const CatalogTable& table, const ast::PartitionSpec& filter,
                                                const ObjectPath& path, TextPosition position);

}  // namespace sluice::engine::sql
