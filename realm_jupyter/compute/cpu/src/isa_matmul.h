// What the sources of the matrix product share.
#pragma once

#include "output.h"

namespace realm::REALM_ISA {

// `matmul` for F32, F16 and BF16 matrices.
void multiply_floats(const Matrix& matrix, const Activations& x, int64_t first_row,
                     int64_t num_rows, int64_t first_panel, int64_t num_panels,
                     const Output& output);

}  // namespace realm::REALM_ISA
