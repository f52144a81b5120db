// VARIANT and BITMAP: types whose values only their own functions look into. Both are RAW types whose bytes are the
// text that Flink shows: JSON with sorted keys and plain numbers, and "{1,3}" with the members as unsigned numbers.
#pragma once

#include "engine/functions/function.h"

namespace sluice::engine {

DataType VariantType();
DataType BitmapType();
bool IsVariant(const DataType& t);
bool IsBitmap(const DataType& t);

/// A bitmap's members: ascending as unsigned numbers, each once. And the bitmap of such.
std::vector<uint32_t> BitmapMembers(std::string_view bitmap);
std::string BitmapText(const std::vector<uint32_t>& members);

void AddVariantFunctions(FunctionRegistry& r);  // PARSE_JSON, TRY_PARSE_JSON
void AddBitmapFunctions(FunctionRegistry& r);   // BITMAP_BUILD … BITMAP_XOR
void AddBitmapAggregates(FunctionRegistry& r);  // BITMAP_BUILD_AGG … BITMAP_XOR_CARDINALITY_AGG

/// variant[key] and variant[n]: what ITEM is for a VARIANT. `key` says which of the two.
Kernel VariantItemKernel(bool key);

}  // namespace sluice::engine
