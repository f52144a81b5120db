#include <algorithm>
#include <numeric>

#include "engine/functions/collection_functions.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

constexpr const char* kInvalid = "Invalid input arguments.";

/// (ARRAY<T>, T): the second argument is cast to T; the result rule sees the call with that done.
Resolver WithElement(std::string name, std::function<DataType(const DataType& array, const DataType& needle)> result) {
  return [name, result](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (!Fits(call.args[0], ArgKind::kArray) || !ImplicitlyCastable(call.args[1], call.args[0].element())) {
      return InvalidCall(
          name, call,
          std::string(kInvalid) + " Expected signatures are:\n" + name + "(haystack <ARRAY>, needle <ARRAY ELEMENT>)");
    }
    const bool nullable = call.args[1].nullable();
    const DataType needle = call.args[0].element().WithNullable(nullable);
    return std::optional<Signature>(Signature{result(call.args[0], needle), {call.args[0], needle}});
  };
}

DataType Widened(const DataType& array, const DataType& needle) {
  const DataType& element = array.element();
  return DataType::Array(element.WithNullable(element.nullable() || needle.nullable()))
      .WithNullable(array.nullable() || needle.nullable());
}

bool Same(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.IsNull(i) || b.IsNull(j)) return a.IsNull(i) && b.IsNull(j);
  return SqlEquals(a, i, b, j);
}

void Contains(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  const Elements list = ElementsOf(call, 0);
  bool found = false;
  for (size_t k = 0; k < list.length && !found; ++k) found = Same(list.column, list[k], *call.args[1], call.row);
  call.Set(found);
}

void Position(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  int32_t position = 0;
  for (size_t k = 0; k < list.length && position == 0; ++k) {
    if (Same(list.column, list[k], *call.args[1], call.row)) position = static_cast<int32_t>(k + 1);
  }
  call.Set(position);
}

void Remove(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  const Elements list = ElementsOf(call, 0);
  ListWriter out(call);
  for (size_t k = 0; k < list.length; ++k) {
    if (!Same(list.column, list[k], *call.args[1], call.row)) out.Append(list.column, list[k]);
  }
  out.Finish();
}

template <bool at_end>
void Insert(const RowCall& call) {
  if (call.null(0)) return call.SetNull();
  const Elements list = ElementsOf(call, 0);
  ListWriter out(call);
  if (!at_end) out.Append(*call.args[1], call.row);
  for (size_t k = 0; k < list.length; ++k) out.Append(list.column, list[k]);
  if (at_end) out.Append(*call.args[1], call.row);
  out.Finish();
}

void Reverse(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  ListWriter out(call);
  for (size_t k = list.length; k-- > 0;) out.Append(list.column, list[k]);
  out.Finish();
}

void Concat(const RowCall& call) {
  ListWriter out(call);
  for (size_t a = 0; a < call.size(); ++a) {
    const Elements list = ElementsOf(call, a);
    for (size_t k = 0; k < list.length; ++k) out.Append(list.column, list[k]);
  }
  out.Finish();
}

/// 1-based bounds, both inside; 0 is 1, negative ones count from the end. The elements stay where they are.
Result<Kernel> MakeSlice(const CallInfo&, const DataType& result) {
  return Kernel([result](EvalContext& context, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    out.child(0) = Column::Relabel(args[0]->child(0), result.element());
    RowCall call{context, args, out};
    rows.ForEach([&](size_t i) {
      call.row = i;
      ListSlice slice = call.at<ListSlice>(0);
      const int64_t length = slice.length;
      auto bound = [&](int64_t b) { return b == 0 ? 1 : b < 0 ? length + b + 1 : b; };
      const int64_t from = std::max<int64_t>(bound(call.integer(1)), 1);
      const int64_t to = std::min(call.size() > 2 ? bound(call.integer(2)) : length, length);
      slice.length = from > to ? 0 : static_cast<uint32_t>(to - from + 1);
      if (slice.length > 0) slice.offset += static_cast<uint32_t>(from - 1);
      out.data<ListSlice>()[i] = slice;
    });
  });
}

