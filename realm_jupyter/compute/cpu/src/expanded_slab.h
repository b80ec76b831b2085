// Slabs of packed matrices expanded into the first-level cache, once for many tokens.
#pragma once

#include "slab.h"

namespace realm::REALM_ISA {

#if defined(REALM_CHOOSES_BYTES)
constexpr bool kChoosesBytes = true;
#else
constexpr bool kChoosesBytes = false;
#endif

template <int32_t kType>
class ExpandedSlab {
 public:
  static constexpr PackedFormat kFormat = packed_format(kType);
  static constexpr bool kHasChoices = kChoosesBytes && kFormat.is_signed;
  static constexpr bool kIsPaired = kScalesPairs && kFormat.groups_of_block() == 2;

  REALM_INLINE void expand(const PackedSlab<kType, false>& slab, int64_t num_blocks) {
    for (int64_t block = 0; block < num_blocks; ++block) {
      unrolled<4>([&](auto pair) __attribute__((always_inline)) {
        Bytes even, odd;
        slab.template codes<pair>(block, even, odd);
        put(block, 2 * pair, even);
        put(block, 2 * pair + 1, odd);
      });
      if constexpr (kHasOffsets) store(offsets_[block], slab.offsets(block));
    }
    for (int64_t i = 0; i < (kFormat.is_super() ? 1 : num_blocks); ++i) {
      store(d_[i], slab.d(i));
      if constexpr (kFormat.has_minima) store(m_[i], slab.m(i));
    }
    for (int64_t i = 0; i < kNumScales; ++i) {
      if constexpr (kIsPaired) {
        store(scales_[i], pair_of(slab.scale(2 * i), slab.scale(2 * i + 1)));
      } else if constexpr (kFormat.is_super()) {
        store(scales_[i], slab.scale(i));
      }
    }
    for (int64_t i = 0; kHasMinima && i < kFormat.num_groups(); ++i) {
      store(minima_[i], slab.minimum(i));
    }
  }

  REALM_INLINE V16f d(int64_t block) const { return load(d_[block]); }
  REALM_INLINE V16f m(int64_t block) const { return load(m_[block]); }
  REALM_INLINE V16i scale(int64_t group) const { return load(scales_[group]); }
  REALM_INLINE V16i scale_pair(int64_t block) const { return load(scales_[block]); }
  REALM_INLINE V16f minimum(int64_t group) const { return load(minima_[group]); }
  REALM_INLINE V16i offsets(int64_t block) const { return load(offsets_[block]); }

  template <int kPair>
  REALM_INLINE void codes(int64_t block, Bytes& even, Bytes& odd) const {
    even = load_bytes(codes_[block][2 * kPair]);
    odd = load_bytes(codes_[block][2 * kPair + 1]);
  }

#if defined(REALM_CHOOSES_BYTES)
  template <int kGroup>
  REALM_INLINE SignedCodes signed_codes(int64_t block) const {
    return {load_bytes(codes_[block][kGroup]), choices_[block][kGroup]};
  }
#endif

 private:
  static constexpr bool kHasMinima = kFormat.is_super() && kFormat.has_minima;
  static constexpr bool kHasOffsets =
      kFormat.is_super() && kFormat.zero != 0 && SlabDot<kFormat>::bias(kFormat.zero) == 0;
  static constexpr int64_t kNumScales =
      kIsPaired ? kSlabBlocks : kFormat.is_super() ? kFormat.num_groups() : 1;
  static constexpr int64_t kNumD = kFormat.is_super() ? 1 : kSlabBlocks;

  REALM_INLINE void put(int64_t block, int64_t group, Bytes codes) {
#if defined(REALM_CHOOSES_BYTES)
    if constexpr (kHasChoices) {
      const int32_t first = group % 2 == 0 ? 0x03020100 : 0x0b0a0908;
      Bytes choices;
      for (int i = 0; i < kParts; ++i) {
        const Vb negative = (Vb)(codes.part[i] < 0);
        choices.part[i] = (Vb)((Vi)(negative & int8_t{4}) | first);
        codes.part[i] = abs_bytes_part(codes.part[i]);
      }
      store_bytes(choices_[block][group], choices);
    }
#endif
    store_bytes(codes_[block][group], codes);
  }

  alignas(64) uint8_t codes_[kSlabBlocks][8][kVectorBytes];
  alignas(64) uint8_t choices_[kHasChoices ? kSlabBlocks : 1][8][kVectorBytes];
  alignas(64) float d_[kNumD][kLanes];
  alignas(64) float m_[kFormat.has_minima ? kNumD : 1][kLanes];
  alignas(64) int32_t scales_[kNumScales][kLanes];
  alignas(64) float minima_[kHasMinima ? kFormat.num_groups() : 1][kLanes];
  alignas(64) int32_t offsets_[kHasOffsets ? kSlabBlocks : 1][kLanes];
};

}  // namespace realm::REALM_ISA
