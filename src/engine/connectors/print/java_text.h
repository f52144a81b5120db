// Values as Row.toString of Flink's external types prints them: what the print connector shows.
#pragma once

#include <string>

#include "engine/columnar/column.h"

namespace sluice::engine {

/// Appends element `row`: NULL is "null", arrays [1, 2], rows +I[1, a], binary as an array of signed bytes.
void AppendJavaText(std::string& out, const Column& column, size_t row);

}  // namespace sluice::engine
