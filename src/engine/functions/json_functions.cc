// IS JSON, JSON_EXISTS, JSON_VALUE, JSON_QUERY.
#include "engine/functions/json_functions.h"

#include <charconv>

#include <fmt/format.h>

#include "engine/functions/json_path.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

namespace {

/// What a document has at a path: a value, nothing (null), or an error.
struct Found {
  std::optional<JsonNode> value;
  std::string error;
  bool lax = false;
};

/// Compiled paths of one kernel. One thread.
class PathCache {
 public:
  const Result<std::shared_ptr<const JsonPath>>& Get(std::string_view text) {
    if (!compiled_ || text_ != text) {
      text_ = text;
      compiled_.emplace(JsonPath::Compile(text));
    }
    return *compiled_;
  }

 private:
  std::string text_;
  std::optional<Result<std::shared_ptr<const JsonPath>>> compiled_;
};

/// Calcite's jsonApiCommonSyntax as Flink has it: a strict path that meets null fails like one that leads nowhere.
/// False if the path needs what we lack; the row has failed then.
bool Look(const RowCall& call, PathCache& paths, Found& found) {
  const auto& path = paths.Get(call.string(1));
  if (!path.ok()) {
    if (path.error().code() == ErrorCode::kNotSupported) {
      call.Fail(ErrorCode::kNotSupported, path.error().message());
      return false;
    }
    found.error = path.error().message();
    return true;
  }
  found.lax = (*path)->lax();
  auto document = ParseJson(call.string(0));
  if (!document.ok()) {
    if (!found.lax) found.error = document.error().message();
    return true;
  }
  auto value = (*path)->Evaluate(*document);
  if (!value.ok()) {
    if (!found.lax) found.error = value.error().message();
  } else if (value->kind != JsonNode::Kind::kNull) {
    found.value = std::move(*value);
  } else if (!found.lax) {
    found.error = fmt::format("No results for path: {}", call.string(1));
  }
  return true;
}

template <typename F>
Result<Kernel> WithPaths(F f) {
  return EachRow([f, paths = std::make_shared<PathCache>()](const RowCall& call) {
    if (call.null(0) || call.null(1)) return call.SetNull();
    Found found;
    if (Look(call, *paths, found)) f(call, found);
  });
}

/// A value as Java prints the maps and lists of Jackson, for messages: [1, 2], {a=x}.
std::string JavaText(const JsonNode& node) {
  std::string out;
  if (node.kind == JsonNode::Kind::kArray) {
    for (const JsonNode& item : node.items) out += (out.empty() ? "" : ", ") + JavaText(item);
    return "[" + out + "]";
  }
  if (node.kind == JsonNode::Kind::kObject) {
    for (const auto& [key, value] : node.members) out += (out.empty() ? "" : ", ") + key + "=" + JavaText(value);
    return "{" + out + "}";
  }
  return JsonScalarText(node);
}

std::string SymbolOr(const CallInfo& call, size_t i, const char* otherwise) {
  const std::string* text = LiteralText(call, i);
  return text == nullptr ? otherwise : *text;
}

Error BadBehaviour(const char* function, const std::string& behaviour) {
  return {ErrorCode::kValidation, fmt::format("{}: unknown behaviour '{}'", function, behaviour)};
}

// --- JSON_EXISTS

Result<Kernel> MakeExists(const CallInfo& info, const DataType&) {
  const std::string on_error = SymbolOr(info, 2, "FALSE");
  if (on_error != "TRUE" && on_error != "FALSE" && on_error != "UNKNOWN" && on_error != "ERROR") {
    return BadBehaviour("JSON_EXISTS", on_error);
  }
  return WithPaths([on_error](const RowCall& call, const Found& found) {
    if (found.error.empty()) return call.Set(found.value.has_value());
    if (on_error == "ERROR") return call.Fail(ErrorCode::kData, "JSON_EXISTS: " + found.error);
    if (on_error == "UNKNOWN") return call.SetNull();
    call.Set(on_error == "TRUE");
  });
}

// --- JSON_VALUE

enum class OnProblem : uint8_t { kNull, kError, kDefault };

Result<OnProblem> ProblemOf(const CallInfo& info, size_t i) {
  const std::string text = SymbolOr(info, i, "NULL");
  const bool null_default =
      i + 1 < info.literals.size() && info.literals[i + 1] != nullptr && info.literals[i + 1]->is_null();
  if (text == "DEFAULT" && null_default) return OnProblem::kNull;
  if (text == "NULL") return OnProblem::kNull;
  if (text == "ERROR") return OnProblem::kError;
  if (text == "DEFAULT") return OnProblem::kDefault;
  return BadBehaviour("JSON_VALUE", text);
}

/// A scalar as the call's type. Flink's generated code fails with a ClassCastException where the JSON type is another.
void SetScalar(const RowCall& call, const JsonNode& node) {
  using Kind = JsonNode::Kind;
  const DataType& type = call.out.type();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      if (node.kind == Kind::kTrue || node.kind == Kind::kFalse) return call.Set(node.kind == Kind::kTrue);
      break;
    case TypeKind::kInteger: {
      int32_t v = 0;
      const char* end = node.text.data() + node.text.size();
      if (node.kind == Kind::kNumber) {
        const auto [stop, code] = std::from_chars(node.text.data(), end, v);
        if (code == std::errc() && stop == end) return call.Set(v);
      }
      break;
    }
    case TypeKind::kDouble:
      if (const auto v = node.kind == Kind::kNumber ? ParseDouble(node.text) : std::nullopt) {
        call.out.data<double>()[call.row] = *v;
        return;
      }
      break;
    default: return call.Set(std::string_view(JsonScalarText(node)));
  }
  call.Fail(ErrorCode::kData, fmt::format("JSON_VALUE: the value {} at path '{}' is not of type {}", JsonText(node),
                                          call.string(1), type.ToString(false)));
}

