#include <fmt/format.h>

#include "engine/functions/collection_functions.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

Error Invalid(std::string_view name, const CallInfo& call) {
  return InvalidCall(name, call,
                     fmt::format("Invalid input arguments. Expected signatures are:\n{}(input <MAP>)", name));
}

/// MAP_KEYS and MAP_VALUES share the map's own columns.
template <size_t child>
Result<std::optional<Signature>> ResolveSide(const CallInfo& call) {
  if (!Fits(call.args[0], ArgKind::kMap)) return Invalid(child == 0 ? "MAP_KEYS" : "MAP_VALUES", call);
  const DataType type = DataType::Array(call.args[0].child(child));
  return std::optional<Signature>(Signature{type.WithNullable(call.args[0].nullable()), call.args});
}

template <size_t child>
Result<Kernel> MakeSide(const CallInfo&, const DataType& result) {
  return Kernel([result](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    out.child(0) = Column::Relabel(args[0]->child(child), result.element());
    rows.ForEach([&](size_t i) { out.data<ListSlice>()[i] = args[0]->at<ListSlice>(i); });
  });
}

Result<std::optional<Signature>> ResolveEntries(const CallInfo& call) {
  const DataType& map = call.args[0];
  if (!Fits(map, ArgKind::kMap)) return Invalid("MAP_ENTRIES", call);
  const DataType row = DataType::Row({{"key", map.key(), ""}, {"value", map.value(), ""}});
  return std::optional<Signature>(Signature{DataType::Array(row).WithNullable(map.nullable()), call.args});
}

Result<Kernel> MakeEntries(const CallInfo&, const DataType& result) {
  return Kernel([result](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const ColumnPtr& keys = args[0]->child(0);
    ColumnPtr entries = Column::Make(result.element(), keys->size());
    entries->child(0) = keys;
    entries->child(1) = args[0]->child(1);
    out.child(0) = std::move(entries);
    rows.ForEach([&](size_t i) { out.data<ListSlice>()[i] = args[0]->at<ListSlice>(i); });
  });
}

Result<std::optional<Signature>> ResolveFromArrays(const CallInfo& call) {
  if (!Fits(call.args[0], ArgKind::kArray) || !Fits(call.args[1], ArgKind::kArray)) {
    return InvalidCall("MAP_FROM_ARRAYS", call, "Invalid input arguments.");
  }
  const DataType type = DataType::Map(call.args[0].element(), call.args[1].element());
  return std::optional<Signature>(Signature{type.WithNullable(AnyNullable(call)), call.args});
}

void FromArrays(const RowCall& call) {
  const Elements keys = ElementsOf(call, 0), values = ElementsOf(call, 1);
  if (keys.length != values.length) {
    return call.Fail(
        ErrorCode::kData,
        fmt::format("Invalid function MAP_FROM_ARRAYS call:\nThe length of the keys array {} is not equal to "
                    "the length of the values array {}",
                    keys.length, values.length));
  }
  ListWriter out(call);
  for (size_t k = 0; k < keys.length; ++k) {
    out.Append(keys.column, keys[k], 0);
    out.Append(values.column, values[k], 1);
  }
  out.Finish();
}

Result<std::optional<Signature>> ResolveUnion(const CallInfo& call) {
  for (const DataType& t : call.args) {
    if (!Fits(t, ArgKind::kMap)) return InvalidCall("MAP_UNION", call, "All arguments requires to be a MAP type");
  }
  const auto common = CommonType(call.args);
  if (!common) return InvalidCall("MAP_UNION", call, "Could not find a common type for arguments.");
  Signature s{common->WithNullable(AnyNullable(call)), {}};
  for (const DataType& t : call.args) s.args.push_back(common->WithNullable(t.nullable()));
  return std::optional<Signature>(std::move(s));
}

/// The entries of the last map first, then of those before it the keys that are new: Flink's order.
void Union(const RowCall& call) {
  ElementSet seen;
  ListWriter out(call);
  for (size_t a = call.size(); a-- > 0;) {
    const Elements keys = ElementsOf(call, a, 0);
    for (size_t k = 0; k < keys.length; ++k) {
      if (!seen.Add(keys.column, keys[k])) continue;
      out.Append(keys.column, keys[k], 0);
      out.Append(*call.args[a]->child(1), keys[k], 1);
    }
  }
  out.Finish();
}

}  // namespace

void AddMapFunctions(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, int least, int most,
                 Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "collection";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = least;
    f.max_args = most;
    f.supported_forms = "'" + f.name + "(<MAP>)'";
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  add("MAP_KEYS", "The keys of the map as an array.", {"MAP_KEYS(MAP['a', 1, 'b', 2]) = [a, b]"}, 1, 1, ResolveSide<0>,
      MakeSide<0>);
  add("MAP_VALUES", "The values of the map as an array.", {"MAP_VALUES(MAP['a', 1, 'b', 2]) = [1, 2]"}, 1, 1,
      ResolveSide<1>, MakeSide<1>);
  add("MAP_ENTRIES", "The entries of the map as an array of rows.", {"MAP_ENTRIES(MAP['a', 1]) = [(a, 1)]"}, 1, 1,
      ResolveEntries, MakeEntries);
  add("MAP_FROM_ARRAYS", "A map of keys and values in two arrays of the same length.",
      {"MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2]) = {a=1, b=2}"}, 2, 2, ResolveFromArrays, MakeEachRow(FromArrays));
  add("MAP_UNION", "The entries of all maps; of a key in several maps the last map's value.",
      {"MAP_UNION(MAP['a', 1], MAP['a', 2]) = {a=2}"}, 1, -1, ResolveUnion, MakeEachRow(Union));
}

}  // namespace sluice::engine
