// simd.h for AVX-512 (F, BW, DQ, VL) with VNNI.
#pragma once

#include <immintrin.h>

#include "simd.h"

namespace realm::REALM_ISA {

// As in simd_avx2.h.
#define REALM_PIN(vector) __asm__ volatile("" : "+v"(vector))

REALM_INLINE Vf max_part(Vf a, Vf b) { return (Vf)_mm512_max_ps((__m512)a, (__m512)b); }
REALM_INLINE Vf min_part(Vf a, Vf b) { return (Vf)_mm512_min_ps((__m512)a, (__m512)b); }
REALM_INLINE Vf fma_part(Vf a, Vf b, Vf c) {
  return (Vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
REALM_INLINE Vf sqrt_part(Vf a) { return (Vf)_mm512_sqrt_ps((__m512)a); }
REALM_INLINE Vi round_part(Vf a) { return (Vi)_mm512_cvtps_epi32((__m512)a); }
REALM_INLINE Vf float_part(Vi a) { return (Vf)_mm512_cvtepi32_ps((__m512i)a); }

REALM_INLINE Vf load_f16_part(const uint16_t* p) {
  return (Vf)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p));
}

REALM_INLINE void store_f16_part(uint16_t* p, Vf a) {
  _mm256_storeu_si256((__m256i*)p, _mm512_cvtps_ph((__m512)a, _MM_FROUND_TO_NEAREST_INT));
}

REALM_INLINE Vi load_i8_part(const int8_t* p) {
  return (Vi)_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)p));
}

REALM_INLINE Vi load_u8_part(const uint8_t* p) {
  return (Vi)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)p));
}

REALM_INLINE Vi load_u16_part(const uint16_t* p) {
  return (Vi)_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)p));
}

REALM_INLINE Vi multiply_pairs_part(Vs a, Vs b) {
  return (Vi)_mm512_madd_epi16((__m512i)a, (__m512i)b);
}

REALM_INLINE Vb lookup_part(const int8_t* table, Vb index) {
  const __m512i all = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i*)table));
  return (Vb)_mm512_shuffle_epi8(all, (__m512i)index);
}

#define REALM_DOT_OF_FOUR
#define REALM_DOT_NEEDS_UNSIGNED  // a signed weight gets 128 added
#define REALM_SCALES_PAIRS        // see kScalesPairs in dot.h

REALM_INLINE Vi dot_of_four_part(Vi sum, Vb weights, Vi quants) {
  return (Vi)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, (__m512i)quants);
}

}  // namespace realm::REALM_ISA
