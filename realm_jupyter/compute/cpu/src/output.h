// Results of a panel: bias and the panel's missing rows.
#pragma once

#include "kernels.h"
#include "simd.h"

namespace realm::REALM_ISA {

struct Output {
  float* y;
  int64_t stride;
  const float* bias;  // or null
  int64_t num_rows;   // of the matrix

  // Ask for the places of a token's results, which are written soon.
  REALM_INLINE void fetch(int64_t token, int64_t panel, int64_t num_panels) const {
    const float* target = y + token * stride + panel * kPanelRows;
    for (int64_t i = 0; i < num_panels; ++i) __builtin_prefetch(target + i * kPanelRows, 1);
  }

  // Write the results of one token and the rows of a panel, or of a piece of kLanes rows.
  REALM_INLINE void put(int64_t token, int64_t panel, V16f results, int piece = 0) const {
    const int64_t first = panel * kPanelRows + piece * kLanes, left = num_rows - first;
    float* target = y + token * stride + first;
    if (left >= kLanes) {
      store(target, bias != nullptr ? results + load(bias + first) : results);
    } else {
      if (bias != nullptr) results = results + load_first(bias + first, left);
      store_first(target, results, left);
    }
  }
};

}  // namespace realm::REALM_ISA
