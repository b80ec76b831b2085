// What one instruction set provides. Each set compiles the same sources with its own flags into a
// namespace of its own (REALM_ISA) and fills in one table.
//
// Bits: the order of every accumulation depends on the row alone. A result is the same whatever
// the number of rows, the tile, or the thread that computed it. Integer sums are exact; float
// sums run over blocks of columns in ascending order in one lane for each output row, by
// acc = fma(scale, float(sum), acc).
#pragma once

#include <cstdint>

#include "realm_cpu.h"

namespace realm {

constexpr int64_t kPanelRows = REALM_CPU_PANEL_ROWS;
constexpr int64_t kPageTokens = REALM_CPU_PAGE_TOKENS;
constexpr int64_t kBlock = 32;      // columns that share an activation scale
constexpr int64_t kHalfBlock = 16;  // columns of one entry of `sums`
constexpr int32_t kMostQuantSum = 1023;  // of the absolute values of half a block's quants

// Rows of activations. Matrices of quantized types read `quants`, those of float types `floats`.
// quants: int8 in [-127, 127]; value = quant · scale of its block of 32 columns.
struct Activations {
  const float* floats;     // (rows, floats_stride)
  int64_t floats_stride;
  const int8_t* quants;    // (rows, num_cols), rows 32-byte aligned
  const float* scales;     // (rows, num_cols / 32)
  const int16_t* sums;     // (rows, num_cols / 16): sum of the quants of 16 columns
  int64_t num_cols;
};

// A matrix. `num_rows` outputs, of which the last panel may hold fewer than 16.
struct Matrix {
  const uint8_t* data;
  int64_t num_rows;
  int64_t num_cols;
  int32_t quant_type;
  bool is_in_file = false;  // in GGUF's row order: for multiply_matrix only, not for kernels
};

// Whether a matrix of this type multiplies quantized activations.
bool needs_quants(int32_t quant_type);

// Pages of one layer of the KV cache. Within a page, for each KV head:
//   keys    (key_dim, 64 tokens): tokens are neighbours, so that a vector holds one column of
//           the keys of 16 tokens
//   values  (64 tokens, value_dim)
// F32 and F16 as they are. Q8_0: int8 in the same order, and behind them one float32 scale for
// each token of the page (keys, then values).
struct PageView {
  uint8_t* const* pages;  // base address of each page, from position 0 on
  int64_t layer_offset;   // from there to this layer's part
  int32_t kv_type;
  int32_t num_kv_heads;
  int32_t key_dim;
  int32_t value_dim;
  int64_t head_bytes;  // from one head's part of a page to the next one's
  int64_t values_offset;  // from a head's keys to its values
};

struct AttentionTile {
  PageView cache;
  const float* queries;  // (num_rows, query_stride): rows of one span, consecutive positions
  int64_t query_stride;
  float* outputs;        // (num_rows, output_stride)
  int64_t output_stride;
  int64_t position;      // of the first row
  int64_t num_rows;
  int32_t kv_head;
  int32_t first_head;    // query heads of this tile, which all read kv_head
  int32_t num_heads;
  int32_t window;        // 0: all
  float scale;
  float softcap;         // 0: off
  void* scratch;         // attention_scratch_bytes(...)
};

struct Kernels {
  const char* name;

  // Panels that many rows are multiplied with together: a part of the rows is made ready for all.
  int64_t group_panels;

  // Panels [first_panel, first_panel + num_panels) of a matrix of num_rows rows in GGUF's order,
  // to their places in `packed`; see packed.h. The same bytes from every set.
  void (*pack_panels)(int32_t quant_type, const uint8_t* source, uint8_t* packed,
                      int64_t num_rows, int64_t num_cols, int64_t first_panel,
                      int64_t num_panels);

  // quants, scales and sums of one row of num_cols (a multiple of 32) floats.
  void (*quantize_row)(const float* x, int64_t num_cols, int8_t* quants, float* scales,
                       int16_t* sums);

  // y[m][n] for rows m of [first_row, first_row + num_rows) and the outputs of panels
  // [first_panel, first_panel + num_panels); bias (num_rows of the matrix,) or null is added last.
  void (*matmul)(const Matrix& matrix, const Activations& x, int64_t first_row, int64_t num_rows,
                 int64_t first_panel, int64_t num_panels, const float* bias, float* y,
                 int64_t y_stride);

  void (*rms_norm)(const float* x, const float* weight, int64_t num_groups, int64_t group_width,
                   float eps, float* y);
  void (*add)(const float* a, const float* b, int64_t n, float* y);
  void (*scale)(const float* x, float factor, int64_t n, float* y);
  void (*softcap)(const float* x, float cap, int64_t n, float* y);
  void (*swiglu)(const float* gate, const float* up, int64_t n, float* y);
  void (*geglu)(const float* gate, const float* up, int64_t n, float* y);
  // turns (rotary_dims / 2) pairs of (cos, sin), magnitude included.
  void (*rope)(const float* x, const float* turns, int32_t num_heads, int32_t head_dim,
               int32_t rotary_dims, bool is_neox, float* y);
  // Write one token's keys (num_kv_heads, key_dim) and values to their place in the pages.
  void (*append)(const PageView& cache, int64_t position, const float* keys,
                 const float* values);
  void (*attention)(const AttentionTile& tile);
  int64_t (*attention_scratch_bytes)(const AttentionTile& tile);
  void (*add_scaled)(float factor, const float* x, int64_t n, float* y);  // y += factor · x

  uint64_t (*read)(const void* data, int64_t num_bytes);
  int64_t (*compute)(int32_t kind, int64_t num_rounds);
};

// Tables that this library was built with, best first.
const Kernels* const* all_kernels(int32_t* count);
// Whether this processor and operating system run a table's instructions.
bool is_runnable(const Kernels& kernels);
// The table in use.
const Kernels& kernels();

}  // namespace realm
