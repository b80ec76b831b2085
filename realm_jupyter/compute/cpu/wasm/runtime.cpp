// What the kernels need of the C++ library, which is not linked: memory, and an end for what
// cannot happen. Running out of memory ends the instance; large pieces are asked for with
// `nothrow` or `aligned_alloc` and reported.
#include <cstdlib>
#include <new>

void* operator new(size_t num_bytes) {
  void* memory = std::malloc(num_bytes);
  if (memory == nullptr) __builtin_trap();
  return memory;
}

void* operator new(size_t num_bytes, const std::nothrow_t&) noexcept {
  return std::malloc(num_bytes);
}

void* operator new[](size_t num_bytes, const std::nothrow_t&) noexcept {
  return std::malloc(num_bytes);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }

namespace std {
const nothrow_t nothrow{};
}

_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD
