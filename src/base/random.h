// Randomness as an input: what needs random numbers takes a Random, so that a test can seed it.
#pragma once

#include <cstdint>
#include <mutex>

namespace sluice {

/// All methods may be called from any thread.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 random bits.
  virtual uint64_t Next() = 0;
  /// A number in [0, bound), without bias; `bound` > 0.
  uint64_t Below(uint64_t bound);
  /// A number in [0, 1).
  double NextDouble() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
};

/// The kernel's generator: for ids and secrets.
class SystemRandom : public Random {
 public:
  uint64_t Next() override;
};

/// The same sequence for the same seed, on every machine. Not for secrets.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() override;

 private:
  std::mutex mutex_;
  uint64_t state_;
};

}  // namespace sluice
