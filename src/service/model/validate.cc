#include "service/model/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <vector>

#include "service/model/patterns.h"

namespace sluice::service {
namespace {

namespace json = boost::json;

constexpr size_t kMaxReported = 10;
constexpr size_t kMaxShownValue = 200;

/// "ApplicationName" → "applicationName"; "VPCId" stays readable enough: only the first letter changes, as AWS does.
std::string LowerFirst(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// As AWS's Java shows it: lists of texts without quotes.
std::string AsText(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  const json::array* list = value.if_array();
  if (list == nullptr || list->empty() || !list->front().is_string()) return json::serialize(value);
  std::string out;
  for (const json::value& element : *list) out += (out.empty() ? "[" : ", ") + AsText(element);
  return out + "]";
}

std::string Shown(const json::value& value) {
  std::string text = AsText(value);
  if (text.size() > kMaxShownValue) {
    size_t end = kMaxShownValue;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    text += "...";
  }
  return text;
}

class Validator {
 public:
  void Check(const Shape& shape, const std::string& path, json::value* value) {
    if (serialization_error_) return;
    switch (shape.type) {
      case ShapeType::kStructure: return CheckStructure(shape, path, value);
      case ShapeType::kList: return CheckList(shape, path, value);
      case ShapeType::kMap: return CheckMap(shape, path, value);
      case ShapeType::kString: return CheckString(shape, path, *value);
      case ShapeType::kBlob: return CheckBlob(shape, path, *value);
      case ShapeType::kInteger:
      case ShapeType::kLong: return CheckInteger(shape, path, *value);
      case ShapeType::kBoolean: return CheckBoolean(path, value);
      case ShapeType::kTimestamp:
        if (!value->is_number()) WrongType(path, "a number of seconds since 1970");
        return;
    }
  }

  std::optional<ApiError> Finish(std::string_view constraint_type) const {
    if (serialization_error_) return ApiError("SerializationException", *serialization_error_);
    if (violations_.empty()) return std::nullopt;
    std::string all;
    for (const std::string& violation : violations_) all += (all.empty() ? "" : "; ") + violation;
    return ApiError(std::string(constraint_type), fmt::format("{} validation error{} detected: {}", violations_.size(),
                                                              violations_.size() == 1 ? "" : "s", all));
  }

 private:
  void WrongType(const std::string& path, std::string_view expected) {
    serialization_error_ = path.empty() ? fmt::format("The request body must be {}", expected)
                                        : fmt::format("The value at '{}' must be {}", path, expected);
  }

  void Violation(const std::string& path, std::string_view value, std::string_view constraint) {
    if (violations_.size() >= kMaxReported) return;
    violations_.push_back(
        fmt::format("Value {} at '{}' failed to satisfy constraint: Member must {}", value, path, constraint));
  }

  void CheckLength(const Shape& shape, const std::string& path, const json::value& value, size_t length) {
    auto signed_length = static_cast<int64_t>(length);
    if (signed_length < shape.min) {
      Violation(path, "'" + Shown(value) + "'", fmt::format("have length greater than or equal to {}", shape.min));
    } else if (signed_length > shape.max) {
      Violation(path, "'" + Shown(value) + "'", fmt::format("have length less than or equal to {}", shape.max));
    }
  }

  void CheckStructure(const Shape& shape, const std::string& path, json::value* value) {
    if (!value->is_object()) return WrongType(path, "a JSON object");
    json::object kept;
    for (const Member& member : shape.members) {
      const std::string member_path = (path.empty() ? "" : path + ".") + LowerFirst(member.name);
      json::value* found = value->as_object().if_contains(member.name);
      if (found == nullptr || found->is_null()) {
        if (member.required) Violation(member_path, "null", "not be null");
        continue;
      }
      Check(AllShapes()[member.shape], member_path, found);
      kept.emplace(member.name, std::move(*found));
    }
    *value = std::move(kept);
  }

  void CheckList(const Shape& shape, const std::string& path, json::value* value) {
    if (!value->is_array()) return WrongType(path, "a JSON array");
    json::array& array = value->as_array();
    CheckLength(shape, path, *value, array.size());
    for (size_t i = 0; i < array.size() && violations_.size() < kMaxReported; ++i) {
      Check(AllShapes()[shape.element], fmt::format("{}.{}.member", path, i + 1), &array[i]);
    }
  }

  void CheckMap(const Shape& shape, const std::string& path, json::value* value) {
    if (!value->is_object()) return WrongType(path, "a JSON object");
    json::object& object = value->as_object();
    CheckLength(shape, path, *value, object.size());
    for (auto& entry : object) {
      if (violations_.size() >= kMaxReported) return;
      json::value key(entry.key());
      Check(AllShapes()[shape.key], path + ".key", &key);
      Check(AllShapes()[shape.element], fmt::format("{}.{}.member", path, Shown(key)), &entry.value());
    }
  }

  void CheckString(const Shape& shape, const std::string& path, const json::value& value) {
    if (!value.is_string()) return WrongType(path, "a string");
    const std::string_view text = value.as_string();
    if (!shape.enum_values.empty()) {
      if (std::find(shape.enum_values.begin(), shape.enum_values.end(), text) == shape.enum_values.end()) {
        Violation(path, "'" + Shown(value) + "'",
                  fmt::format("satisfy enum value set: [{}]", fmt::join(shape.enum_values, ", ")));
      }
      return;
    }
    CheckLength(shape, path, value, CountCodePoints(text));
    if (!shape.pattern.empty() && MatchesPattern(shape.pattern, text) == false) {
      Violation(path, "'" + Shown(value) + "'", fmt::format("satisfy regular expression pattern: {}", shape.pattern));
    }
  }

  void CheckBlob(const Shape& shape, const std::string& path, const json::value& value) {
    if (!value.is_string()) return WrongType(path, "a Base64 string");
    auto size = Base64DecodedSize(std::string_view(value.as_string()));
    if (!size) return WrongType(path, "a Base64 string");
    CheckLength(shape, path, json::value("java.nio.HeapByteBuffer"), *size);
  }

  void CheckInteger(const Shape& shape, const std::string& path, const json::value& value) {
    int64_t number = 0;
    if (value.is_int64()) {
      number = value.as_int64();
    } else if (value.is_uint64()) {
      number = std::numeric_limits<int64_t>::max();  // out of every range that the model has
    } else {
      return WrongType(path, "an integer");
    }
    if (shape.type == ShapeType::kInteger &&
        (number > std::numeric_limits<int32_t>::max() || number < std::numeric_limits<int32_t>::min())) {
      return WrongType(path, "a 32-bit integer");
    }
    if (number < shape.min) {
      Violation(path, "'" + Shown(value) + "'", fmt::format("have value greater than or equal to {}", shape.min));
    } else if (number > shape.max) {
      Violation(path, "'" + Shown(value) + "'", fmt::format("have value less than or equal to {}", shape.max));
    }
  }

  void CheckBoolean(const std::string& path, json::value* value) {
    if (value->is_bool()) return;
    // AWS's own guide passes booleans as strings in one place.
    if (value->is_string() && (value->as_string() == "true" || value->as_string() == "false")) {
      *value = value->as_string() == "true";
      return;
    }
    WrongType(path, "true or false");
  }

  std::vector<std::string> violations_;
  std::optional<std::string> serialization_error_;
};

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::optional<ApiError> ValidateRequest(const Operation& operation, json::value* input) {
  Validator validator;
  validator.Check(AllShapes()[operation.input], "", input);
  const bool has_argument_error =
      std::find(operation.errors.begin(), operation.errors.end(), "InvalidArgumentException") != operation.errors.end();
  return validator.Finish(has_argument_error ? "InvalidArgumentException" : "InvalidRequestException");
}

std::optional<ApiError> ValidateShape(const Shape& shape, json::value* value) {
  Validator validator;
  validator.Check(shape, "", value);
  return validator.Finish("InvalidArgumentException");
}

std::optional<size_t> Base64DecodedSize(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string_view digits = text.substr(0, text.size() - padding);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return Base64Value(c) >= 0; })) return std::nullopt;
  return text.size() / 4 * 3 - padding;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  auto size = Base64DecodedSize(text);
  if (!size) return std::nullopt;
  std::string out;
  out.reserve(*size + 2);
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 4; ++j) bits = bits << 6 | static_cast<uint32_t>(std::max(0, Base64Value(text[i + j])));
    for (int shift : {16, 8, 0}) out += static_cast<char>(bits >> shift & 0xff);
  }
  out.resize(*size);
  return out;
}

}  // namespace sluice::service
