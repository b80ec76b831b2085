// Vectors of 16 floats (V16f) and 16 integers (V16i), the unit of all kernels: lane i belongs to
// row i of a panel, or to column i of a vector.
//
// A vector is kParts hardware vectors: one with AVX-512, two with AVX2, four with SSE or NEON. The
// arithmetic of a lane is the same everywhere, so that results agree bit for bit between
// instruction sets that have a fused multiply-add; without one, fma(a, b, c) rounds twice.
//
// Included by the sources that are compiled once for each instruction set, with REALM_ISA set.
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#if !defined(REALM_ISA)
#error "compile with -DREALM_ISA=NAME"
#endif

#if defined(__AVX512F__)
#define REALM_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define REALM_VECTOR_BYTES 32
#else
#define REALM_VECTOR_BYTES 16
#endif

// All functions on vectors are inlined: how vectors are passed to functions does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"

#define REALM_INLINE inline __attribute__((always_inline))
#define REALM_NOINLINE __attribute__((noinline))

// Before a loop whose steps are short: two at a time.
#if defined(__clang__)
#define REALM_UNROLL_TWICE _Pragma("clang loop unroll_count(2)")
#else
#define REALM_UNROLL_TWICE
#endif

namespace realm::REALM_ISA {

#if defined(REALM_LANES)  // fewer, in a source that takes a panel piece by piece
constexpr int kLanes = REALM_LANES;
#else
constexpr int kLanes = 16;
#endif
constexpr int kPartLanes = REALM_VECTOR_BYTES / 4;
constexpr int kParts = kLanes / kPartLanes;

// Hardware vectors; + - * / & | ^ << >> and comparisons work on them lane by lane.
typedef float Vf __attribute__((vector_size(REALM_VECTOR_BYTES)));
typedef int32_t Vi __attribute__((vector_size(REALM_VECTOR_BYTES)));
typedef uint32_t Vu __attribute__((vector_size(REALM_VECTOR_BYTES)));
typedef int16_t Vs __attribute__((vector_size(REALM_VECTOR_BYTES)));
typedef int8_t Vb __attribute__((vector_size(REALM_VECTOR_BYTES)));

struct V16f {
  Vf part[kParts];
};

struct V16i {
  Vi part[kParts];
};

// The unaligned loads and stores of hardware vectors.
template <typename Vector>
REALM_INLINE Vector load_part(const void* source) {
  Vector vector;
  __builtin_memcpy(&vector, source, sizeof(vector));
  return vector;
}

template <typename Vector>
REALM_INLINE void store_part(void* target, Vector vector) {
  __builtin_memcpy(target, &vector, sizeof(vector));
}

template <typename Vector>
REALM_INLINE Vector select_part(Vi mask, Vector yes, Vector no) {
  return (Vector)((mask & (Vi)yes) | (~mask & (Vi)no));
}

// a > b ? a : b in every lane, hence b where either is NaN.
REALM_INLINE Vf max_part(Vf a, Vf b);
REALM_INLINE Vf min_part(Vf a, Vf b);
REALM_INLINE Vf fma_part(Vf a, Vf b, Vf c);        // a · b + c
REALM_INLINE Vf sqrt_part(Vf a);
REALM_INLINE Vi round_part(Vf a);                  // to nearest, ties to even
REALM_INLINE Vf float_part(Vi a);
REALM_INLINE Vf load_f16_part(const uint16_t* p);  // kPartLanes halves
REALM_INLINE void store_f16_part(uint16_t* p, Vf a);
REALM_INLINE Vi load_i8_part(const int8_t* p);     // kPartLanes bytes, sign-extended
REALM_INLINE Vi load_u8_part(const uint8_t* p);
REALM_INLINE Vi load_u16_part(const uint16_t* p);
REALM_INLINE Vi multiply_pairs_part(Vs a, Vs b);   // sums of two neighbouring products
REALM_INLINE Vb lookup_part(const int8_t* table, Vb index);  // of 16 entries, 16-byte aligned

// Four bytes of each lane of `weights` times those of `quants` (in [-127, 127]). Either
//   dot_of_four_part(sum, weights, quants), where REALM_DOT_OF_FOUR is defined, or
//   multiply_bytes_part(weights, quants): the sums of two products, in 16 bits, of weights in
//   [0, 127], and multiply_signed_bytes_part for weights in [-128, 127].

}  // namespace realm::REALM_ISA

#if defined(__AVX512F__)
#include "simd_avx512.h"
#elif defined(__AVX2__)
#include "simd_avx2.h"
#elif defined(__ARM_NEON)
#include "simd_neon.h"
#elif defined(__wasm_simd128__)
#include "simd_wasm.h"
#else
#include "simd_generic.h"
#endif

