// Aggregates that keep their values one by one: FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG, COLLECT.
#pragma once

#include <memory>

#include "engine/functions/function.h"

namespace sluice::engine {

using KernelResult = Result<std::unique_ptr<AggregateKernel>>;

/// The first or last value that is not NULL; over retracting input the first or last of those that are left, where a
/// retraction takes the earliest equal value away (Flink's First/LastValueWithRetractAggFunction).
KernelResult MakeFirstLast(const AggregateCallInfo& call, bool last);
KernelResult MakeListAgg(const AggregateCallInfo& call);
KernelResult MakeArrayAgg(const AggregateCallInfo& call);
KernelResult MakeCollect(const AggregateCallInfo& call);

/// Writes the values in their serialised form (each with a 4-byte length) and back.
void SaveStrings(const std::vector<std::string>& values, std::string& out);
bool LoadStrings(std::string_view bytes, std::vector<std::string>& values);

}  // namespace sluice::engine
