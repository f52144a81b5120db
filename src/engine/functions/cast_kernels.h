// The parts that CastKernel is made of, one family of types each. Internal to cast*.cc.
#pragma once

#include <functional>
#include <string>

#include "engine/functions/cast.h"

namespace sluice::engine {

Kernel CastNumberToNumber(const DataType& from, const DataType& to);  // BOOLEAN, integers, floats, DECIMAL
Kernel CastNumberToInterval(const DataType& from, const DataType& to);
Kernel CastTextToNumber(const DataType& to);  // also BOOLEAN
Kernel CastToText(const DataType& from, const DataType& to, const SessionFacts& facts);
Kernel CastToBytes(const DataType& to);
Result<Kernel> CastTemporal(const DataType& from, const DataType& to, const SessionFacts& facts);  // also from text
Result<Kernel> CastNested(const DataType& from, const DataType& to, const SessionFacts& facts);

/// The row cannot be cast: it is NULL with legacy casts, else it fails.
void FailCast(EvalContext& context, Column& out, size_t row, std::string message);

}  // namespace sluice::engine
