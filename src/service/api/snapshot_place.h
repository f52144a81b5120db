// The bucket and prefix of an export or import, read out of a request.
#pragma once

#include <boost/json/object.hpp>

#include "service/model/api_error.h"
#include "service/runner/snapshot_transfer.h"

namespace sluice::service {

/// InvalidArgumentException for an ARN that is not a bucket's and a key that has no id; `encryption` may be null.
Answer<TransferPlace> ReadPlace(const boost::json::object& location, const boost::json::object* encryption);

}  // namespace sluice::service
