// Activations to int8, and the measures of the machine's ceilings.
#include "isa_functions.h"
#include "dot.h"

namespace realm::REALM_ISA {
namespace {

// Sums that do not wait for each other.
constexpr int64_t kComputeTokens = kParts == 1 ? 12 : 4;
constexpr int kComputeSums = kParts == 1 ? 12 : 6;

// Before they are rounded, which may make each of them larger by a half.
constexpr float kMostMean = kMostQuantSum / 16.0f - 0.5f;

REALM_INLINE V16i larger(V16i a, V16i b) {
  for (int i = 0; i < kParts; ++i) {
    a.part[i] = select_part((Vi)(a.part[i] > b.part[i]), a.part[i], b.part[i]);
  }
  return a;
}

// The largest absolute value of a block.
REALM_INLINE float largest_of(const float* x) {
  const V16f halves[2] = {load(x), load(x + kHalfBlock)};
  // As integers, absolute values order like the numbers, with NaN above infinity: a NaN makes
  // the scale NaN and is seen in the results.
  return float_of_bits(static_cast<uint32_t>(
      reduce_max(larger(as_int(abs(halves[0])), as_int(abs(halves[1]))))));
}

// The mean absolute value of half a block; where values are huge, the sum would overflow.
REALM_INLINE float mean_of(const float* x) {
  return reduce_add(abs(load(x)) * set1(1.0f / kHalfBlock));
}

// The larger one of the means of a block's halves.
REALM_INLINE float larger_mean_of(const float* x) {
  const float first = mean_of(x), second = mean_of(x + kHalfBlock);
  return first > second ? first : second;
}

REALM_INLINE void quantize_half(const float* x, float inverse, int8_t* quants, int16_t* sum) {
  const V16f scaled = load(x) * set1(inverse);
  const V16i rounded = round_to_int(max(min(scaled, set1(127.0f)), set1(-127.0f)));
  store_i8(quants, rounded);
  *sum = static_cast<int16_t>(reduce_add(rounded));
}

}  // namespace

void quantize_row(const float* x, int64_t num_cols, int8_t* quants, float* scales,
                  int16_t* sums) {
  const int64_t num_blocks = num_cols / kBlock;
  for (int64_t first = 0; first < num_blocks; first += kLanes) {
    const int64_t left = num_blocks - first, count = left < kLanes ? left : kLanes;
    alignas(64) float values[kLanes] = {}, means[kLanes] = {};
    for (int64_t i = 0; i < count; ++i) {
      values[i] = largest_of(x + (first + i) * kBlock);
      means[i] = larger_mean_of(x + (first + i) * kBlock);
    }
    const V16f largest = load(values), mean = load(means);
    const V16f by_largest = largest / set1(127.0f), by_mean = mean / set1(kMostMean);
    store_first(scales + first, select(less(by_largest, by_mean), by_mean, by_largest), count);
    // Where the reciprocal would overflow, all quants are zero.
    const V16f inverse = min(set1(127.0f) / largest, set1(kMostMean) / mean);
    store(values, select(less(largest, set1(0x1p-120f)), zero(), inverse));
    for (int64_t i = 0; i < 2 * count; ++i) {
      const int64_t column = first * kBlock + i * kHalfBlock;
      quantize_half(x + column, values[i / 2], quants + column, sums + 2 * first + i);
    }
  }
}

uint64_t read(const void* data, int64_t num_bytes) {
  const uint8_t* p = static_cast<const uint8_t*>(data);
  constexpr int64_t kStep = 4 * kVectorBytes;
  V16i sums[4] = {set1(0), set1(0), set1(0), set1(0)};
  int64_t i = 0;
  for (; i + kStep <= num_bytes; i += kStep) {
    for (int j = 0; j < 4; ++j) {
      __builtin_prefetch(p + i + j * kVectorBytes + 4096);
      sums[j] = sums[j] + load((const int32_t*)(p + i + j * kVectorBytes));
    }
  }
  alignas(64) int32_t lanes[kLanes];
  store(lanes, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  uint64_t sum = 0;
  for (int j = 0; j < kLanes; ++j) sum += static_cast<uint32_t>(lanes[j]);
  for (; i < num_bytes; ++i) sum += p[i];
  return sum;
}

int64_t compute(int32_t kind, int64_t num_rounds) {
  alignas(64) uint8_t codes[8 * kVectorBytes] = {};
  alignas(64) int8_t quants[kComputeTokens * kBlock] = {};
  alignas(64) float floats[kLanes] = {};  // kComputeSums of them
  volatile float sink;
  if (kind == 0) {
    V16i totals[kComputeTokens];
    for (auto& total : totals) total = set1(0);
    for (int64_t round = 0; round < num_rounds; ++round) {
      __asm__ volatile("" : : "r"(codes), "r"(quants) : "memory");
      Dot<4, false, false> dots[kComputeTokens];
      for (auto& dot : dots) dot.start(Vi{});
      unrolled<4>([&](auto pair) __attribute__((always_inline)) {
        const Bytes even = load_bytes(codes + 2 * pair * kVectorBytes);
        const Bytes odd = load_bytes(codes + (2 * pair + 1) * kVectorBytes);
        for (int t = 0; t < kComputeTokens; ++t) {
          const int8_t* four = quants + t * kBlock + 8 * pair;
          dots[t].add(even, odd, splat_quants(four), splat_quants(four + 4), set1(1));
        }
      });
      for (int t = 0; t < kComputeTokens; ++t) totals[t] = totals[t] + dots[t].finish(set1(1));
    }
    for (const auto& total : totals) sink = reduce_add(to_float(total));
    return num_rounds * kComputeTokens * kBlock * kLanes;
  }
  V16f sums[kComputeSums];
  for (auto& sum : sums) sum = zero();
  for (int64_t round = 0; round < num_rounds; ++round) {
    __asm__ volatile("" : : "r"(floats) : "memory");
    const V16f weights = load(floats);
    for (int t = 0; t < kComputeSums; ++t) sums[t] = fma(weights, set1(floats[t]), sums[t]);
  }
  for (const auto& sum : sums) sink = reduce_add(sum);
  static_cast<void>(sink);
  return num_rounds * kComputeSums * kLanes;
}

}  // namespace realm::REALM_ISA
