// Options that all connectors treat alike, and Flink's sentences about them (FactoryUtil).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/formats/format.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine {

/// The format that 'format' names. Fails as Flink if there is none, or if the option is missing.
Result<const Format*> FormatOfTable(const OptionMap& options, const std::map<std::string, Format>& formats);

/// "json.ignore-parse-errors" → "ignore-parse-errors", for one format.
OptionMap FormatOptions(const OptionMap& options, std::string_view format);

/// "Unsupported options found for 'x'." with the list of what is supported; `allowed` may hold options that the list
/// does not show.
Status RefuseUnknownOptions(std::string_view connector, const OptionMap& options,
                            const std::vector<std::string>& supported);

/// "One or more required options are missing."
Status RequireOptions(const OptionMap& options, const std::vector<std::string>& required);

/// Options that every source or sink factory of Flink has on top of its own.
const std::vector<std::string>& CommonOptions();

}  // namespace sluice::engine
