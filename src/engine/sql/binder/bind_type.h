// Types as written to types as meant: default precisions, limits, nullability.
#pragma once

#include "base/result.h"
#include "engine/sql/parser/ast.h"
#include "engine/types/data_type.h"

namespace sluice::engine::sql {

/// kValidation for precisions out of range (Flink's texts), kNotSupported for types the engine does not have yet.
Result<DataType> BindType(const ast::Type& type);

/// INTERVAL qualifier → interval type.
Result<DataType> BindIntervalType(const ast::IntervalQualifier& qualifier);

}  // namespace sluice::engine::sql
