// Matrices of quantized types times quantized activations.
#if defined(__wasm__)
#define REALM_LANES 4  // see matmul_pieces.h
#endif

#include "isa_functions.h"
#include "isa_matmul.h"
#include "output.h"
#include "slab.h"

#if defined(__wasm__)
#include "matmul_pieces.h"
#endif

namespace realm::REALM_ISA {
namespace {

// Tokens that a panel is multiplied with together: their quants stay in the second-level cache and
// their results in the first.
constexpr int64_t kMostTokens = 128;
constexpr int64_t kMostQuantBytes = 256 << 10;

#if !defined(__wasm__)

// Tokens that share one pass over a slab's codes: as many as the registers hold.
#if defined(__AVX512F__)
constexpr int kTokens = 8;
#elif defined(__AVX2__) || defined(__ARM_NEON)
constexpr int kTokens = 4;
#else
constexpr int kTokens = 2;
#endif

// Tokens that share the unpacking of codes in registers.
constexpr int64_t kFewTokens = kTokens < 4 ? kTokens : 4;

// Up to so many tokens, unpacking anew for each few beats expanding slabs once; measured.
constexpr int64_t most_packed_tokens(int32_t quant_type) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  switch (quant_type) {
    case kQ4_0:
    case kQ8_0: return INT64_MAX;
    case kQ4_1:
    case kIQ4_NL: return 16;
    case kQ4_K: return 12;
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
  V16f results[kCount];
  for (int t = 0; t < kCount; ++t) results[t] = zero();
  for (int64_t block = 0; block < num_blocks; block += kSlabBlocks) {
    const int64_t left = num_blocks - block, count = left < kSlabBlocks ? left : kSlabBlocks;
    const PackedSlab<kType> slab(panel_data, count);
    add_slab<PackedSlab<kType>, kCount>(slab, count, tokens_at(x, row, block), results);
    panel_data += packed_format(kType).slab_bytes(count);
  }
  for (int t = 0; t < kCount; ++t) output.put(row + t, panel, results[t]);
}

template <int32_t kType, int kCount>
REALM_NOINLINE void add_tokens(const ExpandedSlab<kType>& slab, int64_t num_blocks,
                               const Tokens& tokens, float (*results)[kLanes]) {
  const Tokens x = tokens;  // a copy that stays in registers
  V16f registers[kCount];
  for (int t = 0; t < kCount; ++t) registers[t] = load(results[t]);
  add_slab<ExpandedSlab<kType>, kCount>(slab, num_blocks, x, registers);
  for (int t = 0; t < kCount; ++t) store(results[t], registers[t]);
}

template <int32_t kType>
REALM_NOINLINE void multiply_many(const uint8_t* panel_data, const Activations& x,
                                  int64_t first_row, int64_t num_rows, int64_t panel,
                                  const Output& output) {
  const int64_t num_blocks = x.num_cols / kBlock;
  alignas(64) float results[kMostTokens][kLanes];
  for (int64_t t = 0; t < num_rows; ++t) store(results[t], zero());
  ExpandedSlab<kType> expanded;
  for (int64_t block = 0; block < num_blocks; block += kSlabBlocks) {
    const int64_t left = num_blocks - block, count = left < kSlabBlocks ? left : kSlabBlocks;
    expanded.expand(PackedSlab<kType, false>(panel_data, count), count);
    const int64_t bytes = packed_format(kType).slab_bytes(count);
    // What comes next is asked for in parts, so that memory answers while we calculate.
    const int64_t part = ceil_div(bytes, ceil_div(num_rows, kTokens));
    int64_t t = 0;
    for (; t + kTokens <= num_rows; t += kTokens) {
      prefetch(panel_data + t / kTokens * part, part);
      add_tokens<kType, kTokens>(expanded, count, tokens_at(x, first_row + t, block), results + t);
    }
    if (t + 2 <= num_rows) {
      add_tokens<kType, 2>(expanded, count, tokens_at(x, first_row + t, block), results + t);
      t += 2;
    }
    for (; t < num_rows; ++t) {
      add_tokens<kType, 1>(expanded, count, tokens_at(x, first_row + t, block), results + t);
    }
    panel_data += bytes;
  }
  for (int64_t t = 0; t < num_rows; ++t) output.put(first_row + t, panel, load(results[t]));
}

// A few tokens at a time; the panel stays in the caches from one time to the next.
template <int32_t kType>
void multiply_packed(const uint8_t* panel_data, const Activations& x, int64_t row,
                     int64_t num_rows, int64_t panel, const Output& output) {
  const int64_t end = row + num_rows;
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
    if constexpr (most_packed_tokens(kType) < INT64_MAX) {
      if (num_rows > most_packed_tokens(kType)) {
        multiply_many<kType>(panels, x, row, num_rows, panel, output);
        continue;
      }
    }
    multiply_packed<kType>(panels, x, row, num_rows, panel, output);
  }
}

#endif

template <int32_t kType>
REALM_NOINLINE void multiply(const Matrix& matrix, const Activations& x, int64_t first_row,
                             int64_t num_rows, int64_t first_panel, int64_t num_panels,
                             const Output& output) {
  const int64_t bytes = panel_bytes(kType, matrix.num_cols);
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
