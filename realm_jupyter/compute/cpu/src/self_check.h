// Whether an instruction set computes what it should on this machine.
#pragma once

#include "kernels.h"

namespace realm {

// Compare what all functions of a table give for small inputs with what those of another give:
// within the rounding of floats, or bit for bit.
bool agrees(const Kernels& kernels, const Kernels& expected, bool is_bit_for_bit);

}  // namespace realm
