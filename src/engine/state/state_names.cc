#include "engine/state/state_names.h"

#include <fmt/format.h>

#include "engine/state/checksum.h"

namespace sluice::engine {

Result<std::string> CheckedStateName(std::string_view name) {
  const auto refused = [&](std::string_view why) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no name of a checkpoint file: {}", name, why));
  };
  if (name.starts_with('/')) return refused("it must be relative");
  if (name.find('\0') != std::string_view::npos) return refused("it holds a NUL character");
  std::string out;
  for (size_t at = 0; at < name.size();) {
    size_t end = name.find('/', at);
    if (end == std::string_view::npos) end = name.size();
    const std::string_view part = name.substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    if (part == "." || part == "..") return refused("it leads out of its folder");
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

Status CheckPieceBytes(const StatePiece& piece, std::string_view bytes, const std::string& where) {
  if (bytes.size() != piece.length) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("'{}' is cut short: {} bytes of state expected at offset {}, {} there", where,
                             piece.length, piece.offset, bytes.size()));
  }
  const uint64_t checksum = StateChecksum(bytes);
  if (checksum != piece.checksum) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("'{}' is damaged: the checksum of {} bytes at offset {} is {:016x}, not {:016x}", where,
                             piece.length, piece.offset, checksum, piece.checksum));
  }
  return {};
}

std::string JoinLocation(std::string_view location, std::string_view name) {
  if (location.empty()) return std::string(name);
  std::string out(location);
  if (name.empty()) return out;
  if (!out.ends_with('/')) out += '/';
  out += name;
  return out;
}

StatePiece InlinePiece(std::string bytes) {
  StatePiece piece;
  piece.length = bytes.size();
  piece.checksum = StateChecksum(bytes);
  piece.bytes = std::move(bytes);
  return piece;
}

}  // namespace sluice::engine
