// Operators that hold watermarks back but do not make any.
#pragma once

namespace sluice::engine {

/// Beside Operator, by those with holds_watermark() whose output is idle whenever their input is.
class PassesIdleness {
 public:
  virtual ~PassesIdleness() = default;
};

}  // namespace sluice::engine