void Answer(const RowCall& call, OnProblem what, size_t default_argument, const std::string& message) {
  switch (what) {
    case OnProblem::kNull: return call.SetNull();
    case OnProblem::kError: return call.Fail(ErrorCode::kData, message);
    case OnProblem::kDefault: return call.out.CopyRow(call.row, *call.args[default_argument], call.row);
  }
}

Result<Kernel> MakeValue(const CallInfo& info, const DataType& result) {
  SLUICE_ASSIGN_OR_RETURN(OnProblem on_empty, ProblemOf(info, 2));
  SLUICE_ASSIGN_OR_RETURN(OnProblem on_error, ProblemOf(info, 4));
  const TypeKind kind = result.kind();
  if (!result.is_character() && kind != TypeKind::kBoolean && kind != TypeKind::kInteger && kind != TypeKind::kDouble) {
    return Error(ErrorCode::kValidation,
                 fmt::format("Unsupported type '{}' for RETURNING in JSON_VALUE().", result.ToString(false)));
  }
  // A default of another type is none, as in Flink.
  if (on_empty == OnProblem::kDefault && info.args[3].physical() != result.physical()) on_empty = OnProblem::kNull;
  if (on_error == OnProblem::kDefault && info.args[5].physical() != result.physical()) on_error = OnProblem::kNull;
  return WithPaths([on_empty, on_error](const RowCall& call, const Found& found) {
    if (!found.error.empty()) return Answer(call, on_error, 5, "JSON_VALUE: " + found.error);
    if (found.value && found.value->scalar()) return SetScalar(call, *found.value);
    if (!found.value || found.lax)
      return Answer(call, on_empty, 3, "Empty result of JSON_VALUE function is not allowed");
    Answer(call, on_error, 5,
           fmt::format("Strict jsonpath mode requires scalar value, and the actual value is: ''{}''",
                       JavaText(*found.value)));
  });
}

// --- JSON_QUERY

enum class Wrapper : uint8_t { kWithout, kConditional, kUnconditional };

void SetQueryResult(const RowCall& call, const JsonNode& node) {
  if (call.out.physical() != PhysicalType::kArray) return call.Set(std::string_view(JsonText(node)));
  Column& elements = *call.out.child(0);
  const auto offset = static_cast<uint32_t>(elements.size());
  for (const JsonNode& item : node.items) {
    if (item.kind == JsonNode::Kind::kNull) {
      elements.AppendNull();
    } else {
      elements.AppendString(item.scalar() ? JsonScalarText(item) : JsonText(item));
    }
  }
  call.out.data<ListSlice>()[call.row] = {offset, static_cast<uint32_t>(node.items.size())};
}

/// NULL, ERROR, EMPTY ARRAY or EMPTY OBJECT.
void AnswerQuery(const RowCall& call, const std::string& what, const std::string& message) {
  if (what == "ERROR") return call.Fail(ErrorCode::kData, message);
  JsonNode empty;
  empty.kind = what == "EMPTY ARRAY" ? JsonNode::Kind::kArray : JsonNode::Kind::kObject;
  const bool fits = empty.kind == JsonNode::Kind::kArray || call.out.physical() != PhysicalType::kArray;
  if (what == "NULL" || !fits) return call.SetNull();
  SetQueryResult(call, empty);
}

