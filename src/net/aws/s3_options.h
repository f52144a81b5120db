// The settings that say where S3 is and who asks: those of Flink's S3 file systems.
#pragma once

#include "base/options_registry.h"
#include "base/result.h"
#include "net/aws/environment.h"

namespace sluice::net {

/// What AWS' names mean under these settings: s3.endpoint, s3.access-key, …, else what `process` says.
Result<EnvLookup> S3Environment(const OptionValues& settings, EnvLookup process = ProcessEnvironment());

void RegisterS3Options(OptionsRegistry& registry);

}  // namespace sluice::net