namespace realm::REALM_ISA {

// ---- loops --------------------------------------------------------------------------------------

template <class Function, int... kIndices>
REALM_INLINE void unrolled(Function&& function, std::integer_sequence<int, kIndices...>) {
  (function(std::integral_constant<int, kIndices>{}), ...);
}

// function(integral_constant<int, 0>) to kCount - 1.
template <int kCount, class Function>
REALM_INLINE void unrolled(Function&& function) {
  unrolled(function, std::make_integer_sequence<int, kCount>{});
}

#define REALM_EACH_PART for (int i = 0; i < kParts; ++i)

// ---- floats -----------------------------------------------------------------------------------

REALM_INLINE V16f set1(float value) {
  V16f r;
  REALM_EACH_PART r.part[i] = value - Vf{};
  return r;
}

REALM_INLINE V16f zero() {
  V16f r;
  REALM_EACH_PART r.part[i] = Vf{};
  return r;
}

REALM_INLINE V16f load(const float* p) {
  V16f r;
  REALM_EACH_PART r.part[i] = load_part<Vf>(p + i * kPartLanes);
  return r;
}

REALM_INLINE void store(float* p, V16f a) {
  REALM_EACH_PART store_part(p + i * kPartLanes, a.part[i]);
}

// The first `count` of 16 lanes (0 to 16); the others are `fill`.
REALM_INLINE V16f load_first(const float* p, int64_t count, float fill = 0.0f) {
  alignas(64) float lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = i < count ? p[i] : fill;
  return load(lanes);
}

REALM_INLINE void store_first(float* p, V16f a, int64_t count) {
  alignas(64) float lanes[kLanes];
  store(lanes, a);
  for (int i = 0; i < count; ++i) p[i] = lanes[i];
}

// 16 halves (IEEE binary16, as in GGUF), exactly widened; stored rounding to nearest even.
REALM_INLINE V16f load_f16(const uint16_t* p) {
  V16f r;
  REALM_EACH_PART r.part[i] = load_f16_part(p + i * kPartLanes);
  return r;
}

REALM_INLINE void store_f16(uint16_t* p, V16f a) {
  REALM_EACH_PART store_f16_part(p + i * kPartLanes, a.part[i]);
}

REALM_INLINE V16f operator+(V16f a, V16f b) {
  REALM_EACH_PART a.part[i] = a.part[i] + b.part[i];
  return a;
}

REALM_INLINE V16f operator-(V16f a, V16f b) {
  REALM_EACH_PART a.part[i] = a.part[i] - b.part[i];
  return a;
}

REALM_INLINE V16f operator*(V16f a, V16f b) {
  REALM_EACH_PART a.part[i] = a.part[i] * b.part[i];
  return a;
}

REALM_INLINE V16f operator/(V16f a, V16f b) {
  REALM_EACH_PART a.part[i] = a.part[i] / b.part[i];
  return a;
}

// a · b + c, rounded once where the hardware can.
REALM_INLINE V16f fma(V16f a, V16f b, V16f c) {
  REALM_EACH_PART c.part[i] = fma_part(a.part[i], b.part[i], c.part[i]);
  return c;
}

REALM_INLINE V16f max(V16f a, V16f b) {
  REALM_EACH_PART a.part[i] = max_part(a.part[i], b.part[i]);
  return a;
}

REALM_INLINE V16f min(V16f a, V16f b) {
  REALM_EACH_PART a.part[i] = min_part(a.part[i], b.part[i]);
  return a;
}

REALM_INLINE V16f sqrt(V16f a) {
  REALM_EACH_PART a.part[i] = sqrt_part(a.part[i]);
  return a;
}

REALM_INLINE V16f abs(V16f a) {
  REALM_EACH_PART a.part[i] = (Vf)((Vi)a.part[i] & 0x7fffffff);
  return a;
}

// ---- integers ---------------------------------------------------------------------------------

REALM_INLINE V16i set1(int32_t value) {
  V16i r;
  REALM_EACH_PART r.part[i] = value - Vi{};
  return r;
}

REALM_INLINE V16i load(const int32_t* p) {
  V16i r;
  REALM_EACH_PART r.part[i] = load_part<Vi>(p + i * kPartLanes);
  return r;
}

REALM_INLINE void store(int32_t* p, V16i a) {
  REALM_EACH_PART store_part(p + i * kPartLanes, a.part[i]);
}

REALM_INLINE V16i load_i8(const int8_t* p) {
  V16i r;
  REALM_EACH_PART r.part[i] = load_i8_part(p + i * kPartLanes);
  return r;
}

// The lowest bytes of 16 lanes.
REALM_INLINE void store_i8(int8_t* p, V16i a) {
  typedef int8_t Narrow __attribute__((vector_size(kPartLanes)));
  REALM_EACH_PART store_part(p + i * kPartLanes, __builtin_convertvector(a.part[i], Narrow));
}

REALM_INLINE V16i load_u8(const uint8_t* p) {
  V16i r;
  REALM_EACH_PART r.part[i] = load_u8_part(p + i * kPartLanes);
  return r;
}

REALM_INLINE V16i operator+(V16i a, V16i b) {
  REALM_EACH_PART a.part[i] = a.part[i] + b.part[i];
  return a;
}

REALM_INLINE V16i operator-(V16i a, V16i b) {
  REALM_EACH_PART a.part[i] = a.part[i] - b.part[i];
  return a;
}

REALM_INLINE V16i operator*(V16i a, V16i b) {
  REALM_EACH_PART a.part[i] = a.part[i] * b.part[i];
  return a;
}

REALM_INLINE V16i operator&(V16i a, V16i b) {
  REALM_EACH_PART a.part[i] = a.part[i] & b.part[i];
  return a;
}

REALM_INLINE V16i operator|(V16i a, V16i b) {
  REALM_EACH_PART a.part[i] = a.part[i] | b.part[i];
  return a;
}

template <int kBits>
REALM_INLINE V16i shift_left(V16i a) {
  REALM_EACH_PART a.part[i] = (Vi)((Vu)a.part[i] << kBits);
  return a;
}

// With copies of the sign.
template <int kBits>
REALM_INLINE V16i shift_right(V16i a) {
  REALM_EACH_PART a.part[i] = a.part[i] >> kBits;
  return a;
}

// Sums of the products of neighbouring 16-bit halves of each lane.
REALM_INLINE V16i multiply_pairs(V16i a, V16i b) {
  REALM_EACH_PART a.part[i] = multiply_pairs_part((Vs)a.part[i], (Vs)b.part[i]);
  return a;
}

// ---- conversions, masks and reductions ----------------------------------------------------------

// Nearest integer, ties to even; only for |a| below 2^31.
REALM_INLINE V16i round_to_int(V16f a) {
  V16i r;
  REALM_EACH_PART r.part[i] = round_part(a.part[i]);
  return r;
}

REALM_INLINE V16f to_float(V16i a) {
  V16f r;
  REALM_EACH_PART r.part[i] = float_part(a.part[i]);
  return r;
}

REALM_INLINE V16i as_int(V16f a) {
  V16i r;
  REALM_EACH_PART r.part[i] = (Vi)a.part[i];
  return r;
}

REALM_INLINE V16f as_float(V16i a) {
  V16f r;
  REALM_EACH_PART r.part[i] = (Vf)a.part[i];
  return r;
}

// Masks: all ones where the comparison holds.
REALM_INLINE V16i less(V16f a, V16f b) {
  V16i r;
  REALM_EACH_PART r.part[i] = (Vi)(a.part[i] < b.part[i]);
  return r;
}

REALM_INLINE V16f select(V16i mask, V16f yes, V16f no) {
  REALM_EACH_PART no.part[i] = select_part(mask.part[i], yes.part[i], no.part[i]);
  return no;
}

// The lanes' sum, always in this order: lanes 8 apart, then 4, then 2, then neighbours.
REALM_INLINE float reduce_add(V16f a) {
  alignas(64) float lanes[kLanes];
  store(lanes, a);
  typedef float V4 __attribute__((vector_size(16)));
  V4 r = (load_part<V4>(lanes) + load_part<V4>(lanes + 8)) +
         (load_part<V4>(lanes + 4) + load_part<V4>(lanes + 12));
  return (r[0] + r[2]) + (r[1] + r[3]);
}

REALM_INLINE int32_t reduce_add(V16i a) {
  alignas(64) int32_t lanes[kLanes];
  store(lanes, a);
  typedef int32_t V4 __attribute__((vector_size(16)));
  const V4 r = (load_part<V4>(lanes) + load_part<V4>(lanes + 8)) +
               (load_part<V4>(lanes + 4) + load_part<V4>(lanes + 12));
  return (r[0] + r[2]) + (r[1] + r[3]);
}

// The largest of kLanes numbers; the result with NaN among them is one of them.
template <class Number>
REALM_INLINE Number largest_of_lanes(const Number* lanes) {
  typedef Number V4 __attribute__((vector_size(16)));
  const auto larger = [](V4 x, V4 y) __attribute__((always_inline)) { return x > y ? x : y; };
  const V4 r = larger(larger(load_part<V4>(lanes), load_part<V4>(lanes + 8)),
                      larger(load_part<V4>(lanes + 4), load_part<V4>(lanes + 12)));
  const Number even = r[0] > r[2] ? r[0] : r[2], odd = r[1] > r[3] ? r[1] : r[3];
  return even > odd ? even : odd;
}

REALM_INLINE float reduce_max(V16f a) {
  alignas(64) float lanes[kLanes];
  store(lanes, a);
  return largest_of_lanes(lanes);
}

REALM_INLINE int32_t reduce_max(V16i a) {
  alignas(64) int32_t lanes[kLanes];
  store(lanes, a);
  return largest_of_lanes(lanes);
}

#undef REALM_EACH_PART

}  // namespace realm::REALM_ISA
