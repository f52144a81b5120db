// The steps of operations by name, so that tests can end the process at each of them. Between two steps lies one
// durable change or one request to an engine; whatever a killed service has done, the next one goes on from there.
#pragma once

#include <functional>
#include <string_view>

namespace sluice::service {

/// Called when a step was reached. Any thread. An empty function does nothing.
using StepObserver = std::function<void(std::string_view step)>;

}  // namespace sluice::service
