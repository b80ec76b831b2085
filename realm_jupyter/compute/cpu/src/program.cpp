#include "program.h"

#include <cstdio>
#include <map>
#include <tuple>

#include "quant_types.h"

namespace realm {
namespace {

constexpr int64_t kTileBytes = 64 << 10;  // of packed weights: long enough to stream, short
                                          // enough that no thread waits long for another
constexpr int32_t kMostColumns = 1 << 24;

class Compiler {
 public:
  Compiler(const realm_cpu_op* ops, int32_t num_ops, const realm_cpu_weight* weights,
           int32_t num_weights, int64_t num_frequencies, const realm_cpu_kv_layer* layers,
           int32_t num_layers, Program& program, char* error)
      : ops_(ops),
        num_ops_(num_ops),
        weights_(weights),
        num_weights_(num_weights),
        num_frequencies_(num_frequencies),
        layers_(layers),
        num_layers_(num_layers),
        program_(program),
        error_(error) {}

  bool run() {
    if (num_ops_ <= 0) return fail(0, "the graph is empty");
    for (int32_t number = 0; number < num_ops_; ++number) {
      if (!translate(number)) return false;
    }
    program_.logits = num_ops_ - 1;
    schedule();
    place();
    return true;
  }

 private:
  bool fail(int32_t number, const char* problem) {
    std::snprintf(error_, REALM_CPU_ERROR_BYTES, "op %d of kind %d: %s", number,
                  number < num_ops_ ? ops_[number].kind : -1, problem);
    return false;
  }

  // ---- from ops to instructions ---------------------------------------------------------

  int32_t add_value(int64_t row_bytes, bool is_selected) {
    Value value;
    value.row_bytes = row_bytes;
    value.is_selected = is_selected;
    extra_values_.push_back(value);
    return num_ops_ + static_cast<int32_t>(extra_values_.size()) - 1;
  }

  int64_t width(int32_t number) const { return ops_[number].width; }

  bool has_inputs(const realm_cpu_op& op, int32_t number, int32_t count) const {
    for (int32_t index = 0; index < count; ++index) {
      if (op.inputs[index] < 0 || op.inputs[index] >= number) return false;
    }
    return true;
  }

  const realm_cpu_weight* weight(int32_t number, int32_t layout) const {
    if (number < 0 || number >= num_weights_) return nullptr;
    const realm_cpu_weight& found = weights_[number];
    return found.layout == layout && found.data != nullptr ? &found : nullptr;
  }

  bool is_vector(int32_t number, int64_t length) const {
    const realm_cpu_weight* found = weight(number, REALM_LAYOUT_VECTOR);
    return found != nullptr && found->num_rows * found->num_cols == length;
  }

  bool is_matrix(int32_t number, int64_t num_rows, int64_t num_cols) const {
    const realm_cpu_weight* found = weight(number, REALM_LAYOUT_PACKED);
    if (found == nullptr) found = weight(number, REALM_LAYOUT_FILE);
    return found != nullptr && found->num_rows == num_rows && found->num_cols == num_cols &&
           realm_cpu_packed_bytes(found->quant_type, num_rows, num_cols) > 0;
  }

  Quantized add_quantized(int64_t num_cols, int64_t rows_per_row, bool is_selected) {
    Quantized result;
    result.quants = add_value(num_cols * rows_per_row, is_selected);
    result.scales = add_value(num_cols / kBlock * 4 * rows_per_row, is_selected);
    result.sums = add_value(num_cols / kHalfBlock * 2 * rows_per_row, is_selected);
    return result;
  }

  // The quantized form of an op's output, made once however many matrices read it.
  Quantized quantized(int32_t value) {
    auto found = quantized_.find(value);
    if (found != quantized_.end()) return found->second;
    Instruction instruction;
    instruction.kind = kQuantize;
    instruction.op.width = static_cast<int32_t>(width(value));
    instruction.inputs[0] = value;
    instruction.quantized = add_quantized(width(value), 1, is_selected_[value]);
    instruction.output = instruction.quantized.quants;
    pending_.push_back(instruction);
    quantized_[value] = instruction.quantized;
    return instruction.quantized;
  }

  int32_t turns(const realm_cpu_op& op, bool is_selected) {
    const auto key = std::make_tuple(op.ints[4], op.ints[2], op.floats[0], is_selected);
    auto found = turns_.find(key);
    if (found != turns_.end()) return found->second;
    Instruction instruction;
    instruction.kind = kTurns;
    instruction.op = op;
    instruction.output = add_value(int64_t{4} * op.ints[2], is_selected);
    pending_.push_back(instruction);
    turns_[key] = instruction.output;
    return instruction.output;
  }

