// STRUCTURED<'class', a INT, …>: what OBJECT_OF makes. It is a ROW that has a class name beside its attributes; all
// that knows rows knows it, and shows its attributes' names. Two of different classes cannot be compared.
#pragma once

#include <string>
#include <vector>

#include "engine/types/data_type.h"

namespace sluice::engine {

DataType StructuredType(std::string class_name, std::vector<RowField> attributes);

/// The scale of a structured type; a ROW has none.
inline constexpr int kStructuredScale = 1;
inline bool IsStructured(const DataType& type) {
  return type.kind() == TypeKind::kRow && type.scale() == kStructuredScale;
}

/// Empty if it is no structured type.
std::string StructuredClass(const DataType& type);

/// The same class and the same attributes' names, in their order.
bool SameStructure(const DataType& a, const DataType& b);

}  // namespace sluice::engine
