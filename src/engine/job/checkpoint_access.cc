#include "engine/job/checkpoint_access.h"

#include <map>
#include <memory>
#include <utility>

#include "engine/state/s3_objects.h"
#include "engine/state/storage_location.h"

namespace sluice::engine {
namespace {

constexpr Option<MemorySize> kInlineBytes{
    .key = "execution.checkpointing.data-inline-threshold",
    .default_value = "20 kb",
    .min = 0,
    .max = 1 << 20,
    .fallback_keys = {"state.storage.fs.memory-threshold", "state.backend.fs.memory-threshold"},
    .text = "State of a checkpoint that is smaller stands in its _metadata file; at most 1 mb."};
constexpr Option<std::string> kEndpoint{
    .key = "s3.endpoint", .text = "Where S3 requests of checkpoints go, e.g. http://127.0.0.1:9000. Not set: AWS."};
constexpr Option<std::string> kRegion{.key = "s3.endpoint.region",
                                      .text = "The region that S3 requests are signed for."};
constexpr Option<std::string> kAccessKey{.key = "s3.access-key",
                                         .fallback_keys = {"s3.access.key"},
                                         .text = "Access key for S3, with s3.secret-key. Not set: AWS' usual chain."};
constexpr Option<std::string> kSecretKey{
    .key = "s3.secret-key", .fallback_keys = {"s3.secret.key"}, .text = "Secret key for S3, with s3.access-key."};

/// What AWS' names mean here: the settings, else the process' environment.
Result<net::EnvLookup> Environment(const OptionValues& values) {
  std::map<std::string, std::string> set;
  const std::pair<const char*, const Option<std::string>*> names[] = {{"AWS_ENDPOINT_URL_S3", &kEndpoint},
                                                                      {"AWS_REGION", &kRegion},
                                                                      {"AWS_ACCESS_KEY_ID", &kAccessKey},
                                                                      {"AWS_SECRET_ACCESS_KEY", &kSecretKey}};
  for (const auto& [name, option] : names) {
    SLUICE_ASSIGN_OR_RETURN(const auto value, FindOption(values, *option));
    if (value) set[name] = *value;
  }
  return net::EnvLookup([set = std::move(set), process = net::ProcessEnvironment()](const std::string& name) {
    // A key from the settings has no token of the environment's.
    if (name == "AWS_SESSION_TOKEN" && set.contains("AWS_ACCESS_KEY_ID")) return std::string();
    auto found = set.find(name);
    return found != set.end() ? found->second : process(name);
  });
}

}  // namespace

Result<OpenStorage> CheckpointAccess(const OptionValues& values, Clock* clock) {
  StorageSettings settings;
  SLUICE_ASSIGN_OR_RETURN(const MemorySize inline_bytes, GetOption(values, kInlineBytes));
  SLUICE_ASSIGN_OR_RETURN(net::EnvLookup environment, Environment(values));
  settings.inline_bytes = static_cast<size_t>(inline_bytes.bytes);
  settings.objects = MakeS3Objects(std::move(environment), clock);
  return OpenStorage([settings](const std::string& uri) { return OpenCheckpointStorage(uri, settings); });
}

void RegisterCheckpointAccessOptions(OptionsRegistry& registry) {
  registry.Add("Checkpoints", kInlineBytes);
  for (const auto* option : {&kEndpoint, &kRegion, &kAccessKey, &kSecretKey}) registry.Add("S3", *option);
}

}  // namespace sluice::engine
