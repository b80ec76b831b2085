// Phases of a mixture of experts.
//
// Tokens are sorted by expert, so that each expert's matrices are read once for all tokens that
// visit it. A token's result is the sum over its experts in ascending order of their numbers,
// whatever else is in the batch.
#include <cmath>
#include <cstring>

#include "matrix_product.h"
#include "packed.h"
#include "step.h"

namespace realm {
namespace {

// The num_used largest scores, ties to the lower number, in ascending order of the numbers.
void choose(const float* scores, int32_t num_experts, int32_t num_used, int32_t* chosen) {
  for (int32_t count = 0; count < num_used; ++count) {
    int32_t best = -1;
    for (int32_t expert = 0; expert < num_experts; ++expert) {
      bool is_taken = false;
      for (int32_t i = 0; i < count; ++i) is_taken = is_taken || chosen[i] == expert;
      // A NaN is never larger, so the first free expert stands in for it.
      if (!is_taken && (best < 0 || scores[expert] > scores[best])) best = expert;
    }
    chosen[count] = best;
  }
  for (int32_t i = 1; i < num_used; ++i) {
    for (int32_t j = i; j > 0 && chosen[j] < chosen[j - 1]; --j) {
      const int32_t other = chosen[j];
      chosen[j] = chosen[j - 1];
      chosen[j - 1] = other;
    }
  }
}

void route(const realm_cpu_op& op, const float* scores, int32_t* chosen, float* shares) {
  const int32_t num_experts = op.ints[0], num_used = op.ints[1];
  const bool is_topk_softmax = op.ints[4] != 0, normalizes = op.ints[5] != 0;
  choose(scores, num_experts, num_used, chosen);
  float largest = scores[chosen[0]];
  for (int32_t i = 0; i < num_used; ++i) {
    if (scores[chosen[i]] > largest) largest = scores[chosen[i]];
  }
  float all = 0.0f, used = 0.0f;
  for (int32_t expert = 0; expert < num_experts; ++expert) all += std::exp(scores[expert] - largest);
  for (int32_t i = 0; i < num_used; ++i) {
    shares[i] = std::exp(scores[chosen[i]] - largest);
    used += shares[i];
  }
  const float total = is_topk_softmax || normalizes ? used : all;
  for (int32_t i = 0; i < num_used; ++i) shares[i] /= total;
}


class Experts {
 public:
  Experts(const Step& step, const Instruction& instruction, int64_t num_rows)
      : step_(step),
        op_(instruction.op),
        instruction_(instruction),
        values_(instruction.experts),
        kernels_(*step.model.kernels),
        num_rows_(num_rows),
        num_experts_(op_.ints[0]),
        num_used_(op_.ints[1]),
        hidden_(op_.ints[2]),
        width_(op_.width) {}

  void run(Member& member) {
    const int64_t num_visits = num_rows_ * num_used_;
    score(member);
    member.run(num_rows_, [&](int64_t row) {
      route(op_, step_.at(values_.scores) + row * num_experts_, chosen(row), shares(row));
    });
    member.run(1, [&](int64_t) { sort(); });
    member.run(num_visits, [&](int64_t visit) { gather(visit); });
    multiply(member, op_.weights[1], values_.gathered_quants, values_.gathered, width_,
             values_.gate, op_.weights[2], values_.up);
    member.run(num_visits, [&](int64_t visit) { activate(visit); });
    multiply(member, op_.weights[3], values_.hidden_quants, values_.gate, hidden_,
             values_.down, -1, -1);
    member.run(num_rows_, [&](int64_t row) { combine(row); });
  }

 private:
  int32_t* chosen(int64_t row) const { return step_.at<int32_t>(values_.chosen) + row * num_used_; }
  float* shares(int64_t row) const { return step_.at(values_.shares) + row * num_used_; }
  int32_t* visits(int64_t row) const { return step_.at<int32_t>(values_.visits) + row * num_used_; }
  int32_t* sources() const { return step_.at<int32_t>(values_.sources); }
  // Where each expert's visits begin, and the end of the last one's. To be read within tiles
  // only: a thread that comes late finds something else in this memory.
  int32_t* starts() const { return step_.at<int32_t>(values_.starts); }

  void score(Member& member) {
    const Matrix router = step_.model.matrix(op_.weights[0]);
    const Activations x =
        step_.activations(step_.at(instruction_.inputs[0]), width_, instruction_.quantized);
    member.run(num_panels_of(num_experts_), [&](int64_t panel) {
      multiply_matrix(kernels_, router, x, 0, num_rows_, panel, 1, nullptr,
                      step_.at(values_.scores), num_experts_, step_.scratch(member));
    });
  }

