// The logical plan as EXPLAIN prints it: "Abstract Syntax Tree".
#pragma once

#include <string>

#include "engine/sql/logical/rel.h"

namespace sluice::engine::sql {

/// `sink`: "LogicalSink(…)" on top; empty for a query.
std::string ExplainRel(const Rel& rel, const std::string& sink = "");

/// "[[catalog, database, table]]"
std::string ExplainTableName(const std::string& identifier);

/// What explain_cost.h needs to know of a line besides its text.
struct CostFacts {
  double width = 0;      // bytes of a row
  double rows = -1;      // of a scan or LIMIT with a bound, of Values; -1: not told
  double factor = 1;     // the part of the rows that a condition keeps
  int computations = 0;  // computed columns
  int keys = 0;          // of an exchange or join
  bool semi = false, outer = false;
  bool unknown = false;  // the rule is not known
};

/// A tree of lines, drawn as Flink draws them.
struct ExplainTree {
  std::string text;
  std::vector<ExplainTree> inputs;
  CostFacts facts = {};
};
std::string DrawTree(const ExplainTree& tree);

}  // namespace sluice::engine::sql
