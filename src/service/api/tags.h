// Checks of tags that the model file does not know.
#pragma once

#include <boost/json/array.hpp>

#include "service/model/api_error.h"
#include "service/store/application_store.h"

namespace sluice::service {

/// InvalidArgumentException for a key that comes twice or begins with "aws:"; TooManyTagsException for too many.
Answer<TagMap> ReadTags(const boost::json::array* tags, size_t max_tags);

}  // namespace sluice::service
