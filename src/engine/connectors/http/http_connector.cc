#include "engine/connectors/http/http_connector.h"

#include "engine/connectors/http/http_lookup.h"
#include "engine/connectors/http/http_options.h"
#include "engine/connectors/options/format_options.h"

namespace sluice::engine {
namespace {

Result<TableCapability> Capability(const TableDescription& table, const std::map<std::string, Format>& formats) {
  SLUICE_RETURN_IF_ERROR(http::ReadLookupOptions(table, formats));
  SLUICE_ASSIGN_OR_RETURN(const Format* format, FormatOfTable(table.options, formats));
  const FormatDescriptor& descriptor = format->descriptor;
  if (!descriptor.decodes || !format->in_messages || !descriptor.decode_changelog.insert_only()) {
    return Error(ErrorCode::kOption, "The format '" + descriptor.name + "' cannot be used to read HTTP responses.");
  }
  if (descriptor.validate) {
    SLUICE_RETURN_IF_ERROR(descriptor.validate(FormatOptions(table.options, descriptor.name), table.physical));
  }
  TableCapability capability;
  capability.metadata = http::ReadableMetadata();
  capability.lookup = true;
  return capability;
}

Result<std::unique_ptr<Source>> RefuseScan(const SourceNode& node, const Schema&, const ConnectorEnvironment&) {
  return Error(ErrorCode::kValidation, "The table '" + node.table.identifier +
                                           "' can only be looked up, not read as a whole: join it with JOIN … FOR "
                                           "SYSTEM_TIME AS OF the left side's PROCTIME().");
}

}  // namespace

std::vector<Connector> HttpLookupConnectors(const std::map<std::string, Format>* formats) {
  std::vector<Connector> all;
  for (const char* name : {"http", "rest-lookup"}) {
    Connector connector;
    connector.descriptor.name = name;
    connector.descriptor.is_source = true;
    connector.descriptor.takes_format = true;
    for (const std::string& option : http::OptionNames(name)) {
      connector.descriptor.options.push_back({option, option == "url" || option == "format"});
    }
    connector.descriptor.source = [formats](const TableDescription& table) { return Capability(table, *formats); };
    connector.make_source = RefuseScan;
    connector.make_lookup = http::MakeHttpLookup;
    all.push_back(std::move(connector));
  }
  return all;
}

}  // namespace sluice::engine
