// The quantized activations of the columns of a slab, token after token: they stay in the caches
// while panels go by, and their addresses do not collide there as those of long rows do.
#pragma once

#include "expanded_slab.h"

namespace realm::REALM_ISA {

template <int32_t kType, int64_t kMostTokens>
class TokenSlab {
  static constexpr PackedFormat kFormat = packed_format(kType);
  static constexpr bool kIsMirrored = ExpandedSlab<kType>::kHasChoices;
  static constexpr int64_t kBytes = (kIsMirrored ? 2 : 1) * kBlock;  // of a block
  static constexpr int kGroups = kFormat.groups_of_block();
  // What sums of quants are multiplied with, if at all: what sums start with, or zeros.
  static constexpr int16_t kBias = SlabDot<kFormat>::bias(kFormat.zero);
  static constexpr bool kHasOffsets = kBias == 0 && kFormat.is_super() && kFormat.zero != 0;
  static constexpr int16_t kFactor = kBias != 0 || kHasOffsets ? kBias : kFormat.zero;
  static constexpr bool kHasZeros = ExpandedSlab<kType>::kIsPaired && kFormat.zero != 0;
  static constexpr bool kHasProducts = kFactor != 0 && !kHasZeros;
  static constexpr bool kHasTotals = kFormat.has_minima;

 public:
  // The tokens from one of them on; as struct Tokens, but what can be is calculated already.
  struct Some {
    const TokenSlab& all;
    int64_t first;

    REALM_INLINE const int8_t* quants_of(int token, int64_t block) const {
      return all.quants_[first + token] + block * kBytes;
    }
    REALM_INLINE const int8_t* mirrored_of(int token, int64_t block) const {
      return quants_of(token, block);
    }
    REALM_INLINE float scale_of(int token, int64_t block) const {
      return all.scales_[first + token][block];
    }
    REALM_INLINE const int16_t* sums_of(int token, int64_t block) const {
      static_assert(kHasOffsets);
      return all.sums_[first + token][block];
    }
    template <int kCount>
    REALM_INLINE Vi sum_of(int token, int64_t block, int group, int16_t) const {
      static_assert(kHasProducts && kCount == kGroups);
      return splat_quants(&all.products_[first + token][kGroups * block + group]);
    }
    // Zero · the sum of quants of each half of a block, in 16 bits.
    REALM_INLINE const int16_t* zeros_of(int token, int64_t block) const {
      static_assert(kHasZeros);
      return all.zeros_[first + token][block];
    }
    template <int kCount>
    REALM_INLINE Vf total_of(int token, int64_t block, int group) const {
      static_assert(kHasTotals && kCount == kGroups);
      return all.totals_[first + token][kGroups * block + group] - Vf{};
    }
  };

  REALM_INLINE void take(const Activations& x, int64_t row, int64_t num_rows, int64_t block,
                         int64_t num_blocks) {
    for (int64_t t = 0; t < num_rows; ++t) {
      const Tokens token = tokens_at(x, row + t, block);
      if (num_blocks == kSlabBlocks) {
        take_blocks(t, token, kSlabBlocks);
      } else {
        take_blocks(t, token, num_blocks);
      }
      // The next slab's, which will be taken when this one is done.
      for (int64_t i = 0; i < kSlabColumns; i += 64) {
        __builtin_prefetch(token.quants + kSlabColumns + i, 0, 2);
      }
    }
  }

  REALM_INLINE Some at(int64_t token) const { return {*this, token}; }

 private:
  // Inlined with a constant number where the slab is whole.
  REALM_INLINE void take_blocks(int64_t t, const Tokens& token, int64_t num_blocks) {
    for (int64_t i = 0; i < num_blocks; ++i) put(t, i, token.quants + i * kBlock);
    for (int64_t i = 0; i < num_blocks; ++i) scales_[t][i] = token.scales[i];
    if constexpr (kHasOffsets) std::memcpy(sums_[t], token.sums, num_blocks * sizeof(sums_[t][0]));
    for (int64_t i = 0; kHasZeros && i < 2 * num_blocks; ++i) {
      zeros_[t][i / 2][i % 2] = static_cast<int16_t>(kFormat.zero * token.sums[i]);
    }
    for (int64_t i = 0; i < kGroups * num_blocks; ++i) {
      const int64_t i_block = i / kGroups;
      int32_t sum = token.sums[2 * i_block + (kGroups == 2 ? i % 2 : 0)];
      if constexpr (kGroups == 1) sum += token.sums[2 * i_block + 1];
      if constexpr (kHasProducts) products_[t][i] = kFactor * sum;
      if constexpr (kHasTotals) totals_[t][i] = static_cast<float>(sum) * token.scales[i_block];
    }
  }

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
  alignas(64) int16_t sums_[kHasOffsets ? kMostTokens : 1][kSlabBlocks][2];
  alignas(64) int16_t zeros_[kHasZeros ? kMostTokens : 1][kSlabBlocks][2];
  alignas(64) int32_t products_[kHasProducts ? kMostTokens : 1][kGroups * kSlabBlocks];
  alignas(64) float totals_[kHasTotals ? kMostTokens : 1][kGroups * kSlabBlocks];
};

}  // namespace realm::REALM_ISA
