// Matrices of float types times float activations.
//
// Each result has four running sums, of the columns 0, 1, 2 and 3 modulo 4, so that additions
// need not wait for each other; at the end (s0 + s1) + (s2 + s3).
#include "isa_matmul.h"
#include "packed.h"
#include "slab.h"

namespace realm::REALM_ISA {
namespace {

constexpr int kPhases = 4;
constexpr int64_t kTileColumns = 256;    // that tokens are multiplied with together,
constexpr int64_t kNarrowColumns = 128;  // or up to 4 tokens: while they wait for memory, the
                                         // first-level cache also holds what was asked for ahead
constexpr int64_t kMostTokens = 48;

#if defined(__AVX512F__)
constexpr int kTokens = 12;
#elif defined(__AVX2__)
constexpr int kTokens = 6;
#elif defined(__ARM_NEON)
constexpr int kTokens = 4;
#else
constexpr int kTokens = 2;
#endif

// Up to so many tokens, widening columns anew for a few tokens each beats expanding them to float32
// once; measured. Columns of 32 bits are read best in order.
constexpr int64_t most_direct_tokens(int32_t quant_type) {
  if (quant_type == kF32) return 0;
#if defined(__AVX2__) && !defined(__AVX512F__)
  return quant_type == kF16 ? INT64_MAX : 10;
#else
  return 4;
#endif
}

template <int32_t kType>
REALM_INLINE V16f column_of(const uint8_t* panel, int64_t column) {
  if constexpr (kType == kF32) return load((const float*)(panel + column * 64));
  if constexpr (kType == kF16) return load_f16((const uint16_t*)(panel + column * 32));
  const V16i pair = load((const int32_t*)(panel + column / 2 * 64));
  return as_float(column % 2 == 0 ? shift_left<16>(pair) : pair & set1(~0xffff));
}

REALM_INLINE V16f total(const V16f* sums) { return (sums[0] + sums[1]) + (sums[2] + sums[3]); }

template <int32_t kType>
void multiply_one(const uint8_t* panel_data, int64_t num_cols, const float* x, int64_t row,
                  int64_t panel, const Output& output) {
  constexpr int64_t kStepBytes = kPhases * (kType == kF32 ? 64 : 32);
  V16f sums[kPhases] = {zero(), zero(), zero(), zero()};
  int64_t column = 0;
  for (; column + kPhases <= num_cols; column += kPhases) {
    prefetch(panel_data + column / kPhases * kStepBytes, kStepBytes);
    unrolled<kPhases>([&](auto phase) __attribute__((always_inline)) {
      sums[phase] = fma(column_of<kType>(panel_data, column + phase), set1(x[column + phase]),
                        sums[phase]);
    });
  }
  for (int phase = 0; column < num_cols; ++column, ++phase) {
    sums[phase] = fma(column_of<kType>(panel_data, column), set1(x[column]), sums[phase]);
  }
  output.put(row, panel, total(sums));
}

// Some columns of a panel, straight from memory.
template <int32_t kType>
struct Columns {
  static constexpr int64_t kStepBytes = kPhases * (kType == kF32 ? 64 : 32);
  const uint8_t* data;
  int64_t num_columns;

  template <int kPhase>
  REALM_INLINE V16f at(int64_t step) const {
    if constexpr (kPhase == 0) prefetch(data + step * kStepBytes, kStepBytes);
    return column_of<kType>(data + step * kStepBytes, kPhase);
  }
};

// The same as float32, those of one phase after another.
struct Tile {
  alignas(64) float values[kPhases][kTileColumns / kPhases][kLanes];
  int64_t num_columns;

  template <int32_t kType>
  REALM_INLINE void expand(const Columns<kType>& columns) {
    num_columns = columns.num_columns;
    const int64_t num_whole = num_columns / kPhases;
    for (int64_t step = 0; step < num_whole; ++step) {
      unrolled<kPhases>([&](auto phase) __attribute__((always_inline)) {
        store(values[phase][step], columns.template at<phase>(step));
      });
    }
    unrolled<kPhases - 1>([&](auto phase) __attribute__((always_inline)) {
      if (num_whole * kPhases + phase < num_columns) {
        store(values[phase][num_whole], columns.template at<phase>(num_whole));
      }
    });
  }

