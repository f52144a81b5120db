#include "service/api/tags.h"

#include <fmt/format.h>

#include "service/api/json_access.h"

namespace sluice::service {

Answer<TagMap> ReadTags(const json::array* tags, size_t max_tags) {
  TagMap out;
  if (tags == nullptr) return out;
  for (const json::value& tag : *tags) {
    std::string key = TextAt(tag.as_object(), "Key");
    if (key.size() >= 4 && (key.starts_with("aws:") || key.starts_with("AWS:"))) {
      return ApiError::InvalidArgument(fmt::format("Tag key {} is reserved: keys must not begin with aws:", key));
    }
    if (!out.emplace(key, TextAt(tag.as_object(), "Value")).second) {
      return ApiError::InvalidArgument(fmt::format("Tag key {} occurs twice", key));
    }
  }
  if (out.size() > max_tags) {
    return ApiError("TooManyTagsException",
                    fmt::format("{} tags were given; at most {} are allowed", out.size(), max_tags));
  }
  return out;
}

}  // namespace sluice::service
