// What this processor and operating system can run.
#include <initializer_list>

#include "kernels.h"
#include "tables.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace realm {
namespace {

#if defined(__x86_64__)

struct Features {
  uint32_t basic;           // leaf 1, ecx
  uint32_t extended_ebx;    // leaf 7
  uint32_t extended_ecx;
  uint32_t extended_1_eax;  // leaf 7, subleaf 1
  uint32_t amd_ecx;         // leaf 0x80000001
  uint64_t saved_state;     // registers that the system saves
};

Features read_features() {
  Features features{};
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) != 0) features.basic = c;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
    features.extended_ebx = b;
    features.extended_ecx = c;
    const bool has_subleaf = a >= 1;
    if (has_subleaf && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) features.extended_1_eax = a;
  }
  if (__get_cpuid(0x80000001, &a, &b, &c, &d) != 0) features.amd_ecx = c;
  if ((features.basic >> 27 & 1) != 0) {  // OSXSAVE: xgetbv exists
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    features.saved_state = static_cast<uint64_t>(d) << 32 | a;
  }
  return features;
}

bool has_all(uint32_t features, std::initializer_list<int> bits) {
  for (const int bit : bits) {
    if ((features >> bit & 1) == 0) return false;
  }
  return true;
}

// SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT.
bool has_level_2(const Features& f) { return has_all(f.basic, {0, 9, 13, 19, 20, 23}); }

// FMA, MOVBE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT; xmm and ymm are saved.
bool has_level_3(const Features& f) {
  return has_level_2(f) && has_all(f.basic, {12, 22, 28, 29}) &&
         has_all(f.extended_ebx, {3, 5, 8}) && has_all(f.amd_ecx, {5}) &&
         (f.saved_state & 0x06) == 0x06;
}

// The same with products of four bytes: laptops without AVX-512.
bool has_avx_vnni(const Features& f) {
  return has_level_3(f) && has_all(f.extended_1_eax, {4});
}

// AVX-512 F, DQ, CD, BW, VL, VNNI; masks and zmm are saved.
bool has_avx512_vnni(const Features& f) {
  return has_level_3(f) && has_all(f.extended_ebx, {16, 17, 28, 30, 31}) &&
         has_all(f.extended_ecx, {11}) && (f.saved_state & 0xe6) == 0xe6;
}

#elif !defined(__wasm__)

bool has_dot_product() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) >> 20 & 1) != 0;  // HWCAP_ASIMDDP
#elif defined(__APPLE__)
  int value = 0;
  size_t size = sizeof(value);
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &value, &size, nullptr, 0) == 0 &&
         value != 0;
#else
  return false;
#endif
}

#endif

}  // namespace

bool is_runnable(const Kernels& kernels) {
#if defined(__x86_64__)
  const Features features = read_features();
  if (&kernels == &avx512vnni::table()) return has_avx512_vnni(features);
  if (&kernels == &avxvnni::table()) return has_avx_vnni(features);
  if (&kernels == &avx2::table()) return has_level_3(features);
  return has_level_2(features);
#elif defined(__wasm__)
  (void)kernels;
  return true;  // a module with other instructions is not taken by the engine
#else
  return &kernels != &dotprod::table() || has_dot_product();
#endif
}

const Kernels* const* all_kernels(int32_t* count) {
#if defined(__x86_64__)
  static const Kernels* const kTables[] = {&avx512vnni::table(), &avxvnni::table(),
                                           &avx2::table(), &baseline::table()};
#elif defined(__wasm__)
  if (&relaxed::table == nullptr) {
    static const Kernels* const kOne[] = {&baseline::table()};
    *count = 1;
    return kOne;
  }
  static const Kernels* const kTables[] = {&relaxed::table(), &baseline::table()};
#else
  static const Kernels* const kTables[] = {&dotprod::table(), &baseline::table()};
#endif
  *count = sizeof(kTables) / sizeof(kTables[0]);
  return kTables;
}

}  // namespace realm
