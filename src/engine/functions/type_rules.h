// How types combine: common types, implicit casts, result types of arithmetic. Follows Flink's LogicalTypeMerging,
// LogicalTypeCasts and FlinkTypeSystem, and Calcite's rules for comparisons. Pure functions, any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>

#include "engine/types/data_type.h"

namespace sluice::engine {

/// The type that all of `types` can be cast to without loss (UNION, CASE, VALUES, ARRAY[…], COALESCE). NULL types do
/// not count. Nullable if one of them is. nullopt: they have none in common, or all are the untyped NULL, or there is
/// none.
std::optional<DataType> CommonType(std::span<const DataType> types);
inline std::optional<DataType> CommonType(std::initializer_list<DataType> types) {
  return CommonType(std::span<const DataType>(types.begin(), types.size()));
}

/// Whether a value of `from` may stand where `to` is wanted without a CAST in the query: widening numbers, CHAR to
/// VARCHAR, the untyped NULL to anything. Nullability at the top does not count, inside of nested types it does.
bool ImplicitlyCastable(const DataType& from, const DataType& to);

/// An interval's type outside of the planner, which knows only one of days and one of months: what TYPEOF and DESCRIBE
/// show. Other types stay.
DataType PlannedType(const DataType& t);

/// What the two sides of =, <, IN, … are cast to. Beyond CommonType: text beside a number, date, time or timestamp
/// becomes that type. nullopt: they cannot be compared ('=' of DATE and INT, of DATE and TIMESTAMP).
std::optional<DataType> ComparisonType(const DataType& a, const DataType& b);
/// Values of this type have an equality / an order.
bool IsComparable(const DataType& t);
bool IsOrderable(const DataType& t);

/// DECIMAL that holds every value of an exact numeric type: INT is DECIMAL(10, 0).
DataType AsDecimalType(const DataType& exact);

/// Result types of decimal arithmetic, NOT NULL; operands are exact numerics, at least one usually a DECIMAL.
DataType DecimalAddType(const DataType& a, const DataType& b);
DataType DecimalMultiplyType(const DataType& a, const DataType& b);
DataType DecimalDivideType(const DataType& a, const DataType& b);
DataType DecimalModuloType(const DataType& a, const DataType& b);
DataType DecimalRoundType(int precision, int scale, int round);
/// SUM and AVG of a type (also for non-decimals, where it is the type itself); nullability of `t`.
DataType SumType(const DataType& t);
DataType AverageType(const DataType& t);

/// Result type of numeric +, - and * (kMultiply) or / or %; nullopt unless both are numeric. Nullable if one is.
enum class ArithmeticKind : uint8_t { kAdd, kMultiply, kDivide, kModulo };
std::optional<DataType> ArithmeticType(ArithmeticKind kind, const DataType& a, const DataType& b);

}  // namespace sluice::engine
