#include "service/api/tags.h"

#include <fmt/format.h>

#include "service/api/application_document.h"
#include "service/api/snapshot_document.h"
#include "service/model/json_access.h"

namespace sluice::service {
namespace {

/// Either an application's name or a snapshot.
struct Tagged {
  std::string application;
  SnapshotRow snapshot;
};

Answer<Tagged> Find(ServiceContext& context, const std::string& arn) {
  Tagged out;
  if (arn.find(":snapshot/") != std::string::npos) {
    SLUICE_ASSIGN_OR_RETURN(const std::string name, SnapshotNameOfArn(context.config, arn));
    SLUICE_ASSIGN_OR_RETURN(out.snapshot, LoadStandingSnapshot(context, name));
  } else {
    SLUICE_ASSIGN_OR_RETURN(out.application, NameOfArn(context.config, arn));
    SLUICE_RETURN_IF_ERROR(LoadApplication(context, out.application));
  }
  return out;
}

constexpr std::string_view kTags = "tags";

json::object Parsed(const std::string& detail) {
  boost::system::error_code error;
  json::value value = json::parse(detail, error);
  return value.is_object() ? std::move(value.as_object()) : json::object();
}

TagMap TagsIn(const json::object& detail) {
  TagMap out;
  const json::array* tags = ArrayAt(detail, kTags);
  if (tags == nullptr) return out;
  for (const json::value& tag : *tags) out[TextAt(tag.as_object(), "Key")] = TextAt(tag.as_object(), "Value");
  return out;
}

std::string WithTags(json::object detail, const TagMap& tags) {
  detail[kTags] = TagList(tags);
  return json::serialize(detail);
}

}  // namespace

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

json::array TagList(const TagMap& tags) {
  json::array out;
  for (const auto& [key, value] : tags) out.push_back(json::object{{"Key", key}, {"Value", value}});
  return out;
}

Answer<TagMap> TagsOf(ServiceContext& context, const std::string& arn) {
  SLUICE_ASSIGN_OR_RETURN(const Tagged tagged, Find(context, arn));
  if (tagged.application.empty()) return TagsIn(Parsed(tagged.snapshot.detail));
  SLUICE_ASSIGN_OR_RETURN(TagMap tags, context.store.Tags(tagged.application));
  return tags;
}

Answer<Done> AddTags(ServiceContext& context, const std::string& arn, const TagMap& tags) {
  SLUICE_ASSIGN_OR_RETURN(const Tagged tagged, Find(context, arn));
  const size_t most = context.config.quotas.tags;
  Status added;
  if (tagged.application.empty()) {
    added = context.store.ChangeSnapshotDetail(
        tagged.snapshot.sequence, [&](const std::string& text) -> Result<std::string> {
          json::object detail = Parsed(text);
          TagMap all = TagsIn(detail);
          for (const auto& [key, value] : tags) all[key] = value;
          if (all.size() <= most) return WithTags(std::move(detail), all);
          return Error(ErrorCode::kResourceExhausted,
                       fmt::format("snapshot '{}' would have {} tags; at most {} are allowed", tagged.snapshot.name,
                                   all.size(), most));
        });
  } else {
    added = context.store.PutTags(tagged.application, tags, most);
  }
  if (added.ok()) return Done{};
  if (added.error().code() != ErrorCode::kResourceExhausted) return added.error();
  return ApiError("TooManyTagsException", added.error().message());
}

Answer<Done> RemoveTags(ServiceContext& context, const std::string& arn, const std::vector<std::string>& keys) {
  SLUICE_ASSIGN_OR_RETURN(const Tagged tagged, Find(context, arn));
  if (!tagged.application.empty()) {
    SLUICE_RETURN_IF_ERROR(context.store.RemoveTags(tagged.application, keys));
    return Done{};
  }
  SLUICE_RETURN_IF_ERROR(
      context.store.ChangeSnapshotDetail(tagged.snapshot.sequence, [&](const std::string& text) -> Result<std::string> {
        json::object detail = Parsed(text);
        TagMap all = TagsIn(detail);
        for (const std::string& key : keys) all.erase(key);
        return WithTags(std::move(detail), all);
      }));
  return Done{};
}

}  // namespace sluice::service
