// RunConfiguration and RunConfigurationUpdate: what is shown of them, and what they mean for the job that is started.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "service/api/application_document.h"
#include "service/runner/deployment.h"

namespace sluice::service {

struct RunRequest {
  std::string description;  // RunConfigurationDescription, as text
  Deployment deployment;
};

/// `change` on top of `base`, a RunConfigurationDescription or empty, with what a start does that
/// says nothing. The deployment's restore is empty when the change does not
/// say what to restore from. Errors: ResourceNotFoundException for a snapshot that there is not,
/// InvalidArgumentException for one that cannot be used or that is not named.
Answer<RunRequest> ReadRunConfiguration(ServiceContext& context, const StoredApplication& stored,
                                        const std::string& base, const boost::json::object& change);

/// InvalidApplicationConfigurationException, in AWS's words, while the job of a RUNNING application does not run: then
/// there is no way to take a snapshot.
Answer<Done> RefuseSnapshotInDowntime(ServiceContext& context, const std::string& name);

/// Whether stops and updates of the application take snapshots.
bool SnapshotsEnabled(const VersionDocument& document);

}  // namespace sluice::service
