// AWS Glue's schema registry, as far as messages need it.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::glue {

/// What the options of a format say.
struct RegistryOptions {
  std::string region;
  std::string endpoint;
  std::string registry;
  std::string schema;
  std::string data_format;  // AVRO, JSON
  std::string compatibility;
  bool auto_registration = false;
  bool fetch_schema = false;
  bool compressed = false;
  size_t cache_size = 200;
  std::string record = "org.apache.flink.avro.generated.record";  // its name in the derived schema
};

/// `data_format`: AVRO or JSON.
Result<RegistryOptions> ReadRegistryOptions(const OptionMap& options, const std::string& data_format);

/// One thread; calls block.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;
  /// The definition of a schema version, by its UUID. kData if it is of another data format.
  virtual Result<std::string> DefinitionOf(const std::string& schema_version) = 0;
  /// Id and definition of the schema's latest version; kNotFound if there is none.
  virtual Result<std::pair<std::string, std::string>> Latest() = 0;
  /// The id of the version that has this definition; registered if it may be.
  virtual Result<std::string> VersionOf(const std::string& definition) = 0;
};

/// Nothing is connected yet. Credentials are those of AWS's standard chain.
std::unique_ptr<SchemaRegistry> OpenGlueRegistry(const RegistryOptions& options);

}  // namespace sluice::engine::glue
