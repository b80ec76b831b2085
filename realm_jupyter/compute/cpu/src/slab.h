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
  static constexpr bool kHasChoices = false, kIsPaired = false;  // see expanded_slab.h

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

  // Zero · scales of 16 columns of a block each: twice 16 bits in each lane.
  REALM_INLINE V16i offsets(int64_t block) const {
    const V16i low = raw_scale(2 * block) * set1(kFormat.zero);
    const V16i high = raw_scale(2 * block + 1) * set1(kFormat.zero);
    return pair_of(low, high);
  }

  // 16 minima of a group of columns of a K type.
  REALM_INLINE V16f minimum(int64_t group) const {
    if constexpr (kFormat.shares_scale_bytes()) {
      return to_float(shift_right<4>(load_u8(scales_ + 16 * group)));
    }
    return to_float(load_u8(minima_ + 16 * group));
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

template <PackedFormat kFormat>
using SlabDot = Dot<kFormat.bits, kFormat.is_signed, kFormat.is_super()>;

// The quantized activations of some tokens, from a block of 32 columns on.
struct Tokens {
  const int8_t* quants;
  const float* scales;
  const int16_t* sums;
  int64_t num_blocks;  // of a row

  REALM_INLINE const int8_t* quants_of(int token, int64_t block) const {
    return settled(quants + (token * num_blocks + block) * kBlock);
  }
  REALM_INLINE float scale_of(int token, int64_t block) const {
    return scales[token * num_blocks + block];
  }
  REALM_INLINE const int16_t* sums_of(int token, int64_t block) const {
    return sums + 2 * (token * num_blocks + block);
  }
  // factor · the sum of quants of a block, or of half a block where there are kGroups = 2, in
  // every lane.
  template <int kGroups>
  REALM_INLINE Vi sum_of(int token, int64_t block, int group, int16_t factor) const {
    const int low = kGroups == 1 || group == 0 ? factor : 0;
    const int high = kGroups == 1 || group == 1 ? factor : 0;
    const Vi factors = ((high << 16) | (low & 0xffff)) - Vi{};
    return multiply_pairs_part((Vs)factors, (Vs)splat_quants(sums_of(token, block)));
  }
  // The sum of the activations that the quants stand for.
  template <int kGroups>
  REALM_INLINE Vf total_of(int token, int64_t block, int group) const {
    return float_part(sum_of<kGroups>(token, block, group, 1)) * (scale_of(token, block) - Vf{});
  }
};

REALM_INLINE Tokens tokens_at(const Activations& x, int64_t row, int64_t block) {
  const int64_t num_blocks = x.num_cols / kBlock;
  return {x.quants + row * x.num_cols + block * kBlock, x.scales + row * num_blocks + block,
          x.sums + 2 * (row * num_blocks + block), num_blocks};
}

#if defined(REALM_CHOOSES_BYTES)
// Add the groups of a pair whose signs choose among mirrored quants.
template <int kPair, int kTokens, class Slab, class SomeTokens, class SomeDot>
REALM_INLINE void add_chosen(const Slab& slab, const SomeTokens& x, int64_t block, V16i scale,
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

// Subtract zero · the sum of quants, and · scale where there is one.
template <class Slab, int kTokens, int kPanels, class SomeTokens>
REALM_INLINE void subtract_zeros(const Slab* slabs, const SomeTokens& x, int64_t block,
                                 V16i (&sums)[kPanels][kTokens]) {
  for (int p = 0; p < kPanels; ++p) {
    V16i offsets;
    if constexpr (Slab::kFormat.is_super()) offsets = slabs[p].offsets(block);
    for (int t = 0; t < kTokens; ++t) {
      for (int i = 0; i < kParts; ++i) {
        if constexpr (Slab::kFormat.is_super()) {
          const Vi pair = splat_quants(x.sums_of(t, block));
          sums[p][t].part[i] -= multiply_pairs_part((Vs)offsets.part[i], (Vs)pair);
        } else {
          sums[p][t].part[i] -= x.template sum_of<1>(t, block, 0, Slab::kFormat.zero);
        }
      }
    }
  }
}

// Add groups 2 · kPair and 2 · kPair + 1 of 4 columns.
template <int kPair, class Slab, int kTokens, int kPanels, class SomeTokens, class SomeDot>
REALM_INLINE void add_pair(const Slab* slabs, const SomeTokens& x, int64_t block,
                           const V16i* scales, SomeDot (&dots)[kPanels][kTokens]) {
  constexpr PackedFormat kFormat = Slab::kFormat;
  // Where the sums fill the registers: measured.
  constexpr bool kIsPinned = kTokens * kPanels > (kParts == 1 ? 4 : 1);
#if defined(REALM_CHOOSES_BYTES)
  if constexpr (Slab::kHasChoices) {
    static_assert(kPanels == 1);
    add_chosen<kPair, kTokens>(slabs[0], x, block, scales[0], dots[0]);
    return;
  }
#endif
  Bytes even[kPanels], odd[kPanels];
  for (int p = 0; p < kPanels; ++p) slabs[p].template codes<kPair>(block, even[p], odd[p]);
  // The order matters for speed: codes are in few registers, sums of all tokens in others.
  for (int t = 0; t < kTokens; ++t) {
    const int8_t* quants = x.quants_of(t, block);
    if constexpr (kFormat.is_signed) {
      const auto even_quants = splat_signed_group<2 * kPair>(quants);
      for (int p = 0; p < kPanels; ++p) dots[p][t].add(even[p], even_quants, scales[p]);
    } else {
      const Vi even_quants = splat_group<2 * kPair>(quants);
      const Vi odd_quants = splat_group<2 * kPair + 1>(quants);
      for (int p = 0; p < kPanels; ++p) {
        dots[p][t].add(even[p], odd[p], even_quants, odd_quants, scales[p]);
      }
    }
    if constexpr (kIsPinned) {
      for (int p = 0; p < kPanels; ++p) dots[p][t].pin();
    }
  }
  for (int t = 0; kFormat.is_signed && t < kTokens; ++t) {
    const auto odd_quants = splat_signed_group<2 * kPair + 1>(x.quants_of(t, block));
    for (int p = 0; p < kPanels; ++p) {
      dots[p][t].add(odd[p], odd_quants, scales[p]);
      if constexpr (kIsPinned) dots[p][t].pin();
    }
  }
}

// sums[p][t] = the exact integer dot products of a block: scale · (code - zero) · quant.
template <class Slab, int kTokens, int kPanels, class SomeTokens>
REALM_INLINE void dot_block(const Slab* slabs, const SomeTokens& x, int64_t block,
                            V16i (&sums)[kPanels][kTokens]) {
  constexpr PackedFormat kFormat = Slab::kFormat;
  constexpr int kGroups = kFormat.groups_of_block(), kPairs = 4 / kGroups;
  constexpr int16_t kBias = SlabDot<kFormat>::bias(kFormat.zero);
  unrolled<kGroups>([&](auto group) __attribute__((always_inline)) {
    SlabDot<kFormat> dots[kPanels][kTokens];
    V16i scales[kPanels];
    for (int p = 0; p < kPanels; ++p) {
      scales[p] = kFormat.is_super() ? slabs[p].scale(kGroups * block + group) : set1(1);
    }
    for (int t = 0; t < kTokens; ++t) {
      Vi start{};
      if constexpr (kBias != 0) start = x.template sum_of<kGroups>(t, block, group, kBias);
      for (int p = 0; p < kPanels; ++p) dots[p][t].start(start);
    }
    unrolled<kPairs>([&](auto index) __attribute__((always_inline)) {
      add_pair<group * kPairs + index>(slabs, x, block, scales, dots);
    });
    for (int p = 0; p < kPanels; ++p) {
      for (int t = 0; t < kTokens; ++t) {
        const V16i sum = dots[p][t].finish(scales[p]);
        sums[p][t] = group == 0 ? sum : sums[p][t] + sum;
      }
    }
  });
  if constexpr (kBias == 0 && kFormat.zero != 0) subtract_zeros(slabs, x, block, sums);
}

// As dot_block, of slabs that are paired.
template <class Slab, int kTokens, int kPanels, class SomeTokens>
REALM_INLINE void dot_pairs(const Slab* slabs, const SomeTokens& x, int64_t block,
                            V16i (&sums)[kPanels][kTokens]) {
  typedef uint16_t Words __attribute__((vector_size(REALM_VECTOR_BYTES)));  // may wrap around
  constexpr PackedFormat kFormat = Slab::kFormat;
  static_assert(kFormat.largest_code() * kMostQuantSum <= INT16_MAX);
  SlabDot<kFormat> low[kPanels][kTokens], high[kPanels][kTokens];
  V16i scales[kPanels];
  for (int p = 0; p < kPanels; ++p) scales[p] = slabs[p].scale_pair(block);
  for (int p = 0; p < kPanels; ++p) {
    for (int t = 0; t < kTokens; ++t) {
      low[p][t].start(Vi{});
      high[p][t].start(Vi{});
    }
  }
  unrolled<2>([&](auto index) __attribute__((always_inline)) {
    add_pair<index>(slabs, x, block, scales, low);
    add_pair<2 + index>(slabs, x, block, scales, high);
  });
  for (int t = 0; t < kTokens; ++t) {
    Vi zeros{};
    if constexpr (kFormat.zero != 0) zeros = splat_quants(x.zeros_of(t, block));
    for (int p = 0; p < kPanels; ++p) {
      V16i pair = pair_of(low[p][t].sum(), high[p][t].sum());
      for (int i = 0; i < kParts; ++i) pair.part[i] = (Vi)((Words)pair.part[i] - (Words)zeros);
      sums[p][t] = multiply_pairs(pair, scales[p]);
    }
  }
}

// Add m · total to the sums of kPanels panels and kTokens tokens.
template <int kTokens, int kPanels, class Minimum, class Total>
REALM_INLINE void add_minima(Minimum&& minimum, Total&& total, V16f (*sums)[kTokens]) {
  for (int p = 0; p < kPanels; ++p) {
    const V16f m = minimum(p);
    for (int t = 0; t < kTokens; ++t) {
      for (int i = 0; i < kParts; ++i) {
        sums[p][t].part[i] = fma_part(m.part[i], total(t), sums[p][t].part[i]);
      }
    }
  }
}

// Add a block to the running sums of kPanels panels and kTokens tokens. In each lane, and for any
// kTokens:
//   types of 32 columns  r = fma(d · a, sum, r); r = fma(m, a · sum of quants, r)
//   K types              s = fma(a, sum, s), which add_super multiplies with d
// where a is the token's scale of the block.
template <class Slab, int kTokens, int kPanels, class SomeTokens>
REALM_INLINE void add_block(const Slab* slabs, const SomeTokens& x, int64_t block,
                            V16f (*results)[kTokens]) {
  constexpr PackedFormat kFormat = Slab::kFormat;
  V16i sums[kPanels][kTokens];
  if constexpr (Slab::kIsPaired) dot_pairs(slabs, x, block, sums);
  else dot_block(slabs, x, block, sums);
  for (int p = 0; p < kPanels; ++p) {
    const V16f d = kFormat.is_super() ? zero() : slabs[p].d(block);
    for (int t = 0; t < kTokens; ++t) {
      const V16f scale = set1(x.scale_of(t, block));
      const V16f factor = kFormat.is_super() ? scale : d * scale;
      results[p][t] = fma(factor, to_float(sums[p][t]), results[p][t]);
    }
  }
  if constexpr (!kFormat.is_super() && kFormat.has_minima) {
    add_minima<kTokens, kPanels>([&](int p) { return slabs[p].m(block); },
                                 [&](int t) { return x.template total_of<1>(t, block, 0); },
                                 results);
  }
}

// What the minima of a block of a K type add up to: l = fma(minimum, a · sum of quants, l), group
// by group.
template <class Slab, int kTokens, int kPanels, class SomeTokens>
REALM_INLINE void add_lows(const Slab* slabs, const SomeTokens& x, int64_t block,
                           V16f (*lows)[kTokens]) {
  constexpr int kGroups = Slab::kFormat.groups_of_block();
  unrolled<kGroups>([&](auto group) __attribute__((always_inline)) {
    add_minima<kTokens, kPanels>(
        [&](int p) { return slabs[p].minimum(kGroups * block + group); },
        [&](int t) { return x.template total_of<kGroups>(t, block, group); }, lows);
  });
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

// Add a slab of each of kPanels panels to the running results of kTokens tokens, which
// `load_results` brings when they are needed: the registers are full before.
template <class Slab, int kTokens, int kPanels, class SomeTokens, class Load>
REALM_INLINE void add_slab(const Slab* slabs, int64_t num_blocks, const SomeTokens& x,
                           V16f (*results)[kTokens], Load&& load_results) {
  constexpr PackedFormat kFormat = Slab::kFormat;
  V16f scaled[kPanels][kTokens], lows[kPanels][kTokens];
  for (int p = 0; p < kPanels; ++p) {
    for (int t = 0; t < kTokens; ++t) scaled[p][t] = lows[p][t] = zero();
  }
  constexpr bool kHasLows = kFormat.is_super() && kFormat.has_minima;
  constexpr bool kAreApart = kPanels > 1;  // the registers hold either sums or lows
  if constexpr (!kFormat.is_super()) load_results();
  for (int64_t block = 0; block < num_blocks; ++block) {
    add_block<Slab, kTokens, kPanels>(slabs, x, block, kFormat.is_super() ? scaled : results);
    if constexpr (kHasLows && !kAreApart) add_lows<Slab, kTokens, kPanels>(slabs, x, block, lows);
  }
  for (int64_t block = 0; kHasLows && kAreApart && block < num_blocks; ++block) {
    if constexpr (kHasLows) add_lows<Slab, kTokens, kPanels>(slabs, x, block, lows);
  }
  if constexpr (kFormat.is_super()) load_results();
  for (int p = 0; kFormat.is_super() && p < kPanels; ++p) {
    add_super<Slab, kTokens>(slabs[p], scaled[p], lows[p], results[p]);
  }
}

}  // namespace realm::REALM_ISA
