// The loops of isa_matmul.cpp for WebAssembly: a panel is four pieces, a vector of rows each.
//
// Engines have 16 registers of 128 bits, and some compute one chain of sums after another but load
// first what all of them need: with more than one chain, most of it would go to the stack and back.
// For many tokens, the codes of a block stay in registers while the tokens go by.
#pragma once

#include "output.h"
#include "slab.h"

namespace realm::REALM_ISA {
namespace {

// As in isa_matmul.cpp.
constexpr int kTokens = 1;
constexpr int64_t kFewTokens = 1;
constexpr int64_t most_packed_tokens(int32_t) { return kFewTokens; }

// Tokens that a block is held in registers for: their quants stay in the first-level cache.
constexpr int64_t kChunkTokens = 32;
constexpr int kPieces = kPanelRows / kLanes;

// Activations of some tokens from a block on, each token so many elements after the one before.
struct TokenRows {
  Tokens first;
  int64_t quants_stride;
  int64_t scales_stride;
  int64_t sums_stride;

  REALM_INLINE Tokens at(int64_t block) const {
    return {first.quants + block * kBlock, first.scales + block, first.sums + 2 * block, 0};
  }
};

// Activations of a slab as `Dot` wants them.
template <bool kIsApart, int kMost>
class SlabQuants {
 public:
  REALM_INLINE TokenRows take(const Activations& x, int64_t row, int64_t, int64_t block, int64_t) {
    const int64_t num_blocks = x.num_cols / kBlock;
    return {tokens_at(x, row, block), x.num_cols, num_blocks, 2 * num_blocks};
  }
};

#if defined(REALM_SIGNS_APART)
template <int kMost>
class SlabQuants<true, kMost> {
 public:
  REALM_NOINLINE TokenRows take(const Activations& x, int64_t row, int64_t num_rows, int64_t block,
                                int64_t num_blocks) {
    for (int64_t t = 0; t < num_rows; ++t) {
      split(tokens_at(x, row + t, block).quants, num_blocks, quants_[t], sums_[t]);
    }
    return {{quants_[0], tokens_at(x, row, block).scales, sums_[0], 0},
            2 * kSignsOffset, x.num_cols / kBlock, 2 * kSlabBlocks};
  }

 private:
  // Absolute values, signs, and for each block the sum of the sizes of its negative values.
  REALM_INLINE static void split(const int8_t* x, int64_t num_blocks, int8_t* quants,
                                 int16_t* sums) {
    for (int64_t block = 0; block < num_blocks; ++block) {
      Vs pairs = {};
      for (int64_t i = block * kBlock; i < (block + 1) * kBlock; i += REALM_VECTOR_BYTES) {
        const Vb both = load_part<Vb>(x + i);
        const Vb sizes = __builtin_elementwise_abs(both), signs = (Vb)(sizes > both);
        store_part(quants + i, sizes);
        store_part(quants + i + kSignsOffset, signs);
        pairs += multiply_bytes_part(sizes & signs, (Vi)(Vb{} + int8_t{1}));
      }
      const Vi fours = multiply_pairs_part(pairs, Vs{} + int16_t{1});
      sums[2 * block] = static_cast<int16_t>((fours[0] + fours[1]) + (fours[2] + fours[3]));
      sums[2 * block + 1] = 0;
    }
  }

  alignas(16) int8_t quants_[kMost][2 * kSignsOffset];
  int16_t sums_[kMost][2 * kSlabBlocks];
};
#endif

template <int32_t kType>
REALM_NOINLINE void add_piece(const PackedSlab<kType>& slab, int64_t num_blocks,
                              const Tokens& tokens, V16f* results) {
  const Tokens x = tokens;
  V16f result = *results;
  add_slab<PackedSlab<kType>, 1>(slab, num_blocks, x, &result);
  *results = result;
}

template <int32_t kType, int kCount>
REALM_NOINLINE void multiply_few(const uint8_t* panel_data, const Activations& x, int64_t row,
                                 int64_t panel, const Output& output) {
  static_assert(kCount == 1);
  const int64_t num_blocks = x.num_cols / kBlock;
  V16f results[kPieces];
  for (V16f& result : results) result = zero();
  SlabQuants<packed_format(kType).is_signed, 1> quants;
  for (int64_t block = 0; block < num_blocks; block += kSlabBlocks) {
    const int64_t left = num_blocks - block, count = left < kSlabBlocks ? left : kSlabBlocks;
    const TokenRows tokens = quants.take(x, row, 1, block, count);
    PackedSlab<kType> slab(panel_data, count);
    for (V16f& result : results) {
      add_piece<kType>(slab, count, tokens.first, &result);
      slab.next_piece();
    }
    panel_data += packed_format(kType).slab_bytes(count);
  }
  for (int piece = 0; piece < kPieces; ++piece) output.put(row, panel, results[piece], piece);
}

// One block of a piece, unpacked.
template <int32_t kType>
class HeldBlock {
 public:
  static constexpr PackedFormat kFormat = packed_format(kType);

