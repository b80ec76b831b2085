// simd.h for WebAssembly: SIMD of 128 bits, with its relaxed instructions where they are on.
//
// Relaxed instructions may differ between engines, but not as they are used here: a fused
// multiply-add rounds once or twice, trunc is given numbers in range, swizzle indices below 16,
// and the dot product of bytes takes codes of at most 7 bits.
#pragma once

#include <wasm_simd128.h>

#include "simd.h"

namespace realm::REALM_ISA {

#define REALM_PIN(vector)

REALM_INLINE Vf max_part(Vf a, Vf b) { return (Vf)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }
REALM_INLINE Vf min_part(Vf a, Vf b) { return (Vf)wasm_f32x4_pmin((v128_t)b, (v128_t)a); }
REALM_INLINE Vf sqrt_part(Vf a) { return (Vf)wasm_f32x4_sqrt((v128_t)a); }
REALM_INLINE Vf float_part(Vi a) { return __builtin_convertvector(a, Vf); }

REALM_INLINE Vf fma_part(Vf a, Vf b, Vf c) {
#if defined(__wasm_relaxed_simd__)
  return (Vf)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c);
#else
  return a * b + c;
#endif
}

REALM_INLINE Vi round_part(Vf a) {
  const v128_t nearest = wasm_f32x4_nearest((v128_t)a);
#if defined(__wasm_relaxed_simd__)
  return (Vi)wasm_i32x4_relaxed_trunc_f32x4(nearest);
#else
  return (Vi)wasm_i32x4_trunc_sat_f32x4(nearest);
#endif
}

REALM_INLINE Vi load_i8_part(const int8_t* p) {
  return (Vi)wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p)));
}

REALM_INLINE Vi load_u8_part(const uint8_t* p) {
  return (Vi)wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(p)));
}

REALM_INLINE Vi load_u16_part(const uint16_t* p) { return (Vi)wasm_u32x4_load16x4(p); }

// Halves with copies of their sign: as in simd_half.h, with the sign in its place from the start.
REALM_INLINE Vf widen_finite_part(v128_t half) {
  return (Vf)(((Vi)half << 13) & static_cast<int32_t>(0x8fffffff)) * 0x1p112f;
}

REALM_INLINE Vf load_f16_part(const uint16_t* p) {
  const Vi half = (Vi)wasm_i32x4_load16x4((const int16_t*)p);
  const Vi special = (Vi)((half & 0x7c00) == 0x7c00) & 0x7f800000;  // infinite or NaN
  return (Vf)((Vi)widen_finite_part((v128_t)half) | special);
}

// `count` halves, a multiple of 16. Infinite ones and NaN are rare: they are looked for on the way,
// and all is done again where there are some.
REALM_INLINE void widen_halves(const uint16_t* halves, int64_t count, float* floats) {
  v128_t largest = {};  // exponents with the bits below them
  for (int64_t i = 0; i < count; i += 16, halves += 16, floats += 16) {
#pragma clang loop unroll(full)
    for (int j = 0; j < 2; ++j) {
      const v128_t eight = wasm_v128_load(halves + 8 * j);
      largest = wasm_u16x8_max(largest, wasm_i16x8_shl(eight, 1));
      store_part(floats + 8 * j, widen_finite_part(wasm_i32x4_extend_low_i16x8(eight)));
      store_part(floats + 8 * j + 4, widen_finite_part(wasm_i32x4_extend_high_i16x8(eight)));
    }
  }
  if (!wasm_v128_any_true(wasm_u16x8_ge(largest, wasm_i16x8_const_splat(-0x800)))) return;
  for (int64_t i = -count; i < 0; i += 4) store_part(floats + i, load_f16_part(halves + i));
}

REALM_INLINE Vi multiply_pairs_part(Vs a, Vs b) {
  return (Vi)wasm_i32x4_dot_i16x8((v128_t)a, (v128_t)b);
}

REALM_INLINE Vb lookup_part(const int8_t* table, Vb index) {
#if defined(__wasm_relaxed_simd__)
  return (Vb)wasm_i8x16_relaxed_swizzle(wasm_v128_load(table), (v128_t)index);
#else
  return (Vb)wasm_i8x16_swizzle(wasm_v128_load(table), (v128_t)index);
#endif
}

REALM_INLINE Vs multiply_bytes_part(Vb weights, Vi quants);  // weights of at most 7 bits
#if defined(__wasm_relaxed_simd__)
// `Dot` wants the quants that signed codes are multiplied by as absolute values and signs.
#define REALM_SIGNS_APART

REALM_INLINE Vs multiply_bytes_part(Vb weights, Vi quants) {
  return (Vs)wasm_i16x8_relaxed_dot_i8x16_i7x16((v128_t)quants, (v128_t)weights);
}
#endif

}  // namespace realm::REALM_ISA

#include "simd_half.h"
