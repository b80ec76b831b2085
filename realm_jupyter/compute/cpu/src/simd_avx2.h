// simd.h for AVX2 with FMA and F16C, and with AVX-VNNI where that is on.
#pragma once

#include <immintrin.h>

#include "simd.h"

namespace realm::REALM_ISA {

// Nothing but a place that the compiler does not move computations of a vector across.
#define REALM_PIN(vector) __asm__ volatile("" : "+x"(vector))

REALM_INLINE Vf max_part(Vf a, Vf b) { return (Vf)_mm256_max_ps((__m256)a, (__m256)b); }
REALM_INLINE Vf min_part(Vf a, Vf b) { return (Vf)_mm256_min_ps((__m256)a, (__m256)b); }
REALM_INLINE Vf fma_part(Vf a, Vf b, Vf c) {
  return (Vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
REALM_INLINE Vf sqrt_part(Vf a) { return (Vf)_mm256_sqrt_ps((__m256)a); }
REALM_INLINE Vi round_part(Vf a) { return (Vi)_mm256_cvtps_epi32((__m256)a); }
REALM_INLINE Vf float_part(Vi a) { return (Vf)_mm256_cvtepi32_ps((__m256i)a); }

REALM_INLINE Vf load_f16_part(const uint16_t* p) {
  return (Vf)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p));
}

REALM_INLINE void store_f16_part(uint16_t* p, Vf a) {
  _mm_storeu_si128((__m128i*)p, _mm256_cvtps_ph((__m256)a, _MM_FROUND_TO_NEAREST_INT));
}

REALM_INLINE Vi load_i8_part(const int8_t* p) {
  return (Vi)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)p));
}

REALM_INLINE Vi load_u8_part(const uint8_t* p) {
  return (Vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)p));
}

REALM_INLINE Vi load_u16_part(const uint16_t* p) {
  return (Vi)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)p));
}

REALM_INLINE Vi multiply_pairs_part(Vs a, Vs b) {
  return (Vi)_mm256_madd_epi16((__m256i)a, (__m256i)b);
}

REALM_INLINE Vb lookup_part(const int8_t* table, Vb index) {
  const __m256i both = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i*)table));
  return (Vb)_mm256_shuffle_epi8(both, (__m256i)index);
}

#if defined(__AVXVNNI__)

#define REALM_DOT_OF_FOUR
#define REALM_DOT_NEEDS_UNSIGNED  // a signed weight gets 128 added

REALM_INLINE Vi dot_of_four_part(Vi sum, Vb weights, Vi quants) {
  return (Vi)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)weights, (__m256i)quants);
}

#else

// bytes[indices] for each half of a vector, from the half's 16 bytes. The instruction reads the
// indices, which are 32-byte aligned, from memory: loaded before, they would fill the registers.
#define REALM_CHOOSES_BYTES
REALM_INLINE Vb choose_part(Vi bytes, const uint8_t* indices) {
  Vb chosen;
  __asm__("vpshufb %2, %1, %0" : "=x"(chosen) : "x"(bytes), "m"(*(const Vb*)indices));
  return chosen;
}

REALM_INLINE Vb abs_bytes_part(Vb a) { return (Vb)_mm256_abs_epi8((__m256i)a); }

// 16 bytes, the same in both halves; the place is 16-byte aligned.
REALM_INLINE Vi splat_sixteen(const int8_t* bytes) {
  return (Vi)_mm256_broadcastsi128_si256(_mm_load_si128((const __m128i*)bytes));
}

REALM_INLINE Vs multiply_bytes_part(Vb weights, Vi quants) {
  return (Vs)_mm256_maddubs_epi16((__m256i)weights, (__m256i)quants);
}

REALM_INLINE Vs multiply_signed_bytes_part(Vb weights, Vi quants) {
  return (Vs)_mm256_maddubs_epi16((__m256i)abs_bytes_part(weights),
                                  _mm256_sign_epi8((__m256i)quants, (__m256i)weights));
}

#endif

}  // namespace realm::REALM_ISA
