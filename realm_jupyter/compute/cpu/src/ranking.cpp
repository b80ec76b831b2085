#include "ranking.h"

#include <cmath>

#include "realm_cpu.h"

namespace realm {
namespace {

// Elements that are looked at together: most hold nothing of interest.
constexpr int64_t kTogether = 32;

bool any_above(const float* values, float limit) {
  int32_t count = 0;
  for (int64_t i = 0; i < kTogether; ++i) count += values[i] > limit;
  return count != 0;
}

}  // namespace

void rank(const float* row, int64_t length, int32_t count, int32_t* indices, float* values) {
  // A list in descending order; most elements are not above its last. NaN is above nothing.
  for (int32_t i = 0; i < count; ++i) indices[i] = 0, values[i] = -INFINITY;
  if (count <= 0) return;
  float* const last = values + count - 1;
  for (int64_t start = 0; start < length; start += kTogether) {
    const bool is_whole = length - start >= kTogether;
    if (is_whole && !any_above(row + start, *last)) continue;
    const int64_t end = is_whole ? start + kTogether : length;
    for (int64_t i = start; i < end; ++i) {
      if (!(row[i] > *last)) continue;
      int32_t place = count - 1;
      for (; place > 0 && row[i] > values[place - 1]; --place) {
        values[place] = values[place - 1];
        indices[place] = indices[place - 1];
      }
      values[place] = row[i];
      indices[place] = static_cast<int32_t>(i);
    }
  }
}

}  // namespace realm

extern "C" void realm_cpu_top_k(const float* row, int64_t length, int32_t k, int32_t* indices,
                                float* values) {
  realm::rank(row, length, k, indices, values);
}
