// What an application's property groups do beside standing in /etc/flink/application_properties.json: Flink options
// from one group that has a name for it, and variables in SQL packages.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::service {

/// The group whose properties are Flink options: {"state.backend.type": "rocksdb"}.
inline constexpr std::string_view kFlinkOptionsGroup = "sluice.flink.options";

/// The group of AWS that says how a Python program is run: python, jarfile, pyFiles, pyModule.
inline constexpr std::string_view kPythonGroup = "kinesis.analytics.flink.run.options";

/// The group that says how a package is run here: engine (flink: SQL runs on Apache Flink too; kubernetes: Flink's
/// operator runs a JAR), entryClass, programArgs, clusterUrl (a Flink cluster that is there already); for Kubernetes
/// jarUri, stateUri, namespace, image, serviceAccount.
inline constexpr std::string_view kRunGroup = "sluice.run.options";

/// Properties by group id.
using PropertyGroups = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

/// The groups of an ApplicationConfigurationDescription.
PropertyGroups ReadPropertyGroups(const boost::json::object& configuration);

/// The options of kFlinkOptionsGroup. kInvalidArgument for one that the API has a member of its own for.
Result<std::map<std::string, std::string>> FlinkOptions(const PropertyGroups& groups);

/// The properties of kRunGroup. kInvalidArgument for one that is not known.
Result<std::map<std::string, std::string>> RunOptions(const PropertyGroups& groups);

/// The words of a command line: separated by blanks, '…' and "…" hold some together, \ takes the next character as it
/// is.
std::vector<std::string> SplitWords(std::string_view line);

/// `sql` with each ${Group:key} replaced by the property, and each ${Group:key:-text} by the property or, if there is
/// none, by the text. Within '…' and `…` the value's own quotes are doubled, so that it stays one literal or name;
/// comments stay as they are. kInvalidArgument, with the place in `sql`, for a property that does not exist.
Result<std::string> FillInVariables(std::string_view sql, const PropertyGroups& groups);

}  // namespace sluice::service