  template <int kPhase>
  REALM_INLINE V16f at(int64_t step) const { return load(values[kPhase][step]); }
};

// kTogether phases at a time: kCount · kTogether sums are as many as the registers hold.
template <int kCount, int kTogether, class Source>
REALM_NOINLINE void add_tokens(const Source& source, const float* x, int64_t stride,
                               float (*results)[kPhases][kLanes]) {
  const int64_t num_whole = source.num_columns / kPhases;
  unrolled<kPhases / kTogether>([&](auto group) __attribute__((always_inline)) {
    constexpr int kFirst = group * kTogether;
    V16f sums[kTogether][kCount];
    const auto add = [&](auto i, int64_t step) __attribute__((always_inline)) {
      const V16f weights = source.template at<kFirst + i>(step);
      for (int t = 0; t < kCount; ++t) {
        sums[i][t] = fma(weights, set1(x[t * stride + kPhases * step + kFirst + i]), sums[i][t]);
      }
    };
    unrolled<kTogether>([&](auto i) __attribute__((always_inline)) {
      for (int t = 0; t < kCount; ++t) sums[i][t] = load(results[t][kFirst + i]);
    });
    const auto add_step = [&](int64_t step) __attribute__((always_inline)) {
      unrolled<kTogether>([&](auto i) __attribute__((always_inline)) { add(i, step); });
    };
    if constexpr (kCount > 4) {  // measured; with fewer tokens the compiler knows best
      REALM_UNROLL_TWICE
      for (int64_t step = 0; step < num_whole; ++step) add_step(step);
    } else {
      for (int64_t step = 0; step < num_whole; ++step) add_step(step);
    }
    unrolled<kTogether>([&](auto i) __attribute__((always_inline)) {
      if (num_whole * kPhases + kFirst + i < source.num_columns) add(i, num_whole);
      for (int t = 0; t < kCount; ++t) store(results[t][kFirst + i], sums[i][t]);
    });
  });
}

// 1 to kMost tokens.
template <int kMost, class Source>
REALM_INLINE void add_few_tokens(const Source& source, const float* x, int64_t stride,
                                 int64_t num_rows, float (*results)[kPhases][kLanes]) {
  if (num_rows == 1) return add_tokens<1, 4>(source, x, stride, results);
  if constexpr (kMost >= 2) {
    if (num_rows == 2) return add_tokens<2, 2>(source, x, stride, results);
  }
  if constexpr (kMost >= 3) {
    if (num_rows == 3) return add_tokens<3, 1>(source, x, stride, results);
  }
  if constexpr (kMost >= 4) {
    if (num_rows == 4) return add_tokens<4, 1>(source, x, stride, results);
  }
  if constexpr (kMost >= 5) {
    if (num_rows == 5) return add_tokens<5, 1>(source, x, stride, results);
  }
}

// kCount at a time; returns how many are left.
template <int kCount, class Source>
REALM_INLINE int64_t add_groups(const Source& source, const float*& x, int64_t stride,
                                int64_t num_rows, float (*&results)[kPhases][kLanes]) {
  for (; num_rows >= kCount; num_rows -= kCount) {
    add_tokens<kCount, 1>(source, x, stride, results);
    x += kCount * stride;
    results += kCount;
  }
  return num_rows;
}

template <class Source>
REALM_INLINE void add_all_tokens(const Source& source, const float* x, int64_t stride,
                                 int64_t num_rows, float (*results)[kPhases][kLanes]) {
  num_rows = add_groups<kTokens>(source, x, stride, num_rows, results);
  if constexpr (kTokens > 6) num_rows = add_groups<6>(source, x, stride, num_rows, results);
  add_few_tokens<(kTokens > 6 ? 6 : kTokens) - 1>(source, x, stride, num_rows, results);
}

template <int32_t kType>
REALM_INLINE void add_columns(const Columns<kType>& columns, const float* x, int64_t stride,
                              int64_t num_rows, float (*results)[kPhases][kLanes]) {
  constexpr int64_t kMostDirect = most_direct_tokens(kType);
  if constexpr (kMostDirect > 0) {
    if (num_rows <= 4) return add_few_tokens<4>(columns, x, stride, num_rows, results);
  }
  if constexpr (kMostDirect > 4) {
    if (num_rows <= kMostDirect) return add_all_tokens(columns, x, stride, num_rows, results);
  }
  if constexpr (kMostDirect < kMostTokens) {
    Tile tile;
    tile.expand(columns);
    add_all_tokens(tile, x, stride, num_rows, results);
  }
}

template <int32_t kType>
void multiply_many(const uint8_t* panel_data, int64_t num_cols, const Activations& x,
                   int64_t first_row, int64_t num_rows, int64_t panel, const Output& output) {
  alignas(64) float results[kMostTokens][kPhases][kLanes];
  for (int64_t t = 0; t < num_rows; ++t) {
    for (int phase = 0; phase < kPhases; ++phase) store(results[t][phase], zero());
  }
  const int64_t width = num_rows <= 4 ? kNarrowColumns : kTileColumns;
  for (int64_t column = 0; column < num_cols; column += width) {
    const int64_t left = num_cols - column;
    const Columns<kType> columns{panel_data + column / kPhases * Columns<kType>::kStepBytes,
                                 left < width ? left : width};
    add_columns(columns, x.floats + first_row * x.floats_stride + column, x.floats_stride, num_rows,
                results);
  }
  for (int64_t t = 0; t < num_rows; ++t) {
    V16f sums[kPhases];
    for (int phase = 0; phase < kPhases; ++phase) sums[phase] = load(results[t][phase]);
    output.put(first_row + t, panel, total(sums));
  }
}

template <int32_t kType>
void multiply(const Matrix& matrix, const Activations& x, int64_t first_row, int64_t num_rows,
              int64_t first_panel, int64_t num_panels, const Output& output) {
  const int64_t bytes = panel_bytes(kType, matrix.num_cols);
  for (int64_t row = first_row; row < first_row + num_rows; row += kMostTokens) {
    const int64_t left = first_row + num_rows - row;
    for (int64_t panel = first_panel; panel < first_panel + num_panels; ++panel) {
      const uint8_t* data = matrix.data + panel * bytes;
      if (left == 1) {
        multiply_one<kType>(data, matrix.num_cols, x.floats + row * x.floats_stride, row, panel,
                            output);
      } else {
        multiply_many<kType>(data, matrix.num_cols, x, row, left < kMostTokens ? left : kMostTokens,
                             panel, output);
      }
    }
  }
}

}  // namespace

void multiply_floats(const Matrix& matrix, const Activations& x, int64_t first_row,
                     int64_t num_rows, int64_t first_panel, int64_t num_panels,
                     const Output& output) {
  switch (matrix.quant_type) {
    case kF32:
      return multiply<kF32>(matrix, x, first_row, num_rows, first_panel, num_panels, output);
    case kF16:
      return multiply<kF16>(matrix, x, first_row, num_rows, first_panel, num_panels, output);
    default:
      return multiply<kBF16>(matrix, x, first_row, num_rows, first_panel, num_panels, output);
  }
}

}  // namespace realm::REALM_ISA
