#include <cstdlib>

#include "exports.h"

void* realm_cpu_allocate(uint32_t num_bytes) {
  constexpr size_t kAlignment = 64;
  return std::aligned_alloc(kAlignment, (size_t{num_bytes} + kAlignment - 1) & ~(kAlignment - 1));
}

void realm_cpu_release(void* memory) { std::free(memory); }
