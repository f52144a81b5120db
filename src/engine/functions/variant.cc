#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/functions/json.h"
#include "engine/functions/opaque_types.h"
#include "engine/functions/row_call.h"
#include "engine/functions/signature_rules.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

DataType VariantType() { return DataType::Raw("VARIANT"); }
bool IsVariant(const DataType& t) { return t.Nullable() == VariantType(); }

namespace {

/// Integers stay, fractions lose their zeros at the end, and what has an exponent is a DOUBLE.
std::string VariantNumber(const std::string& text) {
  if (text.find('E') != std::string::npos) return DoubleToString(ParseDouble(text).value_or(0));
  std::string out = text;
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

void Normalise(JsonNode& node) {
  if (node.kind == JsonNode::Kind::kNumber) node.text = VariantNumber(node.text);
  for (JsonNode& item : node.items) Normalise(item);
  for (auto& member : node.members) Normalise(member.second);
}

/// The first key that an object of the (well-formed) document has twice.
std::optional<std::string> RepeatedKey(std::string_view json) {
  std::vector<std::set<std::string, std::less<>>> open;
  std::vector<bool> is_object;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '{' || c == '[') {
      is_object.push_back(c == '{');
      open.emplace_back();
    } else if (c == '}' || c == ']') {
      if (open.empty()) return std::nullopt;
      open.pop_back();
      is_object.pop_back();
    } else if (c == '"') {
      const size_t start = ++i;
      while (i < json.size() && json[i] != '"') i += json[i] == '\\' ? 2 : 1;
      const size_t after = json.find_first_not_of(" \t\r\n", std::min(i + 1, json.size()));
      const bool key = !open.empty() && is_object.back() && after != std::string_view::npos && json[after] == ':';
      const std::string text(json.substr(start, std::min(i, json.size()) - start));
      if (key && !open.back().insert(text).second) return text;
    }
  }
  return std::nullopt;
}

void ParseVariant(const RowCall& call, bool trying) {
  const bool repeats = call.size() > 1 && call.boolean(1);
  auto node = ParseJson(call.string(0));
  if (!node.ok()) {
    return trying ? call.SetNull() : call.Fail(ErrorCode::kData, fmt::format("PARSE_JSON: {}", node.error().message()));
  }
  if (!repeats) {
    if (const auto key = RepeatedKey(call.string(0))) {
      if (trying) return call.SetNull();
      return call.Fail(ErrorCode::kData,
                       fmt::format("PARSE_JSON: VARIANT_DUPLICATE_KEY: the key '{}' is repeated", *key));
    }
  }
  Normalise(*node);
  call.Set(std::string_view(JsonText(*node)));
}

ScalarFunction Parse(const char* name, const char* text, bool trying) {
  ScalarFunction f;
  f.name = name;
  f.family = "variant";
  f.text = text;
  f.examples = {fmt::format("{}('{{\"b\": 1, \"a\": 2.50}}') = {{\"a\":2.5,\"b\":1}}", name)};
  f.min_args = 1;
  f.max_args = 2;
  using enum ArgKind;
  f.resolve = ResolveForms(f.name, {{{kCharacter}}, {{kCharacter, kBoolean}}},
                           trying ? ReturnsNullable(VariantType()) : Returns(VariantType()), CallStyle::kBuiltIn);
  f.make = MakeEachRow([trying](const RowCall& call) { ParseVariant(call, trying); });
  return f;
}

void SetNode(const RowCall& call, const JsonNode* node) {
  if (node == nullptr) return call.SetNull();
  std::string out;
  AppendJson(out, *node);
  call.Set(std::string_view(out));
}

void ItemByKey(const RowCall& call) {
  const auto node = ParseJson(call.string(0));
  if (!node.ok() || node->kind != JsonNode::Kind::kObject) {
    return call.Fail(ErrorCode::kData,
                     "String key access on variant requires an object variant, but a non-object variant was provided.");
  }
  SetNode(call, node->Find(call.string(1)));
}

void ItemByIndex(const RowCall& call) {
  const auto node = ParseJson(call.string(0));
  if (!node.ok() || node->kind != JsonNode::Kind::kArray) {
    return call.Fail(
        ErrorCode::kData,
        "Integer index access on variant requires an array variant, but a non-array variant was provided.");
  }
  const int64_t index = call.integer(1);
  const bool inside = index >= 1 && static_cast<uint64_t>(index) <= node->items.size();
  SetNode(call, inside ? &node->items[static_cast<size_t>(index - 1)] : nullptr);
}

}  // namespace

Kernel VariantItemKernel(bool key) { return key ? EachRow(ItemByKey) : EachRow(ItemByIndex); }

void AddVariantFunctions(FunctionRegistry& r) {
  r.Add(Parse("PARSE_JSON",
              "The JSON text as a VARIANT; an error if it is none, or if a key is repeated and the second argument is "
              "not TRUE.",
              false));
  r.Add(Parse("TRY_PARSE_JSON", "The JSON text as a VARIANT; NULL where PARSE_JSON fails.", true));
}

}  // namespace sluice::engine
