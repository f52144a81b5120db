// Names of files in a CheckpointStorage and the errors about them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/state/snapshot.h"

namespace sluice::engine {

/// The name in its one spelling: no empty parts. Refuses what would lead out of the root (manifests may be forged):
/// "..",
/// ".", a leading '/', NUL.
Result<std::string> CheckedStateName(std::string_view name);

/// kCorrupt unless `bytes` are what the piece says; `where` is the file as the user knows it.
Status CheckPieceBytes(const StatePiece& piece, std::string_view bytes, const std::string& where);

/// "<location>/<name>", with one '/' between.
std::string JoinLocation(std::string_view location, std::string_view name);

/// A piece that travels in the manifest.
StatePiece InlinePiece(std::string bytes);

}  // namespace sluice::engine
