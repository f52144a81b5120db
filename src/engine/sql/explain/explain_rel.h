// The logical plan as EXPLAIN prints it: "Abstract Syntax Tree".
#pragma once

#include <string>

#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// `sink`: "LogicalSink(…)" on top; empty for a query.
std::string ExplainRel(const Rel& rel, const std::string& sink = "");

/// "[[catalog, database, table]]"
std::string ExplainTableName(const std::string& identifier);

/// A tree of lines, drawn as Flink draws them.
struct ExplainTree {
  std::string text;
  std::vector<ExplainTree> inputs;
};
std::string DrawTree(const ExplainTree& tree);

}  // namespace sluice::engine::sql
