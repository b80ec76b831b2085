// A graph, compiled: phases of instructions over values in one arena.
//
// Ops of one kind of work that do not wait for each other become one phase: all rows of the
// row-wise ops, all tiles of the matrix products. Threads meet between phases only.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels.h"

namespace realm {

// Kinds of instruction: those of realm_cpu_op_kind, and the pieces that some ops fall into.
enum InstructionKind : int32_t {
  kEmbedding = REALM_OP_EMBEDDING,
  kRmsNorm = REALM_OP_RMS_NORM,
  kLinear = REALM_OP_LINEAR,
  kSlice = REALM_OP_SLICE,
  kRope = REALM_OP_ROPE,
  kAttention = REALM_OP_ATTENTION,
  kSwiglu = REALM_OP_SWIGLU,
  kGeglu = REALM_OP_GEGLU,
  kMoe = REALM_OP_MOE,
  kAdd = REALM_OP_ADD,
  kScale = REALM_OP_SCALE,
  kSoftcap = REALM_OP_SOFTCAP,
  kSelectRows = REALM_OP_SELECT_ROWS,
  kAppend,    // an attention op's keys and values to their pages
  kQuantize,  // a value for the matrices that read it as int8
  kTurns,     // cosines and sines of a rope op's angles
};

// A matrix of float32, or something else, with one row for each token. Its rows lie one after
// another; the arena of T rows starts each value at T · offset bytes.
struct Value {
  int64_t row_bytes = 0;
  int64_t offset = -1;
  int32_t first_phase = -1;
  int32_t last_phase = -1;
  bool is_selected = false;  // rows are the selected ones
};

// Numbers of values that hold the quantized form of another: quants, scales, sums.
struct Quantized {
  int32_t quants = -1;
  int32_t scales = -1;
  int32_t sums = -1;
};

// Values of a mixture of experts. "Visits" are (token, expert) pairs in order of the expert.
struct ExpertValues {
  int32_t scores = -1;   // (T, num_experts) float32
  int32_t chosen = -1;   // (T, num_used) int32
  int32_t shares = -1;   // (T, num_used) float32
  int32_t visits = -1;   // (T, num_used) int32: where the token's visit lies
  int32_t sources = -1;  // (T, num_used) int32: token of each visit
  int32_t starts = -1;   // (num_experts + 1,) int32: first visit of each expert
  int32_t gathered = -1;           // float32 rows of the visits' tokens, or
  Quantized gathered_quants;       // their quantized form
  int32_t gate = -1, up = -1, down = -1;  // (visits, F), (visits, F), (visits, E)
  Quantized hidden_quants;
};

struct Instruction {
  int32_t kind = 0;
  realm_cpu_op op{};
  int32_t inputs[3] = {-1, -1, -1};  // values
  int32_t output = -1;               // value
  Quantized quantized;               // of inputs[0] for kLinear and kMoe, the output of kQuantize
  ExpertValues experts;
  int64_t panels_per_tile = 1;       // kLinear
};

enum class Work { kRows, kMatrices, kAttention, kExperts };

struct Phase {
  Work work;
  bool is_selected;  // over the selected rows
  std::vector<Instruction> instructions;
};

struct Program {
  std::vector<Phase> phases;
  std::vector<Value> values;
  int64_t row_bytes = 0;  // of the arena
  int32_t logits = -1;    // value that the caller's memory holds
};

// Bytes of the arena that a value starts at are a multiple of this, whatever the rows.
constexpr int64_t kValueAlignment = 64;

// Compile; false with a message if the graph does not make sense.
bool compile(const realm_cpu_op* ops, int32_t num_ops, const realm_cpu_weight* weights,
             int32_t num_weights, int64_t num_frequencies, const realm_cpu_kv_layer* kv_layers,
             int32_t num_kv_layers, Program& program, char* error);

}  // namespace realm
