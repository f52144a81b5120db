#include "engine/job/checkpoint_access.h"

#include <utility>

#include "engine/state/s3_objects.h"
#include "engine/state/storage_location.h"
#include "net/aws/s3_options.h"

namespace sluice::engine {
namespace {

constexpr Option<MemorySize> kInlineBytes{
    .key = "execution.checkpointing.data-inline-threshold",
    .default_value = "20 kb",
    .min = 0,
    .max = 1 << 20,
    .fallback_keys = {"state.storage.fs.memory-threshold", "state.backend.fs.memory-threshold"},
    .text = "State of a checkpoint that is smaller stands in its _metadata file; at most 1 mb."};

}  // namespace

Result<OpenStorage> CheckpointAccess(const OptionValues& values, Clock* clock) {
  StorageSettings settings;
  SLUICE_ASSIGN_OR_RETURN(const MemorySize inline_bytes, GetOption(values, kInlineBytes));
  SLUICE_ASSIGN_OR_RETURN(net::EnvLookup environment, net::S3Environment(values));
  settings.inline_bytes = static_cast<size_t>(inline_bytes.bytes);
  settings.objects = MakeS3Objects(std::move(environment), clock);
  return OpenStorage([settings](const std::string& uri) { return OpenCheckpointStorage(uri, settings); });
}

void RegisterCheckpointAccessOptions(OptionsRegistry& registry) {
  registry.Add("Checkpoints", kInlineBytes);
  net::RegisterS3Options(registry);
}

}  // namespace sluice::engine
