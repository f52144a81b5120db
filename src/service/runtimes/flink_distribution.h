// The versions of Apache Flink that applications can ask for, and what each is assembled from: the one place where
// these facts stand. docs/how_to_add/flink_version.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::service {

/// A file of a registry. The checksum is the one that its publisher shows, or that a trusted download had.
struct PinnedFile {
  std::string_view name;
  std::string_view sha256;
  int64_t bytes = 0;
};

/// A JAR of a Maven repository: GROUP:ARTIFACT:VERSION.
struct MavenFile {
  std::string_view group;
  std::string_view artifact;
  std::string_view version;
  std::string_view sha256;
  int64_t bytes = 0;

  std::string Coordinates() const;  // "org.apache.flink:flink-s3-fs-hadoop:2.3.0"
  std::string FileName() const;     // "flink-s3-fs-hadoop-2.3.0.jar"
  std::string Path() const;         // below a repository's root
};

/// Flink's major and minor version.
struct FlinkVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const FlinkVersion&) const = default;
};

struct FlinkDistribution {
  std::string_view runtime;  // the RuntimeEnvironment: "FLINK-2_3"
  std::string_view version;  // "2.3.0"
  FlinkVersion number;
  PinnedFile libraries;  // source archive of apache-flink-libraries, with deps/{lib,opt,plugins}
  MavenFile s3;          // the S3 file system, a plugin
  MavenFile gateway;     // which Flink's SQL client needs and the libraries lack; no version: SQL cannot run on it
  MavenFile properties;  // what applications read their runtime properties with
  int java_least = 11;
  int java_most = 17;
  int java_best = 17;
  int python_least = 9;  // of PyFlink: 3.9 …
  int python_most = 12;
};

std::span<const FlinkDistribution> FlinkDistributions();

/// Null for a runtime that no Apache Flink here is for.
const FlinkDistribution* FindFlinkDistribution(std::string_view runtime);

/// "FLINK-1_15, FLINK-1_18, …", for messages.
std::string KnownFlinkRuntimes();

}  // namespace sluice::service
