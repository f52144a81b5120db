// Tags: checks that the model file does not know, and the tags of what an ARN names - an application, or a snapshot
// that stands alone.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "service/api/service_context.h"
#include "service/model/api_error.h"
#include "service/store/application_store.h"

namespace sluice::service {

/// InvalidArgumentException for a key that comes twice or begins with "aws:"; TooManyTagsException for too many.
Answer<TagMap> ReadTags(const boost::json::array* tags, size_t max_tags);

/// As the API lists them.
boost::json::array TagList(const TagMap& tags);

/// ResourceNotFoundException if there is no such resource, InvalidArgumentException if `arn` is none of ours.
Answer<TagMap> TagsOf(ServiceContext& context, const std::string& arn);
/// TooManyTagsException if the resource would have more than its quota; then none is added.
Answer<Done> AddTags(ServiceContext& context, const std::string& arn, const TagMap& tags);
/// Keys that it does not have are passed over.
Answer<Done> RemoveTags(ServiceContext& context, const std::string& arn, const std::vector<std::string>& keys);

}  // namespace sluice::service