  // One thread gives every (token, expert) pair its place in the order of experts.
  void sort() const {
    int32_t next = 0;
    for (int32_t expert = 0; expert < num_experts_; ++expert) {
      starts()[expert] = next;
      for (int64_t row = 0; row < num_rows_; ++row) {
        for (int64_t i = 0; i < num_used_; ++i) {
          if (chosen(row)[i] != expert) continue;
          visits(row)[i] = next;
          sources()[next++] = static_cast<int32_t>(row);
        }
      }
    }
    starts()[num_experts_] = next;
  }

  void gather(int64_t visit) const {
    const int64_t row = sources()[visit];
    std::memcpy(step_.at(values_.gathered) + visit * width_,
                step_.at(instruction_.inputs[0], row), static_cast<size_t>(width_) * 4);
    if (values_.gathered_quants.quants < 0) return;
    const int64_t blocks = width_ / kBlock, halves = width_ / kHalfBlock;
    const Quantized& from = instruction_.quantized;
    const Quantized& to = values_.gathered_quants;
    std::memcpy(step_.at<int8_t>(to.quants) + visit * width_, step_.at<int8_t>(from.quants, row),
                static_cast<size_t>(width_));
    std::memcpy(step_.at<float>(to.scales) + visit * blocks, step_.at<float>(from.scales, row),
                static_cast<size_t>(blocks) * 4);
    std::memcpy(step_.at<int16_t>(to.sums) + visit * halves, step_.at<int16_t>(from.sums, row),
                static_cast<size_t>(halves) * 2);
  }

  // Each expert's matrix (and a second one of the same shape) with the rows of its visits.
  void multiply(Member& member, int32_t weight, const Quantized& quantized,
                int32_t input, int64_t num_cols, int32_t output, int32_t second_weight,
                int32_t second_output) const {
    const Activations x = step_.activations(step_.at(input), num_cols, quantized);
    const int64_t num_outputs = step_.model.matrix(weight).num_rows;
    const int64_t panels = num_panels_of(num_outputs);
    const int64_t pieces = panels < kPieces ? panels : kPieces;
    const int64_t matrices = second_weight >= 0 ? 2 : 1;
    member.run(num_experts_ * matrices * pieces, [&](int64_t tile) {
      const int64_t expert = tile / (matrices * pieces), piece = tile % pieces;
      const int64_t first = starts()[expert], rows = starts()[expert + 1] - first;
      if (rows == 0) return;
      const bool is_second = tile / pieces % matrices == 1;
      const Matrix matrix = step_.model.matrix((is_second ? second_weight : weight) +
                                               static_cast<int32_t>(expert));
      const int64_t begin = panels * piece / pieces, end = panels * (piece + 1) / pieces;
      multiply_matrix(kernels_, matrix, x, first, rows, begin, end - begin, nullptr,
                      step_.at(is_second ? second_output : output), num_outputs,
                      step_.scratch(member));
    });
  }

  void activate(int64_t visit) const {
    float* gate = step_.at(values_.gate) + visit * hidden_;
    const float* up = step_.at(values_.up) + visit * hidden_;
    (op_.ints[3] != 0 ? kernels_.geglu : kernels_.swiglu)(gate, up, hidden_, gate);
    const Quantized& to = values_.hidden_quants;
    if (to.quants < 0) return;
    kernels_.quantize_row(gate, hidden_, step_.at<int8_t>(to.quants) + visit * hidden_,
                          step_.at<float>(to.scales) + visit * (hidden_ / kBlock),
                          step_.at<int16_t>(to.sums) + visit * (hidden_ / kHalfBlock));
  }

  void combine(int64_t row) const {
    float* output = step_.at(instruction_.output, row);
    std::memset(output, 0, static_cast<size_t>(width_) * 4);
    for (int64_t i = 0; i < num_used_; ++i) {
      kernels_.add_scaled(shares(row)[i], step_.at(values_.down) + visits(row)[i] * width_, width_,
                          output);
    }
  }

  static constexpr int64_t kPieces = 8;  // of an expert's matrix: enough for several threads

  const Step& step_;
  const realm_cpu_op& op_;
  const Instruction& instruction_;
  const ExpertValues& values_;
  const Kernels& kernels_;
  const int64_t num_rows_;
  const int32_t num_experts_;
  const int64_t num_used_;
  const int64_t hidden_;
  const int64_t width_;
};

}  // namespace

void run_experts(const Step& step, const Phase& phase, Member& member) {
  Experts(step, phase.instructions[0], step.rows_of(phase.is_selected)).run(member);
}

}  // namespace realm
