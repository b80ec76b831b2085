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

constexpr int kTokens = 1;  // as in isa_matmul.cpp

// Tokens that a block is held in registers for: their quants stay in the first-level cache.
constexpr int64_t kChunkTokens = 32;
constexpr int kPieces = kPanelRows / kLanes;

// Panels and slabs that one token is multiplied with in one go.
constexpr int64_t kMostPanels = 8;
constexpr int kMostSlabs = 16;

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

#if defined(REALM_SIGNS_APART)
// Some blocks of a slab: absolute values, signs, and for each block the sum of the sizes of its
// negative values, followed by a zero.
REALM_INLINE void take_signs(const int8_t* x, int64_t num_blocks, int8_t* quants, int16_t* sums) {
  for (int64_t block = 0; block < num_blocks; ++block) {
    Vs pairs = {};
    unrolled<kBlock / REALM_VECTOR_BYTES>([&](auto part) __attribute__((always_inline)) {
      constexpr int kOffset = part * REALM_VECTOR_BYTES;
      const Vb both = load_part<Vb>(x + kOffset);
      const Vb sizes = __builtin_elementwise_abs(both), signs = (Vb)(both < 0);
      store_part(quants + kOffset, sizes);
      store_part(quants + kOffset + kSignsOffset, signs);
      pairs += multiply_bytes_part(sizes & signs, (Vi)(Vb{} + int8_t{1}));
    });
    Vi total = multiply_pairs_part(pairs, Vs{} + int16_t{1});
    total += __builtin_shufflevector(total, total, 2, 3, 0, 1);
    total += __builtin_shufflevector(total, total, 1, 0, 3, 2);
    wasm_v128_store32_lane(sums, (v128_t)total, 0);
    x += kBlock;
    quants += kBlock;
    sums += 2;
  }
}
#endif

// Activations as `Dot` wants them: of a slab and many tokens, or of many slabs and one token.
template <bool kIsApart, int kMost>
class SlabQuants {
 public:
  REALM_INLINE TokenRows take(const Activations& x, int64_t row, int64_t, int64_t block, int64_t) {
    const int64_t num_blocks = x.num_cols / kBlock;
    return {tokens_at(x, row, block), x.num_cols, num_blocks, 2 * num_blocks};
  }

  REALM_INLINE void take_row(const Activations& x, int64_t row, int64_t block, int64_t) {
    first_ = tokens_at(x, row, block);
  }

  // From a block of the row on; the first one of a slab.
  REALM_INLINE Tokens of_row(int64_t block) const {
    return {first_.quants + block * kBlock, first_.scales + block, first_.sums + 2 * block, 0};
  }

 private:
  Tokens first_;
};

#if defined(REALM_SIGNS_APART)
template <int kMost>
class SlabQuants<true, kMost> {
 public:
  REALM_NOINLINE TokenRows take(const Activations& x, int64_t row, int64_t num_rows, int64_t block,
                                int64_t num_blocks) {
    for (int64_t t = 0; t < num_rows; ++t) {
      take_signs(tokens_at(x, row + t, block).quants, num_blocks, quants_[t], sums_[t]);
    }
    return {{quants_[0], tokens_at(x, row, block).scales, sums_[0], 0},
            2 * kSignsOffset, x.num_cols / kBlock, 2 * kSlabBlocks};
  }

  REALM_NOINLINE void take_row(const Activations& x, int64_t row, int64_t block,
                               int64_t num_blocks) {
    const Tokens tokens = tokens_at(x, row, block);
    scales_ = tokens.scales;
    for (int64_t slab = 0; slab * kSlabBlocks < num_blocks; ++slab) {
      const int64_t left = num_blocks - slab * kSlabBlocks;
      take_signs(tokens.quants + slab * kSlabColumns, left < kSlabBlocks ? left : kSlabBlocks,
                 quants_[slab], sums_[slab]);
    }
  }

  REALM_INLINE Tokens of_row(int64_t block) const {
    const int64_t slab = block / kSlabBlocks;
    return {quants_[slab], scales_ + block, sums_[slab], 0};
  }

 private:
  alignas(16) int8_t quants_[kMost][2 * kSignsOffset];
  int16_t sums_[kMost][2 * kSlabBlocks];
  const float* scales_ = nullptr;
};
#endif

// Sums of a panel and one token, piece after piece.
struct PanelSums {
  alignas(16) float values[kPieces][kLanes];
};

// All pieces of a block before the next one: memory is read from front to back and without rest.
template <int32_t kType>
REALM_NOINLINE void add_panel(const PackedSlab<kType>& whole, int64_t num_blocks,
                              const Tokens& tokens, PanelSums& results) {
  constexpr bool kIsSuper = packed_format(kType).is_super();
  constexpr bool kHasLows = kIsSuper && packed_format(kType).has_minima;
  PackedSlab<kType> slab = whole;  // copies that stay in registers
  Tokens x = tokens;
  PanelSums scaled, lows;
  if constexpr (kIsSuper) scaled = {};
  if constexpr (kHasLows) lows = {};
  for (int64_t block = 0; block < num_blocks; ++block) {
#pragma clang loop unroll(disable)
    for (int piece = 0; piece < kPieces; ++piece) {
      __asm__ volatile("" : "+r"(x.quants));  // or splats for all pieces would fill the stack
      float* sums = (kIsSuper ? scaled : results).values[piece];
      V16f sum[1] = {load(sums)}, low[1] = {kHasLows ? load(lows.values[piece]) : zero()};
      add_block<PackedSlab<kType>, 1, 1>(&slab, x, block, &sum);
      if constexpr (kHasLows) add_lows<PackedSlab<kType>, 1, 1>(&slab, x, block, &low);
      store(sums, sum[0]);
      if constexpr (kHasLows) store(lows.values[piece], low[0]);
      slab.next_piece();
    }
    slab.first_piece();
  }
  for (int piece = 0; kIsSuper && piece < kPieces; ++piece) {
    V16f result = load(results.values[piece]);
    const V16f sum = load(scaled.values[piece]);
    const V16f low = kHasLows ? load(lows.values[piece]) : zero();
    add_super<PackedSlab<kType>, 1>(slab, &sum, &low, &result);
    store(results.values[piece], result);
    slab.next_piece();
  }
}

