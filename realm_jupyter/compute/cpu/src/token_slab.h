// The quantized activations of the columns of a slab, token after token: they stay in the caches
// while panels go by, and their addresses do not collide there as those of long rows do.
#pragma once

#include "expanded_slab.h"

namespace realm::REALM_ISA {

template <int32_t kType, int64_t kMostTokens>
class TokenSlab {
 public:
  REALM_INLINE void take(const Activations& x, int64_t row, int64_t num_rows, int64_t block,
                         int64_t num_blocks) {
    for (int64_t t = 0; t < num_rows; ++t) {
      const Tokens token = tokens_at(x, row + t, block);
      for (int64_t i = 0; i < num_blocks; ++i) put(t, i, token.quants + i * kBlock);
      for (int64_t i = 0; i < num_blocks; ++i) scales_[t][i] = token.scales[i];
      for (int64_t i = 0; i < 2 * num_blocks; ++i) sums_[t][i] = token.sums[i];
      // The next slab's, which will be taken when this one is done.
      for (int64_t i = 0; i < kSlabColumns; i += 64) {
        __builtin_prefetch(token.quants + kSlabColumns + i, 0, 2);
      }
    }
  }

  // From one of the tokens on.
  REALM_INLINE Tokens at(int64_t token) const {
    return {quants_[token], scales_[token], sums_[token], kSlabBlocks};
  }

 private:
  static constexpr bool kIsMirrored = ExpandedSlab<kType>::kHasChoices;
  static constexpr int64_t kBytes = (kIsMirrored ? 2 : 1) * kBlock;  // of a block

  REALM_INLINE void put(int64_t token, int64_t block, const int8_t* quants) {
    int8_t* target = quants_[token] + block * kBytes;
#if defined(REALM_CHOOSES_BYTES)
    if constexpr (kIsMirrored) {
      const Vi all = load_part<Vi>(quants), negatives = (Vi)(-(Vb)all);
      store_part(target, __builtin_shufflevector(all, negatives, 0, 8, 1, 9, 4, 12, 5, 13));
      store_part(target + sizeof(Vi),
                 __builtin_shufflevector(all, negatives, 2, 10, 3, 11, 6, 14, 7, 15));
      return;
    }
#endif
    std::memcpy(target, quants, kBlock);
  }

  alignas(64) int8_t quants_[kMostTokens][kSlabBlocks * kBytes];
  alignas(64) float scales_[kMostTokens][kSlabBlocks];
  alignas(64) int16_t sums_[kMostTokens][2 * kSlabBlocks];
};

}  // namespace realm::REALM_ISA
