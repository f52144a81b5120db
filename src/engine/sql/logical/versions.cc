#include "engine/sql/logical/versions.h"

namespace sluice::engine::sql {

std::optional<std::vector<int>> PrimaryKeyOf(const Rel& rel) {
  switch (rel.kind) {
    case RelKind::kScan: {
      const auto& scan = static_cast<const ScanRel&>(rel);
      std::vector<int> out;
      for (const std::string& name : scan.table.primary_key) {
        for (size_t i = 0; i < rel.schema.size(); ++i) {
          if (rel.schema[i].name == name) out.push_back(static_cast<int>(i));
        }
      }
      if (out.empty() || out.size() != scan.table.primary_key.size()) return std::nullopt;
      return out;
    }
    case RelKind::kWatermark: return PrimaryKeyOf(*rel.inputs[0]);
    case RelKind::kFilter: {
      if (rel.inputs[0]->kind != RelKind::kOver) return PrimaryKeyOf(*rel.inputs[0]);
      const auto& over = static_cast<const OverRel&>(*rel.inputs[0]);
      if (over.calls.size() != 1 || over.calls[0].function != "ROW_NUMBER") return std::nullopt;
      return over.calls[0].partition_by;
    }
    case RelKind::kProject: {
      const auto below = PrimaryKeyOf(*rel.inputs[0]);
      if (!below) return std::nullopt;
      std::vector<int> out;
      const auto& expressions = static_cast<const ProjectRel&>(rel).expressions;
      for (const int key : *below) {
        for (size_t i = 0; i < expressions.size(); ++i) {
          if (expressions[i]->kind == ExprKind::kInput && expressions[i]->input == key) {
            out.push_back(static_cast<int>(i));
            break;
          }
        }
      }
      if (out.size() != below->size()) return std::nullopt;
      return out;
    }
    case RelKind::kAggregate: {
      std::vector<int> out;
      for (size_t k = 0; k < static_cast<const AggregateRel&>(rel).keys.size(); ++k) out.push_back(static_cast<int>(k));
      return out;
    }
    default: return std::nullopt;
  }
}

namespace {

/// The column is a time attribute, or MAX or MIN of one.
bool TellsTime(const Rel& rel, int column) {
  if (rel.schema[static_cast<size_t>(column)].type.is_rowtime()) return true;
  if (rel.kind == RelKind::kFilter) return TellsTime(*rel.inputs[0], column);
  if (rel.kind == RelKind::kProject) {
    const Expr& e = *static_cast<const ProjectRel&>(rel).expressions[static_cast<size_t>(column)];
    return e.kind == ExprKind::kInput && TellsTime(*rel.inputs[0], e.input);
  }
  if (rel.kind != RelKind::kAggregate) return false;
  const auto& aggregate = static_cast<const AggregateRel&>(rel);
  const size_t call = static_cast<size_t>(column) - aggregate.keys.size();
  if (static_cast<size_t>(column) < aggregate.keys.size() || call >= aggregate.calls.size()) return false;
  const AggregateCall& c = aggregate.calls[call];
  return (c.function == "MAX" || c.function == "MIN") && TellsTime(*rel.inputs[0], c.args[0]);
}

}  // namespace

std::optional<int> VersionColumnOf(const Rel& rel) {
  for (size_t i = 0; i < rel.schema.size(); ++i) {
    if (rel.schema[i].type.is_rowtime()) return static_cast<int>(i);
  }
  for (size_t i = 0; i < rel.schema.size(); ++i) {
    if (TellsTime(rel, static_cast<int>(i))) return static_cast<int>(i);
  }
  return std::nullopt;
}

const ScanRel* LookupScanOf(const Rel& rel) {
  const Rel* at = &rel;
  while (at->kind == RelKind::kProject || at->kind == RelKind::kFilter || at->kind == RelKind::kWatermark) {
    at = at->inputs[0].get();
  }
  if (at->kind != RelKind::kScan) return nullptr;
  const auto& scan = static_cast<const ScanRel&>(*at);
  return scan.capability.lookup ? &scan : nullptr;
}

}  // namespace sluice::engine::sql
