// What AddArithmeticFunctions is made of. Internal to arithmetic*.cc.
#pragma once

#include <optional>

#include "engine/functions/function.h"

namespace sluice::engine {

bool IsNullableCall(const CallInfo& call);

/// + and - (sign -1) with an interval on at least one side: signature and kernel. nullopt: not such a call.
std::optional<Signature> IntervalAddSignature(const CallInfo& call, int sign);
Result<Kernel> IntervalAddKernel(const CallInfo& call, const DataType& result, int sign);

void AddMathFunctions(FunctionRegistry& r);        // POWER, EXP, LN, …, trigonometry, PI, E, RAND, UUID
void AddRoundingFunctions(FunctionRegistry& r);    // ABS, SIGN, CEIL, FLOOR, ROUND, TRUNCATE
void AddNumberTextFunctions(FunctionRegistry& r);  // BIN, HEX, UNHEX
void AddIntervalFunctions(FunctionRegistry& r);    // MINUS_DATE

}  // namespace sluice::engine
