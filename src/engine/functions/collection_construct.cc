#include <fmt/format.h>

#include <algorithm>

#include "engine/functions/collection_functions.h"
#include "engine/functions/opaque_types.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

Error NotSameType() { return {ErrorCode::kValidation, "Parameters must be of the same type"}; }

Result<std::optional<Signature>> ResolveArray(const CallInfo& call) {
  if (call.size() == 0) return Error(ErrorCode::kValidation, "ARRAY: Require at least 1 argument");
  const auto element = CommonType(call.args);
  if (!element) return NotSameType();
  return std::optional<Signature>(
      Signature{DataType::Array(*element).NotNull(), std::vector<DataType>(call.size(), *element)});
}

void MakeArrayRow(const RowCall& call) {
  ListWriter list(call);
  for (size_t a = 0; a < call.size(); ++a) list.Append(*call.args[a], call.row);
  list.Finish();
}

Result<std::optional<Signature>> ResolveMap(const CallInfo& call) {
  if (call.size() < 2) return Error(ErrorCode::kValidation, "MAP: Map requires at least 2 arguments");
  if (call.size() % 2 != 0) return Error(ErrorCode::kValidation, "MAP: Map requires an even number of arguments");
  std::vector<DataType> keys, values;
  for (size_t a = 0; a < call.size(); ++a) (a % 2 == 0 ? keys : values).push_back(call.args[a]);
  const auto key = CommonType(keys);
  const bool no_value =
      std::all_of(values.begin(), values.end(), [](const DataType& t) { return t.kind() == TypeKind::kNull; });
  const auto value = no_value ? std::optional(DataType::Null()) : CommonType(values);
  if (!key || !value) return NotSameType();
  Signature s{DataType::Map(*key, *value).NotNull(), {}};
  for (size_t a = 0; a < call.size(); ++a) s.args.push_back(a % 2 == 0 ? *key : *value);
  return std::optional<Signature>(std::move(s));
}

bool SameKey(const Column& a, size_t i, const Column& b, size_t j) {
  if (a.IsNull(i) || b.IsNull(j)) return a.IsNull(i) && b.IsNull(j);
  return SqlEquals(a, i, b, j);
}

/// The last value of a key counts, at the place of its first.
void MakeMapRow(const RowCall& call) {
  ListWriter list(call);
  for (size_t k = 0; k < call.size(); k += 2) {
    bool seen = false;
    for (size_t p = 0; p < k && !seen; p += 2) seen = SameKey(*call.args[p], call.row, *call.args[k], call.row);
    if (seen) continue;
    size_t last = k;
    for (size_t p = k + 2; p < call.size(); p += 2) {
      if (SameKey(*call.args[p], call.row, *call.args[k], call.row)) last = p;
    }
    list.Append(*call.args[k], call.row, 0);
    list.Append(*call.args[last + 1], call.row, 1);
  }
  list.Finish();
}

Result<std::optional<Signature>> ResolveRow(const CallInfo& call) {
  std::vector<RowField> fields;
  for (size_t a = 0; a < call.size(); ++a) {
    fields.push_back({fmt::format("EXPR${}", a), call.args[a].WithTimeAttribute(TimeAttribute::kNone), ""});
  }
  return std::optional<Signature>(Signature{DataType::Row(std::move(fields)).NotNull(), call.args});
}

/// The fields are the argument columns themselves.
Result<Kernel> MakeRow(const CallInfo&, const DataType& result) {
  return Kernel([result](EvalContext&, std::span<const ColumnPtr> args, const Rows&, Column& out) {
    for (size_t a = 0; a < args.size(); ++a) {
      out.child(a) = Column::Relabel(Column::Flatten(args[a]), result.fields()[a].type);
    }
  });
}

Result<std::optional<Signature>> ResolveField(const CallInfo& call) {
  const DataType& row = call.args[0];
  if (row.kind() != TypeKind::kRow || call.literals.size() < 2 || call.literals[1] == nullptr) {
    return std::optional<Signature>();
  }
  const auto index = static_cast<uint64_t>(call.literals[1]->as_int());
  if (index >= row.fields().size()) return std::optional<Signature>();
  const DataType& field = row.fields()[index].type;
  return std::optional<Signature>(Signature{field.WithNullable(field.nullable() || row.nullable()), call.args});
}

