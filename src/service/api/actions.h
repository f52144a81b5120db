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
  X(CreateApplicationSnapshot)                     \
  X(CreateSnapshot)                                \
  X(DeleteApplication)                             \
  X(DeleteApplicationCloudWatchLoggingOption)      \
  X(DeleteApplicationInputProcessingConfiguration) \
  X(DeleteApplicationOutput)                       \
  X(DeleteApplicationReferenceDataSource)          \
  X(DeleteApplicationSnapshot)                     \
  X(DeleteApplicationVpcConfiguration)             \
  X(DeleteSnapshot)                                \
  X(DescribeApplication)                           \
  X(DescribeApplicationOperation)                  \
  X(DescribeApplicationSnapshot)                   \
  X(DescribeApplicationVersion)                    \
  X(DescribeSnapshot)                              \
  X(DescribeSnapshotOperation)                     \
  X(DiscoverInputSchema)                           \
  X(ExportSnapshot)                                \
  X(ImportSnapshot)                                \
  X(ListApplicationOperations)                     \
  X(ListApplications)                              \
  X(ListApplicationSnapshots)                      \
  X(ListApplicationVersions)                       \
  X(ListSnapshotOperations)                        \
  X(ListSnapshots)                                 \
  X(ListTagsForResource)                           \
  X(RollbackApplication)                           \
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
