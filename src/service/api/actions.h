// The actions of the API that are implemented, listed once. Each is a file of its own: request in, decision, answer
// out. The request has passed ValidateRequest; the answer is the operation's output document.
#pragma once

#include <boost/json/fwd.hpp>

#include "service/api/service_context.h"
#include "service/model/api_error.h"

#define SLUICE_API_ACTIONS(X)                      \
  X(AddApplicationCloudWatchLoggingOption)         \
  X(AddApplicationInput)                           \
  X(AddApplicationInputProcessingConfiguration)    \
  X(AddApplicationOutput)                          \
  X(AddApplicationReferenceDataSource)             \
  X(AddApplicationVpcConfiguration)                \
  X(CreateApplication)                             \
  X(CreateApplicationPresignedUrl)                 \
  X(DeleteApplication)                             \
  X(DeleteApplicationCloudWatchLoggingOption)      \
  X(DeleteApplicationInputProcessingConfiguration) \
  X(DeleteApplicationOutput)                       \
  X(DeleteApplicationReferenceDataSource)          \
  X(DeleteApplicationVpcConfiguration)             \
  X(DescribeApplication)                           \
  X(DescribeApplicationOperation)                  \
  X(DescribeApplicationVersion)                    \
  X(ListApplicationOperations)                     \
  X(ListApplications)                              \
  X(ListApplicationVersions)                       \
  X(ListTagsForResource)                           \
  X(StartApplication)                              \
  X(StopApplication)                               \
  X(TagResource)                                   \
  X(UntagResource)                                 \
  X(UpdateApplication)                             \
  X(UpdateApplicationMaintenanceConfiguration)

namespace sluice::service {

#define SLUICE_X(name) Answer<boost::json::object> name(ServiceContext& context, const boost::json::object& request);
SLUICE_API_ACTIONS(SLUICE_X)
#undef SLUICE_X

}  // namespace sluice::service
