// Whether an instruction set computes what it should on this machine.
#pragma once

#include "kernels.h"

namespace realm {

// Compare small matrix products of all families with those of another table: within the rounding
// of floats, or bit for bit.
bool agrees(const Kernels& kernels, const Kernels& expected, bool is_bit_for_bit);

}  // namespace realm
