// CAST and TRY_CAST, as Flink's CastRules.
#pragma once

#include <string>

#include "engine/functions/function.h"

namespace sluice::engine {

/// Whether CAST(from AS to) exists at all. If not, `reason` (may be null) gets Flink's words: "Cast function cannot
/// convert value of type INTEGER to type DATE".
bool CastAllowed(const DataType& from, const DataType& to, bool legacy, std::string* reason);

/// The type of CAST / TRY_CAST(value AS target): the target with the nullability that Flink infers.
DataType CastResultType(const DataType& from, const DataType& target, bool try_cast, bool legacy);

/// Converts rows that are not NULL. A value that cannot be converted fails its row (or is NULL under
/// EvalContext::trying, with legacy casts, or where Flink answers NULL, as for DECIMAL overflow).
Result<Kernel> CastKernel(const DataType& from, const DataType& to, const SessionFacts& facts);

}  // namespace sluice::engine
