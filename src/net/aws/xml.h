// Reading the flat XML answers of AWS's older protocols (S3, STS). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::net {

/// The text of the first <name>…</name> at or after *at, which moves behind it; entities are replaced.
std::optional<std::string> XmlText(std::string_view xml, std::string_view name, size_t* at);

/// The first such text, or empty.
std::string FirstXmlText(std::string_view xml, std::string_view name);

}  // namespace sluice::net
