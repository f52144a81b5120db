#include "engine/formats/json/json_plan.h"

#include <algorithm>

namespace sluice::engine::json {
namespace {

bool HasDecimal(const DataType& type) {
  if (type.kind() == TypeKind::kDecimal) return true;
  for (size_t i = 0; i < type.child_count(); ++i) {
    if (HasDecimal(type.child(i))) return true;
  }
  return false;
}

/// The plan below `field` for `path` from position `depth` on. Shorter paths come first, so that a whole value is
/// known when a part of it is asked for.
void AddPath(FieldPlan& field, const std::vector<int>& path, size_t depth, int output,
             std::vector<DerivedOutput>& derived) {
  if (field.output >= 0) {
    derived.push_back({output, field.output, {path.begin() + static_cast<std::ptrdiff_t>(depth), path.end()}});
    return;
  }
  if (depth == path.size()) {
    field.output = output;
    return;
  }
  if (field.children.empty()) {
    for (const RowField& f : field.type.fields()) field.children.push_back({f.name, f.type});
  }
  AddPath(field.children[static_cast<size_t>(path[depth])], path, depth + 1, output, derived);
}

}  // namespace

ReadPlan CompilePlan(const DecodeRequest& request) {
  ReadPlan plan;
  std::vector<size_t> order(request.paths.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return request.paths[a].size() < request.paths[b].size(); });
  std::vector<int> place(request.physical.size(), -1);
  for (size_t i : order) {
    const std::vector<int>& path = request.paths[i];
    const auto column = static_cast<size_t>(path[0]);
    if (place[column] < 0) {
      place[column] = static_cast<int>(plan.fields.size());
      plan.fields.push_back({request.physical[column].name, request.physical[column].type});
      plan.decimals = plan.decimals || HasDecimal(request.physical[column].type);
    }
    AddPath(plan.fields[static_cast<size_t>(place[column])], path, 1, static_cast<int>(i), plan.derived);
  }
  return plan;
}

void FillDerived(const ReadPlan& plan, size_t from, size_t to, std::vector<ColumnPtr>& columns) {
  for (const DerivedOutput& d : plan.derived) {
    Column& out = *columns[static_cast<size_t>(d.output)];
    for (size_t i = from; i < to; ++i) {
      const Column* source = columns[static_cast<size_t>(d.source)].get();
      bool null = source->IsNull(i);
      for (size_t k = 0; k < d.path.size() && !null; ++k) {
        source = source->child(static_cast<size_t>(d.path[k])).get();
        null = source->IsNull(i);
      }
      if (null) {
        out.SetNull(i);
      } else {
        out.CopyRow(i, *source, i);
      }
    }
  }
}

}  // namespace sluice::engine::json
