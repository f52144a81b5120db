// Arrays, maps and rows: what the files of the family share. AddCollectionFunctions adds them all.
//
// Calls as the binder makes them: "ARRAY"(e1, …), "MAP"(k1, v1, …), "ROW"(f1, …), "ITEM"(array or map, index or key),
// "FIELD"(row, literal INT: 0-based index of the field).
#pragma once

#include <unordered_map>

#include "engine/columnar/row_ops.h"
#include "engine/functions/function.h"
#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"

namespace sluice::engine {

void AddObjectFunctions(FunctionRegistry& r);         // OBJECT_OF, OBJECT_UPDATE
void AddCollectionConstructors(FunctionRegistry& r);  // ARRAY, MAP, ROW, ITEM, FIELD, CARDINALITY, ELEMENT
void AddArrayFunctions(FunctionRegistry& r);          // ARRAY_CONTAINS … ARRAY_SORT
void AddArraySetFunctions(FunctionRegistry& r);       // ARRAY_DISTINCT, ARRAY_UNION, ARRAY_EXCEPT, ARRAY_INTERSECT
void AddMapFunctions(FunctionRegistry& r);            // MAP_KEYS … MAP_UNION

/// ITEM where its result is shown or tested for NULL. Flink's generated code marks a missing element as NULL for the
/// calls around it, but takes the element's type at its word elsewhere: what is then seen is -1, FALSE or a blank text.
/// Empty if elements of the container may be NULL: then ITEM itself is right.
Kernel ShownItemKernel(const DataType& container);

/// Field `index` of a row column as a column of its own: the child itself where that is possible, else a copy that is
/// also NULL where the row is. `type` is the type of the FIELD call.
ColumnPtr FieldColumn(const ColumnPtr& row, size_t index, const DataType& type);

/// SQL's =, unlike EqualsAt: NaN equals nothing, 0.0 equals -0.0. Neither element is NULL. Same layout on both sides.
bool SqlEquals(const Column& a, size_t i, const Column& b, size_t j);

/// The elements of one array (or keys of one map) of an argument.
struct Elements {
  const Column& column;
  size_t offset;
  size_t length;
  size_t operator[](size_t k) const { return offset + k; }
};
inline Elements ElementsOf(const RowCall& call, size_t a, size_t child = 0) {
  const ListSlice slice = call.at<ListSlice>(a);
  return {*call.args[a]->child(child), slice.offset, slice.length};
}

/// Appends elements to the result's children and then sets the row's slice.
class ListWriter {
 public:
  explicit ListWriter(const RowCall& call) : call_(call), offset_(call.out.child(0)->size()) {}
  void Append(const Column& from, size_t i, size_t child = 0) { call_.out.child(child)->AppendFrom(from, i); }
  void AppendNull(size_t child = 0) { call_.out.child(child)->AppendNull(); }
  void Finish() {
    call_.out.data<ListSlice>()[call_.row] = {static_cast<uint32_t>(offset_),
                                              static_cast<uint32_t>(call_.out.child(0)->size() - offset_)};
  }

 private:
  const RowCall& call_;
  size_t offset_;
};

/// A set of elements by SQL equality in which NULL is one element more.
class ElementSet {
 public:
  bool Contains(const Column& c, size_t i) const;
  /// False if it was in the set before.
  bool Add(const Column& c, size_t i);

 private:
  bool has_null_ = false;
  std::unordered_multimap<uint64_t, std::pair<const Column*, size_t>> elements_;
};

/// Whether ARRAY_SORT, ARRAY_MAX, … order values of this type (Flink leaves out BOOLEAN and intervals).
bool ArrayOrderable(const DataType& t);

}  // namespace sluice::engine
