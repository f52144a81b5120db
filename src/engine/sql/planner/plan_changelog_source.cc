// Sources whose changelog is not regular: upserts, and events that may come twice.
#include <fmt/format.h>

#include <algorithm>

#include "base/options_registry.h"
#include "engine/sql/planner/physical_planner.h"
#include "engine/sql/planner/table_parallelism.h"

namespace sluice::engine::sql {

Result<bool> PhysicalPlanner::NeedsNormalize(const ScanRel& rel) const {
  const ChangelogMode& mode = rel.capability.changelog;
  if (batch() || mode.insert_only()) return false;
  if (mode.update_after && !mode.update_before) {
    if (!rel.table.primary_key.empty()) return true;
    return Error(ErrorCode::kValidation,
                 fmt::format("Table '{}' produces a changelog stream that contains UPDATE_AFTER but no UPDATE_BEFORE. "
                             "This requires defining a primary key constraint on the table.",
                             rel.table.identifier),
                 rel.position);
  }
  const auto setting = plan_.settings.options.find("table.exec.source.cdc-events-duplicate");
  if (setting == plan_.settings.options.end()) return false;
  SLUICE_ASSIGN_OR_RETURN(const bool duplicates, ParseOptionBool(setting->second));
  if (duplicates && rel.table.primary_key.empty()) {
    return Error(
        ErrorCode::kValidation,
        fmt::format("Configuration 'table.exec.source.cdc-events-duplicate' is enabled which requires the "
                    "changelog sources to define a PRIMARY KEY. However, table '{}' doesn't have a primary key.",
                    rel.table.identifier),
        rel.position);
  }
  return duplicates;
}

Result<int> PhysicalPlanner::BuildNormalized(const ScanRel& rel, const ExprPtr& condition) {
  SourceNode source;
  source.table = rel.table;
  source.projection = rel.paths;
  source.partition_filter = rel.partition_filter;
  Schema schema(rel.schema.begin(), rel.schema.begin() + static_cast<std::ptrdiff_t>(rel.paths.size()));

  // The key is read even if the query does not.
  ChangelogNormalizeNode normalize;
  const Schema& physical = rel.table.physical;
  for (const std::string& name : rel.table.primary_key) {
    const auto column =
        std::find_if(physical.begin(), physical.end(), [&](const RowField& f) { return f.name == name; });
    INVARIANT(column != physical.end(), "a primary key names a column that is not in the table's data");
    const std::vector<int> path = {static_cast<int>(column - physical.begin())};
    auto at = std::find(source.projection.begin(), source.projection.end(), path);
    normalize.keys.push_back(static_cast<int>(at - source.projection.begin()));
    if (at != source.projection.end()) continue;
    source.projection.push_back(path);
    schema.push_back(*column);
  }
  const size_t extra = source.projection.size() - rel.paths.size();
  schema.insert(schema.end(), rel.schema.begin() + static_cast<std::ptrdiff_t>(rel.paths.size()), rel.schema.end());

  std::vector<ExprPtr> columns;  // the scan's own, behind which others may stand now
  for (size_t i = 0; i < rel.schema.size(); ++i) {
    columns.push_back(ColumnRef(schema, i < rel.paths.size() ? i : i + extra));
  }
  if (condition) normalize.condition = ExprSubstitute(condition, columns);
  normalize.state_ttl_ms = plan_.settings.state_ttl_ms;
  std::string key_names;
  for (const std::string& name : rel.table.primary_key) key_names += (key_names.empty() ? "" : ", ") + name;
  std::string text = "ChangelogNormalize(key=[" + key_names + "]";
  if (normalize.condition) text += ", condition=[" + ExprToString(*normalize.condition, schema) + "]";

  const int scan = Add(std::move(source), {}, schema, rel.capability.changelog,
                       fmt::format("TableSourceScan(table=[[{}]])", rel.table.identifier));
  SLUICE_ASSIGN_OR_RETURN(plan_.nodes.back().parallelism, TableParallelism(rel.table, "scan.parallelism"));
  const PlanEdge edge = Keyed(scan, normalize.keys);
  const int n = Add(std::move(normalize), {edge}, schema, ChangelogMode::All(), text + ")");
  return extra == 0 ? n : AddCalc(n, nullptr, std::move(columns), rel.schema);
}

}  // namespace sluice::engine::sql
