#include "base/random.h"

#include <sys/random.h>

#include "base/result.h"

namespace sluice {

uint64_t Random::Below(uint64_t bound) {
  INVARIANT(bound > 0, "Below() needs a positive bound");
  // Values under `skip` would make the low remainders more likely.
  const uint64_t skip = (0 - bound) % bound;
  uint64_t value = Next();
  while (value < skip) value = Next();
  return value % bound;
}

uint64_t SystemRandom::Next() {
  uint64_t value = 0;
  // Requests up to 256 bytes are never cut short once the kernel's pool is ready.
  const ssize_t got = getrandom(&value, sizeof value, 0);
  INVARIANT(got == sizeof value, "getrandom() failed");
  return value;
}

uint64_t SeededRandom::Next() {
  std::lock_guard guard(mutex_);
  // SplitMix64 (Steele, Lea, Flood 2014).
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace sluice
