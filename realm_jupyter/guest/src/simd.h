// Passes over rows of logits, four lanes at a time.
//
// A scalar loop over a full vocabulary would take several times as long: the host's
// interrupt check sits in every round of a loop, so rounds must be few and fat. Only
// plain SIMD128 is used, whose results do not depend on the machine.
#ifndef REALM_SIMD_H
#define REALM_SIMD_H

#include <stdint.h>
#include <wasm_simd128.h>

namespace realm {

// Rows are cut into blocks; the last one is filled up with -inf.
constexpr uint32_t BLOCK = 64;

constexpr uint32_t num_blocks(uint32_t n) { return (n + BLOCK - 1) / BLOCK; }
constexpr uint32_t padded(uint32_t n) { return num_blocks(n) * BLOCK; }

// e**x of four lanes, x <= 0, to 2e-7 near 0 and 2e-6 at -29 (relative). Below -86, and
// for NaN, it stays about 1e-37, or becomes 0 with FLUSH.
template <bool FLUSH>
inline v128_t exp4(v128_t x) {
  const v128_t lowest = wasm_f32x4_const_splat(-125.0f);
  const v128_t scaled = wasm_f32x4_mul(x, wasm_f32x4_const_splat(1.44269504088896341f));
  x = wasm_f32x4_pmax(lowest, scaled);  // NaN gives the lowest
  // 2**x = 2**whole * 2**rest: adding 1.5 * 2**23 rounds to a whole number, which is then
  // in the low bits, and a shift moves it to the exponent.
  const v128_t magic = wasm_f32x4_const_splat(12582912.0f);
  const v128_t shifted = wasm_f32x4_add(x, magic);
  const v128_t rest = wasm_f32x4_sub(x, wasm_f32x4_sub(shifted, magic));
  // The best polynomial of degree 5 on [-1/2, 1/2] that is 1 at 0 (relative error 9e-8).
  v128_t y = wasm_f32x4_const_splat(1.3264727256e-03f);
  y = wasm_f32x4_add(wasm_f32x4_mul(y, rest), wasm_f32x4_const_splat(9.6715127002e-03f));
  y = wasm_f32x4_add(wasm_f32x4_mul(y, rest), wasm_f32x4_const_splat(5.5507337437e-02f));
  y = wasm_f32x4_add(wasm_f32x4_mul(y, rest), wasm_f32x4_const_splat(2.4022242084e-01f));
  y = wasm_f32x4_add(wasm_f32x4_mul(y, rest), wasm_f32x4_const_splat(6.9314697760e-01f));
  y = wasm_f32x4_add(wasm_f32x4_mul(y, rest), wasm_f32x4_const_splat(1.0f));
  y = wasm_i32x4_add(y, wasm_i32x4_shl(shifted, 23));
  return FLUSH ? wasm_v128_and(y, wasm_f32x4_gt(scaled, lowest)) : y;
}

inline float horizontal_max(v128_t x) {
  x = wasm_f32x4_pmax(x, wasm_i32x4_shuffle(x, x, 2, 3, 0, 1));
  x = wasm_f32x4_pmax(x, wasm_i32x4_shuffle(x, x, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(x, 0);
}

// The largest value of one block; NaN counts for nothing.
inline float block_max(const float* block) {
  v128_t lanes[4];
  for (int i = 0; i < 4; ++i) lanes[i] = wasm_f32x4_const_splat(-__builtin_inff());
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; ++i) {
    // pmax(a, b) is a < b ? b : a, and so a where b is NaN.
    lanes[i & 3] = wasm_f32x4_pmax(lanes[i & 3], wasm_v128_load(block + 4 * i));
  }
  return horizontal_max(
      wasm_f32x4_pmax(wasm_f32x4_pmax(lanes[0], lanes[1]), wasm_f32x4_pmax(lanes[2], lanes[3])));
}

// The largest of n > 0 values.
inline float largest_of(const float* values, uint32_t n) {
  float best = values[0];
  uint32_t i = 0;
  if (n >= 16) {
    v128_t lanes = wasm_v128_load(values);
    for (; i + 16 <= n; i += 16) {
      for (uint32_t j = 0; j < 16; j += 4) {
        lanes = wasm_f32x4_pmax(lanes, wasm_v128_load(values + i + j));
      }
    }
    best = horizontal_max(lanes);
  }
  for (; i < n; ++i) best = values[i] > best ? values[i] : best;
  return best;
}

// The sum of n values.
inline double sum_of(const float* values, uint32_t n) {
  v128_t sums[4];
  for (v128_t& sum : sums) sum = wasm_f64x2_const_splat(0.0);
  uint32_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (uint32_t j = 0; j < 4; ++j) {
      const v128_t pair = wasm_v128_load64_zero(values + i + 2 * j);
      sums[j] = wasm_f64x2_add(sums[j], wasm_f64x2_promote_low_f32x4(pair));
    }
  }
  const v128_t sum =
      wasm_f64x2_add(wasm_f64x2_add(sums[0], sums[1]), wasm_f64x2_add(sums[2], sums[3]));
  double total = wasm_f64x2_extract_lane(sum, 0) + wasm_f64x2_extract_lane(sum, 1);
  for (; i < n; ++i) total += static_cast<double>(values[i]);
  return total;
}

// Sum of e**((x - largest) / temperature) over padded(n) floats; block_sums, if wanted,
// gets the sum of each block.
template <bool DIVIDE>
inline double sum_exp(const float* logits, uint32_t n, float largest, float temperature,
                      float* block_sums = nullptr) {
  const v128_t shift = wasm_f32x4_splat(largest);
  const v128_t divisor = wasm_f32x4_splat(temperature);
  double total = 0;
  for (const float* end = logits + padded(n); logits != end; logits += BLOCK) {
    v128_t lanes[4];
    for (int i = 0; i < 4; ++i) lanes[i] = wasm_f32x4_const_splat(0.0f);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; ++i) {
      v128_t x = wasm_f32x4_sub(wasm_v128_load(logits + 4 * i), shift);
      if (DIVIDE) x = wasm_f32x4_div(x, divisor);
      lanes[i & 3] = wasm_f32x4_add(lanes[i & 3], exp4<false>(x));
    }
    const v128_t quarters =
        wasm_f32x4_add(wasm_f32x4_add(lanes[0], lanes[1]), wasm_f32x4_add(lanes[2], lanes[3]));
    const v128_t halves =
        wasm_f32x4_add(quarters, wasm_i32x4_shuffle(quarters, quarters, 2, 3, 2, 3));
    const float sum = wasm_f32x4_extract_lane(halves, 0) + wasm_f32x4_extract_lane(halves, 1);
    if (block_sums != nullptr) *block_sums++ = sum;
    total += static_cast<double>(sum);
  }
  return total;
}

