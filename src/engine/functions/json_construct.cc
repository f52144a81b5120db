#include <cmath>

#include <fmt/format.h>

#include "engine/functions/json_functions.h"
#include "engine/functions/opaque_types.h"
#include "engine/functions/string_utf.h"
#include "engine/functions/type_rules.h"
#include "engine/types/datetime.h"
#include "engine/types/decimal.h"
#include "engine/types/number_text.h"

namespace sluice::engine {

DataType RawJsonType() { return DataType::Raw("JSON"); }

bool JsonConvertible(const DataType& type, std::string& why) {
  switch (type.kind()) {
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
    case TypeKind::kMultiset:
    case TypeKind::kSymbol:
    case TypeKind::kDescriptor:
      why = fmt::format("Type '{}' is not scalar or cannot be converted into JSON.", PlannedType(type).ToString());
      return false;
    case TypeKind::kRaw: return type.Nullable() == RawJsonType() || IsVariant(type);
    case TypeKind::kArray: return JsonConvertible(type.element(), why);
    case TypeKind::kMap:
      if (!type.key().is_character()) {
        why = fmt::format("Type '{}' is not supported for JSON conversion. The key type must be a character string.",
                          type.key().ToString());
        return false;
      }
      return JsonConvertible(type.value(), why);
    case TypeKind::kRow:
      for (const RowField& f : type.fields()) {
        if (!JsonConvertible(f.type, why)) return false;
      }
      return true;
    default: return true;
  }
}

namespace {

std::string Base64(std::string_view s) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < s.size(); i += 3) {
    const size_t n = std::min<size_t>(3, s.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) word = word << 8 | (k < n ? static_cast<unsigned char>(s[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) out += k <= n ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

/// ISO-8601 without trailing zeros in the fraction.
std::string IsoText(Timestamp t, bool instant) {
  std::string out;
  const CivilTime c = CivilFromTimestamp(t);
  out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.date.year, c.date.month, c.date.day, c.hour, c.minute,
                    c.second);
  if (c.nano != 0) {
    out += fmt::format(".{:09}", c.nano);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return instant ? out + "Z" : out;
}

JsonNode FloatingNode(double v, const std::string& text) {
  return std::isfinite(v) ? JsonNode::Number(text) : JsonNode::String(text);
}

Result<JsonNode> ListOf(const Column& c, size_t row) {
  const ListSlice slice = c.at<ListSlice>(row);
  JsonNode out;
  out.kind = JsonNode::Kind::kArray;
  for (uint32_t k = 0; k < slice.length; ++k) {
    SLUICE_ASSIGN_OR_RETURN(JsonNode item, JsonOf(*c.child(0), slice.offset + k));
    out.items.push_back(std::move(item));
  }
  return out;
}

Result<JsonNode> MapOf(const Column& c, size_t row) {
  const ListSlice slice = c.at<ListSlice>(row);
  JsonNode out;
  out.kind = JsonNode::Kind::kObject;
  for (uint32_t k = 0; k < slice.length; ++k) {
    const size_t i = slice.offset + k;
    if (c.child(0)->IsNull(i)) return Error(ErrorCode::kData, "Key of map must not be null in a conversion to JSON.");
    SLUICE_ASSIGN_OR_RETURN(JsonNode value, JsonOf(*c.child(1), i));
    out.Set(std::string(c.child(0)->string_at(i)), std::move(value));
  }
  return out;
}

Result<JsonNode> RowOf(const Column& c, size_t row) {
  JsonNode out;
  out.kind = JsonNode::Kind::kObject;
  for (size_t f = 0; f < c.child_count(); ++f) {
    SLUICE_ASSIGN_OR_RETURN(JsonNode value, JsonOf(*c.child(f), c.index(row)));
    out.Set(c.type().fields()[f].name, std::move(value));
  }
  return out;
}

Timestamp TimestampOf(const Column& c, size_t row) {
  return c.physical() == PhysicalType::kInt64 ? TimestampFromMillis(c.at<int64_t>(row)) : c.at<Timestamp>(row);
}

}  // namespace

Result<JsonNode> JsonOf(const Column& c, size_t row) {
  if (c.IsNull(row)) return JsonNode();
  std::string text;
  switch (c.type().kind()) {
    case TypeKind::kNull: return JsonNode();
    case TypeKind::kBoolean: return JsonNode::Bool(c.at<uint8_t>(row) != 0);
    case TypeKind::kTinyint: AppendInt(text, c.at<int8_t>(row)); return JsonNode::Number(text);
    case TypeKind::kSmallint: AppendInt(text, c.at<int16_t>(row)); return JsonNode::Number(text);
    case TypeKind::kInteger: AppendInt(text, c.at<int32_t>(row)); return JsonNode::Number(text);
    case TypeKind::kBigint: AppendInt(text, c.at<int64_t>(row)); return JsonNode::Number(text);
    case TypeKind::kFloat: {
      const auto wide = static_cast<double>(c.at<float>(row));  // Flink shows all of its digits
      return FloatingNode(wide, DoubleToString(wide));
    }
    case TypeKind::kDouble: return FloatingNode(c.at<double>(row), DoubleToString(c.at<double>(row)));
    case TypeKind::kDecimal: return JsonNode::Number(DecimalToString(c.at<int128_t>(row), c.type().scale()));
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return JsonNode::String(Base64(c.string_at(row)));
    case TypeKind::kTimestamp: return JsonNode::String(IsoText(TimestampOf(c, row), false));
    case TypeKind::kTimestampLtz: return JsonNode::String(IsoText(TimestampOf(c, row), true));
    case TypeKind::kArray: return ListOf(c, row);
    case TypeKind::kMap: return MapOf(c, row);
    case TypeKind::kRow: return RowOf(c, row);
    case TypeKind::kRaw: return ParseJson(c.string_at(row));
    default: return JsonNode::String(std::string(c.string_at(row)));
  }
}

namespace {

void SetJson(const RowCall& call, const Result<JsonNode>& node) {
  if (!node.ok()) return call.Fail(node.error().code(), node.error().message());
  call.Set(std::string_view(JsonText(*node)));
}

bool AbsentOnNull(const CallInfo& call) {
  const std::string* symbol = LiteralText(call, 0);
  return symbol != nullptr && *symbol == "ABSENT";
}

Result<Kernel> MakeObject(const CallInfo& info, const DataType&) {
  return EachRow([absent = AbsentOnNull(info)](const RowCall& call) {
    JsonNode object;
    object.kind = JsonNode::Kind::kObject;
    for (size_t a = 1; a + 1 < call.size(); a += 2) {
      if (call.null(a)) return call.Fail(ErrorCode::kData, "JSON_OBJECT: a key must not be NULL");
      if (call.null(a + 1) && absent) continue;
      auto value = JsonOf(*call.args[a + 1], call.row);
      if (!value.ok()) return call.Fail(value.error().code(), value.error().message());
      object.Set(std::string(call.string(a)), std::move(*value));
    }
    SetJson(call, object);
  });
}

Result<Kernel> MakeArray(const CallInfo& info, const DataType&) {
  return EachRow([absent = AbsentOnNull(info)](const RowCall& call) {
    JsonNode array;
    array.kind = JsonNode::Kind::kArray;
    for (size_t a = 1; a < call.size(); ++a) {
      if (call.null(a) && absent) continue;
      auto value = JsonOf(*call.args[a], call.row);
      if (!value.ok()) return call.Fail(value.error().code(), value.error().message());
      array.items.push_back(std::move(*value));
    }
    SetJson(call, array);
  });
}

Resolver ResolveConstructor(std::string name, bool object) {
  return [name, object](const CallInfo& call) -> Result<std::optional<Signature>> {
    if (object && call.size() % 2 == 0) return InvalidCall(name, call, "Keys and values must come in pairs.");
    for (size_t a = 1; a < call.size(); ++a) {
      if (object && a % 2 == 1) {
        if (!call.args[a].is_character()) return InvalidCall(name, call, "Expected a character type");
        if (call.args[a].nullable()) return InvalidCall(name, call, "Argument to function must not be NULL");
        continue;
      }
      std::string why;
      if (!JsonConvertible(call.args[a], why)) return InvalidCall(name, call, why);
    }
    return std::optional<Signature>(Signature{DataType::String().NotNull(), call.args});
  };
}

void JsonString(const RowCall& call) { SetJson(call, JsonOf(*call.args[0], call.row)); }

/// The text itself, if it is JSON.
void RawJson(const RowCall& call) {
  const auto node = ParseJson(call.string(0));
  if (!node.ok()) return call.Fail(node.error().code(), "JSON(): " + node.error().message());
  call.SetPart(call.string(0));
}

/// Like Flink, which writes a character beyond U+FFFF as its code point and then its second UTF-16 unit.
void JsonQuote(const RowCall& call) {
  const std::string_view s = call.string(0);
  std::string out = "\"";
  for (size_t i = 0; i < s.size();) {
    const char32_t c = NextCodePoint(s, i);
    constexpr std::string_view kLetters = "bfnrt\"\\/", kMeanings = "\b\f\n\r\t\"\\/";
    const size_t k = c < 0x80 ? kMeanings.find(static_cast<char>(c)) : std::string_view::npos;
    if (k != std::string_view::npos) {
      (out += '\\') += kLetters[k];
    } else if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
      if (c >= 0x10000) out += fmt::format("\\u{:04x}", 0xDC00 + ((static_cast<uint32_t>(c) - 0x10000) & 0x3FF));
    }
  }
  call.Set(std::string_view(out + '"'));
}

/// A JSON string without its quotes and escapes; anything else as it is.
void JsonUnquote(const RowCall& call) {
  const std::string_view s = call.string(0);
  if (s.size() >= 2 && s.front() == '"' && s.back() == '"') {
    const auto node = ParseJson(s);
    if (node.ok() && node->kind == JsonNode::Kind::kString) return call.Set(std::string_view(node->text));
  }
  call.SetPart(s);
}

Result<std::optional<Signature>> ResolveJsonString(const CallInfo& call) {
  std::string why;
  if (call.args[0].kind() == TypeKind::kDate || call.args[0].kind() == TypeKind::kTime) {
    why = fmt::format("Unsupported argument type. Expected type of family 'CHARACTER_STRING' but actual type was '{}'.",
                      call.args[0].ToString());
    return InvalidCall("JSON_STRING", call, why);
  }
  if (!JsonConvertible(call.args[0], why)) return InvalidCall("JSON_STRING", call, why);
  return std::optional<Signature>(Signature{DataType::String().WithNullable(call.args[0].nullable()), call.args});
}

}  // namespace

void AddJsonConstructors(FunctionRegistry& r) {
  auto add = [&](const char* name, const char* text, std::vector<std::string> examples, int least, int most,
                 NullRule nulls, Resolver resolve, auto make) {
    ScalarFunction f;
    f.name = name;
    f.family = "json";
    f.text = text;
    f.examples = std::move(examples);
    f.min_args = least;
    f.max_args = most;
    f.nulls = nulls;
    f.supported_forms = "'" + f.name + "(<ANY>)'";
    f.resolve = std::move(resolve);
    f.make = make;
    r.Add(std::move(f));
  };
  const Form text{{ArgKind::kCharacter}};
  const ResultRule string = Returns(DataType::String());
  add("JSON_OBJECT", "A JSON object of the keys and values; keys come out sorted.",
      {"JSON_OBJECT('a' VALUE 1, 'b' VALUE 'x') = {\"a\":1,\"b\":\"x\"}"}, 1, -1, NullRule::kCustom,
      ResolveConstructor("JSON_OBJECT", true), MakeObject);
  add("JSON_ARRAY", "A JSON array of the values.", {"JSON_ARRAY(1, 'x') = [1,\"x\"]"}, 1, -1, NullRule::kCustom,
      ResolveConstructor("JSON_ARRAY", false), MakeArray);
  add("JSON", "JSON text that nests inside of JSON_OBJECT and JSON_ARRAY.",
      {"JSON_ARRAY(JSON('{\"a\": 1}')) = [{\"a\":1}]"}, 1, 1, NullRule::kPropagate,
      ResolveForms("JSON", {text}, Returns(RawJsonType())), MakeEachRowSharing(RawJson));
  add("JSON_STRING", "The value as JSON text.", {"JSON_STRING(ARRAY[1, 2]) = [1,2]"}, 1, 1, NullRule::kPropagate,
      ResolveJsonString, MakeEachRow(JsonString));
  add("JSON_QUOTE", "The text as a JSON string.", {"JSON_QUOTE('a\"b') = \"a\\\"b\""}, 1, 1, NullRule::kPropagate,
      ResolveForms("JSON_QUOTE", {text}, string, CallStyle::kBuiltIn), MakeEachRow(JsonQuote));
  add("JSON_UNQUOTE", "The text of a JSON string; other text as it is.", {"JSON_UNQUOTE('\"abc\"') = abc"}, 1, 1,
      NullRule::kPropagate, ResolveForms("JSON_UNQUOTE", {text}, string, CallStyle::kBuiltIn),
      MakeEachRowSharing(JsonUnquote));
}

}  // namespace sluice::engine
