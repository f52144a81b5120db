// Comparisons as kernels, for families that compare inside (NULLIF, GREATEST).
#pragma once

#include <string_view>

#include "engine/functions/function.h"

namespace sluice::engine {

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

/// a op b as BOOLEAN for rows without NULLs. The types are equal up to length, scale and names.
Kernel CompareKernel(CompareOp op, const DataType& a, const DataType& b);

/// SQL equality of two elements that are not NULL: 1, 0, or -1 for unknown (a NULL inside of rows).
int SqlEqualsAt(const Column& a, size_t i, const Column& b, size_t j);

}  // namespace sluice::engine