  bool translate(int32_t number) {
    const realm_cpu_op& op = ops_[number];
    if (op.width <= 0 || op.width > kMostColumns) return fail(number, "its width is out of range");
    static constexpr int32_t kNumInputs[] = {0, 1, 1, 1, 1, 3, 2, 2, 1, 2, 1, 1, 1};
    if (op.kind < 0 || op.kind > REALM_OP_SELECT_ROWS) return fail(number, "its kind is unknown");
    if (!has_inputs(op, number, kNumInputs[op.kind])) {
      return fail(number, "an input is not an earlier op");
    }
    Instruction instruction;
    instruction.kind = op.kind;
    instruction.op = op;
    instruction.output = number;
    bool is_selected = false;
    for (int32_t index = 0; index < kNumInputs[op.kind]; ++index) {
      instruction.inputs[index] = op.inputs[index];
      const bool other = is_selected_[op.inputs[index]];
      if (index > 0 && other != is_selected) return fail(number, "its inputs differ in rows");
      is_selected = other;
    }
    if (op.kind == kSelectRows) {
      if (is_selected) return fail(number, "rows were selected before");
      is_selected = true;
    }
    is_selected_.push_back(is_selected);
    if (!(op.kind == kEmbedding  ? check_embedding(op, number)
          : op.kind == kRmsNorm  ? check_norm(op, number)
          : op.kind == kLinear   ? translate_linear(instruction, number)
          : op.kind == kRope     ? translate_rope(instruction, number)
          : op.kind == kAttention ? translate_attention(instruction, number)
          : op.kind == kMoe      ? translate_experts(instruction, number)
                                 : check_plain(op, number))) {
      return false;
    }
    pending_.push_back(instruction);
    return true;
  }

  bool check_embedding(const realm_cpu_op& op, int32_t number) {
    const realm_cpu_weight* table = weight(op.weights[0], REALM_LAYOUT_FILE);
    if (table == nullptr || table->num_cols != op.width) {
      return fail(number, "its table is missing");
    }
    const int32_t columns = file_block(table->quant_type).columns;
    return (columns > 0 && op.width % columns == 0) || fail(number, "its table has another type");
  }

  bool check_norm(const realm_cpu_op& op, int32_t number) {
    const int64_t groups = op.ints[0];
    if (width(op.inputs[0]) != op.width || groups <= 0 || op.width % groups != 0) {
      return fail(number, "its groups do not fit");
    }
    return is_vector(op.weights[0], op.width / groups) || fail(number, "its weight is missing");
  }

  bool check_plain(const realm_cpu_op& op, int32_t number) {
    const int64_t first = width(op.inputs[0]);
    if (op.kind == kSlice) {
      const int64_t start = op.ints[0];
      return (start >= 0 && start + op.width <= first) || fail(number, "its columns do not fit");
    }
    const bool has_two = op.kind == kSwiglu || op.kind == kGeglu || op.kind == kAdd;
    if (first != op.width || (has_two && width(op.inputs[1]) != op.width)) {
      return fail(number, "its widths differ");
    }
    return true;
  }

  bool translate_linear(Instruction& instruction, int32_t number) {
    const realm_cpu_op& op = instruction.op;
    const int64_t num_cols = width(op.inputs[0]);
    if (!is_matrix(op.weights[0], op.width, num_cols)) return fail(number, "its matrix is missing");
    if (op.weights[1] >= 0 && !is_vector(op.weights[1], op.width)) {
      return fail(number, "its bias is missing");
    }
    instruction.panels_per_tile = panels_per_tile(op.weights[0]);
    if (needs_quants(weights_[op.weights[0]].quant_type)) {
      instruction.quantized = quantized(op.inputs[0]);
    }
    return true;
  }

  int64_t panels_per_tile(int32_t number) const {
    const realm_cpu_weight& matrix = weights_[number];
    const int64_t bytes =
        realm_cpu_packed_bytes(matrix.quant_type, matrix.num_rows, matrix.num_cols);
    const int64_t panels = (matrix.num_rows + kPanelRows - 1) / kPanelRows;
    const int64_t count = kTileBytes * panels / bytes;
    return count < 1 ? 1 : count;
  }

  bool translate_rope(Instruction& instruction, int32_t number) {
    const realm_cpu_op& op = instruction.op;
    const int64_t heads = op.ints[0], dim = op.ints[1], rotary = op.ints[2], first = op.ints[4];
    if (heads <= 0 || dim <= 0 || heads * dim != op.width || width(op.inputs[0]) != op.width ||
        rotary <= 0 || rotary > dim || rotary % 2 != 0) {
      return fail(number, "its heads do not fit");
    }
    if (first < 0 || first + rotary / 2 > num_frequencies_) {
      return fail(number, "its frequencies are missing");
    }
    instruction.inputs[1] = turns(op, is_selected_[number]);
    return true;
  }

