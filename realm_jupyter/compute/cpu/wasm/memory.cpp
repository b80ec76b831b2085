#include <cstdlib>

#include "exports.h"

void* realm_cpu_allocate(size_t num_bytes) {
  constexpr size_t kAlignment = 64;
  return std::aligned_alloc(kAlignment, (num_bytes + kAlignment - 1) & ~(kAlignment - 1));
}

void realm_cpu_release(void* memory) { std::free(memory); }
