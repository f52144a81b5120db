// The JSON schema (draft 07) that json-glue derives from a table.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/types/data_type.h"

namespace sluice::engine::glue {

/// Fails, in the format's words, for a type that has none.
Result<std::string> JsonSchemaOf(const Schema& table);

}  // namespace sluice::engine::glue
