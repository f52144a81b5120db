// A view's query with every name in full: what SHOW CREATE VIEW prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/sql/binder/expr_binder.h"
#include "engine/sql/parser/ast.h"

namespace sluice::engine::sql {

struct ExpandedQuery {
  std::string text;
  /// Names of the result's columns as written, repeats included; empty if only the binder knows them.
  std::vector<std::string> columns;
};

/// The text of `query` as Flink keeps it in its catalog (SqlValidator's rewrite): tables by their full path with an
/// alias, columns with their table's alias, `*` as a list of columns. `query` must have been bound without error.
/// Queries with MATCH_RECOGNIZE, and stars over columns that only the binder knows, are printed with their names as
/// written.
ExpandedQuery ExpandViewQuery(const BindContext& context, std::string_view query);

}  // namespace sluice::engine::sql