Result<Kernel> MakeQuery(const CallInfo& info, const DataType& result) {
  const std::string wrapper_text = SymbolOr(info, 2, "WITHOUT");
  const std::string on_empty = SymbolOr(info, 3, "NULL"), on_error = SymbolOr(info, 4, "NULL");
  for (const std::string& b : {on_empty, on_error}) {
    if (b != "NULL" && b != "ERROR" && b != "EMPTY ARRAY" && b != "EMPTY OBJECT") return BadBehaviour("JSON_QUERY", b);
  }
  const bool array = result.kind() == TypeKind::kArray && result.element().is_character();
  if (!array && !result.is_character()) {
    return Error(
        ErrorCode::kValidation,
        fmt::format("Unsupported array element type or RETURNING type '{}' in JSON_QUERY().", result.ToString(false)));
  }
  const Wrapper wrapper = wrapper_text.starts_with("UNCONDITIONAL") ? Wrapper::kUnconditional
                          : wrapper_text.starts_with("CONDITIONAL") ? Wrapper::kConditional
                                                                    : Wrapper::kWithout;
  return WithPaths([wrapper, on_empty, on_error, array](const RowCall& call, Found& found) {
    if (!found.error.empty()) return AnswerQuery(call, on_error, "JSON_QUERY: " + found.error);
    if (!found.value) return AnswerQuery(call, on_empty, "Empty result of JSON_QUERY function is not allowed");
    const bool list = found.value->kind == JsonNode::Kind::kArray;
    if (wrapper == Wrapper::kUnconditional || (wrapper == Wrapper::kConditional && !list)) {
      JsonNode wrapped;
      wrapped.kind = JsonNode::Kind::kArray;
      wrapped.items.push_back(std::move(*found.value));
      found.value = std::move(wrapped);
    }
    if (found.value->scalar()) {
      if (found.lax) return AnswerQuery(call, on_empty, "Empty result of JSON_QUERY function is not allowed");
      return AnswerQuery(
          call, on_error,
          fmt::format("Strict jsonpath mode requires array or object value, and the actual value is: ''{}''",
                      JsonScalarText(*found.value)));
    }
    if (array && found.value->kind != JsonNode::Kind::kArray) {
      return AnswerQuery(call, on_error, "JSON_QUERY: the value is no array: " + JsonText(*found.value));
    }
    SetQueryResult(call, *found.value);
  });
}

/// (text, text, anything …): the behaviours are looked at by `make`.
Resolver ResolveQueryLike(std::string name, size_t most, DataType result) {
  return [name, most, result](const CallInfo& call) -> Result<std::optional<Signature>> {
    const auto text = [&](size_t i) { return call.args[i].is_character() || call.args[i].kind() == TypeKind::kNull; };
    if (!text(0) || !text(1) || call.size() > most) {
      return InvalidCall(name, call, "A document and a path of type STRING are expected.");
    }
    Signature s{result.Nullable(), call.args};
    for (size_t i = 0; i < s.args.size(); ++i) {
      if (s.args[i].kind() == TypeKind::kNull) s.args[i] = DataType::String();
    }
    return std::optional<Signature>(std::move(s));
  };
}

template <typename F>
auto MakeIsJson(F fits) {
  return [fits](const CallInfo&, const DataType&) -> Result<Kernel> {
    return EachRow([fits](const RowCall& call) {
      if (call.null(0)) return call.Set(false);
      const auto node = ParseJson(call.string(0));
      call.Set(node.ok() && fits(node->kind));
    });
  };
}

}  // namespace

void AddJsonFunctions(FunctionRegistry& r) {
  using Kind = JsonNode::Kind;
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, int least, int most,
                 Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "json";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = least;
    f.max_args = most;
    f.nulls = NullRule::kCustom;
    f.supported_forms = "'" + f.name + "(<CHARACTER>, <CHARACTER>)'";
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  auto is_json = [&](const char* name, const char* text, const char* example, auto fits) {
    add(name, text, {example}, 1, 1,
        ResolveForms(name, {{{ArgKind::kCharacter}}}, [](const CallInfo&) { return DataType::Boolean().NotNull(); }),
        MakeIsJson(fits));
  };
  is_json("IS JSON VALUE", "Whether the text is JSON.", "'1' IS JSON = TRUE", [](Kind) { return true; });
  is_json("IS JSON OBJECT", "Whether the text is a JSON object.", "'{}' IS JSON OBJECT = TRUE",
          [](Kind k) { return k == Kind::kObject; });
  is_json("IS JSON ARRAY", "Whether the text is a JSON array.", "'[]' IS JSON ARRAY = TRUE",
          [](Kind k) { return k == Kind::kArray; });
  is_json("IS JSON SCALAR", "Whether the text is a JSON number, string, true, false or null.",
          "'1' IS JSON SCALAR = TRUE", [](Kind k) { return k < Kind::kArray; });
  add("JSON_EXISTS", "Whether the document has a value at the path.", {"JSON_EXISTS('{\"a\": true}', '$.a') = TRUE"}, 2,
      3, ResolveQueryLike("JSON_EXISTS", 3, DataType::Boolean()), MakeExists);
  add("JSON_VALUE", "The scalar at the path, by default as STRING.", {"JSON_VALUE('{\"a\": 1.5}', '$.a') = 1.5"}, 2, 6,
      ResolveQueryLike("JSON_VALUE", 6, DataType::String()), MakeValue);
  add("JSON_QUERY", "The object or array at the path as JSON text, or as ARRAY<STRING>.",
      {"JSON_QUERY('{\"a\": [1, 2]}', '$.a') = [1,2]"}, 2, 5, ResolveQueryLike("JSON_QUERY", 5, DataType::String()),
      MakeQuery);
  AddJsonConstructors(r);
}

}  // namespace sluice::engine
