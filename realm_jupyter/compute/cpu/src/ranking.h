// The largest numbers of a row, for whoever wants a few logits instead of all.
#pragma once

#include <cstdint>

namespace realm {

// The `count` largest in descending order, ties by lower index. Where there are fewer, because the
// others are NaN or -inf, the list ends with index 0 and -inf.
void rank(const float* row, int64_t length, int32_t count, int32_t* indices, float* values);

}  // namespace realm
