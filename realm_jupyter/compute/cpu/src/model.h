// A loaded model: its program, its weights (the caller's memory) and its KV cache.
#pragma once

#include <cstdint>
#include <vector>

#include "buffer.h"
#include "cache.h"
#include "kernels.h"
#include "program.h"

struct realm_cpu_model {
  realm::Program program;
  std::vector<realm_cpu_weight> weights;
  std::vector<double> frequencies;
  realm::Cache cache;
  int32_t num_threads = 1;
  const realm::Kernels* kernels = nullptr;
  realm::Buffer arena;
  realm::Buffer scratch;  // of attention or of packing, one part for each thread
  int64_t scratch_bytes = 0;
  int64_t packing_bytes = 0;  // of it
  int64_t vocab_size = 0;

  realm::Matrix matrix(int32_t number) const {
    const realm_cpu_weight& weight = weights[number];
    return {static_cast<const uint8_t*>(weight.data), weight.num_rows, weight.num_cols,
            weight.quant_type, weight.layout == REALM_LAYOUT_FILE};
  }
  const float* vector(int32_t number) const {
    return number < 0 ? nullptr : static_cast<const float*>(weights[number].data);
  }
};
