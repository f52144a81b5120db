// The one list of formats and connectors that the engine has. Nothing else names them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/connectors/connector.h"
#include "engine/formats/format.h"
#include "engine/plan/descriptors.h"

namespace sluice::engine {

class FunctionRegistry;

/// Immutable after creation; thread-safe. Must outlive sessions and jobs.
struct Builtins {
  std::map<std::string, Format> formats;
  std::map<std::string, Connector, std::less<>> connectors;
  ConnectorCatalog catalog;  // the descriptors of both, for SQL
  const FunctionRegistry* functions = nullptr;

  Builtins() = default;
  Builtins(const Builtins&) = delete;
  Builtins& operator=(const Builtins&) = delete;
};

std::unique_ptr<const Builtins> MakeBuiltins();

}  // namespace sluice::engine
