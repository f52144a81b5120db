// XXH3-64, the checksum of everything that checkpoints write.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::engine {

uint64_t StateChecksum(std::string_view bytes);

/// The same over bytes that come bit by bit.
class StateChecksumStream {
 public:
  StateChecksumStream();
  ~StateChecksumStream();
  void Add(std::string_view bytes);
  uint64_t Value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::engine
