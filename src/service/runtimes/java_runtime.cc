#include "service/runtimes/java_runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/files.h"

namespace sluice::service {
namespace {

namespace fs = std::filesystem;

/// The value of JAVA_VERSION="17.0.15" in a JDK's file `release`.
std::string ReleasedVersion(const std::string& home) {
  auto text = ReadFile(home + "/release");
  if (!text.ok()) return "";
  constexpr std::string_view kKey = "JAVA_VERSION=\"";
  const size_t at = text->find(kKey);
  if (at == std::string::npos) return "";
  const size_t begin = at + kKey.size();
  return text->substr(begin, text->find('"', begin) - begin);
}

void AddHome(const fs::path& home, std::vector<JavaRuntime>* out) {
  std::error_code ec;
  const fs::path real = fs::canonical(home, ec);
  if (ec || !fs::exists(real / "bin/java", ec)) return;
  JavaRuntime java{real.string(), JavaMajorVersion(ReleasedVersion(real.string()))};
  // Java 8 has its release file beside jre/, where the program on PATH is.
  if (java.version == 0 && real.filename() == "jre") {
    java.version = JavaMajorVersion(ReleasedVersion(real.parent_path().string()));
  }
  const auto same = [&](const JavaRuntime& other) { return other.home == java.home; };
  if (java.version != 0 && std::none_of(out->begin(), out->end(), same)) out->push_back(std::move(java));
}

std::string List(const std::vector<JavaRuntime>& found) {
  std::string out;
  for (const JavaRuntime& java : found) {
    out += fmt::format("{}Java {} in {}", out.empty() ? "" : ", ", java.version, java.home);
  }
  return out.empty() ? "no Java at all" : out;
}

}  // namespace

int JavaMajorVersion(std::string_view version) {
  if (version.starts_with("1.")) version.remove_prefix(2);
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

std::vector<JavaRuntime> FindJavaRuntimes(const net::EnvLookup& environment) {
  std::vector<JavaRuntime> out;
  if (const std::string home = environment("JAVA_HOME"); !home.empty()) AddHome(home, &out);
  std::string path = environment("PATH");
  while (!path.empty()) {
    const size_t colon = path.find(':');
    std::error_code ec;
    const fs::path program = fs::canonical(fs::path(path.substr(0, colon)) / "java", ec);
    if (!ec) AddHome(program.parent_path().parent_path(), &out);
    path = colon == std::string::npos ? "" : path.substr(colon + 1);
  }
  constexpr const char* kSystemFolder = "/usr/lib/jvm";
  if (auto names = ListFolder(kSystemFolder); names.ok()) {
    for (const std::string& name : *names) AddHome(fs::path(kSystemFolder) / name, &out);
  }
  return out;
}

Result<JavaRuntime> ChooseJava(const FlinkDistribution& flink, const std::vector<JavaRuntime>& found) {
  const JavaRuntime* fits = nullptr;
  for (const JavaRuntime& java : found) {
    if (java.version == flink.java_best) return java;
    if (fits == nullptr && java.version >= flink.java_least && java.version <= flink.java_most) fits = &java;
  }
  if (fits != nullptr) return *fits;
  return Error(
      ErrorCode::kNotFound,
      fmt::format("Apache Flink {} needs Java {} (from {} to {}), but there is {}; install a JDK {} (on Debian "
                  "and Ubuntu the package openjdk-{}-jre-headless) or let JAVA_HOME name one",
                  flink.version, flink.java_best, flink.java_least, flink.java_most, List(found), flink.java_best,
                  flink.java_best));
}

}  // namespace sluice::service