Result<Kernel> MakeField(const CallInfo& call, const DataType& result) {
  const auto index = static_cast<size_t>(call.literals[1]->as_int());
  return Kernel([index, result](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const Column& row = *args[0];
    rows.ForEach([&](size_t i) {
      if (row.IsNull(i)) {
        out.SetNull(i);
      } else {
        out.CopyRow(i, *row.child(index), row.index(i));
      }
    });
  });
}

Result<std::optional<Signature>> ResolveItem(const CallInfo& call) {
  const DataType& container = call.args[0];
  Signature s{DataType(), call.args};
  if (container.kind() == TypeKind::kArray) {
    if (!call.args[1].is_exact_integer()) return std::optional<Signature>();
    if (call.args[1].kind() != TypeKind::kInteger) {
      return Error(ErrorCode::kValidation, "Integer expression type expected.");
    }
    if (call.literals.size() > 1 && call.literals[1] != nullptr && !call.literals[1]->is_null() &&
        call.literals[1]->as_int() < 1) {
      return Error(ErrorCode::kValidation, fmt::format("Array element access needs an index starting at 1 but was {}.",
                                                       call.literals[1]->as_int()));
    }
    s.result = container.element().Nullable();
  } else if (container.kind() == TypeKind::kMap) {
    const DataType& key = container.key();
    const DataType& wanted = call.args[1];
    const bool text = (key.is_character() && wanted.is_character()) || (key.is_binary() && wanted.is_binary());
    const bool number = key.is_numeric() && wanted.is_numeric();
    if (!text && !number && !ImplicitlyCastable(wanted, key)) return std::optional<Signature>();
    if (!text) s.args[1] = key.WithNullable(wanted.nullable());
    s.result = container.value().Nullable();
  } else if (IsVariant(container)) {
    if (!call.args[1].is_character() && !call.args[1].is_exact_integer()) return std::optional<Signature>();
    s.result = VariantType();
  } else {
    return std::optional<Signature>();
  }
  return std::optional<Signature>(std::move(s));
}

/// What Flink's generated code shows where an element that cannot be NULL is missing: -1, FALSE or blanks. Types
/// without such a default give NULL.
void SetMissing(const RowCall& call, const DataType& element) {
  if (element.nullable()) return call.SetNull();
  Column& out = call.out;
  switch (element.kind()) {
    case TypeKind::kChar: return call.Set(std::string_view(std::string(static_cast<size_t>(element.length()), ' ')));
    case TypeKind::kVarchar: return call.Set(std::string_view());
    case TypeKind::kBoolean: return call.Set(false);
    case TypeKind::kTinyint: out.data<int8_t>()[call.row] = -1; return;
    case TypeKind::kSmallint: out.data<int16_t>()[call.row] = -1; return;
    case TypeKind::kInteger:
    case TypeKind::kDate:
    case TypeKind::kTime: return call.Set(int32_t{-1});
    case TypeKind::kBigint: return call.Set(int64_t{-1});
    case TypeKind::kFloat: out.data<float>()[call.row] = -1; return;
    case TypeKind::kDouble: out.data<double>()[call.row] = -1; return;
    default: return call.SetNull();
  }
}

template <bool shown>
void ArrayItem(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  const int64_t index = call.integer(1);
  if (index < 1 || static_cast<uint64_t>(index) > list.length) {
    return shown ? SetMissing(call, call.args[0]->type().element()) : call.SetNull();
  }
  call.out.CopyRow(call.row, list.column, list[static_cast<size_t>(index - 1)]);
}

template <bool shown>
void MapItem(const RowCall& call) {
  const Elements keys = ElementsOf(call, 0);
  for (size_t k = 0; k < keys.length; ++k) {
    if (!keys.column.IsNull(keys[k]) && SqlEquals(keys.column, keys[k], *call.args[1], call.row)) {
      return call.out.CopyRow(call.row, *call.args[0]->child(1), keys[k]);
    }
  }
  return shown ? SetMissing(call, call.args[0]->type().value()) : call.SetNull();
}

