// Ops on single rows.
#include <cmath>

#include "exponential.h"
#include "isa_functions.h"
#include "simd.h"

namespace realm::REALM_ISA {
namespace {

template <class Function>
REALM_INLINE void map(const float* a, int64_t n, float* y, Function&& function) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, function(load(a + i)));
  if (i < n) store_first(y + i, function(load_first(a + i, n - i)), n - i);
}

template <class Function>
REALM_INLINE void map(const float* a, const float* b, int64_t n, float* y, Function&& function) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, function(load(a + i), load(b + i)));
  if (i < n) {
    store_first(y + i, function(load_first(a + i, n - i), load_first(b + i, n - i)), n - i);
  }
}

REALM_INLINE float sum_of_squares(const float* x, int64_t n) {
  V16f sum = zero();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const V16f v = load(x + i);
    sum = fma(v, v, sum);
  }
  if (i < n) {
    const V16f v = load_first(x + i, n - i);
    sum = fma(v, v, sum);
  }
  return reduce_add(sum);
}

}  // namespace

void rms_norm(const float* x, const float* weight, int64_t num_groups, int64_t group_width,
              float eps, float* y) {
  for (int64_t group = 0; group < num_groups; ++group) {
    const float mean = sum_of_squares(x, group_width) / static_cast<float>(group_width);
    const V16f factor = set1(1.0f / std::sqrt(mean + eps));
    map(x, weight, group_width, y, [&](V16f v, V16f w) { return v * factor * w; });
    x += group_width;
    y += group_width;
  }
}

void add(const float* a, const float* b, int64_t n, float* y) {
  map(a, b, n, y, [](V16f u, V16f v) { return u + v; });
}

void add_scaled(float factor, const float* x, int64_t n, float* y) {
  const V16f f = set1(factor);
  map(x, y, n, y, [&](V16f u, V16f v) { return fma(f, u, v); });
}

void scale(const float* x, float factor, int64_t n, float* y) {
  const V16f f = set1(factor);
  map(x, n, y, [&](V16f v) { return v * f; });
}

void softcap(const float* x, float cap, int64_t n, float* y) {
  const V16f c = set1(cap);
  map(x, n, y, [&](V16f v) { return c * hyperbolic_tangent(v / c); });
}

void swiglu(const float* gate, const float* up, int64_t n, float* y) {
  map(gate, up, n, y, [](V16f g, V16f u) {
    return g / (set1(1.0f) + exponential(zero() - g)) * u;
  });
}

void geglu(const float* gate, const float* up, int64_t n, float* y) {
  map(gate, up, n, y, [](V16f g, V16f u) {
    const V16f cubic = fma(g * g * g, set1(0.044715f), g);
    // (1 + tanh(u)) / 2 as a sigmoid, which keeps its digits where tanh is near -1.
    const V16f one = set1(1.0f);
    return g / (one + exponential(cubic * set1(-2.0f * 0.7978845608f))) * u;
  });
}

void rope(const float* __restrict x, const float* __restrict turns, int32_t num_heads,
          int32_t head_dim, int32_t rotary_dims, bool is_neox, float* __restrict y) {
  const int32_t half = rotary_dims / 2;
  for (int32_t head = 0; head < num_heads; ++head) {
    if (is_neox) {
      for (int32_t i = 0; i < half; ++i) {
        const float c = turns[2 * i], s = turns[2 * i + 1], a = x[i], b = x[i + half];
        y[i] = a * c - b * s;
        y[i + half] = a * s + b * c;
      }
    } else {
      for (int32_t i = 0; i < half; ++i) {
        const float c = turns[2 * i], s = turns[2 * i + 1], a = x[2 * i], b = x[2 * i + 1];
        y[2 * i] = a * c - b * s;
        y[2 * i + 1] = a * s + b * c;
      }
    }
    for (int32_t i = rotary_dims; i < head_dim; ++i) y[i] = x[i];
    x += head_dim;
    y += head_dim;
  }
}

}  // namespace realm::REALM_ISA
