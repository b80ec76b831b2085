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

// Tokens that share the columns in registers,
#if defined(__AVX2__)
constexpr int kTokens = 6;
#elif defined(__ARM_NEON)
constexpr int kTokens = 4;
#else
constexpr int kTokens = 2;
#endif

// panels that share the tokens' activations there: all sums are as many as the registers hold;
// tokens that a panel is multiplied with together; panels that share a copy of these tokens'
// columns: where multiplying takes longer, copying is no better.
#if defined(__AVX512F__)
constexpr int kPanelsTogether = 2;
constexpr int64_t kMostTokens = 96;
constexpr int64_t kPanelsOfTile = 8;
#else
constexpr int kPanelsTogether = 1;
constexpr int64_t kMostTokens = 48;
constexpr int64_t kPanelsOfTile = 1;
#endif

// Up to so many tokens, reading columns anew for a few tokens each beats expanding them to float32
// once; measured.
constexpr int64_t most_direct_tokens(int32_t quant_type) {
#if defined(__AVX512F__)
  (void)quant_type;
  return INT64_MAX;
#elif defined(__AVX2__)
  if (quant_type == kF16) return INT64_MAX;
  return quant_type == kF32 ? 0 : 10;
#else
  return quant_type == kF32 ? 0 : 4;
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
#if defined(__AVX512F__)
    // As many bytes as these columns have, from what follows them, while the phases go by.
    constexpr int64_t kColumnBytes = kStepBytes / kPhases;
    const int64_t column = num_columns + kPhase * (num_columns / kPhases) + step;
    fetch(data + column * kColumnBytes, kColumnBytes);
#else
    if constexpr (kPhase == 0) prefetch(data + step * kStepBytes, kStepBytes);
#endif
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

// Activations of some tokens, from a column on: where they are,
struct TokenRows {
  const float* first;
  int64_t stride;

  REALM_INLINE float at(int token, int64_t column) const { return first[token * stride + column]; }
  REALM_INLINE TokenRows from(int64_t token) const { return {first + token * stride, stride}; }
};

// or copied: rows of a power of two of columns would collide in the caches.
class TokenTile {
 public:
#if defined(__AVX512F__)
  struct Some {
    const TokenTile& tile;
    int64_t first;

    REALM_INLINE float at(int token, int64_t column) const {
      return tile.values_[first + token][column];
    }
    REALM_INLINE Some from(int64_t token) const { return {tile, first + token}; }
  };

  REALM_INLINE Some take(const float* x, int64_t stride, int64_t num_rows, int64_t num_columns) {
    for (int64_t t = 0; t < num_rows; ++t) {
      std::memcpy(values_[t], x + t * stride, static_cast<size_t>(num_columns) * sizeof(float));
    }
    return {*this, 0};
  }

 private:
  alignas(64) float values_[kMostTokens][kTileColumns + 16];
#else
  REALM_INLINE TokenRows take(const float* x, int64_t stride, int64_t, int64_t) {
    return {x, stride};
  }
#endif
};

// The running sums of a panel.
using PanelSums = float[kMostTokens][kPhases][kLanes];

// kTogether phases at a time: all sums are as many as the registers hold.
template <int kCount, int kTogether, int kPanels, class Source, class SomeTokens>
REALM_NOINLINE void add_tokens(const Source* sources, SomeTokens x, int64_t first,
                               PanelSums* results) {
  const int64_t num_columns = sources[0].num_columns, num_whole = num_columns / kPhases;
  unrolled<kPhases / kTogether>([&](auto group) __attribute__((always_inline)) {
    constexpr int kFirst = group * kTogether;
    V16f sums[kTogether][kPanels][kCount];
    const auto add = [&](auto i, int64_t step) __attribute__((always_inline)) {
      V16f weights[kPanels];
      for (int p = 0; p < kPanels; ++p) weights[p] = sources[p].template at<kFirst + i>(step);
      for (int t = 0; t < kCount; ++t) {
        const V16f value = set1(x.at(t, kPhases * step + kFirst + i));
        for (int p = 0; p < kPanels; ++p) sums[i][p][t] = fma(weights[p], value, sums[i][p][t]);
      }
    };
    const auto each_sum = [&](auto function) __attribute__((always_inline)) {
      for (int i = 0; i < kTogether; ++i) {
        for (int p = 0; p < kPanels; ++p) {
          for (int t = 0; t < kCount; ++t) function(sums[i][p][t], results[p][first + t][kFirst + i]);
        }
      }
    };
    each_sum([](V16f& sum, const float* result) { sum = load(result); });
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
      if (num_whole * kPhases + kFirst + i < num_columns) add(i, num_whole);
    });
    each_sum([](const V16f& sum, float* result) { store(result, sum); });
  });
}

