// The largest of a row, for whoever wants a few logits instead of all.
#include <cmath>

#include "realm_cpu.h"

extern "C" void realm_cpu_top_k(const float* row, int64_t length, int32_t k, int32_t* indices,
                                float* values, float* log_sum_exp) {
  // A list in descending order; most elements are smaller than its last.
  int32_t count = 0;
  for (int64_t i = 0; i < length; ++i) {
    if (count == k && !(row[i] > values[count - 1])) continue;
    int32_t place = count < k ? count++ : count - 1;
    for (; place > 0 && row[i] > values[place - 1]; --place) {
      values[place] = values[place - 1];
      indices[place] = indices[place - 1];
    }
    values[place] = row[i];
    indices[place] = static_cast<int32_t>(i);
  }
  const float largest = count > 0 ? values[0] : 0.0f;
  double sum = 0.0;
  for (int64_t i = 0; i < length; ++i) sum += std::exp(static_cast<double>(row[i] - largest));
  *log_sum_exp = largest + static_cast<float>(std::log(sum));
}