// weights[i] = e**((logits[i] - largest) / temperature).
inline void exp_weights(const float* logits, uint32_t n, float largest, float temperature,
                        float* weights) {
  const v128_t shift = wasm_f32x4_splat(largest);
  const v128_t divisor = wasm_f32x4_splat(temperature);
  const auto weigh4 = [shift, divisor](const float* from, float* to) {
    const v128_t x = wasm_f32x4_sub(wasm_v128_load(from), shift);
    wasm_v128_store(to, exp4<true>(wasm_f32x4_div(x, divisor)));
  };
  uint32_t i = 0;
#pragma clang loop unroll_count(4)
  for (; i + 4 <= n; i += 4) weigh4(logits + i, weights + i);
  if (i == n) return;
  float rest[4] = {largest, largest, largest, largest};
  for (uint32_t j = 0; i + j < n; ++j) rest[j] = logits[i + j];
  weigh4(rest, rest);
  for (uint32_t j = 0; i + j < n; ++j) weights[i + j] = rest[j];
}

// The index at which the running sum of n > 0 weights passes the target; if rounding
// keeps it below, the last index with a weight.
inline uint32_t pass_point(const float* weights, uint32_t n, double target) {
  double sum = 0;
  uint32_t start = 0;
  for (; start + BLOCK < n; start += BLOCK) {
    const double next = sum + sum_of(weights + start, BLOCK);
    if (next > target) break;
    sum = next;
  }
  uint32_t last = 0;
  for (uint32_t i = start; i < n; ++i) {
    if (!(weights[i] > 0)) continue;
    last = i;
    sum += static_cast<double>(weights[i]);
    if (sum > target) return i;
  }
  if (last > 0 || start == 0) return last;
  for (last = n - 1; last > 0 && !(weights[last] > 0);) --last;
  return last;
}

}  // namespace realm

#endif  // REALM_SIMD_H
