// Optimistic locking: CurrentApplicationVersionId or ConditionalToken.
#pragma once

#include <boost/json/object.hpp>

#include "service/api/application_document.h"

namespace sluice::service {

/// InvalidArgumentException if the request has neither; ConcurrentModificationException if what it has is not current.
Answer<Done> CheckVersion(const boost::json::object& request, const ApplicationRow& row);

/// Refuses with ResourceInUseException unless the application is READY or has a running job.
Answer<Done> CheckCanChange(const ApplicationRow& row, std::string_view operation);

}  // namespace sluice::service