// 1 to kMost tokens.
template <int kMost, int kPanels, class Source, class SomeTokens>
REALM_INLINE void add_few_tokens(const Source* sources, const SomeTokens& x, int64_t first,
                                 int64_t num_rows, PanelSums* results) {
  if (num_rows == 1) return add_tokens<1, 4, kPanels>(sources, x, first, results);
  if constexpr (kMost >= 2) {
    if (num_rows == 2) return add_tokens<2, 2, kPanels>(sources, x, first, results);
  }
  if constexpr (kMost >= 3) {
    if (num_rows == 3) return add_tokens<3, 1, kPanels>(sources, x, first, results);
  }
  if constexpr (kMost >= 4) {
    if (num_rows == 4) return add_tokens<4, 1, kPanels>(sources, x, first, results);
  }
  if constexpr (kMost >= 5) {
    if (num_rows == 5) return add_tokens<5, 1, kPanels>(sources, x, first, results);
  }
}

template <int kPanels, class Source, class SomeTokens>
REALM_INLINE void add_all_tokens(const Source* sources, const SomeTokens& x, int64_t num_rows,
                                 PanelSums* results) {
  int64_t t = 0;
  for (; t + kTokens <= num_rows; t += kTokens) {
    add_tokens<kTokens, 1, kPanels>(sources, x.from(t), t, results);
  }
  add_few_tokens<kTokens - 1, kPanels>(sources, x.from(t), t, num_rows - t, results);
}

template <int32_t kType>
REALM_INLINE Columns<kType> columns_at(const uint8_t* panel, int64_t column, int64_t num_columns) {
  return {panel + column / kPhases * Columns<kType>::kStepBytes, num_columns};
}

template <int32_t kType, int kPanels, class SomeTokens>
REALM_INLINE void add_columns(const Columns<kType>* columns, const SomeTokens& tokens,
                              int64_t num_rows, PanelSums* results) {
  constexpr int64_t kMostDirect = most_direct_tokens(kType);
  if constexpr (kMostDirect > 4) {
    if (num_rows <= kMostDirect) {
      return add_all_tokens<kPanels>(columns, tokens, num_rows, results);
    }
  }
  if constexpr (kMostDirect < kMostTokens) {
    Tile tiles[kPanels];
    for (int p = 0; p < kPanels; ++p) tiles[p].expand(columns[p]);
    add_all_tokens<kPanels>(tiles, tokens, num_rows, results);
  }
}

REALM_INLINE void clear(PanelSums* sums, int64_t num_panels, int64_t num_rows) {
  for (int64_t p = 0; p < num_panels; ++p) {
    for (int64_t t = 0; t < num_rows; ++t) {
      for (int phase = 0; phase < kPhases; ++phase) store(sums[p][t][phase], zero());
    }
  }
}

REALM_INLINE void put_results(const PanelSums* sums, int64_t first_row, int64_t num_rows,
                              int64_t first_panel, int64_t num_panels, const Output& output) {
  for (int64_t t = 0; t < num_rows; ++t) {
    for (int64_t p = 0; p < num_panels; ++p) {
      V16f phases[kPhases];
      for (int phase = 0; phase < kPhases; ++phase) phases[phase] = load(sums[p][t][phase]);
      output.put(first_row + t, first_panel + p, total(phases));
    }
  }
}

