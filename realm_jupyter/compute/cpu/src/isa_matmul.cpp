// Matrices of quantized types times quantized activations.
#if defined(__wasm__)
#define REALM_LANES 4  // see matmul_pieces.h
#endif

#include "isa_functions.h"
#include "isa_matmul.h"
#include "output.h"

#if defined(__wasm__)
#include "matmul_pieces.h"
#else
#include "token_slab.h"
#endif

namespace realm::REALM_ISA {
namespace {

// Tokens that a panel is multiplied with together: their quants stay in the second-level cache.
constexpr int64_t kMostTokens = 128;
constexpr int64_t kMostQuantBytes = 256 << 10;

#if !defined(__wasm__)

// Tokens that are multiplied slab by slab with kGroupPanels panels: their part of a slab and the
// results stay in the second-level cache.
constexpr int64_t kGroupTokens = 128;

// Tokens that share one pass over a slab's codes: as many as the registers hold.
#if defined(__AVX2__) || defined(__ARM_NEON)
constexpr int kTokens = 4;
#else
constexpr int kTokens = 2;
#endif

// Panels whose expanded slabs share a token's quants in registers, and tokens that share the
// unpacking of codes there.
#if defined(__AVX512F__)
constexpr int kPanelsTogether = 2;
constexpr int64_t kFewTokens = 8;
#else
constexpr int kPanelsTogether = 1;
constexpr int64_t kFewTokens = kTokens;
#endif

// Up to so many tokens, unpacking anew for each few beats expanding slabs once; measured.
constexpr int64_t most_packed_tokens(int32_t quant_type) {
#if defined(__AVX512F__)
  (void)quant_type;
  return 12;
#elif defined(__AVX2__)
  switch (quant_type) {
    case kQ4_0: return INT64_MAX;
    case kQ4_1: return 16;
    case kQ8_0:
    case kQ4_K: return 12;
    case kIQ4_NL: return 8;
    default: return 6;
  }
#else
  (void)quant_type;
  return kFewTokens;
#endif
}

template <int32_t kType, int kCount>
REALM_NOINLINE void multiply_few(const uint8_t* panel_data, const Activations& x, int64_t row,
                                 int64_t panel, const Output& output) {
  const int64_t num_blocks = x.num_cols / kBlock;
  V16f results[1][kCount];
  for (V16f& result : results[0]) result = zero();
  for (int64_t block = 0; block < num_blocks; block += kSlabBlocks) {
    const int64_t left = num_blocks - block, count = left < kSlabBlocks ? left : kSlabBlocks;
    const PackedSlab<kType> slab(panel_data, count);
    add_slab<PackedSlab<kType>, kCount, 1>(&slab, count, tokens_at(x, row, block), results,
                                          [] {});
    panel_data += packed_format(kType).slab_bytes(count);
  }
  for (int t = 0; t < kCount; ++t) output.put(row + t, panel, results[0][t]);
}

// Tokens whose results' places are asked for ahead of writing them.
constexpr int64_t kPutAhead = 8;

// The running sums of a panel and a group of tokens.
using PanelSums = float[kGroupTokens][kLanes];

template <int32_t kType, int kCount, int kPanels>
REALM_NOINLINE void add_tokens(const ExpandedSlab<kType>* slabs, int64_t num_blocks,
                               const TokenSlab<kType, kGroupTokens>& tokens, int64_t first,
                               PanelSums* sums) {
  V16f results[kPanels][kCount];
  const auto load_results = [&]() __attribute__((always_inline)) {
    for (int p = 0; p < kPanels; ++p) {
      for (int t = 0; t < kCount; ++t) results[p][t] = load(sums[p][first + t]);
    }
  };
  add_slab<ExpandedSlab<kType>, kCount, kPanels>(slabs, num_blocks, tokens.at(first), results,
                                                 load_results);
  for (int p = 0; p < kPanels; ++p) {
    for (int t = 0; t < kCount; ++t) store(sums[p][first + t], results[p][t]);
  }
}

// Some tokens times a slab of each of kPanels panels. What memory should have ready next, as many
// bytes as the slabs have, is asked for in parts while we calculate.
template <int32_t kType, int kPanels>
REALM_INLINE void add_all_tokens(const ExpandedSlab<kType>* slabs, int64_t num_blocks,
                                 const TokenSlab<kType, kGroupTokens>& tokens, int64_t num_tokens,
                                 const uint8_t* next, int64_t stride, PanelSums* sums) {
  const int64_t bytes = packed_format(kType).slab_bytes(num_blocks);
  const int64_t part = ceil_div(bytes, ceil_div(num_tokens, kTokens));
  int64_t t = 0;
  for (; t + kTokens <= num_tokens; t += kTokens) {
    for (int p = 0; p < kPanels; ++p) fetch(next + p * stride + t / kTokens * part, part);
    add_tokens<kType, kTokens, kPanels>(slabs, num_blocks, tokens, t, sums);
  }
  if (t + 2 <= num_tokens) {
    add_tokens<kType, 2, kPanels>(slabs, num_blocks, tokens, t, sums);
    t += 2;
  }
  if (t < num_tokens) {
    add_tokens<kType, 1, kPanels>(slabs, num_blocks, tokens, t, sums);
  }
}

// Up to kGroupTokens tokens and kGroupPanels panels, slab by slab.
template <int32_t kType>
REALM_NOINLINE void multiply_group(const uint8_t* panels, const Activations& x, int64_t row,
                                   int64_t num_rows, int64_t first_panel, int64_t num_panels,
                                   const Output& output) {
  const int64_t num_blocks = x.num_cols / kBlock, panel_size = panel_bytes(kType, x.num_cols);
  alignas(64) PanelSums sums[kGroupPanels];
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t t = 0; t < num_rows; ++t) store(sums[p][t], zero());
  }
  TokenSlab<kType, kGroupTokens> tokens;
  ExpandedSlab<kType> expanded[kPanelsTogether];
  for (int64_t block = 0; block < num_blocks; block += kSlabBlocks) {
    const int64_t left = num_blocks - block, count = left < kSlabBlocks ? left : kSlabBlocks;
    const int64_t slab_size = packed_format(kType).slab_bytes(count);
    tokens.take(x, row, num_rows, block, count);
    for (int64_t p = 0; p < num_panels; p += kPanelsTogether) {
      const uint8_t* data = panels + p * panel_size;
      const int64_t together = num_panels - p < kPanelsTogether ? num_panels - p : kPanelsTogether;
      for (int64_t i = 0; i < together; ++i) {
        expanded[i].expand(PackedSlab<kType, false>(data + i * panel_size, count), count);
      }
      const bool is_last = p + together == num_panels;
      const uint8_t* next = is_last ? panels + slab_size : data + together * panel_size;
      if (together == kPanelsTogether) {
        add_all_tokens<kType, kPanelsTogether>(expanded, count, tokens, num_rows, next, panel_size,
                                               sums + p);
      } else {
        add_all_tokens<kType, 1>(expanded, count, tokens, num_rows, next, 0, sums + p);
      }
    }
    panels += slab_size;
  }
  for (int64_t t = 0; t < num_rows; ++t) {
    if (t + kPutAhead < num_rows) output.fetch(row + t + kPutAhead, first_panel, num_panels);
    for (int64_t p = 0; p < num_panels; ++p) output.put(row + t, first_panel + p, load(sums[p][t]));
  }
}

