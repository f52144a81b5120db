// The storages there are; storage.cc chooses.
#pragma once

#include <memory>
#include <string>

#include "engine/connectors/filesystem/storage.h"
#include "net/aws/environment.h"

namespace sluice {
class Clock;
}

namespace sluice::engine::filesystem {

std::unique_ptr<Storage> LocalStorage();

/// Paths are "s3://BUCKET/KEY" or "s3a://BUCKET/KEY". `clock` must outlive what the storage opens.
std::unique_ptr<Storage> S3Storage(const net::EnvLookup& environment, Clock* clock);

/// BUCKET and KEY of such a path.
struct ObjectName {
  std::string bucket, key;
};
ObjectName NameOfPath(const std::string& path);

}  // namespace sluice::engine::filesystem
