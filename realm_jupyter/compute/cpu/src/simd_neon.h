// simd.h for arm64: NEON, which always has a fused multiply-add and half precision conversions;
// the dot product of bytes is an extension.
#pragma once

#include <arm_neon.h>

#include "simd.h"

namespace realm::REALM_ISA {

REALM_INLINE Vf max_part(Vf a, Vf b) { return select_part(a > b, a, b); }
REALM_INLINE Vf min_part(Vf a, Vf b) { return select_part(a < b, a, b); }
REALM_INLINE Vf fma_part(Vf a, Vf b, Vf c) {
  return (Vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
REALM_INLINE Vf sqrt_part(Vf a) { return (Vf)vsqrtq_f32((float32x4_t)a); }
REALM_INLINE Vi round_part(Vf a) { return (Vi)vcvtnq_s32_f32((float32x4_t)a); }
REALM_INLINE Vf float_part(Vi a) { return (Vf)vcvtq_f32_s32((int32x4_t)a); }

REALM_INLINE Vf load_f16_part(const uint16_t* p) {
  return (Vf)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

REALM_INLINE void store_f16_part(uint16_t* p, Vf a) {
  vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)a)));
}

REALM_INLINE Vi load_i8_part(const int8_t* p) {
  typedef int8_t Narrow __attribute__((vector_size(4)));
  return __builtin_convertvector(load_part<Narrow>(p), Vi);
}

REALM_INLINE Vi load_u8_part(const uint8_t* p) {
  typedef uint8_t Narrow __attribute__((vector_size(4)));
  return __builtin_convertvector(load_part<Narrow>(p), Vi);
}

REALM_INLINE Vi load_u16_part(const uint16_t* p) {
  return (Vi)vmovl_u16(vld1_u16(p));
}

REALM_INLINE Vi multiply_pairs_part(Vs a, Vs b) {
  const int32x4_t low = vmull_s16(vget_low_s16((int16x8_t)a), vget_low_s16((int16x8_t)b));
  const int32x4_t high = vmull_high_s16((int16x8_t)a, (int16x8_t)b);
  return (Vi)vpaddq_s32(low, high);
}

REALM_INLINE Vb lookup_part(const int8_t* table, Vb index) {
  return (Vb)vqtbl1q_s8(vld1q_s8(table), (uint8x16_t)index);
}

#define REALM_DOT_OF_FOUR

REALM_INLINE Vi dot_of_four_part(Vi sum, Vb weights, Vi quants) {
  const int8x16_t w = (int8x16_t)weights, q = (int8x16_t)quants;
#if defined(__ARM_FEATURE_DOTPROD)
  return (Vi)vdotq_s32((int32x4_t)sum, w, q);
#else
  const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(q)));
  const int32x4_t high = vpaddlq_s16(vmull_high_s8(w, q));
  return sum + (Vi)vpaddq_s32(low, high);
#endif
}

}  // namespace realm::REALM_ISA
