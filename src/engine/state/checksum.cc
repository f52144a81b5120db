#define XXH_INLINE_ALL
#include "engine/state/checksum.h"

#include <xxhash.h>

namespace sluice::engine {

struct StateChecksumStream::State {
  XXH3_state_t hash;
};

uint64_t StateChecksum(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

StateChecksumStream::StateChecksumStream() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->hash); }
StateChecksumStream::~StateChecksumStream() = default;
void StateChecksumStream::Add(std::string_view bytes) { XXH3_64bits_update(&state_->hash, bytes.data(), bytes.size()); }
uint64_t StateChecksumStream::Value() const { return XXH3_64bits_digest(&state_->hash); }

}  // namespace sluice::engine
