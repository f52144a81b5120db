// An INSERT's target, and how a query's columns reach it.
#pragma once

#include <string>

#include "engine/plan/descriptors.h"
#include "engine/plan/physical_plan.h"
#include "engine/sql/catalog/catalog.h"
#include "engine/sql/logical/rel.h"
#include "engine/sql/session_state.h"

namespace sluice::engine::sql {

/// The table that an INSERT writes to.
struct InsertTarget {
  ObjectPath path;
  CatalogTablePtr table;
  const ConnectorDescriptor* connector = nullptr;
  SinkNode sink;
  TableCapability capability;
  Schema columns;  // physical ones, then writable metadata: what the sink takes
};

/// Errors as Flink's: no such table, a view, no sink, options that the connector refuses.
Result<InsertTarget> ResolveTarget(SessionState& state, const BindContext& context, const ObjectPath& path,
                                   const OptionMap& hints, TextPosition position);

/// `query` with the target's columns in their order: implicit casts, static partition values, and NULL for columns that
/// were not named. As in Flink's plans the columns keep the query's names, EXPR$i for those that it does not have; only
/// where one needs a cast, all have the table's.
Result<RelPtr> ArrangeColumns(const InsertTarget& target, const ast::InsertStatement& insert, const RelPtr& query,
                              const BindContext& context);

/// "targetColumns=[[1],[0]], " of an INSERT that names columns, for EXPLAIN; else empty.
std::string TargetColumnsText(const InsertTarget& target, const ast::InsertStatement& insert);

/// The options of an INSERT's OPTIONS hints.
OptionMap HintOptions(const std::vector<ast::Hint>& hints);
ObjectPath PathOf(const SessionState& state, const ast::CompoundName& name);

}  // namespace sluice::engine::sql
