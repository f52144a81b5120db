// The steps of operations by name, so that tests can end the process at each of them. Between two steps lies one
// durable change or one request to an engine; whatever a killed service has done, the next one goes on from there.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::service {

/// Called when a step was reached. Any thread. An empty function does nothing.
using StepObserver = std::function<void(std::string_view step)>;

/// For tests: appends each step to the file `log` (none if empty), and ends the process as kill -9 would when the step
/// `die_at` was reached ("stop.begun") for the second or a later time ("stop.begun:2"); never if that is empty.
StepObserver TestSteps(const std::string& log, const std::string& die_at);

}  // namespace sluice::service
