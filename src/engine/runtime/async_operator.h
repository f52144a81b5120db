// Operators that wait for answers from outside without holding up the thread of their task.
#pragma once

#include "base/result.h"

namespace sluice::engine {

class Output;

/// Beside Operator or Sink, by those that work with threads of their own. The task gives such an operator nothing while
/// it is saturated, so that Process and Write never have to wait; its threads call TaskContext::wake when an answer has
/// come.
class AsyncOperator {
 public:
  virtual ~AsyncOperator() = default;
  /// No more input now.
  virtual bool saturated() const = 0;
  /// Nothing is under way. The end of the input is passed on only then.
  virtual bool idle() const = 0;
  /// Emits what has come since; true if there was anything. Called whenever the task runs and its output has room.
  virtual Result<bool> EmitReady(Output& out) = 0;
};

}  // namespace sluice::engine
