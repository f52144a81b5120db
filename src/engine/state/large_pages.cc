#include "engine/state/large_pages.h"

#include <sys/mman.h>

#include <new>

namespace sluice::engine {

namespace {

std::align_val_t AlignmentOf(size_t bytes) { return std::align_val_t(bytes >= kLargePage ? kLargePage : 16); }

}  // namespace

void* AllocateLarge(size_t bytes) {
  void* memory = ::operator new(bytes, AlignmentOf(bytes));
  if (bytes >= kLargePage) madvise(memory, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
  return memory;
}

void FreeLarge(void* memory, size_t bytes) { ::operator delete(memory, AlignmentOf(bytes)); }

}  // namespace sluice::engine