  bool translate_attention(Instruction& instruction, int32_t number) {
    const realm_cpu_op& op = instruction.op;
    const int64_t layer = op.ints[0], heads = op.ints[1], kv_heads = op.ints[2];
    if (layer < 0 || layer >= num_layers_) return fail(number, "its layer is not in the cache");
    const realm_cpu_kv_layer& kv = layers_[layer];
    if (kv_heads != kv.num_kv_heads || op.ints[3] != kv.key_dim || op.ints[4] != kv.value_dim ||
        heads <= 0 || heads % kv_heads != 0 || op.ints[5] < 0 || is_selected_[number] ||
        width(op.inputs[0]) != heads * kv.key_dim || width(op.inputs[1]) != kv_heads * kv.key_dim ||
        width(op.inputs[2]) != kv_heads * kv.value_dim || op.width != heads * kv.value_dim) {
      return fail(number, "its heads do not fit the cache");
    }
    Instruction append;
    append.kind = kAppend;
    append.op = op;
    append.inputs[0] = op.inputs[1];
    append.inputs[1] = op.inputs[2];
    append.output = add_value(0, false);  // no memory: it only says that the pages are written
    pending_.push_back(append);
    instruction.inputs[1] = append.output;
    instruction.inputs[2] = -1;
    return true;
  }

  bool translate_experts(Instruction& instruction, int32_t number) {
    const realm_cpu_op& op = instruction.op;
    const int64_t experts = op.ints[0], used = op.ints[1], hidden = op.ints[2], model = op.width;
    if (experts <= 0 || used <= 0 || used > experts || used > kMostUsed || hidden <= 0 ||
        width(op.inputs[0]) != model) {
      return fail(number, "its experts do not fit");
    }
    if (!is_matrix(op.weights[0], experts, model)) return fail(number, "its router is missing");
    for (int64_t expert = 0; expert < experts; ++expert) {
      const auto step = static_cast<int32_t>(expert);
      if (!is_matrix(op.weights[1] + step, hidden, model) ||
          !is_matrix(op.weights[2] + step, hidden, model) ||
          !is_matrix(op.weights[3] + step, model, hidden)) {
        return fail(number, "an expert's matrix is missing");
      }
    }
    const bool is_selected = is_selected_[number];
    const auto quantizes = [&](int32_t first) {
      return needs_quants(weights_[first].quant_type);
    };
    ExpertValues& values = instruction.experts;
    if (quantizes(op.weights[0]) || quantizes(op.weights[1]) || quantizes(op.weights[2])) {
      instruction.quantized = quantized(op.inputs[0]);
      values.gathered_quants = add_quantized(model, used, is_selected);
    }
    values.scores = add_value(4 * experts, is_selected);
    values.chosen = add_value(4 * used, is_selected);
    values.shares = add_value(4 * used, is_selected);
    values.visits = add_value(4 * used, is_selected);
    values.sources = add_value(4 * used, is_selected);
    values.starts = add_value(4 * (experts + 1), is_selected);
    values.gathered = add_value(4 * model * used, is_selected);
    values.gate = add_value(4 * hidden * used, is_selected);
    values.up = add_value(4 * hidden * used, is_selected);
    values.down = add_value(4 * model * used, is_selected);
    if (quantizes(op.weights[3])) values.hidden_quants = add_quantized(hidden, used, is_selected);
    return true;
  }

  // ---- from instructions to phases --------------------------------------------------------

  static Work work_of(const Instruction& instruction) {
    switch (instruction.kind) {
      case kLinear:
        return Work::kMatrices;
      case kAttention:
        return Work::kAttention;
      case kMoe:
        return Work::kExperts;
      default:
        return Work::kRows;
    }
  }

  bool is_selected(int32_t value) const {
    return value < num_ops_ ? is_selected_[value] : extra_values_[value - num_ops_].is_selected;
  }

  // Each phase takes the first instruction that is left, and every later one of the same work on
  // the same rows that waits for nothing outside the phase.
  void schedule() {
    std::vector<int32_t> made(num_ops_ + extra_values_.size(), -1);  // phase that made a value
    std::vector<bool> is_done(pending_.size(), false);
    size_t first = 0;
    while (first < pending_.size()) {
      const auto number = static_cast<int32_t>(program_.phases.size());
      Phase phase;
      phase.work = work_of(pending_[first]);
      phase.is_selected = is_selected(pending_[first].output);
      for (size_t index = first; index < pending_.size(); ++index) {
        const Instruction& instruction = pending_[index];
        if (is_done[index] || work_of(instruction) != phase.work ||
            is_selected(instruction.output) != phase.is_selected ||
            !is_ready(instruction, made, number, phase.work)) {
          continue;
        }
        if (phase.work != Work::kRows && phase.work != Work::kMatrices && index != first) continue;
        is_done[index] = true;
        made[instruction.output] = number;
        phase.instructions.push_back(instruction);
      }
      program_.phases.push_back(phase);
      while (first < pending_.size() && is_done[first]) ++first;
    }
  }

