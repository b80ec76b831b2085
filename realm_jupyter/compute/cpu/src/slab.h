// Slabs of packed matrices as the kernels see them, straight from memory; expanded_slab.h has the
// other way, for many tokens. Both give the same numbers.
#pragma once

#include "dot.h"

namespace realm::REALM_ISA {

// Far enough ahead that memory answers in time, near enough to stay in the first-level cache.
constexpr int64_t kPrefetchBytes = 4096;

// Ask memory for some bytes.
REALM_INLINE void fetch(const uint8_t* data, int64_t num_bytes) {
#if defined(__wasm__)  // has no such instruction: only the loop would stay
  (void)data, (void)num_bytes;
#else
  for (int64_t i = 0; i < num_bytes; i += kVectorBytes) __builtin_prefetch(data + i);
#endif
}

REALM_INLINE void prefetch(const uint8_t* data, int64_t num_bytes) {
  fetch(data + kPrefetchBytes, num_bytes);
}

// 16 halves for each block of a slab, or 16 for all of it.
class SlabHalves {
 public:
#if defined(__wasm__)  // has no instruction that widens them: all at once, to `floats`
  REALM_INLINE SlabHalves(const uint8_t* halves, int64_t num_blocks, float* floats)
      : first_(floats) {
    widen_halves((const uint16_t*)halves, kPanelRows * num_blocks, floats);
  }
  REALM_INLINE V16f of(int64_t block) const { return load(first_ + kPanelRows * block); }
  REALM_INLINE void next_piece() { first_ += kLanes; }
  REALM_INLINE void first_piece() { first_ -= kPanelRows; }

 private:
  const float* first_;
#else
  REALM_INLINE SlabHalves(const uint8_t* halves, int64_t) : halves_(halves) {}
  REALM_INLINE V16f of(int64_t block) const {
    return load_f16((const uint16_t*)halves_ + kPanelRows * block);
  }

 private:
  const uint8_t* halves_;
#endif
};

#if defined(__wasm__)
// Where the halves of a slab are widened to.
struct SlabRoom {
  alignas(64) float d[kSlabBlocks * kPanelRows];
  alignas(64) float m[kSlabBlocks * kPanelRows];
};
#endif

// kFetchesAhead: whether reading the slab also asks memory for what lies kPrefetchBytes further on.
template <int32_t kType, bool kFetchesAhead = true>
class PackedSlab {
 public:
  static constexpr PackedFormat kFormat = packed_format(kType);
  static constexpr bool kHasChoices = false;  // see expanded_slab.h

#if defined(__wasm__)
  REALM_INLINE PackedSlab(const uint8_t* data, int64_t num_blocks, SlabRoom& room)
      : d_(data, num_halves(num_blocks), room.d),
        m_(data + kFormat.m_offset(num_blocks), kFormat.has_minima ? num_halves(num_blocks) : 0,
           room.m),
#else
  REALM_INLINE PackedSlab(const uint8_t* data, int64_t num_blocks)
      : d_(data, num_halves(num_blocks)),
        m_(data + kFormat.m_offset(num_blocks), kFormat.has_minima ? num_halves(num_blocks) : 0),
#endif
        scales_(data + kFormat.scales_offset()), minima_(data + kFormat.minima_offset()),
        codes_(data + kFormat.codes_offset(num_blocks)) {
    if constexpr (kFetchesAhead) prefetch(data, codes_ - data);
  }

#if defined(__wasm__)
  // Go on to the next kLanes of the panel's rows.
  REALM_INLINE void next_piece() {
    d_.next_piece();
    m_.next_piece();
    scales_ += kLanes;
    minima_ += kLanes;
    codes_ += 4 * kLanes;
  }

  // Back from behind the last piece to the first.
  REALM_INLINE void first_piece() {
    d_.first_piece();
    m_.first_piece();
    scales_ -= kPanelRows;
    minima_ -= kPanelRows;
    codes_ -= kVectorBytes;
  }
#endif

  // 16 scales of a block (of 32 columns, or the whole slab of a K type).
  REALM_INLINE V16f d(int64_t block) const { return d_.of(block); }
  REALM_INLINE V16f m(int64_t block) const { return m_.of(block); }

  REALM_INLINE V16i scale(int64_t group) const { return dot_scale(raw_scale(group)); }

