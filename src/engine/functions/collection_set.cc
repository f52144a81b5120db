#include <fmt/format.h>

#include "engine/functions/collection_functions.h"
#include "engine/functions/type_rules.h"

namespace sluice::engine {

namespace {

void Distinct(const RowCall& call) {
  const Elements list = ElementsOf(call, 0);
  ElementSet seen;
  ListWriter out(call);
  for (size_t k = 0; k < list.length; ++k) {
    if (seen.Add(list.column, list[k])) out.Append(list.column, list[k]);
  }
  out.Finish();
}

void Union(const RowCall& call) {
  ElementSet seen;
  ListWriter out(call);
  for (size_t a = 0; a < 2; ++a) {
    const Elements list = ElementsOf(call, a);
    for (size_t k = 0; k < list.length; ++k) {
      if (seen.Add(list.column, list[k])) out.Append(list.column, list[k]);
    }
  }
  out.Finish();
}

/// The different elements of the first array that are (keep) or are not in the second, in the order of the first.
template <bool keep>
void Restrict(const RowCall& call) {
  ElementSet other, seen;
  const Elements right = ElementsOf(call, 1);
  for (size_t k = 0; k < right.length; ++k) other.Add(right.column, right[k]);
  const Elements list = ElementsOf(call, 0);
  ListWriter out(call);
  for (size_t k = 0; k < list.length; ++k) {
    if (other.Contains(list.column, list[k]) == keep && seen.Add(list.column, list[k]))
      out.Append(list.column, list[k]);
  }
  out.Finish();
}

/// Two arrays of a common type.
Resolver TwoArrays(std::string name) {
  return [name](const CallInfo& call) -> Result<std::optional<Signature>> {
    for (const DataType& t : call.args) {
      if (!Fits(t, ArgKind::kArray)) return InvalidCall(name, call, "All arguments requires to be a ARRAY type");
    }
    const auto common = CommonType(call.args);
    if (!common) {
      return InvalidCall(name, call,
                         fmt::format("Could not find a common type for arguments: [{}, {}]", call.args[0].ToString(),
                                     call.args[1].ToString()));
    }
    return std::optional<Signature>(
        Signature{common->WithNullable(AnyNullable(call)),
                  {common->WithNullable(call.args[0].nullable()), common->WithNullable(call.args[1].nullable())}});
  };
}

}  // namespace

void AddArraySetFunctions(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, int args, Resolver resolve,
                 auto kernel) {
    ScalarFunction f;
    f.name = name;
    f.family = "collection";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = f.max_args = args;
    f.supported_forms = "'" + f.name + (args == 1 ? "(<ARRAY>)'" : "(<ARRAY>, <ARRAY>)'");
    f.resolve = std::move(resolve);
    f.make = MakeEachRow(kernel);
    r.Add(std::move(f));
  };
  add("ARRAY_DISTINCT", "The different elements, in the order of their first occurrence.",
      {"ARRAY_DISTINCT(ARRAY[1, 2, 1]) = [1, 2]"}, 1,
      ResolveForms("ARRAY_DISTINCT", {{{ArgKind::kArray}}}, ReturnsArgument(0), CallStyle::kBuiltIn), Distinct);
  add("ARRAY_UNION", "The different elements of both arrays.", {"ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3]) = [1, 2, 3]"}, 2,
      TwoArrays("ARRAY_UNION"), Union);
  add("ARRAY_EXCEPT", "The different elements of the first array that are not in the second.",
      {"ARRAY_EXCEPT(ARRAY[1, 2, 2], ARRAY[1]) = [2]"}, 2, TwoArrays("ARRAY_EXCEPT"), Restrict<false>);
  add("ARRAY_INTERSECT", "The different elements that are in both arrays.",
      {"ARRAY_INTERSECT(ARRAY[1, 1, 2], ARRAY[1]) = [1]"}, 2, TwoArrays("ARRAY_INTERSECT"), Restrict<true>);
}

}  // namespace sluice::engine
