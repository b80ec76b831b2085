// simd.h's half precision for processors that have none: in integers, four lanes at a time.
#pragma once

#include "simd.h"

namespace realm::REALM_ISA {

#if !defined(__wasm__)  // which has a shorter way

// The exponent of a half is rebiased by a multiplication, which also normalizes denormals.
REALM_INLINE Vf load_f16_part(const uint16_t* p) {
  const Vi half = load_u16_part(p);
  const Vi sign = (half & 0x8000) << 16;
  const Vi magnitude = (half & 0x7fff) << 13;
  const Vi special = (Vi)(magnitude >= 0x0f800000) & 0x7f800000;  // infinite or NaN
  return (Vf)((Vi)((Vf)magnitude * 0x1p112f) | special | sign);
}

#endif

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

}  // namespace realm::REALM_ISA
