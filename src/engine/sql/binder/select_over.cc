// OVER calls of a SELECT, as columns of one OverRel below the projection.
#include <fmt/format.h>

#include "engine/sql/binder/select_binder.h"

namespace sluice::engine::sql {

namespace {

OverCall OverCallOf(const BoundOver& over, std::vector<ExprPtr>& columns) {
  OverCall call;
  call.function = over.call.function;
  call.aggregate = CallOverColumns(over.call, columns);
  for (const ExprPtr& p : over.partition_by) call.partition_by.push_back(static_cast<int>(IndexOfExpr(columns, p)));
  for (const BoundOver::Order& o : over.order_by) {
    call.order_by.push_back({static_cast<int>(IndexOfExpr(columns, o.expr)), o.ascending, o.nulls_last});
  }
  call.has_frame = over.has_frame;
  call.frame = over.frame;
  call.start_type = over.start_type;
  call.end_type = over.end_type;
  return call;
}

}  // namespace

Status SelectBinder::ApplyOver() {
  if (overs_.empty()) return {};
  std::vector<ExprPtr> columns;
  std::vector<std::string> names;
  for (size_t i = 0; i < rel_->schema.size(); ++i) {
    columns.push_back(ColumnRef(rel_->schema, i));
    names.push_back(rel_->schema[i].name);
  }
  auto over_rel = std::make_shared<OverRel>();
  over_rel->position = overs_[0].position;
  for (const BoundOver& over : overs_) over_rel->calls.push_back(OverCallOf(over, columns));
  for (size_t i = names.size(); i < columns.size(); ++i) names.push_back(fmt::format("$o{}", i));
  if (columns.size() > rel_->schema.size()) rel_ = MakeProject(rel_, columns, UniqueNames(names));
  over_rel->inputs = {rel_};
  over_rel->schema = rel_->schema;
  const auto first = static_cast<int>(rel_->schema.size());
  for (size_t i = 0; i < over_rel->calls.size(); ++i) {
    over_rel->schema.push_back({fmt::format("w0$o{}", i), over_rel->calls[i].aggregate.type, ""});
  }
  rel_ = over_rel;
  auto replace = [&](const ExprPtr& e) -> ExprPtr {
    const int64_t i = PlaceholderIndex(*e, kOverPlaceholder);
    return i < 0 ? nullptr : Expr::Input(first + static_cast<int>(i), e->type);
  };
  for (Item& item : items_) item.expr = Rewrite(item.expr, replace);
  for (OrderKey& key : order_) {
    if (key.expr) key.expr = Rewrite(key.expr, replace);
  }
  if (qualify_) rel_ = MakeFilter(rel_, Rewrite(qualify_, replace));
  return {};
}

}  // namespace sluice::engine::sql
