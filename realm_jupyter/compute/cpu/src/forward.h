// Running a ragged batch through a model's program.
#pragma once

#include "model.h"

namespace realm {

int32_t forward(realm_cpu_model& model, const int32_t* token_ids, const realm_cpu_span* spans,
                int32_t num_spans, const int32_t* selected, int32_t num_selected, float* logits,
                const int32_t* num_largest, int32_t* largest, const int32_t* stop, char* error);

}  // namespace realm