void Sort(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  const bool ascending = call.size() < 2 || call.boolean(1);
  const bool nulls_first = call.size() > 2 ? call.boolean(2) : ascending;
  std::vector<uint32_t> order;
  size_t nulls = 0;
  for (size_t k = 0; k < list.length; ++k) {
    if (list.column.IsNull(list[k])) {
      ++nulls;
    } else {
      order.push_back(static_cast<uint32_t>(list[k]));
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int c = CompareAt(list.column, a, list.column, b);
    return ascending ? c < 0 : c > 0;
  });
  ListWriter out(call);
  for (size_t k = 0; nulls_first && k < nulls; ++k) out.AppendNull();
  for (uint32_t i : order) out.Append(list.column, i);
  for (size_t k = 0; !nulls_first && k < nulls; ++k) out.AppendNull();
  out.Finish();
}

/// Plain < of the type: a NaN is neither smaller nor greater, so it stays where it is first.
bool Less(const Column& c, size_t i, size_t j) {
  if (c.physical() == PhysicalType::kDouble) return c.at<double>(i) < c.at<double>(j);
  if (c.physical() == PhysicalType::kFloat) return c.at<float>(i) < c.at<float>(j);
  return CompareAt(c, i, c, j) < 0;
}

template <bool greatest>
void Extreme(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  size_t best = list.length;
  for (size_t k = 0; k < list.length; ++k) {
    if (list.column.IsNull(list[k])) continue;
    if (best == list.length ||
        (greatest ? Less(list.column, list[best], list[k]) : Less(list.column, list[k], list[best]))) {
      best = k;
    }
  }
  if (best == list.length) return call.SetNull();
  call.out.CopyRow(call.row, list.column, list[best]);
}

void Join(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  std::string out;
  bool first = true;
  for (size_t k = 0; k < list.length; ++k) {
    const bool null = list.column.IsNull(list[k]);
    if (null && call.size() < 3) continue;
    if (!first) out += call.string(1);
    first = false;
    out += null ? call.string(2) : list.column.string_at(list[k]);
  }
  call.Set(std::string_view(out));
}

Resolver ResolveExtreme(std::string name) {
  return [name](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (!Fits(call.args[0], ArgKind::kArray))
      return InvalidCall(name, call, "The argument requires to be an ARRAY type");
    const DataType& element = call.args[0].element();
    if (!ArrayOrderable(element)) {
      return InvalidCall(
          name, call,
          "Type '" + element.ToString() + "' should support both 'EQUALS' and 'ORDER' comparison with itself.");
    }
    return std::optional<Signature>(Signature{element.Nullable(), call.args});
  };
}

/// Array functions whose first argument is returned or only looked at.
Resolver ArrayThen(std::string name, std::vector<Form> forms, ResultRule result,
                   std::function<bool(const DataType& element)> element_fits) {
  return [name, inner = ResolveForms(name, std::move(forms), std::move(result), CallStyle::kBuiltIn),
          element_fits](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (Fits(call.args[0], ArgKind::kArray) && element_fits && !element_fits(call.args[0].element())) {
      return InvalidCall(name, call, kInvalid);
    }
    return inner(call);
  };
}

Result<std::optional<Signature>> ResolveConcat(const CallInfo& call) {
  for (const DataType& t : call.args) {
    if (!Fits(t, ArgKind::kArray))
      return InvalidCall("ARRAY_CONCAT", call, "All arguments requires to be a ARRAY type");
  }
  const auto common = CommonType(call.args);
  if (!common) return InvalidCall("ARRAY_CONCAT", call, "Could not find a common type for arguments.");
  Signature s{common->WithNullable(AnyNullable(call)), {}};
  for (const DataType& t : call.args) s.args.push_back(common->WithNullable(t.nullable()));
  return std::optional<Signature>(std::move(s));
}

}  // namespace

