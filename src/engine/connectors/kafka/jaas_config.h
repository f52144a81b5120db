// `sasl.jaas.config`: "package.LoginModule required name=\"value\" name=value;".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::engine::kafka {

struct JaasConfig {
  std::string module;
  std::map<std::string, std::string> options;
};

Result<JaasConfig> ParseJaasConfig(std::string_view text);

}  // namespace sluice::engine::kafka
