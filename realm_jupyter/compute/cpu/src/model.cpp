#include "model.h"

#include <cstdio>
#include <cstring>
#include <new>

#include "forward.h"
#include "matrix_product.h"
#include "packed.h"

namespace realm {
namespace {

// Have room to pack a matrix in passing.
void reserve_packing(realm_cpu_model& model, const realm_cpu_weight& weight) {
  if (weight.layout != REALM_LAYOUT_FILE || !is_packable(weight.quant_type, weight.num_cols)) return;
  const int64_t num_bytes = packing_room(weight.quant_type, weight.num_cols);
  if (num_bytes > model.packing_bytes) model.packing_bytes = num_bytes;
}

}  // namespace
}  // namespace realm

extern "C" {

int32_t realm_cpu_abi(void) { return REALM_CPU_ABI; }

realm_cpu_model* realm_cpu_model_create(const realm_cpu_op* ops, int32_t num_ops,
                                        const realm_cpu_weight* weights, int32_t num_weights,
                                        const double* frequencies, int64_t num_frequencies,
                                        const realm_cpu_kv_layer* kv_layers,
                                        int32_t num_kv_layers, int32_t kv_type,
                                        int32_t num_threads, char* error) {
  auto* model = new (std::nothrow) realm_cpu_model;
  if (model == nullptr) {
    std::snprintf(error, REALM_CPU_ERROR_BYTES, "no memory for a model");
    return nullptr;
  }
  bool is_made = realm::compile(ops, num_ops, weights, num_weights, num_frequencies, kv_layers,
                                num_kv_layers, model->program, error);
  if (is_made && !model->cache.configure(kv_layers, num_kv_layers, kv_type)) {
    std::snprintf(error, REALM_CPU_ERROR_BYTES, "the layers of the KV cache make no sense");
    is_made = false;
  }
  if (!is_made) {
    delete model;
    return nullptr;
  }
  model->weights.assign(weights, weights + num_weights);
  for (const realm_cpu_weight& weight : model->weights) realm::reserve_packing(*model, weight);
  model->frequencies.assign(frequencies, frequencies + num_frequencies);
  model->num_threads = num_threads < 1 ? 1 : num_threads;
  model->kernels = &realm::kernels();
  model->vocab_size = ops[num_ops - 1].width;
  return model;
}

void realm_cpu_model_free(realm_cpu_model* model) { delete model; }

int32_t realm_cpu_move_matrix(realm_cpu_model* model, int32_t weight, const void* data,
                              int32_t layout) {
  if (weight < 0 || weight >= static_cast<int32_t>(model->weights.size()) || data == nullptr) {
    return REALM_CPU_INVALID;
  }
  realm_cpu_weight& matrix = model->weights[static_cast<size_t>(weight)];
  const bool is_known = layout == REALM_LAYOUT_PACKED || layout == REALM_LAYOUT_FILE;
  if (!is_known || matrix.layout == REALM_LAYOUT_VECTOR ||
      !realm::is_packable(matrix.quant_type, matrix.num_cols)) {
    return REALM_CPU_INVALID;
  }
  matrix.data = data;
  matrix.layout = layout;
  realm::reserve_packing(*model, matrix);
  return REALM_CPU_OK;
}

int64_t realm_cpu_page_bytes(const realm_cpu_model* model) { return model->cache.page_bytes(); }

int32_t realm_cpu_resize_cache(realm_cpu_model* model, int64_t num_pages, char* error) {
  if (num_pages < 0) {
    std::snprintf(error, REALM_CPU_ERROR_BYTES, "a KV cache cannot have %lld pages",
                  static_cast<long long>(num_pages));
    return REALM_CPU_INVALID;
  }
  if (model->cache.resize(num_pages)) return REALM_CPU_OK;
  std::snprintf(error, REALM_CPU_ERROR_BYTES, "no memory for %lld pages of the KV cache",
                static_cast<long long>(num_pages));
  return REALM_CPU_NO_MEMORY;
}

int32_t realm_cpu_copy_page(realm_cpu_model* model, int64_t source, int64_t target,
                            int32_t num_tokens) {
  const int64_t count = model->cache.num_pages();
  if (source < 0 || target < 0 || source >= count || target >= count) return REALM_CPU_INVALID;
  model->cache.copy_tokens(source, target, num_tokens);
  return REALM_CPU_OK;
}

int32_t realm_cpu_forward(realm_cpu_model* model, const int32_t* token_ids,
                          const realm_cpu_span* spans, int32_t num_spans, const int32_t* selected,
                          int32_t num_selected, float* logits, const int32_t* num_largest,
                          int32_t* largest, const int32_t* stop, char* error) {
  return realm::forward(*model, token_ids, spans, num_spans, selected, num_selected, logits,
                        num_largest, largest, stop, error);
}

}  // extern "C"
