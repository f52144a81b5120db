#include "net/aws/s3_options.h"

#include <map>
#include <string>
#include <utility>

namespace sluice::net {
namespace {

constexpr Option<std::string> kEndpoint{.key = "s3.endpoint",
                                        .text = "Where S3 requests go, e.g. http://127.0.0.1:9000. Not set: AWS."};
constexpr Option<std::string> kRegion{.key = "s3.endpoint.region",
                                      .text = "The region that S3 requests are signed for."};
constexpr Option<std::string> kAccessKey{.key = "s3.access-key",
                                         .fallback_keys = {"s3.access.key"},
                                         .text = "Access key for S3, with s3.secret-key. Not set: AWS' usual chain."};
constexpr Option<std::string> kSecretKey{
    .key = "s3.secret-key", .fallback_keys = {"s3.secret.key"}, .text = "Secret key for S3, with s3.access-key."};

}  // namespace

Result<EnvLookup> S3Environment(const OptionValues& settings, EnvLookup process) {
  std::map<std::string, std::string> set;
  const std::pair<const char*, const Option<std::string>*> names[] = {{"AWS_ENDPOINT_URL_S3", &kEndpoint},
                                                                      {"AWS_REGION", &kRegion},
                                                                      {"AWS_ACCESS_KEY_ID", &kAccessKey},
                                                                      {"AWS_SECRET_ACCESS_KEY", &kSecretKey}};
  for (const auto& [name, option] : names) {
    SLUICE_ASSIGN_OR_RETURN(const auto value, FindOption(settings, *option));
    if (value) set[name] = *value;
  }
  return EnvLookup([set = std::move(set), process = std::move(process)](const std::string& name) {
    // A key from the settings has no token of the environment's.
    if (name == "AWS_SESSION_TOKEN" && set.contains("AWS_ACCESS_KEY_ID")) return std::string();
    auto found = set.find(name);
    return found != set.end() ? found->second : process(name);
  });
}

void RegisterS3Options(OptionsRegistry& registry) {
  for (const auto* option : {&kEndpoint, &kRegion, &kAccessKey, &kSecretKey}) registry.Add("S3", *option);
}

}  // namespace sluice::net