Result<Kernel> MakeItem(const CallInfo& call, const DataType&) {
  if (IsVariant(call.args[0])) return VariantItemKernel(call.args[1].is_character());
  return call.args[0].kind() == TypeKind::kArray ? EachRow(ArrayItem<false>) : EachRow(MapItem<false>);
}

Result<std::optional<Signature>> ResolveCardinality(const CallInfo& call) {
  const TypeKind kind = call.args[0].kind();
  if (kind != TypeKind::kArray && kind != TypeKind::kMap && kind != TypeKind::kMultiset)
    return std::optional<Signature>();
  return std::optional<Signature>(Signature{DataType::Integer().WithNullable(call.args[0].nullable()), call.args});
}

void Cardinality(const RowCall& call) { call.Set(static_cast<int32_t>(call.at<ListSlice>(0).length)); }

Result<std::optional<Signature>> ResolveElement(const CallInfo& call) {
  if (call.args[0].kind() != TypeKind::kArray) return std::optional<Signature>();
  const DataType& element = call.args[0].element();
  return std::optional<Signature>(
      Signature{element.WithNullable(element.nullable() || call.args[0].nullable()), call.args});
}

void Element(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  if (list.length == 0) return call.SetNull();
  if (list.length > 1) return call.Fail(ErrorCode::kData, "ELEMENT: Array has more than one element.");
  call.out.CopyRow(call.row, list.column, list[0]);
}

}  // namespace

Kernel ShownItemKernel(const DataType& container) {
  if (container.kind() == TypeKind::kArray) {
    return container.element().nullable() ? Kernel() : EachRow(ArrayItem<true>);
  }
  const bool map = container.kind() == TypeKind::kMap && !container.value().nullable();
  return map ? EachRow(MapItem<true>) : Kernel();
}

void AddCollectionConstructors(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, std::string supported,
                 int least, int most, NullRule nulls, Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "collection";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = least;
    f.max_args = most;
    f.nulls = nulls;
    f.supported_forms = std::move(supported);
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  add("ARRAY", "An array of the given elements.", {"ARRAY[1, 2] = [1, 2]"}, "'ARRAY[<ANY>, ...]'", 0, -1,
      NullRule::kCustom, ResolveArray, MakeEachRow(MakeArrayRow));
  add("MAP", "A map of the given keys and values.", {"MAP['a', 1, 'b', 2] = {a=1, b=2}"}, "'MAP[<ANY>, <ANY>, ...]'", 0,
      -1, NullRule::kCustom, ResolveMap, MakeEachRow(MakeMapRow));
  add("ROW", "A row of the given fields.", {"ROW(1, 'a') = (1, a)"}, "'ROW(<ANY>, ...)'", 1, -1, NullRule::kCustom,
      ResolveRow, MakeRow);
  add("FIELD", "A field of a row, written row.field; NULL if the row is NULL.", {}, "'<ROW>.<FIELD>'", 2, 2,
      NullRule::kCustom, ResolveField, MakeField);
  add("ITEM", "array[n]: the n-th element, counted from 1; map[key]: the value of the key. NULL if there is none.",
      {"ARRAY['a', 'b'][2] = b", "MAP['a', 'x']['a'] = x"},
      "<ARRAY>[<INTEGER>]\n<MAP>[<ANY>]\n<ROW>[<CHARACTER>|<INTEGER>]\n<VARIANT>[<CHARACTER>|<INTEGER>]", 2, 2,
      NullRule::kPropagate, ResolveItem, MakeItem);
  add("CARDINALITY", "The number of elements or entries.", {"CARDINALITY(ARRAY[1, 2]) = 2"},
      "'CARDINALITY(<MULTISET>)'\n'CARDINALITY(<ARRAY>)'\n'CARDINALITY(<MAP>)'", 1, 1, NullRule::kPropagate,
      ResolveCardinality, MakeEachRow(Cardinality));
  add("ELEMENT", "The only element of an array; NULL if it is empty, an error if it has more.",
      {"ELEMENT(ARRAY[5]) = 5"}, "'ELEMENT(<MULTISET>)'\n'ELEMENT(<ARRAY>)'", 1, 1, NullRule::kPropagate,
      ResolveElement, MakeEachRow(Element));
}

}  // namespace sluice::engine
