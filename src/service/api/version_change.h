// What the Add… and Delete… operations have in common: each makes one new version of the application.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "service/api/application_document.h"

namespace sluice::service {

/// The application of the request, if the request has its current version (or token) and its status allows a change.
/// With `version_is_optional` a request without either is taken, too.
/// Errors: as LoadApplication, CheckVersion, CheckCanChange.
Answer<StoredApplication> LoadForChange(ServiceContext& context, const boost::json::object& request,
                                        std::string_view operation, bool version_is_optional = false);

/// Writes `document` as the version after `before`'s, with a finished record of the operation. The answer has
/// ApplicationARN, ApplicationVersionId and OperationId. A running job is left alone.
/// ConcurrentModificationException if somebody else was faster.
Answer<boost::json::object> CommitChange(ServiceContext& context, const StoredApplication& before,
                                         const VersionDocument& document, std::string_view operation);

}  // namespace sluice::service
