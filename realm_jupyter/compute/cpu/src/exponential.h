// exp and its kin on vectors, within 2 units in the last place of float32 over their range.
#pragma once

#include "simd.h"

namespace realm::REALM_ISA {

// e^x. Cody and Waite's reduction to |r| <= ln(2)/2, then a polynomial of degree 6. Below -87 the
// result is 0, above 88 it is e^88; NaN stays NaN.
REALM_INLINE V16f exponential(V16f x) {
  const V16f low = set1(-87.0f), high = set1(88.0f);
  const V16i underflows = less(x, low);
  const V16f y = min(high, max(low, x));
  const V16i n = round_to_int(y * set1(1.44269504f));
  const V16f whole = to_float(n);
  V16f r = fma(whole, set1(-0.693359375f), y);
  r = fma(whole, set1(2.12194440e-4f), r);
  V16f p = set1(1.0f / 720);
  p = fma(p, r, set1(1.0f / 120));
  p = fma(p, r, set1(1.0f / 24));
  p = fma(p, r, set1(1.0f / 6));
  p = fma(p, r, set1(0.5f));
  p = fma(p, r, set1(1.0f));
  p = fma(p, r, set1(1.0f));
  const V16f power = as_float(shift_left<23>(n + set1(127)));
  return select(underflows, zero(), p * power);
}

REALM_INLINE V16f hyperbolic_tangent(V16f x) {
  const V16f one = set1(1.0f);
  return one - set1(2.0f) / (exponential(x + x) + one);
}

}  // namespace realm::REALM_ISA
