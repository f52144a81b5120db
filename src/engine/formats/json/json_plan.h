// What a decoder reads, compiled from a DecodeRequest: the tree of JSON objects that must be entered, with an output
// column at every leaf that is asked for.
#pragma once

#include <string>
#include <vector>

#include "engine/formats/format.h"

namespace sluice::engine::json {

/// A field of an object. The children of an entered ROW are all of its fields, so that they can be counted as Flink
/// counts them; those that nobody reads have neither output nor children.
struct FieldPlan {
  std::string name;
  DataType type;
  int output = -1;                  // column that gets the whole value
  std::vector<FieldPlan> children;  // not empty: only parts of the ROW are read

  bool is_read() const { return output >= 0 || !children.empty(); }
};

/// An output that lies inside another output (both r and r.a are read), or is it once more.
struct DerivedOutput {
  int output = 0;
  int source = 0;
  std::vector<int> path;  // fields below the source column
};

struct ReadPlan {
  std::vector<FieldPlan> fields;
  std::vector<DerivedOutput> derived;
  bool decimals = false;
};

ReadPlan CompilePlan(const DecodeRequest& request);

/// Fills the derived outputs for rows [from, to).
void FillDerived(const ReadPlan& plan, size_t from, size_t to, std::vector<ColumnPtr>& columns);

}  // namespace sluice::engine::json
