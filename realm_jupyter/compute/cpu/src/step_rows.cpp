// Phases of row-wise ops: a thread takes a row through all of them.
#include <cmath>
#include <cstring>

#include "quant_types.h"
#include "step.h"

namespace realm {
namespace {

void look_up(const Step& step, const Instruction& instruction, int64_t row) {
  const realm_cpu_weight& table = step.model.weights[instruction.op.weights[0]];
  const FileBlock block = file_block(table.quant_type);
  const int64_t row_bytes = table.num_cols / block.columns * block.bytes;
  const auto* source = static_cast<const uint8_t*>(table.data) + row_bytes * step.token_ids[row];
  realm_cpu_dequantize_row(table.quant_type, source, table.num_cols,
                           step.at(instruction.output, row));
}

void turn(const Step& step, const Instruction& instruction, int64_t row) {
  const int64_t source = step.model.program.values[instruction.output].is_selected
                             ? step.selected[row]
                             : row;
  const double position = static_cast<double>(step.positions[source]);
  const double* frequencies = step.model.frequencies.data() + instruction.op.ints[4];
  const double magnitude = instruction.op.floats[0];
  float* turns = step.at(instruction.output, row);
  for (int32_t pair = 0; pair < instruction.op.ints[2] / 2; ++pair) {
    const double angle = position * frequencies[pair];
    turns[2 * pair] = static_cast<float>(std::cos(angle) * magnitude);
    turns[2 * pair + 1] = static_cast<float>(std::sin(angle) * magnitude);
  }
}

void run_row(const Step& step, const Instruction& instruction, int64_t row) {
  const Kernels& kernels = *step.model.kernels;
  const realm_cpu_op& op = instruction.op;
  const int64_t width = op.width;
  const auto input = [&](int index) { return step.at(instruction.inputs[index], row); };
  switch (instruction.kind) {
    case kEmbedding:
      look_up(step, instruction, row);
      break;
    case kRmsNorm:
      kernels.rms_norm(input(0), step.model.vector(op.weights[0]), op.ints[0], width / op.ints[0],
                       op.floats[0], step.at(instruction.output, row));
      break;
    case kSlice:
      std::memcpy(step.at(instruction.output, row), input(0) + op.ints[0],
                  static_cast<size_t>(width) * sizeof(float));
      break;
    case kRope:
      kernels.rope(input(0), input(1), op.ints[0], op.ints[1], op.ints[2], op.ints[3] != 0,
                   step.at(instruction.output, row));
      break;
    case kSwiglu:
      kernels.swiglu(input(0), input(1), width, step.at(instruction.output, row));
      break;
    case kGeglu:
      kernels.geglu(input(0), input(1), width, step.at(instruction.output, row));
      break;
    case kAdd:
      kernels.add(input(0), input(1), width, step.at(instruction.output, row));
      break;
    case kScale:
      kernels.scale(input(0), op.floats[0], width, step.at(instruction.output, row));
      break;
    case kSoftcap:
      kernels.softcap(input(0), op.floats[0], width, step.at(instruction.output, row));
      break;
    case kSelectRows:
      std::memcpy(step.at(instruction.output, row),
                  step.at(instruction.inputs[0], step.selected[row]),
                  static_cast<size_t>(width) * sizeof(float));
      break;
    case kAppend:
      kernels.append(step.pages_of(op.ints[0], step.span_of_row[row]), step.positions[row],
                     input(0), input(1));
      break;
    case kQuantize:
      kernels.quantize_row(input(0), width, step.at<int8_t>(instruction.quantized.quants, row),
                           step.at<float>(instruction.quantized.scales, row),
                           step.at<int16_t>(instruction.quantized.sums, row));
      break;
    case kTurns:
      turn(step, instruction, row);
      break;
    default:
      break;
  }
}

}  // namespace

void run_rows(const Step& step, const Phase& phase, Member& member) {
  const int64_t num_rows = step.rows_of(phase.is_selected);
  // A few tiles for each thread, so that one that is held up delays the others little.
  const int64_t wanted = int64_t{4} * member.num_threads();
  const int64_t tile_rows = num_rows > wanted ? num_rows / wanted : 1;
  member.run((num_rows + tile_rows - 1) / tile_rows, [&](int64_t tile) {
    const int64_t end = (tile + 1) * tile_rows < num_rows ? (tile + 1) * tile_rows : num_rows;
    for (int64_t row = tile * tile_rows; row < end; ++row) {
      for (const Instruction& instruction : phase.instructions) run_row(step, instruction, row);
    }
  });
}

}  // namespace realm
