#include "engine/sql/statements/partitions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace sluice::engine::sql {

namespace {

PartitionValues ValuesOf(const ast::PartitionSpec& spec) {
  PartitionValues out;
  for (const ast::PartitionItem& item : spec) {
    std::string value;
    if (item.value && item.value->kind == ast::ExprKind::kLiteral) {
      value = static_cast<const ast::LiteralExpr&>(*item.value).text;
    }
    out.emplace_back(item.column.name, std::move(value));
  }
  return out;
}

/// CatalogPartitionSpec{{p=x, q=1}}
std::string Text(const PartitionValues& values) {
  std::string out = "CatalogPartitionSpec{{";
  for (size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + values[i].first + "=" + values[i].second;
  return out + "}}";
}

/// The same values, in whatever order they are written.
bool Same(PartitionValues a, PartitionValues b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

bool HasColumns(const CatalogTable& table, const PartitionValues& values) {
  return std::all_of(values.begin(), values.end(), [&](const auto& value) {
    return std::find(table.partition_keys.begin(), table.partition_keys.end(), value.first) !=
           table.partition_keys.end();
  });
}

Error DoesNotMatch(const CatalogTable& table, const PartitionValues& values, const ObjectPath& path,
                   TextPosition position) {
  return Error(ErrorCode::kValidation,
               fmt::format("PartitionSpec {} does not match partition keys [{}] of table {}.{} in catalog {}.",
                           Text(values), fmt::join(table.partition_keys, ", "), path.database, path.name, path.catalog),
               position);
}

Error Unsuitable(const PartitionValues& values, const ObjectPath& path, const char* what, TextPosition position) {
  return Error(ErrorCode::kValidation,
               fmt::format("Partition {} of table {}.{} in catalog {} {}.", Text(values), path.database, path.name,
                           path.catalog, what),
               position);
}

}  // namespace

Error NotPartitioned(const ObjectPath& path, TextPosition position) {
  return Error(ErrorCode::kValidation,
               fmt::format("Table {}.{} in catalog {} is not partitioned.", path.database, path.name, path.catalog),
               position);
}

Status ChangePartitions(const ast::AlterTableStatement& s, const ObjectPath& path, CatalogTable& table) {
  if (table.partition_keys.empty()) return NotPartitioned(path, s.position);
  const bool add = s.action == ast::AlterTableAction::kAddPartitions;
  for (const ast::AlterTableStatement::Partition& partition : s.partitions) {
    const PartitionValues values = ValuesOf(partition.spec);
    const auto known = std::find_if(table.partitions.begin(), table.partitions.end(),
                                    [&](const PartitionValues& p) { return Same(p, values); });
    if (!add) {
      if (known != table.partitions.end()) {
        table.partitions.erase(known);
      } else if (!s.partition_if_exists) {
        return Unsuitable(values, path, "does not exist", s.position);
      }
      continue;
    }
    if (values.size() != table.partition_keys.size() || !HasColumns(table, values)) {
      return DoesNotMatch(table, values, path, s.position);
    }
    if (known == table.partitions.end()) {
      table.partitions.push_back(values);
    } else if (!s.if_not_exists) {
      return Unsuitable(values, path, "already exists", s.position);
    }
  }
  return {};
}

Result<std::vector<std::string>> PartitionNames(const CatalogTable& table, const ast::PartitionSpec& filter,
                                                const ObjectPath& path, TextPosition position) {
  const PartitionValues wanted = ValuesOf(filter);
  if (!HasColumns(table, wanted)) return DoesNotMatch(table, wanted, path, position);
  std::vector<std::string> names;
  for (const PartitionValues& partition : table.partitions) {
    const bool fits = std::all_of(wanted.begin(), wanted.end(), [&](const auto& value) {
      return std::find(partition.begin(), partition.end(), value) != partition.end();
    });
    if (!fits) continue;
    std::string name;
    for (const auto& [column, value] : partition) name += (name.empty() ? "" : "/") + column + "=" + value;
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace sluice::engine::sql