void AddArrayFunctions(FunctionRegistry& r) {
  using enum ArgKind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, int least, int most,
                 NullRule nulls, Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "collection";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = least;
    f.max_args = most;
    f.nulls = nulls;
    f.supported_forms = "'" + f.name + "(<ARRAY>, ...)'";
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  constexpr auto kCustom = NullRule::kCustom;
  constexpr auto kPropagate = NullRule::kPropagate;
  auto array_only = [](const DataType& array, const DataType&) { return array; };
  add("ARRAY_CONTAINS", "Whether the array has the element; NULL is an element like others.",
      {"ARRAY_CONTAINS(ARRAY[1, 2], 2) = TRUE"}, 2, 2, kCustom,
      WithElement("ARRAY_CONTAINS", [](const DataType& array,
                                       const DataType&) { return DataType::Boolean().WithNullable(array.nullable()); }),
      MakeEachRow(Contains));
  add("ARRAY_POSITION", "The position of the first such element, counted from 1; 0 if there is none.",
      {"ARRAY_POSITION(ARRAY['x', 'y'], 'y') = 2"}, 2, 2, kPropagate,
      WithElement("ARRAY_POSITION",
                  [](const DataType& array, const DataType& needle) {
                    return DataType::Integer().WithNullable(array.nullable() || needle.nullable());
                  }),
      MakeEachRow(Position));
  add("ARRAY_REMOVE", "The array without all such elements.", {"ARRAY_REMOVE(ARRAY[1, 2, 1], 1) = [2]"}, 2, 2, kCustom,
      WithElement("ARRAY_REMOVE", array_only), MakeEachRow(Remove));
  add("ARRAY_APPEND", "The array with an element more at its end.", {"ARRAY_APPEND(ARRAY[1], 2) = [1, 2]"}, 2, 2,
      kCustom, WithElement("ARRAY_APPEND", Widened), MakeEachRow(Insert<true>));
  add("ARRAY_PREPEND", "The array with an element more at its start.", {"ARRAY_PREPEND(ARRAY[1], 2) = [2, 1]"}, 2, 2,
      kCustom, WithElement("ARRAY_PREPEND", Widened), MakeEachRow(Insert<false>));
  add("ARRAY_REVERSE", "The elements in reverse order.", {"ARRAY_REVERSE(ARRAY[1, 2]) = [2, 1]"}, 1, 1, kPropagate,
      ArrayThen("ARRAY_REVERSE", {{{kArray}}}, ReturnsArgument(0), nullptr), MakeEachRow(Reverse));
  add("ARRAY_CONCAT", "All arrays one after the other.", {"ARRAY_CONCAT(ARRAY[1], ARRAY[2, 3]) = [1, 2, 3]"}, 1, -1,
      kPropagate, ResolveConcat, MakeEachRow(Concat));
  add("ARRAY_SLICE", "The elements from one position to another, both counted from 1 or, if negative, from the end.",
      {"ARRAY_SLICE(ARRAY['a', 'b', 'c'], -2) = [b, c]"}, 2, 3, kPropagate,
      ArrayThen("ARRAY_SLICE", {{{kArray, kInt}}, {{kArray, kInt, kInt}}}, ReturnsArgument(0), nullptr), MakeSlice);
  add("ARRAY_SORT",
      "The sorted array: ascending unless the second argument is FALSE; NULLs first if ascending unless the "
      "third argument says otherwise.",
      {"ARRAY_SORT(ARRAY[3, 1, 2]) = [1, 2, 3]"}, 1, 3, kPropagate,
      ArrayThen("ARRAY_SORT", {{{kArray}}, {{kArray, kBoolean}}, {{kArray, kBoolean, kBoolean}}}, ReturnsArgument(0),
                ArrayOrderable),
      MakeEachRow(Sort));
  add("ARRAY_MAX", "The greatest element that is not NULL.", {"ARRAY_MAX(ARRAY[3, 1, 2]) = 3"}, 1, 1, kPropagate,
      ResolveExtreme("ARRAY_MAX"), MakeEachRow(Extreme<true>));
  add("ARRAY_MIN", "The smallest element that is not NULL.", {"ARRAY_MIN(ARRAY[3, 1, 2]) = 1"}, 1, 1, kPropagate,
      ResolveExtreme("ARRAY_MIN"), MakeEachRow(Extreme<false>));
  add("ARRAY_JOIN",
      "The strings of the array with a separator between them; NULLs are left out or written as the third "
      "argument.",
      {"ARRAY_JOIN(ARRAY['a', 'b'], ',') = a,b"}, 2, 3, kPropagate,
      ArrayThen("ARRAY_JOIN", {{{kArray, kCharacter}}, {{kArray, kCharacter, kCharacter}}}, Returns(DataType::String()),
                [](const DataType& t) { return t.is_character(); }),
      MakeEachRow(Join));
}

}  // namespace sluice::engine
