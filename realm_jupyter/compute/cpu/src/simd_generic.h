// simd.h for x86-64 of level 2 (SSE4.2), which has no fused multiply-add and no half precision.
#pragma once

#include <immintrin.h>

#include "simd.h"

#if !defined(__SSE4_1__)
#error "no vectors known for this processor"
#endif

namespace realm::REALM_ISA {

// Nothing but a place that the compiler does not move computations of a vector across.
#define REALM_PIN(vector) __asm__ volatile("" : "+x"(vector))

REALM_INLINE Vf max_part(Vf a, Vf b) { return select_part(a > b, a, b); }
REALM_INLINE Vf min_part(Vf a, Vf b) { return select_part(a < b, a, b); }
REALM_INLINE Vf fma_part(Vf a, Vf b, Vf c) { return a * b + c; }
REALM_INLINE Vf float_part(Vi a) { return __builtin_convertvector(a, Vf); }

REALM_INLINE Vf sqrt_part(Vf a) { return (Vf)_mm_sqrt_ps((__m128)a); }
REALM_INLINE Vi round_part(Vf a) { return (Vi)_mm_cvtps_epi32((__m128)a); }

REALM_INLINE Vi load_i8_part(const int8_t* p) {
  typedef int8_t Narrow __attribute__((vector_size(4)));
  return __builtin_convertvector(load_part<Narrow>(p), Vi);
}

REALM_INLINE Vi load_u8_part(const uint8_t* p) {
  typedef uint8_t Narrow __attribute__((vector_size(4)));
  return __builtin_convertvector(load_part<Narrow>(p), Vi);
}

REALM_INLINE Vi load_u16_part(const uint16_t* p) {
  typedef uint16_t Narrow __attribute__((vector_size(8)));
  return __builtin_convertvector(load_part<Narrow>(p), Vi);
}

// The exponent of a half is rebiased by a multiplication, which also normalizes denormals.
REALM_INLINE Vf load_f16_part(const uint16_t* p) {
  const Vi half = load_u16_part(p);
  const Vi sign = (half & 0x8000) << 16;
  const Vi magnitude = (half & 0x7fff) << 13;
  const Vi finite = (Vi)((Vf)magnitude * 0x1p112f);
  const Vi special = magnitude | 0x7f800000;  // infinite or NaN
  return (Vf)(select_part(magnitude >= 0x0f800000, special, finite) | sign);
}

REALM_INLINE void store_f16_part(uint16_t* p, Vf a) {
  const Vi bits = (Vi)a;
  const Vi sign = (bits >> 16) & 0x8000;
  const Vi magnitude = bits & 0x7fffffff;
  // Below 2^-14 an addition of 0.5 leaves the rounded denormal in the lowest bits.
  const Vi tiny = (Vi)((Vf)magnitude + 0.5f) - 0x3f000000;
  const Vi normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  Vi half = select_part(magnitude < 0x38800000, tiny, normal);
  half = select_part(magnitude >= 0x47800000, Vi{} + 0x7c00, half);
  half = select_part(magnitude > 0x7f800000, Vi{} + 0x7e00, half) | sign;
  for (int i = 0; i < kPartLanes; ++i) p[i] = (uint16_t)half[i];
}

REALM_INLINE Vi multiply_pairs_part(Vs a, Vs b) {
  return (Vi)_mm_madd_epi16((__m128i)a, (__m128i)b);
}

REALM_INLINE Vb lookup_part(const int8_t* table, Vb index) {
  return (Vb)_mm_shuffle_epi8(_mm_load_si128((const __m128i*)table), (__m128i)index);
}

REALM_INLINE Vs multiply_bytes_part(Vb weights, Vi quants) {
  return (Vs)_mm_maddubs_epi16((__m128i)weights, (__m128i)quants);
}
REALM_INLINE Vs multiply_signed_bytes_part(Vb weights, Vi quants) {
  return (Vs)_mm_maddubs_epi16(_mm_abs_epi8((__m128i)weights),
                               _mm_sign_epi8((__m128i)quants, (__m128i)weights));
}

}  // namespace realm::REALM_ISA