  // For the sums of 16 columns of a block: twice 16 bits in each lane, minima or zero · scales.
  REALM_INLINE V16i offsets(int64_t block) const {
    constexpr bool kIsHalves = kFormat.group_columns == kHalfBlock;
    V16i low, high;
    if constexpr (kFormat.has_minima) {
      low = minimum(kIsHalves ? 2 * block : block);
      high = kIsHalves ? minimum(2 * block + 1) : low;
    } else {
      low = raw_scale(2 * block) * set1(kFormat.zero);
      high = raw_scale(2 * block + 1) * set1(kFormat.zero);
    }
    return (low & set1(0xffff)) | shift_left<16>(high);
  }

  // The codes of groups 2 · kPair and 2 · kPair + 1 of a block.
  template <int kPair>
  REALM_INLINE void codes(int64_t block, Bytes& even, Bytes& odd) const {
    const uint8_t* p = settled(codes_ + block * kFormat.code_bytes());
    if constexpr (kFetchesAhead && kPair == 0) prefetch(p, kFormat.code_bytes());
    if constexpr (kFormat.bits == 8) {
      even = load_bytes(p + 2 * kPair * kVectorBytes);
      odd = load_bytes(p + (2 * kPair + 1) * kVectorBytes);
    }
    if constexpr ((kFormat.bits & 4) != 0) {
      const Bytes nibbles = load_bytes(p + kPair * kVectorBytes);
      even = bits_of<0, 0, 4>(nibbles);
      odd = bits_of<4, 0, 4>(nibbles);
      p += 4 * kVectorBytes;
    }
    if constexpr ((kFormat.bits & 2) != 0) {
      constexpr int kTo = kFormat.bits & 4, kFrom = kPair % 2 * 4;
      const Bytes pairs = load_bytes(p + kPair / 2 * kVectorBytes);
      const Bytes even_bits = bits_of<kFrom, kTo, 2>(pairs);
      const Bytes odd_bits = bits_of<kFrom + 2, kTo, 2>(pairs);
      even = kTo != 0 ? even | even_bits : even_bits;
      odd = kTo != 0 ? odd | odd_bits : odd_bits;
      p += 2 * kVectorBytes;
    }
    if constexpr ((kFormat.bits & 1) != 0) {
      constexpr int kTo = kFormat.bits == 5 ? 4 : 2;
      const Bytes bits = load_bytes(p);
      even = even | bits_of<2 * kPair, kTo, 1>(bits);
      odd = odd | bits_of<2 * kPair + 1, kTo, 1>(bits);
    }
    if constexpr (kFormat.is_table) {
      even = lookup(even);
      odd = lookup(odd);
    }
  }

 private:
  REALM_INLINE V16i raw_scale(int64_t group) const {
    const uint8_t* p = scales_ + 16 * group;
    if constexpr (kFormat.shares_scale_bytes()) return load_u8(p) & set1(15);
    return load_i8((const int8_t*)p);
  }

  REALM_INLINE V16i minimum(int64_t group) const {
    if constexpr (kFormat.shares_scale_bytes()) {
      return shift_right<4>(load_u8(scales_ + 16 * group));
    }
    return load_u8(minima_ + 16 * group);
  }

  REALM_INLINE static Bytes lookup(Bytes codes) {
    alignas(16) static constexpr int8_t table[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                     1,    13,   25,  38,  53,  69,  89,  113};
    for (int i = 0; i < kParts; ++i) codes.part[i] = lookup_part(table, codes.part[i]);
    return codes;
  }

  REALM_INLINE static int64_t num_halves(int64_t num_blocks) {
    return kFormat.is_super() ? 1 : num_blocks;
  }

  SlabHalves d_, m_;
  const uint8_t* scales_;
  const uint8_t* minima_;
  const uint8_t* codes_;
};

// The quantized activations of some tokens, from a block of 32 columns on.
struct Tokens {
  const int8_t* quants;
  const float* scales;
  const int16_t* sums;
  int64_t num_blocks;  // of a row