// Many tokens, in groups of about the same number.
template <int32_t kType>
void multiply_many(const uint8_t* panels, const Activations& x, int64_t first_row,
                   int64_t num_rows, int64_t first_panel, int64_t num_panels,
                   const Output& output) {
  const int64_t size = panel_bytes(kType, x.num_cols);
  const int64_t num_groups = ceil_div(num_rows, kGroupTokens);
  const int64_t step = ceil_div(ceil_div(num_rows, num_groups), kTokens) * kTokens;
  for (int64_t row = 0; row < num_rows; row += step) {
    const int64_t rows_left = num_rows - row, rows = rows_left < step ? rows_left : step;
    for (int64_t panel = 0; panel < num_panels; panel += kGroupPanels) {
      const int64_t left = num_panels - panel;
      multiply_group<kType>(panels + panel * size, x, first_row + row, rows, first_panel + panel,
                            left < kGroupPanels ? left : kGroupPanels, output);
    }
  }
}

// A few tokens at a time; the panel stays in the caches from one time to the next.
template <int32_t kType>
void multiply_packed(const uint8_t* panel_data, const Activations& x, int64_t row,
                     int64_t num_rows, int64_t panel, const Output& output) {
  const int64_t end = row + num_rows;
  if constexpr (kFewTokens >= 8) {
    for (; row + 8 <= end; row += 8) multiply_few<kType, 8>(panel_data, x, row, panel, output);
  }
  if constexpr (kFewTokens >= 4) {
    for (; row + 4 <= end; row += 4) multiply_few<kType, 4>(panel_data, x, row, panel, output);
  }
  if constexpr (kFewTokens >= 2) {
    for (; row + 2 <= end; row += 2) multiply_few<kType, 2>(panel_data, x, row, panel, output);
  }
  for (; row < end; ++row) multiply_few<kType, 1>(panel_data, x, row, panel, output);
}

