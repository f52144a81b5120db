// What stands before the accumulators of a group in the state of GroupAggregate, with mini-batches or without.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice::engine {

struct GroupHead {
  int64_t rows;  // added minus retracted; kept only for input that retracts. 0: the key does not exist
  /// ms, kept only with a state TTL. Negative while the key stands in a bundle, which none does in a snapshot.
  int64_t last_access;

  bool in_bundle() const { return last_access < 0; }
  size_t place() const { return static_cast<size_t>(-(last_access + 1)); }
  void SetPlace(size_t place) { last_access = -static_cast<int64_t>(place) - 1; }
};

}  // namespace sluice::engine