  REALM_INLINE const int8_t* quants_of(int token, int64_t block) const {
    return settled(quants + (token * num_blocks + block) * kBlock);
  }
#if defined(REALM_CHOOSES_BYTES)
  // Where `quants` holds mirrored ones, twice as many.
  REALM_INLINE const int8_t* mirrored_of(int token, int64_t block) const {
    return quants + 2 * (token * num_blocks + block) * kBlock;
  }
#endif
  REALM_INLINE float scale_of(int token, int64_t block) const {
    return scales[token * num_blocks + block];
  }
  REALM_INLINE const int16_t* sums_of(int token, int64_t block) const {
    return sums + 2 * (token * num_blocks + block);
  }
#if defined(__wasm__)
  REALM_INLINE Vi sum_of(int token, int64_t block) const { return total_of(token, block, 1); }
#else
  REALM_INLINE int32_t sum_of(int token, int64_t block) const {
    const int16_t* p = sums_of(token, block);
    return p[0] + p[1];
  }
#endif
  // The sum of a block's quants times a factor, in every lane.
  REALM_INLINE Vi total_of(int token, int64_t block, int16_t factor) const {
    return multiply_pairs_part(Vs{} + factor, (Vs)splat_quants(sums_of(token, block)));
  }
};

REALM_INLINE Tokens tokens_at(const Activations& x, int64_t row, int64_t block) {
  const int64_t num_blocks = x.num_cols / kBlock;
  return {x.quants + row * x.num_cols + block * kBlock, x.scales + row * num_blocks + block,
          x.sums + 2 * (row * num_blocks + block), num_blocks};
}

#if defined(REALM_CHOOSES_BYTES)
// Add the groups of a pair whose signs choose among mirrored quants.
template <int kPair, int kTokens, class Slab, class SomeDot>
REALM_INLINE void add_chosen(const Slab& slab, const Tokens& x, int64_t block, V16i scale,
                             SomeDot* dots) {
  const SignedCodes even = slab.template signed_codes<2 * kPair>(block);
  const SignedCodes odd = slab.template signed_codes<2 * kPair + 1>(block);
  constexpr int kOffset = mirrored_offset(kPair);
  unrolled<kTokens>([&](auto t) __attribute__((always_inline)) {
    const Vi mirrored = splat_sixteen(x.mirrored_of(t, block) + kOffset);
    dots[t].add(even, mirrored, scale);
    dots[t].add(odd, mirrored, scale);
    dots[t].pin();
  });
}
#endif

// sums[t] = the exact integer dot products of a block: scale · (code - zero) · quant.
template <class Slab, int kTokens>
REALM_INLINE void dot_block(const Slab& slab, const Tokens& x, int64_t block, V16i* sums) {
  constexpr PackedFormat kFormat = Slab::kFormat;
  constexpr int kGroups = kFormat.group_columns == kHalfBlock ? 2 : 1;
  unrolled<kGroups>([&](auto group) __attribute__((always_inline)) {
    Dot<kFormat.bits, kFormat.is_signed, kFormat.is_super()> dots[kTokens];
    V16i scale = set1(1);
    if constexpr (kFormat.is_super()) scale = slab.scale(kGroups * block + group);
    for (int t = 0; t < kTokens; ++t) {
      if constexpr (kFormat.is_signed) {
        dots[t].start(x.sum_of(t, block));
      } else {
        dots[t].start(0);
      }
    }
    unrolled<4 / kGroups>([&](auto index) __attribute__((always_inline)) {
      constexpr int kPair = group * (4 / kGroups) + index;
#if defined(REALM_CHOOSES_BYTES)
      if constexpr (Slab::kHasChoices) {
        add_chosen<kPair, kTokens>(slab, x, block, scale, dots);
        return;
      }
#endif
      Bytes even, odd;
      slab.template codes<kPair>(block, even, odd);
      // The order matters for speed: codes are in few registers, sums of all tokens in others.
      for (int t = 0; t < kTokens; ++t) {
        const int8_t* quants = x.quants_of(t, block);
        if constexpr (kFormat.is_signed) {
          dots[t].add(even, splat_signed_group<2 * kPair>(quants), scale);
        } else {
          dots[t].add(even, odd, splat_group<2 * kPair>(quants),
                      splat_group<2 * kPair + 1>(quants), scale);
        }
        if constexpr (kTokens > 1) dots[t].pin();
      }
      for (int t = 0; kFormat.is_signed && t < kTokens; ++t) {
        dots[t].add(odd, splat_signed_group<2 * kPair + 1>(x.quants_of(t, block)), scale);
        if constexpr (kTokens > 1) dots[t].pin();
      }
    });
    for (int t = 0; t < kTokens; ++t) {
      const V16i sum = dots[t].finish(scale);
      sums[t] = group == 0 ? sum : sums[t] + sum;
    }
  });
  if constexpr (kFormat.zero != 0 && kFormat.is_super()) {
    const V16i offsets = slab.offsets(block);
    for (int t = 0; t < kTokens; ++t) {
      const Vi pair = splat_quants(x.sums_of(t, block));
      for (int i = 0; i < kParts; ++i) {
        sums[t].part[i] -= multiply_pairs_part((Vs)offsets.part[i], (Vs)pair);
      }
    }
  } else if constexpr (kFormat.zero != 0) {
    for (int t = 0; t < kTokens; ++t) {
      const Vi total = x.total_of(t, block, kFormat.zero);
      for (int i = 0; i < kParts; ++i) sums[t].part[i] -= total;
    }
  }
}

// Add a block to the running sums of kTokens tokens. In each lane, and for any kTokens:
//   types of 32 columns  r = fma(d · a, sum, r); r = fma(m, a · sum of quants, r)
//   K types              s = fma(a, sum, s); l = fma(a, minima · sums, l)
// where a is the token's scale of the block.
template <class Slab, int kTokens>
REALM_INLINE void add_block(const Slab& slab, const Tokens& x, int64_t block, V16f* results,
                            V16f* lows) {
  constexpr PackedFormat kFormat = Slab::kFormat;
  V16i sums[kTokens];
  dot_block<Slab, kTokens>(slab, x, block, sums);
  if constexpr (!kFormat.is_super()) {
    const V16f d = slab.d(block);
    for (int t = 0; t < kTokens; ++t) {
      const V16f factor = d * set1(x.scale_of(t, block));
      results[t] = fma(factor, to_float(sums[t]), results[t]);
    }
    if constexpr (kFormat.has_minima) {
      const V16f m = slab.m(block);
      for (int t = 0; t < kTokens; ++t) {
        const Vf sum = float_part(x.total_of(t, block, 1)) * (x.scale_of(t, block) - Vf{});
        for (int i = 0; i < kParts; ++i) {
          results[t].part[i] = fma_part(m.part[i], sum, results[t].part[i]);
        }
      }
    }
  } else {
    for (int t = 0; t < kTokens; ++t) {
      results[t] = fma(set1(x.scale_of(t, block)), to_float(sums[t]), results[t]);
    }
    if constexpr (kFormat.has_minima) {
      const V16i offsets = slab.offsets(block);
      for (int t = 0; t < kTokens; ++t) {
        const Vi pair = splat_quants(x.sums_of(t, block));
        V16i low;
        for (int i = 0; i < kParts; ++i) {
          low.part[i] = multiply_pairs_part((Vs)offsets.part[i], (Vs)pair);
        }
        lows[t] = fma(set1(x.scale_of(t, block)), to_float(low), lows[t]);
      }
    }
  }
}

// Add a slab of a K type to the results of kTokens tokens: r = fma(d, s, r); r = fma(-m, l, r).
template <class Slab, int kTokens>
REALM_INLINE void add_super(const Slab& slab, const V16f* scaled, const V16f* lows,
                            V16f* results) {
  const V16f d = slab.d(0);
  for (int t = 0; t < kTokens; ++t) results[t] = fma(d, scaled[t], results[t]);
  if constexpr (Slab::kFormat.has_minima) {
    const V16f m = zero() - slab.m(0);
    for (int t = 0; t < kTokens; ++t) results[t] = fma(m, lows[t], results[t]);
  }
}

// Add a slab to the running results of kTokens tokens.
template <class Slab, int kTokens>
REALM_INLINE void add_slab(const Slab& slab, int64_t num_blocks, const Tokens& x, V16f* results) {
  constexpr bool kIsSuper = Slab::kFormat.is_super();
  V16f scaled[kTokens], lows[kTokens];
  for (int t = 0; t < kTokens; ++t) scaled[t] = lows[t] = zero();
  for (int64_t block = 0; block < num_blocks; ++block) {
    add_block<Slab, kTokens>(slab, x, block, kIsSuper ? scaled : results, lows);
  }
  if constexpr (kIsSuper) add_super<Slab, kTokens>(slab, scaled, lows, results);
}

}  // namespace realm::REALM_ISA
