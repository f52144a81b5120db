#include "service/model/shapes.h"

#include <algorithm>

namespace sluice::service {
namespace {

template <typename T>
const T* FindByName(std::span<const T> table, std::string_view name) {
  auto found = std::lower_bound(table.begin(), table.end(), name,
                                [](const T& entry, std::string_view wanted) { return entry.name < wanted; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

const Shape* FindShape(std::string_view name) { return FindByName(AllShapes(), name); }
const Operation* FindOperation(std::string_view name) { return FindByName(AllOperations(), name); }

}  // namespace sluice::service
