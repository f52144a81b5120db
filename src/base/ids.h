// Strong id types: an id of one kind cannot be passed where another is meant.
//
//   using JobId = HexId<struct JobIdTag>;            // 32 hex digits, as Flink's JobID, JarId part, VertexID
//   using ApplicationName = NamedId<struct AppTag>;  // any text
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace sluice {

/// 128 bits that print as 32 lower-case hex digits. The all-zero id is "none".
struct Id128 {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const Id128&) const = default;

  std::string ToString() const;
  /// Fails unless `text` is exactly 32 hex digits (either case).
  static Result<Id128> Parse(std::string_view text);
  static Id128 New(Random& random) { return {random.Next(), random.Next()}; }
};

template <typename Tag>
class HexId {
 public:
  HexId() = default;
  explicit HexId(Id128 bits) : bits_(bits) {}
  static HexId New(Random& random) { return HexId(Id128::New(random)); }
  static Result<HexId> Parse(std::string_view text) {
    SLUICE_ASSIGN_OR_RETURN(Id128 bits, Id128::Parse(text));
    return HexId(bits);
  }

  bool none() const { return bits_ == Id128{}; }
  const Id128& bits() const { return bits_; }
  std::string ToString() const { return bits_.ToString(); }
  auto operator<=>(const HexId&) const = default;

 private:
  Id128 bits_;
};

template <typename Tag>
class NamedId {
 public:
  NamedId() = default;
  explicit NamedId(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  auto operator<=>(const NamedId&) const = default;

 private:
  std::string text_;
};

}  // namespace sluice

template <typename Tag>
struct std::hash<sluice::HexId<Tag>> {
  size_t operator()(const sluice::HexId<Tag>& id) const {
    return id.bits().low ^ (id.bits().high * 0x9E3779B97F4A7C15u);
  }
};
template <typename Tag>
struct std::hash<sluice::NamedId<Tag>> {
  size_t operator()(const sluice::NamedId<Tag>& id) const { return std::hash<std::string>()(id.text()); }
};
