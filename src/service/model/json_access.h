// Reading JSON objects: a member that is missing, or of another type, is what the caller says. Pure.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::service {

namespace json = boost::json;

/// The member's text, or empty.
inline std::string TextAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// The member's number, or `otherwise`.
inline int64_t IntAt(const json::object& object, std::string_view key, int64_t otherwise = 0) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->as_int64() : otherwise;
}

inline bool BoolAt(const json::object& object, std::string_view key, bool otherwise) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
}

/// Null if there is no such object.
inline const json::object* ObjectAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}
inline json::object* ObjectAt(json::object& object, std::string_view key) {
  json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}
inline const json::array* ArrayAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_array() : nullptr;
}

/// The texts of an array; what else is in it is passed over.
inline std::vector<std::string> TextsAt(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::array* entries = ArrayAt(object, key);
  if (entries == nullptr) return out;
  for (const json::value& entry : *entries) {
    if (entry.is_string()) out.emplace_back(entry.as_string());
  }
  return out;
}

/// kData if it is none; `what` is what the text should be.
inline Result<json::object> ParseObject(std::string_view text, std::string_view what) {
  boost::system::error_code ec;
  json::value value = json::parse(text, ec);
  if (ec || !value.is_object()) return Error(ErrorCode::kData, std::string(what) + " is not a JSON object");
  return std::move(value.as_object());
}

/// Seconds since 1970 of a timestamp member, which may have a fraction; -1 if there is none.
inline int64_t SecondsAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return -1;
  if (value->is_int64()) return value->as_int64();
  if (value->is_double() && value->as_double() >= 0 && value->as_double() < 1e15)
    return static_cast<int64_t>(value->as_double());
  return -1;
}

}  // namespace sluice::service
