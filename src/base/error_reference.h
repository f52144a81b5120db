// The reference page of the error catalogue.
#pragma once

#include <string>

namespace sluice {

/// Markdown: every code with what it means and what to do.
std::string ErrorReferencePage();

}  // namespace sluice