  REALM_INLINE HeldBlock(const PackedSlab<kType>& slab, int64_t block) {
    unrolled<4>([&](auto pair) __attribute__((always_inline)) {
      slab.template codes<pair>(block, codes_[2 * pair], codes_[2 * pair + 1]);
    });
    if constexpr (kFormat.is_super()) {
      for (int i = 0; i < kGroups; ++i) scales_[i] = slab.scale(kGroups * block + i);
      if constexpr (kFormat.has_minima || kFormat.zero != 0) offsets_ = slab.offsets(block);
    } else {
      d_ = slab.d(block);
      if constexpr (kFormat.has_minima) m_ = slab.m(block);
    }
  }

  REALM_INLINE V16f d(int64_t) const { return d_; }
  REALM_INLINE V16f m(int64_t) const { return m_; }
  REALM_INLINE V16i scale(int64_t group) const { return scales_[group]; }
  REALM_INLINE V16i offsets(int64_t) const { return offsets_; }

  template <int kPair>
  REALM_INLINE void codes(int64_t, Bytes& even, Bytes& odd) const {
    even = codes_[2 * kPair];
    odd = codes_[2 * kPair + 1];
  }

 private:
  static constexpr int kGroups = kFormat.group_columns == kHalfBlock ? 2 : 1;

  Bytes codes_[8];
  V16f d_, m_;
  V16i scales_[kGroups], offsets_;
};

// Sums of a piece for some tokens.
struct PieceSums {
  alignas(16) float values[kChunkTokens][kLanes];
};

template <int32_t kType>
REALM_NOINLINE void add_held(const PackedSlab<kType>& slab, int64_t block, const TokenRows& rows,
                             int64_t num_tokens, PieceSums& sums, PieceSums& lows) {
  constexpr bool kHasLows = packed_format(kType).is_super() && packed_format(kType).has_minima;
  const HeldBlock<kType> held(slab, block);
  Tokens x = rows.at(block);
  for (int64_t t = 0; t < num_tokens; ++t) {
    V16f sum = load(sums.values[t]), low = kHasLows ? load(lows.values[t]) : zero();
    add_block<HeldBlock<kType>, 1>(held, x, 0, &sum, &low);
    store(sums.values[t], sum);
    if constexpr (kHasLows) store(lows.values[t], low);
    x.quants += rows.quants_stride;
    x.scales += rows.scales_stride;
    x.sums += rows.sums_stride;
  }
}

template <int32_t kType>
REALM_INLINE void add_slab_to_many(const PackedSlab<kType>& slab, int64_t num_blocks,
                                   const TokenRows& rows, int64_t num_tokens, PieceSums& results) {
  PieceSums scaled, lows;
  constexpr bool kIsSuper = packed_format(kType).is_super();
  if constexpr (kIsSuper) scaled = lows = {};
  for (int64_t block = 0; block < num_blocks; ++block) {
    add_held<kType>(slab, block, rows, num_tokens, kIsSuper ? scaled : results, lows);
  }
  for (int64_t t = 0; kIsSuper && t < num_tokens; ++t) {
    V16f result = load(results.values[t]);
    const V16f sum = load(scaled.values[t]), low = load(lows.values[t]);
    add_super<PackedSlab<kType>, 1>(slab, &sum, &low, &result);
    store(results.values[t], result);
  }
}

template <int32_t kType>
REALM_NOINLINE void multiply_many(const uint8_t* panel_data, const Activations& x,
                                  int64_t first_row, int64_t num_rows, int64_t panel,
                                  const Output& output) {
  const int64_t num_blocks = x.num_cols / kBlock;
  SlabQuants<packed_format(kType).is_signed, kChunkTokens> quants;
  for (int64_t row = first_row; row < first_row + num_rows; row += kChunkTokens) {
    const int64_t rows_left = first_row + num_rows - row;
    const int64_t num_tokens = rows_left < kChunkTokens ? rows_left : kChunkTokens;
    PieceSums results[kPieces] = {};
    const uint8_t* data = panel_data;
    for (int64_t block = 0; block < num_blocks; block += kSlabBlocks) {
      const int64_t left = num_blocks - block, count = left < kSlabBlocks ? left : kSlabBlocks;
      const TokenRows rows = quants.take(x, row, num_tokens, block, count);
      PackedSlab<kType> slab(data, count);
      for (PieceSums& sums : results) {
        add_slab_to_many<kType>(slab, count, rows, num_tokens, sums);
        slab.next_piece();
      }
      data += packed_format(kType).slab_bytes(count);
    }
    for (int64_t t = 0; t < num_tokens; ++t) {
      for (int piece = 0; piece < kPieces; ++piece) {
        output.put(row + t, panel, load(results[piece].values[t]), piece);
      }
    }
  }
}

}  // namespace
}  // namespace realm::REALM_ISA
