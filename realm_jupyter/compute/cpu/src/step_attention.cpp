// Phases of attention: a tile is a few rows of one sequence and the heads of one KV head.
#include "step.h"

namespace realm {
namespace {

AttentionTile describe(const realm_cpu_op& op, const PageView& cache) {
  AttentionTile tile{};
  tile.cache = cache;
  tile.query_stride = int64_t{op.ints[1]} * op.ints[3];
  tile.output_stride = op.width;
  tile.window = op.ints[5];
  tile.scale = op.floats[0];
  tile.softcap = op.floats[1];
  return tile;
}

}  // namespace

int64_t attention_scratch(const realm_cpu_model& model) {
  int64_t most = 0;
  for (const Phase& phase : model.program.phases) {
    if (phase.work != Work::kAttention) continue;
    const realm_cpu_op& op = phase.instructions[0].op;
    AttentionTile tile = describe(op, model.cache.view(op.ints[0]));
    tile.num_rows = kQueryRows;
    tile.num_heads = op.ints[1] / op.ints[2];
    const int64_t bytes = model.kernels->attention_scratch_bytes(tile);
    if (bytes > most) most = bytes;
  }
  return (most + kValueAlignment - 1) / kValueAlignment * kValueAlignment;
}

void run_attention(const Step& step, const Phase& phase, Member& member) {
  const Instruction& instruction = phase.instructions[0];
  const realm_cpu_op& op = instruction.op;
  const int32_t kv_heads = op.ints[2], group = op.ints[1] / op.ints[2];
  const auto num_blocks = static_cast<int64_t>(step.blocks.size());
  // With fewer tiles than threads, the heads of a group go to several threads; each then reads
  // the same keys and values, which costs less than threads without work.
  int32_t splits = 1;
  while (num_blocks * kv_heads * splits < member.num_threads() && group % (splits * 2) == 0) {
    splits *= 2;
  }
  const int32_t tiles_per_block = kv_heads * splits;
  member.run(num_blocks * tiles_per_block, [&](int64_t index) {
    const QueryBlock& block = step.blocks[index / tiles_per_block];
    const auto part = static_cast<int32_t>(index % tiles_per_block);
    AttentionTile tile = describe(op, step.pages_of(op.ints[0], block.span));
    tile.queries = step.at(instruction.inputs[0], block.first_row);
    tile.outputs = step.at(instruction.output, block.first_row);
    tile.position = block.position;
    tile.num_rows = block.num_rows;
    tile.kv_head = part / splits;
    tile.num_heads = group / splits;
    tile.first_head = tile.kv_head * group + part % splits * tile.num_heads;
    tile.scratch = step.scratch(member);
    step.model.kernels->attention(tile);
  });
}

}  // namespace realm
