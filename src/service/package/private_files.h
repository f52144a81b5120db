// Gives this process, and what it starts, files that nobody else sees at their places: a mount namespace of its own in
// which overlays add them. For an ordinary user by way of a user namespace.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace sluice::service {

struct ShownFile {
  std::string content;
  std::string place;  // absolute; its folders need not exist
};

/// To be called before there are other threads. On failure (namespaces or overlays are not permitted) nothing is shown,
/// and the process goes on as it was as far as it matters. `problems` gets what went wrong besides.
Status ShowFiles(const std::vector<ShownFile>& files, std::vector<std::string>* problems);

}  // namespace sluice::service
