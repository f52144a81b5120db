// The row of a snapshot that a user asks for.
#pragma once

#include <string>

#include "service/api/application_document.h"

namespace sluice::service {

/// UnsupportedOperationException for applications that have no snapshots, ResourceInUseException unless the application
/// is RUNNING, InvalidApplicationConfigurationException while its job is down.
Answer<Done> CheckSnapshotPossible(ServiceContext& context, const StoredApplication& stored,
                                   std::string_view operation);

/// CREATING, of the application as it is now; `standing_alone`: of CreateSnapshot.
SnapshotRow NewSnapshot(ServiceContext& context, const StoredApplication& stored, const std::string& name,
                        bool standing_alone);

}  // namespace sluice::service