// Some panels and one token, whose slabs are made ready once for all of them.
template <int32_t kType>
REALM_NOINLINE void multiply_one(const uint8_t* panels, const Activations& x, int64_t row,
                                 int64_t first_panel, int64_t num_panels, const Output& output) {
  constexpr int64_t kSlabBytes = packed_format(kType).slab_bytes(kSlabBlocks);
  const int64_t num_blocks = x.num_cols / kBlock, bytes = panel_bytes(kType, x.num_cols);
  PanelSums results[kMostPanels] = {};
  SlabQuants<packed_format(kType).is_signed, kMostSlabs> quants;
  for (int64_t first = 0; first < num_blocks; first += kMostSlabs * kSlabBlocks) {
    const int64_t rest = num_blocks - first, most = kMostSlabs * kSlabBlocks;
    const int64_t count = rest < most ? rest : most;
    quants.take_row(x, row, first, count);
    for (int64_t panel = 0; panel < num_panels; ++panel) {
      const uint8_t* data = panels + panel * bytes + first / kSlabBlocks * kSlabBytes;
      for (int64_t block = 0; block < count; block += kSlabBlocks) {
        const int64_t left = count - block;
        const int64_t slab_blocks = left < kSlabBlocks ? left : kSlabBlocks;
        SlabRoom room;
        PackedSlab<kType> slab(data, slab_blocks, room);
        add_panel<kType>(slab, slab_blocks, quants.of_row(block), results[panel]);
        data += kSlabBytes;
      }
    }
  }
  for (int64_t panel = 0; panel < num_panels; ++panel) {
    for (int piece = 0; piece < kPieces; ++piece) {
      output.put(row, first_panel + panel, load(results[panel].values[piece]), piece);
    }
  }
}

// One block of a piece, unpacked.
template <int32_t kType>
class HeldBlock {
 public:
  static constexpr PackedFormat kFormat = packed_format(kType);
  static constexpr bool kIsPaired = false;  // see expanded_slab.h

  REALM_INLINE HeldBlock(const PackedSlab<kType>& slab, int64_t block) {
    unrolled<4>([&](auto pair) __attribute__((always_inline)) {
      slab.template codes<pair>(block, codes_[2 * pair], codes_[2 * pair + 1]);
    });
    if constexpr (kFormat.is_super()) {
      for (int i = 0; i < kGroups; ++i) scales_[i] = slab.scale(kGroups * block + i);
      if constexpr (kFormat.zero != 0) offsets_ = slab.offsets(block);
      for (int i = 0; kFormat.has_minima && i < kGroups; ++i) {
        minima_[i] = slab.minimum(kGroups * block + i);
      }
    } else {
      d_ = slab.d(block);
      if constexpr (kFormat.has_minima) m_ = slab.m(block);
    }
  }

  REALM_INLINE V16f d(int64_t) const { return d_; }
  REALM_INLINE V16f m(int64_t) const { return m_; }
  REALM_INLINE V16i scale(int64_t group) const { return scales_[group]; }
  REALM_INLINE V16f minimum(int64_t group) const { return minima_[group]; }
  REALM_INLINE V16i offsets(int64_t) const { return offsets_; }

  template <int kPair>
  REALM_INLINE void codes(int64_t, Bytes& even, Bytes& odd) const {
    even = codes_[2 * kPair];
    odd = codes_[2 * kPair + 1];
  }

 private:
  static constexpr int kGroups = kFormat.groups_of_block();

  Bytes codes_[8];
  V16f d_, m_, minima_[kGroups];
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
    V16f sum[1] = {load(sums.values[t])}, low[1] = {kHasLows ? load(lows.values[t]) : zero()};
    add_block<HeldBlock<kType>, 1, 1>(&held, x, 0, &sum);
    if constexpr (kHasLows) add_lows<HeldBlock<kType>, 1, 1>(&held, x, 0, &low);
    store(sums.values[t], sum[0]);
    if constexpr (kHasLows) store(lows.values[t], low[0]);
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
      SlabRoom room;
      PackedSlab<kType> slab(data, count, room);
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

template <int32_t kType>
void multiply_panels(const uint8_t* panels, const Activations& x, int64_t row, int64_t num_rows,
                     int64_t first_panel, int64_t num_panels, const Output& output) {
  const int64_t bytes = panel_bytes(kType, x.num_cols);
  const int64_t step = num_rows == 1 ? kMostPanels : 1;
  for (int64_t panel = 0; panel < num_panels; panel += step) {
    const uint8_t* data = panels + panel * bytes;
    const int64_t left = num_panels - panel, number = first_panel + panel;
    if (num_rows == 1) {
      multiply_one<kType>(data, x, row, number, left < step ? left : step, output);
    } else {
      multiply_many<kType>(data, x, row, num_rows, number, output);
    }
  }
}

}  // namespace
}  // namespace realm::REALM_ISA
