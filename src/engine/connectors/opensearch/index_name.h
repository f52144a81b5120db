// The index that a row goes to: 'static', 'by-{field}', 'by-{time_field|yyyy-MM-dd}', 'by-{now()|yyyy-MM-dd}'.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/columnar/column.h"
#include "engine/types/datetime_pattern.h"

namespace sluice {
class Clock;
}

namespace sluice::engine::opensearch {

/// Immutable.
class IndexName {
 public:
  /// Fails with Flink's words if the field is none, or of a type that makes no index.
  static Result<IndexName> Parse(const std::string& pattern, const Schema& schema, const std::string& time_zone);

  /// `now_ms`: for now().
  std::string Of(const std::vector<ColumnPtr>& columns, size_t row, int64_t now_ms) const;

 private:
  std::string before_, after_;
  int field_ = -1;  // -1: static, or now()
  bool now_ = false;
  DateTimePatternPtr format_;
  TimeZonePtr zone_;
};

}  // namespace sluice::engine::opensearch
