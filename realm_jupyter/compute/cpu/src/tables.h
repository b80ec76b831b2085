// The instruction sets that the library is built with.
#pragma once

#include "kernels.h"

#if defined(__x86_64__)
namespace realm::avx512vnni {
const Kernels& table();
}
namespace realm::avxvnni {
const Kernels& table();
}
namespace realm::avx2 {
const Kernels& table();
}
#elif defined(__aarch64__)
namespace realm::dotprod {
const Kernels& table();
}
#elif defined(__wasm__)
namespace realm::relaxed {
__attribute__((weak)) const Kernels& table();  // only in the builds for engines that have it
}
#else
#error "no kernels for this processor"
#endif
namespace realm::baseline {
const Kernels& table();
}
