#include "service/runtimes/flink_distribution.h"

#include <algorithm>

namespace sluice::service {
namespace {

constexpr MavenFile S3Plugin(std::string_view version, std::string_view sha256, int64_t bytes) {
  return {"org.apache.flink", "flink-s3-fs-hadoop", version, sha256, bytes};
}

constexpr MavenFile SqlGateway(std::string_view version, std::string_view sha256, int64_t bytes) {
  return {"org.apache.flink", "flink-sql-gateway", version, sha256, bytes};
}

// Before 1.20 Maven Central has it without what it needs, or not at all.
constexpr MavenFile kNoGateway = {};

constexpr MavenFile kProperties = {"com.amazonaws", "aws-kinesisanalytics-runtime", "1.2.0",
                                   "b3b940a060044304193594756757d9b0d167c63e61e72654a2e41d166f3be67d", 8504};

// The S3 plugin of 1.15.4 was never published to Maven Central; that of 1.15.2 has the same interfaces.
constexpr FlinkDistribution kDistributions[] = {
    {"FLINK-1_15",
     "1.15.4",
     {1, 15},
     {"apache-flink-libraries-1.15.4.tar.gz", "f4f622f55198073ee1be7db14ae2efe89af1a6fc9e4da8bc6e4759d7fa84f58a",
      233751102},
     S3Plugin("1.15.2", "cfc9a46feb78a7ab6ce2458063b4569c3e369dcb4749984c440c5f136901757c", 22459205),
     kNoGateway,
     kProperties,
     8,
     17,
     11,
     6,
     8},
    {"FLINK-1_18",
     "1.18.1",
     {1, 18},
     {"apache-flink-libraries-1.18.1.tar.gz", "369ce11ab33e5e15cdd349db2f5412dcc2fad163b6a87aa93b927a3631bcca7f",
      230937400},
     S3Plugin("1.18.1", "1176e2d95f37b760f3171f50e3250be7ae82f6514e8c974094c22d0066b49965", 31263021),
     kNoGateway,
     kProperties,
     8,
     17,
     11,
     7,
     10},
    {"FLINK-1_19",
     "1.19.3",
     {1, 19},
     {"apache-flink-libraries-1.19.3.tar.gz", "4a58e3a1fb7d83340bc96b6c080624c6d792d69fae5d294b96224775204a9c60",
      230366372},
     S3Plugin("1.19.3", "3243bc2d44d72a33b15cfac79f465442fd144f346091efcd715d253bd4145a28", 31259758),
     kNoGateway,
     kProperties,
     8,
     17,
     11,
     8,
     11},
    {"FLINK-1_20",
     "1.20.0",
     {1, 20},
     {"apache-flink-libraries-1.20.0.tar.gz", "808b381151c51d988c8fe5b5ae59d944d6e61d8193ee6832064f7ca14c88a583",
      231542248},
     S3Plugin("1.20.0", "5afe2cbf7496870e4f9a31c91fc029c35ab37c5b079afacab7a746afaf840d53", 31588060),
     SqlGateway("1.20.0", "ffcdcb52d9f847ff6dc49dd9c4a6f239767240c4f4d0a9eeecee33383af4ff0b", 1021900),
     kProperties,
     8,
     17,
     11,
     8,
     11},
    {"FLINK-2_2",
     "2.2.0",
     {2, 2},
     {"apache_flink_libraries-2.2.0.tar.gz", "cbf246ea88f95066edeb720ab425f64e2149bd530d777db0f0dbf90bef2d7fdf",
      312174351},
     S3Plugin("2.2.0", "fe14908b4d04c2fb199bf5c9dddfa80fd6b64d7a6decb3cc8826e644c5449262", 31696390),
     SqlGateway("2.2.0", "4ff8b14df3bcd430a3f98df6fcf5ffa03c80a662d4f5a11006689e53f65fa6cd", 1045973),
     kProperties,
     11,
     21,
     17,
     9,
     12},
    {"FLINK-2_3",
     "2.3.0",
     {2, 3},
     {"apache_flink_libraries-2.3.0.tar.gz", "570bf8831d3c1336311e924e97119e52d8842e5485a4a7709ff9a92db709b006",
      329008299},
     S3Plugin("2.3.0", "5a3de2daac49e9df1783367391f994dace3bfa18c168b45c3d4563decca7d3d0", 31724253),
     SqlGateway("2.3.0", "aad296a152dc367ddd70727f5a57dd61958cff3d8dceb1f947bf8d9705c8d724", 1045635),
     kProperties,
     11,
     21,
     17,
     9,
     12},
};

}  // namespace

std::string MavenFile::Coordinates() const {
  return std::string(group) + ":" + std::string(artifact) + ":" + std::string(version);
}

std::string MavenFile::FileName() const { return std::string(artifact) + "-" + std::string(version) + ".jar"; }

std::string MavenFile::Path() const {
  std::string folders(group);
  std::replace(folders.begin(), folders.end(), '.', '/');
  return folders + "/" + std::string(artifact) + "/" + std::string(version) + "/" + FileName();
}

std::span<const FlinkDistribution> FlinkDistributions() { return kDistributions; }

const FlinkDistribution* FindFlinkDistribution(std::string_view runtime) {
  for (const FlinkDistribution& one : kDistributions) {
    if (one.runtime == runtime) return &one;
  }
  return nullptr;
}

std::string KnownFlinkRuntimes() {
  std::string out;
  for (const FlinkDistribution& one : kDistributions) {
    out += (out.empty() ? "" : ", ") + std::string(one.runtime);
  }
  return out;
}

}  // namespace sluice::service
