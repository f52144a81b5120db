#include "engine/sql/binder/rel_expressions.h"

#include "engine/sql/optimizer/optimizer.h"

namespace sluice::engine::sql {

namespace {

/// The expressions of `rel`, as places to write to; `rel` is a copy that nobody else has yet.
std::vector<ExprPtr*> Slots(Rel& rel) {
  std::vector<ExprPtr*> out;
  auto add = [&](ExprPtr& e) {
    if (e) out.push_back(&e);
  };
  switch (rel.kind) {
    case RelKind::kProject:
      for (ExprPtr& e : static_cast<ProjectRel&>(rel).expressions) add(e);
      break;
    case RelKind::kFilter: add(static_cast<FilterRel&>(rel).condition); break;
    case RelKind::kWatermark: add(static_cast<WatermarkRel&>(rel).expression); break;
    case RelKind::kJoin: add(static_cast<JoinRel&>(rel).condition); break;
    case RelKind::kCorrelate:
      add(static_cast<CorrelateRel&>(rel).call);
      add(static_cast<CorrelateRel&>(rel).condition);
      break;
    case RelKind::kExpand:
      for (auto& projection : static_cast<ExpandRel&>(rel).projections) {
        for (ExprPtr& e : projection) add(e);
      }
      break;
    default: break;
  }
  return out;
}

}  // namespace

void VisitExpressions(const Rel& rel, const std::function<void(const ExprPtr&)>& visit) {
  for (ExprPtr* e : Slots(const_cast<Rel&>(rel))) visit(*e);  // only read
}

RelPtr MapExpressions(const RelPtr& rel, const std::function<ExprPtr(const ExprPtr&)>& map) {
  std::vector<RelPtr> inputs;
  bool changed = false;
  for (const RelPtr& in : rel->inputs) {
    inputs.push_back(MapExpressions(in, map));
    changed |= inputs.back() != in;
  }
  VisitExpressions(*rel, [&](const ExprPtr& e) { changed |= map(e) != e; });
  if (!changed) return rel;
  RelPtr copy = WithInputs(*rel, std::move(inputs));
  for (ExprPtr* e : Slots(const_cast<Rel&>(*copy))) *e = map(*e);  // ours alone
  return copy;
}

}  // namespace sluice::engine::sql
