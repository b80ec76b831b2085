#include "select.h"

namespace realm {
namespace {

constexpr uint32_t NUM_BUCKETS = 2048;
constexpr uint32_t SHIFTS[] = {21, 10, 0};

// So few values are sorted instead of counted: looking through the buckets would cost more.
constexpr uint32_t FEW = 64;

struct Item {
  uint32_t key;
  float mass;
};

constinit uint32_t counts[NUM_BUCKETS];
constinit double sums[NUM_BUCKETS];
constinit Item items[FEW]{};

// The bits of a key that are known after the round with this shift.
uint32_t known_bits(uint32_t shift) { return 0xFFFFFFFFu << shift; }

// The bits of a key above those that the round with this shift looks at.
uint32_t bits_before(uint32_t shift) { return shift == 21 ? 0 : known_bits(shift == 10 ? 21 : 10); }

// In the last round only ten bits are left.
uint32_t num_buckets(uint32_t shift) { return shift == 0 ? 1024 : NUM_BUCKETS; }

// The highest bucket up to `bucket` with something in it; there is one.
uint32_t highest_bucket(uint32_t bucket) {
  while (bucket % 8 == 7) {
    uint32_t any = 0;
#pragma clang loop unroll(full)
    for (uint32_t i = 0; i < 8; ++i) any |= counts[bucket - i];
    if (any != 0) break;
    bucket -= 8;
  }
  while (counts[bucket] == 0) --bucket;
  return bucket;
}

// Fill `items` with the values whose keys have these known bits, of which there are at most
// FEW: the largest first, equals in order. Returns their number.
uint32_t sort_few(const float* values, const float* masses, uint32_t n, uint32_t known,
                  uint32_t prefix) {
  uint32_t num_items = 0;
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t key = order_key(values[i]);
    if ((key & known) != prefix) continue;
    uint32_t place = num_items++;
    for (; place > 0 && items[place - 1].key < key; --place) items[place] = items[place - 1];
    items[place] = {key, masses == nullptr ? 0 : masses[i]};
  }
  return num_items;
}

CountCut cut_few(const float* values, uint32_t n, uint32_t k, uint32_t known, uint32_t prefix) {
  sort_few(values, nullptr, n, known, prefix);
  const uint32_t key = items[k - 1].key;
  uint32_t num_ties = 1;
  while (num_ties < k && items[k - 1 - num_ties].key == key) ++num_ties;
  return {key, num_ties};
}

// Go down until the target is reached; if it never is, all are kept.
MassCut cut_few_by_mass(const float* values, const float* masses, uint32_t n, double target,
                        uint32_t known, uint32_t prefix) {
  const uint32_t num_items = sort_few(values, masses, n, known, prefix);
  for (uint32_t i = 0; i < num_items;) {
    const uint32_t key = items[i].key;
    double sum = 0;
    for (; i < num_items && items[i].key == key; ++i) sum += static_cast<double>(items[i].mass);
    if (sum >= target) return {key, target};
    target -= sum;
  }
  return {items[num_items - 1].key, __builtin_inf()};
}

}  // namespace

CountCut cut_by_count(const float* values, uint32_t n, uint32_t k) {
  if (n <= FEW) return cut_few(values, n, k, 0, 0);
  uint32_t prefix = 0;
  for (const uint32_t shift : SHIFTS) {
    const uint32_t before = bits_before(shift);
    const uint32_t mask = num_buckets(shift) - 1;
    memset(counts, 0, sizeof counts);
#pragma clang loop unroll_count(8)
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t key = order_key(values[i]);
      counts[(key >> shift) & mask] += (key & before) == prefix;
    }
    uint32_t bucket = highest_bucket(mask);
    while (counts[bucket] < k) {
      k -= counts[bucket];
      bucket = highest_bucket(bucket - 1);
    }
    prefix |= bucket << shift;
    if (counts[bucket] <= FEW) return cut_few(values, n, k, known_bits(shift), prefix);
  }
  return {prefix, k};
}

MassCut cut_by_mass(const float* values, const float* masses, uint32_t n, double target) {
  if (n <= FEW) return cut_few_by_mass(values, masses, n, target, 0, 0);
  uint32_t prefix = 0;
  for (const uint32_t shift : SHIFTS) {
    const uint32_t before = bits_before(shift);
    const uint32_t mask = num_buckets(shift) - 1;
    memset(counts, 0, sizeof counts);
    memset(sums, 0, sizeof sums);
    uint32_t num_left = 0;
#pragma clang loop unroll_count(8)
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t key = order_key(values[i]);
      const uint32_t bucket = (key >> shift) & mask;
      const bool is_here = (key & before) == prefix;
      counts[bucket] += is_here;
      num_left += is_here;
      sums[bucket] += is_here ? masses[i] : 0.0f;
    }
    // Go down to the bucket in which the target is reached. If there is none, because of
    // rounding or because the caller asks for more than there is, all are kept.
    uint32_t bucket = highest_bucket(mask);
    while (sums[bucket] < target && num_left > counts[bucket]) {
      target -= sums[bucket];
      num_left -= counts[bucket];
      bucket = highest_bucket(bucket - 1);
    }
    if (sums[bucket] < target) target = __builtin_inf();
    prefix |= bucket << shift;
    if (counts[bucket] <= FEW) {
      return cut_few_by_mass(values, masses, n, target, known_bits(shift), prefix);
    }
  }
  return {prefix, target};
}

}  // namespace realm
