// Changelog traits of a stream, as org.apache.flink.table.connector.ChangelogMode and the planner's ModifyKindSet.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::engine {

/// Which row kinds a stream can carry. +I is always possible.
struct ChangelogMode {
  bool update_before = false;  // -U
  bool update_after = false;   // +U
  bool deletes = false;        // -D

  static ChangelogMode InsertOnly() { return {}; }
  static ChangelogMode All() { return {true, true, true}; }
  static ChangelogMode Upsert() { return {false, true, true}; }
  bool insert_only() const { return !update_before && !update_after && !deletes; }
  bool operator==(const ChangelogMode&) const = default;
  /// "[I]", "[I,UB,UA,D]" as EXPLAIN CHANGELOG_MODE prints it.
  std::string ToString() const {
    std::string out = "[I";
    if (update_before) out += ",UB";
    if (update_after) out += ",UA";
    if (deletes) out += ",D";
    return out + "]";
  }
};

}  // namespace sluice::engine