template <int32_t kType>
void multiply_panels(const uint8_t* panels, const Activations& x, int64_t row, int64_t num_rows,
                     int64_t first_panel, int64_t num_panels, const Output& output) {
  const int64_t bytes = panel_bytes(kType, x.num_cols);
  for (int64_t panel = first_panel; panel < first_panel + num_panels; ++panel, panels += bytes) {
    multiply_packed<kType>(panels, x, row, num_rows, panel, output);
  }
}

#endif

template <int32_t kType>
REALM_NOINLINE void multiply(const Matrix& matrix, const Activations& x, int64_t first_row,
                             int64_t num_rows, int64_t first_panel, int64_t num_panels,
                             const Output& output) {
  const int64_t bytes = panel_bytes(kType, matrix.num_cols);
#if !defined(__wasm__)
  if constexpr (most_packed_tokens(kType) < INT64_MAX) {
    if (num_rows > most_packed_tokens(kType)) {
      return multiply_many<kType>(matrix.data + first_panel * bytes, x, first_row, num_rows,
                                  first_panel, num_panels, output);
    }
  }
#endif
  int64_t most_rows = kMostQuantBytes / matrix.num_cols / kTokens * kTokens;
  if (most_rows > kMostTokens) most_rows = kMostTokens;
  if (most_rows < 16) most_rows = 16;
  for (int64_t row = first_row; row < first_row + num_rows; row += most_rows) {
    const int64_t left = first_row + num_rows - row;
    const int64_t count = left < most_rows ? left : most_rows;
    multiply_panels<kType>(matrix.data + first_panel * bytes, x, row, count, first_panel,
                           num_panels, output);
  }
}

}  // namespace

void matmul(const Matrix& matrix, const Activations& x, int64_t first_row, int64_t num_rows,
            int64_t first_panel, int64_t num_panels, const float* bias, float* y,
            int64_t y_stride) {
  const Output output{y, y_stride, bias, matrix.num_rows};
  const auto run = [&](auto function) {
    function(matrix, x, first_row, num_rows, first_panel, num_panels, output);
  };
  switch (matrix.quant_type) {
    case kF32:
    case kF16:
    case kBF16: return run(multiply_floats);
    case kQ4_0: return run(multiply<kQ4_0>);
    case kQ4_1: return run(multiply<kQ4_1>);
    case kQ5_0: return run(multiply<kQ5_0>);
    case kQ5_1: return run(multiply<kQ5_1>);
    case kQ8_0: return run(multiply<kQ8_0>);
    case kQ2_K: return run(multiply<kQ2_K>);
    case kQ3_K: return run(multiply<kQ3_K>);
    case kQ4_K: return run(multiply<kQ4_K>);
    case kQ5_K: return run(multiply<kQ5_K>);
    case kQ6_K: return run(multiply<kQ6_K>);
    case kIQ4_NL: return run(multiply<kIQ4_NL>);
    case kIQ4_XS: return run(multiply<kIQ4_XS>);
    default: return;
  }
}

}  // namespace realm::REALM_ISA
