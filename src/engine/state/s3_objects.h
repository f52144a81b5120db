// S3 as the object store of checkpoints. What may pass (a 5xx answer, a broken connection) is tried again.
#pragma once

#include <memory>

#include "base/clock.h"
#include "engine/state/object_store.h"
#include "net/aws/credentials.h"

namespace sluice::engine {

/// Endpoint, region and credentials come from `environment` (AwsClientOptions, CredentialChain). `clock` outlives the
/// store; it waits between attempts.
std::shared_ptr<ObjectStore> MakeS3Objects(net::EnvLookup environment, Clock* clock);

}  // namespace sluice::engine
