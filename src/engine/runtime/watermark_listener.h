// What a sink may want to know of event time: implemented beside Sink by those that go by it.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sluice::engine {

class WatermarkListener {
 public:
  virtual ~WatermarkListener() = default;
  /// The combined watermark of the sink's input moved to `watermark`: after the rows that came before it. By the sink's
  /// own thread, while it is open. Long.MAX is the end of the input. After a restore none is known until one comes.
  virtual Status AdvanceWatermark(int64_t watermark) = 0;
};

}  // namespace sluice::engine
