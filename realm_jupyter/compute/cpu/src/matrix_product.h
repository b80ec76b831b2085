// Products with matrices in either layout.
#pragma once

#include "kernels.h"

namespace realm {

// Bytes that a thread needs as `room` to multiply with a matrix in GGUF's row order.
int64_t packing_room(int32_t quant_type, int64_t num_cols);

// As Kernels::matmul. Panels of a matrix in GGUF's row order are packed in passing, a few at a
// time, into `room`, where they stay in the caches until they were used: same numbers, slower.
void multiply_matrix(const Kernels& kernels, const Matrix& matrix, const Activations& x,
                     int64_t first_row, int64_t num_rows, int64_t first_panel, int64_t num_panels,
                     const float* bias, float* y, int64_t y_stride, uint8_t* room);

}  // namespace realm
