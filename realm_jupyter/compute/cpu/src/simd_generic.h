// simd.h for x86-64 of level 2 (SSE4.2), which has no fused multiply-add and no half precision.
#pragma once

#include <immintrin.h>

#include "simd.h"
#include "simd_half.h"

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
