// Keys of which nothing is left.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/state/keyed_state.h"

namespace sluice::engine {

/// Erases the entries of `rows` whose State is empty(). payloads[position] is the entry of the row there; several rows
/// may have the same.
template <typename State>
void EraseEmpty(KeyedTable& table, const Rows& rows, const std::vector<std::byte*>& payloads) {
  std::vector<std::byte*> empty;
  rows.ForEach([&](size_t i) {
    if (reinterpret_cast<State*>(payloads[i])->empty()) empty.push_back(payloads[i]);
  });
  std::sort(empty.begin(), empty.end());
  empty.erase(std::unique(empty.begin(), empty.end()), empty.end());
  for (std::byte* p : empty) table.Erase(p);
}

}  // namespace sluice::engine
