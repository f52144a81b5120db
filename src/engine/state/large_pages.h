// Memory for large tables. Random access to gigabytes costs more for address translation than for the data, so blocks
// of 2 MiB and more are asked for in large pages (a hint: without them everything works, slower).
#pragma once

#include <cstddef>

namespace sluice::engine {

inline constexpr size_t kLargePage = 2 << 20;

/// Aligned to 16, and to a large page if it is at least as large; throws std::bad_alloc.
void* AllocateLarge(size_t bytes);
void FreeLarge(void* memory, size_t bytes);

/// For std::vector.
template <typename T>
struct LargePageAllocator {
  using value_type = T;
  LargePageAllocator() = default;
  template <typename U>
  LargePageAllocator(const LargePageAllocator<U>&) {}  // NOLINT: implicit, as allocators are
  T* allocate(size_t count) { return static_cast<T*>(AllocateLarge(count * sizeof(T))); }
  void deallocate(T* memory, size_t count) { FreeLarge(memory, count * sizeof(T)); }
  friend bool operator==(const LargePageAllocator&, const LargePageAllocator&) { return true; }
};

}  // namespace sluice::engine
