#include "net/aws/environment.h"

#include <cstdlib>
#include <fstream>

#include "base/text.h"

namespace sluice::net {
namespace {

/// The key = value lines of one [section]; nested (indented) lines are skipped.
AwsProfile ReadIniSection(const std::string& path, std::string_view section) {
  AwsProfile out;
  std::ifstream file(path);
  std::string line;
  bool inside = false;
  while (std::getline(file, line)) {
    std::string_view text = Trim(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (text[0] == '[') {
      inside = text.ends_with(']') && Trim(text.substr(1, text.size() - 2)) == section;
      continue;
    }
    size_t equals = text.find('=');
    if (!inside || equals == std::string_view::npos || line[0] == ' ' || line[0] == '\t') continue;
    out[std::string(Trim(text.substr(0, equals)))] = std::string(Trim(text.substr(equals + 1)));
  }
  return out;
}

std::string FilePath(const EnvLookup& environment, const std::string& variable, const std::string& file) {
  std::string path = environment(variable);
  if (!path.empty()) return path;
  std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.aws/" + file;
}

}  // namespace

EnvLookup ProcessEnvironment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

std::string ProfileName(const EnvLookup& environment) {
  std::string name = environment("AWS_PROFILE");
  return name.empty() ? "default" : name;
}

AwsProfile ReadCredentialsProfile(const EnvLookup& environment, const std::string& name, const std::string& path) {
  return ReadIniSection(path.empty() ? FilePath(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials") : path,
                        name);
}

AwsProfile ReadConfigProfile(const EnvLookup& environment, const std::string& name) {
  return ReadIniSection(FilePath(environment, "AWS_CONFIG_FILE", "config"),
                        name == "default" ? name : "profile " + name);
}

std::string FindRegion(const EnvLookup& environment) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = environment(name); !region.empty()) return region;
  }
  AwsProfile profile = ReadConfigProfile(environment, ProfileName(environment));
  auto region = profile.find("region");
  return region == profile.end() || region->second.empty() ? "us-east-1" : region->second;
}

std::string FindEndpoint(const EnvLookup& environment, std::string_view service) {
  std::string endpoint = environment("AWS_ENDPOINT_URL_" + std::string(service));
  return endpoint.empty() ? environment("AWS_ENDPOINT_URL") : endpoint;
}

}  // namespace sluice::net
