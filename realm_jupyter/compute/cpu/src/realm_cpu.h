// The C interface of the native CPU executor: what Python calls through ctypes.
//
// Every function is safe to call with the GIL released. Functions that can fail return a status
// (0 is success) and write one line that says why into `error`, which holds REALM_CPU_ERROR_BYTES.
// Nothing throws, prints or exits. Structures hold fixed-width fields in an order without padding.
#ifndef REALM_CPU_H
#define REALM_CPU_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define REALM_CPU_API __declspec(dllexport)
#else
#define REALM_CPU_API __attribute__((visibility("default")))
#endif

#define REALM_CPU_ABI 3
#define REALM_CPU_ERROR_BYTES 256
#define REALM_CPU_PANEL_ROWS 16
#define REALM_CPU_PAGE_TOKENS 64

enum realm_cpu_status {
  REALM_CPU_OK = 0,
  REALM_CPU_INVALID = 1,      // an argument or a graph that makes no sense
  REALM_CPU_UNSUPPORTED = 2,  // a quant type, op or shape that this library does not have
  REALM_CPU_NO_MEMORY = 3,
  REALM_CPU_STOPPED = 4,      // as the caller wished
};

// ---- the machine ----------------------------------------------------------------------------

// REALM_CPU_ABI of the library.
REALM_CPU_API int32_t realm_cpu_abi(void);

// The instruction sets that this library has, this machine runs and the self-check passed, best
// first, separated by spaces: "avx512vnni avxvnni avx2 baseline", "dotprod baseline" and the like.
REALM_CPU_API const char* realm_cpu_isas(void);

// The one in use; the best at first.
REALM_CPU_API const char* realm_cpu_isa(void);

// Choose another one (for tests and measurements), before any model is made.
REALM_CPU_API int32_t realm_cpu_select_isa(const char* name);

// ---- weights --------------------------------------------------------------------------------

// Quant types are numbered as in GGUF. Packed weights interleave REALM_CPU_PANEL_ROWS rows, so
// that one vector load holds the same columns of 16 rows; the last panel is padded with zeros.
// The layout is the same for every instruction set.

// A number that changes whenever the packed layout of any type does.
REALM_CPU_API int32_t realm_cpu_layout_version(void);

// Bytes of the packed form, or -1 where the type or the shape is not supported.
REALM_CPU_API int64_t realm_cpu_packed_bytes(int32_t quant_type, int64_t num_rows,
                                             int64_t num_cols);

// Pack panels [first_panel, first_panel + num_panels) of a matrix in GGUF's row order.
// `source` is the whole matrix and `packed` the whole result (64-byte aligned), so that several
// threads may pack different panels.
REALM_CPU_API int32_t realm_cpu_pack(int32_t quant_type, const void* source, void* packed,
                                     int64_t num_rows, int64_t num_cols, int64_t first_panel,
                                     int64_t num_panels);

// Dequantize one row in GGUF's order to float32.
REALM_CPU_API int32_t realm_cpu_dequantize_row(int32_t quant_type, const void* source,
                                               int64_t num_cols, float* row);

// y = x · weightᵀ for tests and benchmarks: x (num_tokens, num_cols), y (num_tokens, num_rows).
REALM_CPU_API int32_t realm_cpu_matmul(int32_t quant_type, const void* packed, int64_t num_rows,
                                       int64_t num_cols, const float* x, int64_t num_tokens,
                                       float* y, int32_t num_threads);

// Read num_bytes with all threads as fast as the machine can; returns a checksum. The measured
// ceiling of decoding.
REALM_CPU_API uint64_t realm_cpu_read(const void* data, int64_t num_bytes, int32_t num_threads);

// Multiply-accumulates of int8 (kind 0) or float32 (kind 1) in registers, num_rounds times a
// fixed number, on all threads; returns how many were done. The measured ceiling of prefill.
REALM_CPU_API int64_t realm_cpu_compute(int32_t kind, int64_t num_rounds, int32_t num_threads);

// ---- a model --------------------------------------------------------------------------------

enum realm_cpu_op_kind {
  REALM_OP_EMBEDDING = 0,
  REALM_OP_RMS_NORM = 1,
  REALM_OP_LINEAR = 2,
  REALM_OP_SLICE = 3,
  REALM_OP_ROPE = 4,
  REALM_OP_ATTENTION = 5,
  REALM_OP_SWIGLU = 6,
  REALM_OP_GEGLU = 7,
  REALM_OP_MOE = 8,
  REALM_OP_ADD = 9,
  REALM_OP_SCALE = 10,
  REALM_OP_SOFTCAP = 11,
  REALM_OP_SELECT_ROWS = 12,
};

enum realm_cpu_weight_layout {
  REALM_LAYOUT_FILE = 0,    // GGUF's row order: embedding tables; matrices until they are packed
  REALM_LAYOUT_PACKED = 1,  // matrices of linear ops and experts
  REALM_LAYOUT_VECTOR = 2,  // float32 vectors: norms and biases
};

// One tensor; memory belongs to the caller and outlives the model.
typedef struct realm_cpu_weight {
  const void* data;
  int64_t num_rows;
  int64_t num_cols;
  int32_t quant_type;
  int32_t layout;
} realm_cpu_weight;

