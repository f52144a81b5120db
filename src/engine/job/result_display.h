// Values as Flink's SQL client displays them (RowDataToStringConverter: a cast to STRING, with bytes as x'41').
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/columnar/batch.h"
#include "engine/types/data_type.h"

namespace sluice::engine {

class TimeZone;

inline constexpr std::string_view kDisplayedNull = "<NULL>";

/// Immutable, any thread.
class ResultDisplay {
 public:
  /// TIMESTAMP_LTZ is shown in `time_zone`.
  explicit ResultDisplay(std::string_view time_zone);

  /// The fields of the row at a position of the batch; "<NULL>" for a NULL column.
  std::vector<std::string> Fields(const Batch& batch, size_t position) const;
  /// One value; a NULL inside of an array, map or row is "NULL".
  void Append(std::string& out, const Column& column, size_t i) const;

 private:
  void AppendValue(std::string& out, const Column& column, size_t i) const;
  void AppendNested(std::string& out, const Column& column, size_t i) const;
  std::shared_ptr<const TimeZone> zone_;
};

}  // namespace sluice::engine
