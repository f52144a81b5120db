// Comparing and hashing single elements of columns, whatever their type: recursive and null-aware.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/columnar/column.h"

namespace sluice::engine {

/// Equality of keys (GROUP BY, DISTINCT, retraction): NULL equals NULL, NaN equals NaN, 0.0 differs from -0.0, as in
/// Flink's binary rows. Both columns have the same type up to nullability, names and length.
bool EqualsAt(const Column& a, size_t i, const Column& b, size_t j);

/// <0, 0, >0 in SQL order: NULL is the lowest, NaN the greatest, text by its bytes; arrays, maps and rows element by
/// element. Same type on both sides; decimals may differ in scale.
int CompareAt(const Column& a, size_t i, const Column& b, size_t j);

/// 64 bits; equal elements (EqualsAt) have equal hashes. Stable over processes and versions: state is found by it.
uint64_t HashAt(const Column& c, size_t i);

/// All columns of a row.
bool RowEquals(std::span<const ColumnPtr> a, size_t i, std::span<const ColumnPtr> b, size_t j);

}  // namespace sluice::engine