  bool is_ready(const Instruction& instruction, const std::vector<int32_t>& made, int32_t phase,
                Work work) const {
    // Row by row, an input may come from the same phase: the same thread made it just before.
    const bool may_follow = work == Work::kRows && instruction.kind != kSelectRows;
    const auto is_there = [&](int32_t value) {
      return value < 0 || (made[value] >= 0 && (made[value] < phase || may_follow));
    };
    for (int32_t input : instruction.inputs) {
      if (!is_there(input)) return false;
    }
    return instruction.kind == kQuantize || is_there(instruction.quantized.quants);
  }

  // ---- from values to places in the arena -------------------------------------------------

  void place() {
    auto& values = program_.values;
    values.resize(num_ops_ + extra_values_.size());
    for (int32_t number = 0; number < num_ops_; ++number) {
      values[number].row_bytes = 4 * width(number);
      values[number].is_selected = is_selected_[number];
    }
    for (size_t index = 0; index < extra_values_.size(); ++index) {
      values[num_ops_ + index] = extra_values_[index];
    }
    for (int32_t number = 0; number < static_cast<int32_t>(program_.phases.size()); ++number) {
      for (const Instruction& instruction : program_.phases[number].instructions) {
        for (int32_t input : instruction.inputs) touch(input, number);
        touch(instruction.output, number);
        touch(instruction.quantized, number);
        const ExpertValues& experts = instruction.experts;
        for (int32_t value : {experts.scores, experts.chosen, experts.shares, experts.visits,
                              experts.sources, experts.starts, experts.gathered, experts.gate,
                              experts.up, experts.down}) {
          touch(value, number);
        }
        touch(experts.gathered_quants, number);
        touch(experts.hidden_quants, number);
      }
    }
    for (int32_t value = 0; value < static_cast<int32_t>(values.size()); ++value) {
      if (value != program_.logits && values[value].row_bytes > 0) find_place(value);
    }
  }

  void touch(int32_t value, int32_t phase) {
    if (value < 0) return;
    Value& found = program_.values[value];
    if (found.first_phase < 0) found.first_phase = phase;
    found.last_phase = phase;
  }

  void touch(const Quantized& quantized, int32_t phase) {
    touch(quantized.quants, phase);
    touch(quantized.scales, phase);
    touch(quantized.sums, phase);
  }

  // The lowest place that no value of the same time takes.
  void find_place(int32_t number) {
    auto& values = program_.values;
    Value& value = values[number];
    const int64_t size = (value.row_bytes + kValueAlignment - 1) / kValueAlignment * kValueAlignment;
    int64_t offset = 0;
    bool has_moved = true;
    while (has_moved) {
      has_moved = false;
      for (const Value& other : values) {
        if (&other == &value || other.offset < 0 || other.last_phase < value.first_phase ||
            other.first_phase > value.last_phase) {
          continue;
        }
        const int64_t end = other.offset + (other.row_bytes + kValueAlignment - 1) /
                                               kValueAlignment * kValueAlignment;
        if (offset < end && other.offset < offset + size) {
          offset = end;
          has_moved = true;
        }
      }
    }
    value.offset = offset;
    if (offset + size > program_.row_bytes) program_.row_bytes = offset + size;
  }

  static constexpr int64_t kMostUsed = 64;

  const realm_cpu_op* ops_;
  const int32_t num_ops_;
  const realm_cpu_weight* weights_;
  const int32_t num_weights_;
  const int64_t num_frequencies_;
  const realm_cpu_kv_layer* layers_;
  const int32_t num_layers_;
  Program& program_;
  char* error_;
  std::vector<bool> is_selected_;
  std::vector<Value> extra_values_;
  std::vector<Instruction> pending_;
  std::map<int32_t, Quantized> quantized_;
  std::map<std::tuple<int32_t, int32_t, float, bool>, int32_t> turns_;
};

}  // namespace

bool compile(const realm_cpu_op* ops, int32_t num_ops, const realm_cpu_weight* weights,
             int32_t num_weights, int64_t num_frequencies, const realm_cpu_kv_layer* kv_layers,
             int32_t num_kv_layers, Program& program, char* error) {
  return Compiler(ops, num_ops, weights, num_weights, num_frequencies, kv_layers, num_kv_layers,
                  program, error)
      .run();
}

}  // namespace realm
