// Selection without sorting: where to cut so that the largest values stay.
//
// Values are compared through integer keys of the same order, and a cut is found by
// three rounds of counting the keys' leading bits, so that the time grows with the number
// of values whatever they are.
#ifndef REALM_SELECT_H
#define REALM_SELECT_H

#include "memory.h"

namespace realm {

// Keys order as their values do; -0 and +0 have one key.
inline uint32_t order_key(float value) {
  uint32_t bits;
  const float canonical = value + 0.0f;
  memcpy(&bits, &canonical, sizeof bits);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

inline float key_value(uint32_t key) {
  const uint32_t bits = key & 0x80000000u ? key & 0x7FFFFFFFu : ~key;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Values with a key above `key` stay, and the first num_ties of those with this key.
struct CountCut {
  uint32_t key;
  uint32_t num_ties;
};

// The cut that keeps the k largest of n values, 0 < k <= n.
CountCut cut_by_count(const float* values, uint32_t n, uint32_t k);

// Values with a key above `key` stay, and of those with this key as many, in order and at
// least one, as make the mass of the kept ones reach the target: while tie_mass > 0.
struct MassCut {
  uint32_t key;
  double tie_mass;
};

// The cut that keeps the fewest of the largest values whose masses sum to target or more
// (all, if the masses sum to less); n > 0.
MassCut cut_by_mass(const float* values, const float* masses, uint32_t n, double target);

// Heap sort of n items by is_before(i, j) and exchange(i, j) on their indices.
template <class IsBefore, class Exchange>
void sort(uint32_t n, const IsBefore& is_before, const Exchange& exchange) {
  const auto sink = [&](uint32_t root, uint32_t end) {
    for (uint32_t child; (child = 2 * root + 1) < end; root = child) {
      if (child + 1 < end && is_before(child, child + 1)) ++child;
      if (!is_before(root, child)) return;
      exchange(root, child);
    }
  };
  for (uint32_t i = n / 2; i-- > 0;) sink(i, n);
  for (uint32_t end = n; end > 1;) {
    exchange(0, --end);
    sink(0, end);
  }
}

}  // namespace realm

#endif  // REALM_SELECT_H
