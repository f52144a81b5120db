#include "engine/functions/collection_functions.h"

namespace sluice::engine {

void AddCollectionFunctions(FunctionRegistry& r) {
  AddCollectionConstructors(r);
  AddObjectFunctions(r);
  AddArrayFunctions(r);
  AddArraySetFunctions(r);
  AddMapFunctions(r);
}

bool SqlEquals(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.physical() == PhysicalType::kDouble) return a.at<double>(i) == b.at<double>(j);
  if (a.physical() == PhysicalType::kFloat) return a.at<float>(i) == b.at<float>(j);
  return EqualsAt(a, i, b, j);
}

namespace {

/// Equal elements (SqlEquals) have equal hashes: the two zeros share one.
uint64_t ElementHash(const Column& c, size_t i) {
  const bool zero = (c.physical() == PhysicalType::kDouble && c.at<double>(i) == 0) ||
                    (c.physical() == PhysicalType::kFloat && c.at<float>(i) == 0);
  return zero ? 0 : HashAt(c, i);
}

/// Whether every row that is valid in the child is valid in the row column too.
bool ChildKnowsNulls(const Column& row, const Column& child) {
  if (!child.has_nulls()) return false;
  const size_t words = (row.size() + 63) / 64;
  for (size_t w = 0; w < words; ++w) {
    uint64_t extra = child.validity()[w] & ~row.validity()[w];
    if (w + 1 == words && row.size() % 64 != 0) extra &= (uint64_t{1} << row.size() % 64) - 1;
    if (extra != 0) return false;
  }
  return true;
}

}  // namespace

bool ElementSet::Contains(const Column& c, size_t i) const {
  if (c.IsNull(i)) return has_null_;
  const auto [first, last] = elements_.equal_range(ElementHash(c, i));
  for (auto it = first; it != last; ++it) {
    if (SqlEquals(*it->second.first, it->second.second, c, i)) return true;
  }
  return false;
}

bool ElementSet::Add(const Column& c, size_t i) {
  if (Contains(c, i)) return false;
  if (c.IsNull(i)) {
    has_null_ = true;
  } else {
    elements_.emplace(ElementHash(c, i), std::pair(&c, i));
  }
  return true;
}

bool ArrayOrderable(const DataType& t) {
  return t.is_numeric() || t.is_character() || t.is_binary() || t.is_datetime();
}

ColumnPtr FieldColumn(const ColumnPtr& row, size_t index, const DataType& type) {
  const ColumnPtr& child = row->child(index);
  if (row->constant()) {
    return Column::MakeConstant(type, row->IsNull(0) ? Value::Null() : child->GetValue(0), row->size());
  }
  if (!row->has_nulls() || ChildKnowsNulls(*row, *child)) return Column::Relabel(child, type);
  auto out = std::make_shared<Column>(*Column::Flatten(child));
  for (size_t i = 0; i < row->size(); ++i) {
    if (row->IsNull(i)) out->SetNull(i);
  }
  return Column::Relabel(out, type);
}

}  // namespace sluice::engine
