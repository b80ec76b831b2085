#include "select.h"

namespace realm {
namespace {

constexpr uint32_t NUM_BUCKETS = 2048;
constexpr uint32_t SHIFTS[] = {21, 10, 0};

constinit uint32_t counts[NUM_BUCKETS];
constinit double sums[NUM_BUCKETS];

// The bits of a key above those that this round looks at.
uint32_t known_bits(uint32_t shift) {
  return shift == 21 ? 0 : shift == 10 ? 0xFFFFFFFFu << 21 : 0xFFFFFFFFu << 10;
}

// In the last round only ten bits are left.
uint32_t num_buckets(uint32_t shift) { return shift == 0 ? 1024 : NUM_BUCKETS; }

}  // namespace

CountCut cut_by_count(const float* values, uint32_t n, uint32_t k) {
  uint32_t prefix = 0;
  for (const uint32_t shift : SHIFTS) {
    const uint32_t known = known_bits(shift);
    const uint32_t mask = num_buckets(shift) - 1;
    memset(counts, 0, sizeof counts);
#pragma clang loop unroll_count(8)
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t key = order_key(values[i]);
      counts[(key >> shift) & mask] += (key & known) == prefix;
    }
    uint32_t bucket = mask;
    while (counts[bucket] < k) k -= counts[bucket--];
    prefix |= bucket << shift;
  }
  return {prefix, k};
}

MassCut cut_by_mass(const float* values, const float* masses, uint32_t n, double target) {
  uint32_t prefix = 0;
  for (const uint32_t shift : SHIFTS) {
    const uint32_t known = known_bits(shift);
    const uint32_t mask = num_buckets(shift) - 1;
    memset(counts, 0, sizeof counts);
    memset(sums, 0, sizeof sums);
#pragma clang loop unroll_count(8)
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t key = order_key(values[i]);
      const uint32_t bucket = (key >> shift) & mask;
      const bool is_here = (key & known) == prefix;
      counts[bucket] += is_here;
      sums[bucket] += is_here ? masses[i] : 0.0f;
    }
    // Go down to the bucket in which the target is reached. If there is none, because of
    // rounding or because the caller asks for more than there is, all are kept.
    uint32_t last = 0;
    bool is_reached = false;
    for (uint32_t bucket = mask + 1; bucket-- > 0 && !is_reached;) {
      if (counts[bucket] == 0) continue;
      last = bucket;
      is_reached = sums[bucket] >= target;
      if (!is_reached) target -= sums[bucket];
    }
    if (!is_reached) target = __builtin_inf();
    prefix |= last << shift;
  }
  return {prefix, target};
}

}  // namespace realm
