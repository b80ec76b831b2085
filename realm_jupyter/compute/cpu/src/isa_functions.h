// The functions of one instruction set, as `Kernels` names them. isa_*.cpp files are compiled
// once for each set, with REALM_ISA as the name of its namespace.
#pragma once

#include "kernels.h"

#ifndef REALM_ISA
#define REALM_ISA baseline
#endif

namespace realm::REALM_ISA {

// See Kernels::group_panels. The sums take a part of the second-level cache, which is larger where
// there is AVX-512.
#if defined(__AVX512F__)
constexpr int64_t kGroupPanels = 32;
#else
constexpr int64_t kGroupPanels = 16;
#endif

void pack_panels(int32_t quant_type, const uint8_t* source, uint8_t* packed, int64_t num_rows,
                 int64_t num_cols, int64_t first_panel, int64_t num_panels);
void quantize_row(const float* x, int64_t num_cols, int8_t* quants, float* scales, int16_t* sums);
void matmul(const Matrix& matrix, const Activations& x, int64_t first_row, int64_t num_rows,
            int64_t first_panel, int64_t num_panels, const float* bias, float* y,
            int64_t y_stride);
uint64_t read(const void* data, int64_t num_bytes);
int64_t compute(int32_t kind, int64_t num_rounds);

void rms_norm(const float* x, const float* weight, int64_t num_groups, int64_t group_width,
              float eps, float* y);
void add(const float* a, const float* b, int64_t n, float* y);
void add_scaled(float factor, const float* x, int64_t n, float* y);
void scale(const float* x, float factor, int64_t n, float* y);
void softcap(const float* x, float cap, int64_t n, float* y);
void swiglu(const float* gate, const float* up, int64_t n, float* y);
void geglu(const float* gate, const float* up, int64_t n, float* y);
void rope(const float* x, const float* turns, int32_t num_heads, int32_t head_dim,
          int32_t rotary_dims, bool is_neox, float* y);

void append(const PageView& cache, int64_t position, const float* keys, const float* values);
void attention(const AttentionTile& tile);
int64_t attention_scratch_bytes(const AttentionTile& tile);

}  // namespace realm::REALM_ISA
