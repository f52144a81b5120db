// Confluent's schema registry, as far as Avro messages need it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine::avro {

/// One thread; calls block.
class SchemaRegistry {
 public:
  virtual ~SchemaRegistry() = default;
  /// The schema's JSON.
  virtual Result<std::string> SchemaOf(int32_t id) = 0;
  /// The id under which the subject has the schema, registered if need be.
  virtual Result<int32_t> Register(const std::string& subject, const std::string& schema) = 0;
};

/// The format's options: url, basic-auth.*, bearer-auth.*. Nothing is connected yet. Options that we do not honour are
/// refused.
Result<std::unique_ptr<SchemaRegistry>> OpenSchemaRegistry(const OptionMap& options);

}  // namespace sluice::engine::avro
