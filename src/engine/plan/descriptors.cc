#include "engine/plan/descriptors.h"

namespace sluice::engine {

const ConnectorDescriptor* ConnectorCatalog::FindConnector(std::string_view name) const {
  auto it = connectors_.find(name);
  return it == connectors_.end() ? nullptr : &it->second;
}

const FormatDescriptor* ConnectorCatalog::FindFormat(std::string_view name) const {
  auto it = formats_.find(name);
  return it == formats_.end() ? nullptr : &it->second;
}

}  // namespace sluice::engine
