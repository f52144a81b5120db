// Tables in text as Flink's SQL client prints them (org.apache.flink.table.utils.print.TableauStyle).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/types/data_type.h"

namespace sluice::engine::shell {

/// Columns on a terminal; characters of East Asian width count two.
size_t DisplayWidth(std::string_view utf8);

/// Fields are right-aligned; those wider than `max_width` are cut and end in "...".
class Tableau {
 public:
  /// Widths that hold any value of the types (strings: `max_width`): for rows that come one by one. `with_kind` puts
  /// the column "op" first.
  static Tableau ByType(const Schema& schema, size_t max_width, bool with_kind);
  /// Widths that fit the rows and names, at most `max_width` (0: no limit).
  static Tableau ByContent(std::vector<std::string> names, const std::vector<std::vector<std::string>>& rows,
                           size_t max_width);

  /// "+----+---+" without a newline, as the rest.
  std::string Border() const;
  /// The names: between two borders above the rows.
  std::string Heading() const { return Row(names_); }
  std::string Row(const std::vector<std::string>& fields) const;

 private:
  std::vector<std::string> names_;
  std::vector<size_t> widths_;
};

/// The whole table with its borders, each line ended.
std::string FormatTable(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
                        size_t max_width);

}  // namespace sluice::engine::shell
