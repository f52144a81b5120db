#include "service/model/api_error.h"

namespace sluice::service {

ApiError::ApiError(const Error& error) : message_(error.message()) {
  switch (error.code()) {
    case ErrorCode::kConflict:
      type_ = "ConcurrentModificationException";
      status_ = 400;
      break;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      type_ = "ServiceUnavailableException";
      status_ = 503;
      break;
    default: type_ = "InternalFailure"; status_ = 500;
  }
}

}  // namespace sluice::service
