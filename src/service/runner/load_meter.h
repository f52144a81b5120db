// How busy an engine has been between two looks at what it has used of the processors.
#pragma once

#include <optional>

#include "service/runner/engine_runner.h"

namespace sluice::service {

/// Of one thread.
class LoadMeter {
 public:
  /// The processors that were in use since the look before, their mean. Nothing at the first look, and when one of the
  /// engine's processes is another one since.
  std::optional<double> Look(const std::optional<EngineLoad>& load, int64_t now_ns);
  /// When the last look was; 0: there was none.
  int64_t looked_ns() const { return looked_ns_; }

 private:
  EngineLoad load_;
  int64_t looked_ns_ = 0;
};

}  // namespace sluice::service
