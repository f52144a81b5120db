// OBJECT_OF and OBJECT_UPDATE: values of STRUCTURED types. Class and attribute names are literals.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "engine/columnar/column.h"
#include "engine/functions/collection_functions.h"
#include "engine/types/structured_type.h"

namespace sluice::engine {

namespace {

using Resolved = Result<std::optional<Signature>>;

Error Invalid(std::string message) { return Error(ErrorCode::kValidation, std::move(message)); }

Error NoMatch(const char* function, const CallInfo& call, const char* signature) {
  std::vector<std::string> types;
  for (const DataType& t : call.args) types.push_back(t.is_character() ? "<CHARACTER>" : "<" + t.ToString(false) + ">");
  return Invalid(fmt::format("No match found for function signature {0}({1}).\nSupported signatures are:\n{0}({2})",
                             function, fmt::join(types, ", "), signature));
}

/// Parts of letters, digits, _ and $ between dots; no part begins with a digit.
bool IsClassName(std::string_view name) {
  bool starts = true;
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '.') {
      if (starts) return false;
      starts = true;
      continue;
    }
    const bool letter = std::isalpha(u) != 0 || c == '_' || c == '$' || u >= 0x80;
    if (!letter && (starts || std::isdigit(u) == 0)) return false;
    starts = false;
  }
  return !starts;
}

/// Names and types of the attributes that the arguments from 1 on give, two for each.
Result<std::vector<RowField>> Attributes(const CallInfo& call) {
  std::vector<RowField> out;
  for (size_t a = 1; a + 1 < call.size(); a += 2) {
    const Value* name = call.literals[a];
    if (!call.args[a].is_character()) {
      return Invalid(fmt::format("The field key at position {} must be a non-nullable character string, but was {}.",
                                 a + 1, call.args[a].ToString()));
    }
    if (name == nullptr || name->is_null()) {
      return Invalid(
          fmt::format("The field key at position {} must be a non-nullable character string literal.", a + 1));
    }
    for (const RowField& other : out) {
      if (other.name == name->as_string()) {
        return Invalid(fmt::format("The field name '{}' at position {} is repeated.", other.name, a + 1));
      }
    }
    if (call.args[a + 1].kind() == TypeKind::kNull) {
      return Invalid("Unsupported type 'NULL' to get internal serializer: cast the NULL.");
    }
    out.push_back({name->as_string(), call.args[a + 1].WithTimeAttribute(TimeAttribute::kNone), ""});
  }
  return out;
}

Resolved ResolveObjectOf(const CallInfo& call) {
  if (call.size() % 2 == 0) return NoMatch("OBJECT_OF", call, "class name STRING, [STRING, ANY]*...");
  if (!call.args[0].is_character()) {
    return Invalid(
        fmt::format("The first argument must be a non-nullable character string representing the class "
                    "name, but was {}.",
                    call.args[0].ToString()));
  }
  if (call.literals[0] == nullptr || call.literals[0]->is_null()) {
    return Invalid("The first argument must be a non-nullable character string literal representing the class name.");
  }
  const std::string& name = call.literals[0]->as_string();
  if (!IsClassName(name)) {
    return Invalid(fmt::format("Invalid class name '{}'. The class name must comply with JVM identifier rules.", name));
  }
  SLUICE_ASSIGN_OR_RETURN(auto attributes, Attributes(call));
  return std::optional(Signature{StructuredType(name, std::move(attributes)), call.args});
}

Result<Kernel> MakeObjectOf(const CallInfo&, const DataType& result) {
  return Kernel([result](EvalContext&, std::span<const ColumnPtr> args, const Rows&, Column& out) {
    for (size_t f = 0; f < result.fields().size(); ++f) {
      out.child(f) = Column::Relabel(Column::Flatten(args[2 * f + 2]), result.fields()[f].type);
    }
  });
}

Resolved ResolveObjectUpdate(const CallInfo& call) {
  if (call.size() % 2 == 0) return NoMatch("OBJECT_UPDATE", call, "object STRUCTURED_TYPE, [STRING, ANY]+...");
  const DataType& object = call.args[0];
  if (!IsStructured(object)) {
    return Invalid(fmt::format("The first argument must be a structured type, but was {}.", object.ToString()));
  }
  SLUICE_ASSIGN_OR_RETURN(const auto changed, Attributes(call));
  std::vector<RowField> attributes = object.fields();
  for (size_t i = 0; i < changed.size(); ++i) {
    const int at = object.FieldIndex(changed[i].name);
    if (at < 0) {
      std::vector<std::string> names;
      for (const RowField& f : attributes) names.push_back(f.name);
      return Invalid(
          fmt::format("The field name '{}' at position {} is not part of the structured type attributes. "
                      "Available attributes: [{}].",
                      changed[i].name, 2 * i + 2, fmt::join(names, ", ")));
    }
    attributes[static_cast<size_t>(at)].type = changed[i].type;
  }
  return std::optional(Signature{
      StructuredType(StructuredClass(object), std::move(attributes)).WithNullable(object.nullable()), call.args});
}

Result<Kernel> MakeObjectUpdate(const CallInfo& call, const DataType& result) {
  std::vector<size_t> from(result.fields().size(), 0);  // the argument with the attribute's new value; 0: the old one
  for (size_t a = 1; a + 1 < call.size(); a += 2) {
    from[static_cast<size_t>(result.FieldIndex(call.literals[a]->as_string()))] = a + 1;
  }
  return Kernel([result, from](EvalContext&, std::span<const ColumnPtr> args, const Rows& rows, Column& out) {
    const ColumnPtr object = Column::Flatten(args[0]);
    for (size_t f = 0; f < from.size(); ++f) {
      const ColumnPtr& value = from[f] > 0 ? args[from[f]] : object->child(f);
      out.child(f) = Column::Relabel(Column::Flatten(value), result.fields()[f].type);
    }
    rows.ForEach([&](size_t i) {
      if (object->IsNull(i)) out.SetNull(i);
    });
  });
}

}  // namespace

void AddObjectFunctions(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, std::string example, Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "collection";
    f.text = text;
    f.examples = {std::move(example)};
    f.min_args = 0;
    f.max_args = -1;
    f.nulls = NullRule::kCustom;
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  add("OBJECT_OF", "A value of a structured type: the class name, then names and values of its attributes.",
      "OBJECT_OF('User', 'name', 'Bob', 'age', 30) = (name=Bob, age=30)", ResolveObjectOf, MakeObjectOf);
  add("OBJECT_UPDATE", "The structured value with other values of the named attributes.",
      "OBJECT_UPDATE(OBJECT_OF('User', 'name', 'Bob', 'age', 30), 'age', 31) = (name=Bob, age=31)", ResolveObjectUpdate,
      MakeObjectUpdate);
}

}  // namespace sluice::engine
