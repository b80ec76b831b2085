// One batch on its way through a program: what all threads of the region read.
#pragma once

#include <vector>

#include "model.h"
#include "pool.h"

namespace realm {

// Rows of one sequence that attend together.
struct QueryBlock {
  int32_t span;
  int64_t first_row;  // of the batch
  int64_t num_rows;
  int64_t position;   // of the first row
};

struct Step {
  realm_cpu_model& model;
  const int32_t* token_ids;
  const realm_cpu_span* spans;
  const int32_t* selected;
  int64_t num_rows;
  int64_t num_selected;
  float* logits;
  const int32_t* num_largest;          // of each selected row, or null
  std::vector<int32_t*> largest;       // where the lists go
  std::vector<uint8_t*> pages;         // base addresses, of one span after another
  std::vector<int64_t> first_page;     // of each span, in `pages`
  std::vector<int32_t> span_of_row;
  std::vector<int64_t> positions;      // of each row
  std::vector<QueryBlock> blocks;
  const int32_t* stop;                 // what tells that the results are not wanted, or null
  std::vector<uint8_t> is_stopped;     // whether it did before each phase, of long steps

  // Whether it takes so long that it may be worth to look for `stop`.
  bool is_long() const { return stop != nullptr && num_rows >= 16; }

  int64_t num_logits() const {
    return model.program.values[model.program.logits].row_bytes / int64_t{sizeof(float)};
  }

  int64_t rows_of(bool is_selected) const { return is_selected ? num_selected : num_rows; }

  // The row of a value; rows of the arena's values lie one after another.
  uint8_t* row(int32_t value, int64_t number) const {
    const Value& found = model.program.values[value];
    if (value == model.program.logits) {
      return reinterpret_cast<uint8_t*>(logits) + number * found.row_bytes;
    }
    return model.arena.data() + found.offset * num_rows + number * found.row_bytes;
  }

  template <class Element = float>
  Element* at(int32_t value, int64_t number = 0) const {
    return reinterpret_cast<Element*>(row(value, number));
  }

  PageView pages_of(int32_t layer, int32_t span) const {
    PageView view = model.cache.view(layer);
    view.pages = pages.data() + first_page[span];
    return view;
  }

  // A thread's own memory for as long as a tile takes.
  uint8_t* scratch(const Member& member) const {
    return model.scratch.data() + model.scratch_bytes * member.thread();
  }

  Activations activations(const float* floats, int64_t num_cols, const Quantized& quantized) const;
};

// The phases; every thread of the region calls them in the same order.
void run_rows(const Step& step, const Phase& phase, Member& member);
void run_matrices(const Step& step, const Phase& phase, Member& member);
void run_attention(const Step& step, const Phase& phase, Member& member);
void run_experts(const Step& step, const Phase& phase, Member& member);

// The weights that a thread begins a phase of matrix products with; none where they are packed
// in passing.
Prospect prospect_of(const Step& step, const Phase& phase, const Member& member);

// The largest piece of scratch memory that a thread needs for attention.
int64_t attention_scratch(const realm_cpu_model& model);
// The most rows of one sequence that attend together.
constexpr int64_t kQueryRows = 8;

}  // namespace realm
