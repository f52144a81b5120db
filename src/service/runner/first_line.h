// Of a text with a stack trace, what says it all.
#pragma once

#include <string>

namespace sluice::service {

inline std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace sluice::service
