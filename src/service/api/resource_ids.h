// Ids of what belongs to an application: "3.1" is the first of its kind that version 3 added.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "service/model/json_access.h"

namespace sluice::service {

/// The next free id for `version` among `existing`, whose ids are under `key`.
inline std::string NextId(const json::array& existing, std::string_view key, int64_t version) {
  const std::string prefix = std::to_string(version) + ".";
  int64_t last = 0;
  for (const json::value& entry : existing) {
    const std::string id = TextAt(entry.as_object(), key);
    if (id.starts_with(prefix)) last = std::max<int64_t>(last, std::atoll(id.c_str() + prefix.size()));
  }
  return prefix + std::to_string(last + 1);
}

/// Null if there is none of that id.
inline json::object* FindById(json::array& among, std::string_view key, const std::string& id) {
  for (json::value& entry : among) {
    if (TextAt(entry.as_object(), key) == id) return &entry.as_object();
  }
  return nullptr;
}

/// The array under `key`, made if it is not there.
inline json::array& ArrayIn(json::object& object, std::string_view key) {
  json::value& value = object[key];
  if (!value.is_array()) value = json::array();
  return value.as_array();
}

/// Takes out the entry of that id; false if there is none. An array that becomes empty is taken out of `object`, too.
inline bool EraseById(json::object& object, std::string_view array, std::string_view key, const std::string& id) {
  json::array& among = ArrayIn(object, array);
  bool found = false;
  for (auto at = among.begin(); at != among.end(); ++at) {
    if (TextAt(at->as_object(), key) != id) continue;
    among.erase(at);
    found = true;
    break;
  }
  if (among.empty()) object.erase(array);
  return found;
}

}  // namespace sluice::service
