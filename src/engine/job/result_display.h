// Rows of a result as Flink's SQL client displays them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/columnar/batch.h"

namespace sluice::engine {

class TimeZone;

inline constexpr std::string_view kDisplayedNull = "<NULL>";

/// A row of a changelog; fields as columnar/display.h prints them.
struct DisplayedRow {
  RowKind kind = RowKind::kInsert;
  std::vector<std::string> fields;
};

/// Immutable, any thread.
class ResultDisplay {
 public:
  /// TIMESTAMP_LTZ is shown in `time_zone`; a zone that does not exist is GMT. `legacy`: as with Flink's legacy casts.
  explicit ResultDisplay(std::string_view time_zone, bool legacy = false);
  /// The selected rows of the batch, in order.
  std::vector<DisplayedRow> Rows(const Batch& batch) const;

 private:
  std::shared_ptr<const TimeZone> zone_;
  bool legacy_;
};

}  // namespace sluice::engine