// 2 to 4 tokens and a panel.
template <int32_t kType>
void multiply_few(const uint8_t* panel_data, int64_t num_cols, const Activations& x,
                  int64_t first_row, int64_t num_rows, int64_t panel, const Output& output) {
  alignas(64) PanelSums sums;
  clear(&sums, 1, num_rows);
  for (int64_t column = 0; column < num_cols; column += kNarrowColumns) {
    const int64_t left = num_cols - column;
    const Columns<kType> columns =
        columns_at<kType>(panel_data, column, left < kNarrowColumns ? left : kNarrowColumns);
    const TokenRows rows{x.floats + first_row * x.floats_stride + column, x.floats_stride};
    add_few_tokens<4, 1>(&columns, rows, 0, num_rows, &sums);
  }
  put_results(&sums, first_row, num_rows, panel, 1, output);
}

// Up to kMostTokens tokens and kPanelsOfTile panels.
template <int32_t kType>
void multiply_many(const uint8_t* panels, int64_t num_cols, const Activations& x,
                   int64_t first_row, int64_t num_rows, int64_t first_panel, int64_t num_panels,
                   const Output& output) {
  const int64_t bytes = panel_bytes(kType, num_cols);
  alignas(64) PanelSums sums[kPanelsOfTile];
  clear(sums, num_panels, num_rows);
  TokenTile tile;
  const int64_t width = num_rows <= 4 ? kNarrowColumns : kTileColumns;
  for (int64_t column = 0; column < num_cols; column += width) {
    const int64_t left = num_cols - column, count = left < width ? left : width;
    const float* first = x.floats + first_row * x.floats_stride + column;
    const auto tokens = tile.take(first, x.floats_stride, num_rows, count);
    for (int64_t p = 0; p < num_panels; p += kPanelsTogether) {
      Columns<kType> columns[kPanelsTogether];
      const int64_t together = num_panels - p < kPanelsTogether ? num_panels - p : kPanelsTogether;
      for (int64_t i = 0; i < together; ++i) {
        columns[i] = columns_at<kType>(panels + (p + i) * bytes, column, count);
      }
      if (together == kPanelsTogether) {
        add_columns<kType, kPanelsTogether>(columns, tokens, num_rows, sums + p);
      } else {
        add_columns<kType, 1>(columns, tokens, num_rows, sums + p);
      }
    }
  }
  put_results(sums, first_row, num_rows, first_panel, num_panels, output);
}

template <int32_t kType>
void multiply(const Matrix& matrix, const Activations& x, int64_t first_row, int64_t num_rows,
              int64_t first_panel, int64_t num_panels, const Output& output) {
  const int64_t bytes = panel_bytes(kType, matrix.num_cols), num_cols = matrix.num_cols;
  const int64_t end = first_row + num_rows, end_panel = first_panel + num_panels;
  for (int64_t row = first_row; row < end; row += kMostTokens) {
    const int64_t left = end - row, count = left < kMostTokens ? left : kMostTokens;
    const bool is_many = count > (most_direct_tokens(kType) > 0 ? 4 : 1);
    const int64_t step = is_many ? kPanelsOfTile : 1;
    for (int64_t panel = first_panel; panel < end_panel; panel += step) {
      const uint8_t* data = matrix.data + panel * bytes;
      if (count == 1) {
        multiply_one<kType>(data, num_cols, x.floats + row * x.floats_stride, row, panel, output);
      } else if (!is_many) {
        multiply_few<kType>(data, num_cols, x, row, count, panel, output);
      } else {
        const int64_t panels_left = end_panel - panel;
        multiply_many<kType>(data, num_cols, x, row, count, panel,
                             panels_left < step ? panels_left : step, output);
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
