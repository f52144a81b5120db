#include "engine/connectors/options/format_options.h"

#include <algorithm>

namespace sluice::engine {

Result<const Format*> FormatOfTable(const OptionMap& options, const std::map<std::string, Format>& formats) {
  auto named = options.find("format");
  if (named == options.end()) {
    return Error(ErrorCode::kOption,
                 "One or more required options are missing.\n\nMissing required options are:\n\nformat");
  }
  auto it = formats.find(named->second);
  if (it != formats.end()) return &it->second;
  std::string known;
  for (const auto& [name, format] : formats) known += (known.empty() ? "" : ", ") + name;
  return Error(ErrorCode::kOption, "Could not find any format factory for identifier '" + named->second +
                                       "' in the classpath. Known formats: " + known + ".");
}

OptionMap FormatOptions(const OptionMap& options, std::string_view format) {
  OptionMap own;
  const std::string prefix = std::string(format) + ".";
  for (const auto& [name, value] : options) {
    if (name.starts_with(prefix)) own.emplace(name.substr(prefix.size()), value);
  }
  return own;
}

Status RefuseUnknownOptions(std::string_view connector, const OptionMap& options,
                            const std::vector<std::string>& supported) {
  std::string unknown;
  for (const auto& [name, value] : options) {
    if (std::find(supported.begin(), supported.end(), name) == supported.end()) unknown += "\n" + name;
  }
  if (unknown.empty()) return {};
  std::vector<std::string> sorted = supported;
  std::sort(sorted.begin(), sorted.end());
  std::string list;
  for (const std::string& name : sorted) list += "\n" + name;
  return Error(ErrorCode::kOption, "Unsupported options found for '" + std::string(connector) +
                                       "'.\n\nUnsupported options:\n" + unknown + "\n\nSupported options:\n" + list);
}

Status RequireOptions(const OptionMap& options, const std::vector<std::string>& required) {
  std::string missing;
  for (const std::string& name : required) {
    if (!options.contains(name)) missing += "\n" + name;
  }
  if (missing.empty()) return {};
  return Error(ErrorCode::kOption,
               "One or more required options are missing.\n\nMissing required options are:\n" + missing);
}

const std::vector<std::string>& CommonOptions() {
  static const std::vector<std::string> kOptions = {"connector",
                                                    "property-version",
                                                    "scan.watermark.alignment.group",
                                                    "scan.watermark.alignment.max-drift",
                                                    "scan.watermark.alignment.update-interval",
                                                    "scan.watermark.emit.strategy",
                                                    "scan.watermark.idle-timeout"};
  return kOptions;
}

}  // namespace sluice::engine