// One op of the graph; see realm_jupyter/graph/ops.py for the formulas. `inputs` are numbers of
// earlier ops, `weights` numbers of weights, -1 where there is none. The op's own number is its
// place in the list. Meaning of the fields by kind:
//   embedding    weights[0] table
//   rms_norm     inputs[0]; weights[0]; ints[0] num_groups; floats[0] eps
//   linear       inputs[0]; weights[0] matrix, weights[1] bias or -1
//   slice        inputs[0]; ints[0] start
//   rope         inputs[0]; ints[0] num_heads, [1] head_dim, [2] rotary_dims, [3] is_neox,
//                [4] first number in the model's `frequencies`; floats[0] magnitude
//   attention    inputs[0..2] query, key, value; ints[0] layer, [1] num_heads, [2] num_kv_heads,
//                [3] key_dim, [4] value_dim, [5] window; floats[0] scale, [1] softcap
//   swiglu/geglu inputs[0] gate, inputs[1] up
//   moe          inputs[0]; weights[0] router, [1] first gate, [2] first up, [3] first
//                down: each the first of num_experts consecutive matrices; ints[0]
//                num_experts, [1] num_used, [2] hidden_width, [3] is_gelu, [4] is_topk_softmax,
//                [5] normalize
//   add          inputs[0], inputs[1]
//   scale        inputs[0]; floats[0] factor
//   softcap      inputs[0]; floats[0] cap
//   select_rows  inputs[0]
typedef struct realm_cpu_op {
  int32_t kind;
  int32_t width;  // columns of the op's output
  int32_t inputs[3];
  int32_t weights[4];
  int32_t ints[6];
  float floats[3];
} realm_cpu_op;

typedef struct realm_cpu_kv_layer {
  int32_t num_kv_heads;
  int32_t key_dim;
  int32_t value_dim;
} realm_cpu_kv_layer;

enum realm_cpu_kv_type { REALM_KV_F32 = 0, REALM_KV_F16 = 1, REALM_KV_Q8_0 = 2 };

typedef struct realm_cpu_model realm_cpu_model;

// Check a graph and compile it; NULL after an error. `frequencies` are the radians per position
// of each rope op's pairs, one after another.
REALM_CPU_API realm_cpu_model* realm_cpu_model_create(
    const realm_cpu_op* ops, int32_t num_ops, const realm_cpu_weight* weights,
    int32_t num_weights, const double* frequencies, int64_t num_frequencies,
    const realm_cpu_kv_layer* kv_layers, int32_t num_kv_layers, int32_t kv_type,
    int32_t num_threads, char* error);

// Not while another thread is in a function of the same model.
REALM_CPU_API void realm_cpu_model_free(realm_cpu_model* model);

// Have a matrix in the other layout from now on. The numbers that come out stay the same.
REALM_CPU_API int32_t realm_cpu_move_matrix(realm_cpu_model* model, int32_t weight,
                                            const void* data, int32_t layout);

// Bytes of one page of the KV cache over all layers.
REALM_CPU_API int64_t realm_cpu_page_bytes(const realm_cpu_model* model);

// Make room for pages [0, num_pages); fewer than before gives the memory of the others back.
// Existing pages keep their contents and their place.
REALM_CPU_API int32_t realm_cpu_resize_cache(realm_cpu_model* model, int64_t num_pages,
                                             char* error);

// Copy the first tokens of a page to another page, in all layers.
REALM_CPU_API int32_t realm_cpu_copy_page(realm_cpu_model* model, int64_t source, int64_t target,
                                          int32_t num_tokens);

// New tokens of one sequence, next to each other in the batch.
typedef struct realm_cpu_span {
  const int32_t* pages;  // of the sequence, from position 0 on, those of the new tokens included
  int64_t num_pages;
  int64_t position;      // of the first new token
  int64_t num_tokens;
} realm_cpu_span;

// Run a ragged batch: append keys and values to the pages and return logits.
//   token_ids   (sum of num_tokens,), each within the vocabulary (checked by the caller)
//   selected    numbers of the batch's rows whose logits are wanted, ascending
//   logits      (num_selected, vocab_size)
//   num_largest (num_selected,): how many of the largest of each row to list; null for none
//   largest     the lists, one after another: indices (int32) and then values (float32), both
//               (num_largest[i],), as realm_cpu_top_k writes them
//   stop        null, or what another thread makes other than 0 when nobody wants the results any
//               more: looked at once a layer. The new tokens' keys and values make no sense then.
// One call at a time for each model; calls for different models share the worker threads and
// wait for each other.
REALM_CPU_API int32_t realm_cpu_forward(realm_cpu_model* model, const int32_t* token_ids,
                                        const realm_cpu_span* spans, int32_t num_spans,
                                        const int32_t* selected, int32_t num_selected,
                                        float* logits, const int32_t* num_largest,
                                        int32_t* largest, const int32_t* stop, char* error);

// The k largest of a row in descending order, ties by lower index. Where there are fewer, because
// the others are NaN or -inf, the list ends with index 0 and -inf.
REALM_CPU_API void realm_cpu_top_k(const float* row, int64_t length, int32_t k, int32_t* indices,
                                   float* values);

#ifdef __cplusplus
}
#endif

#endif
