// Phases of matrix products: all tiles of all matrices that are ready, in one go.
#include "matrix_product.h"
#include "packed.h"
#include "step.h"

namespace realm {
namespace {

// Rows of activations that stay in a core's cache beside the tile of weights.
constexpr int64_t kRowBlock = 128;

// With many rows, tiles have up to a group of panels, as long as there are tiles enough for all
// threads to be done at the same time.
constexpr int64_t kManyRows = 12;
constexpr int64_t kTilesPerThread = 4;

struct Tiles {
  int64_t panels;      // of the matrix
  int64_t per_tile;
  int64_t row_blocks;
  int64_t count() const { return ceil_div(panels, per_tile) * row_blocks; }
};

Tiles tiles_of(const Step& step, const Instruction& linear, int64_t num_rows, int num_threads) {
  Tiles tiles{};
  tiles.panels = num_panels_of(step.model.matrix(linear.op.weights[0]).num_rows);
  tiles.per_tile = linear.panels_per_tile;
  tiles.row_blocks = ceil_div(num_rows, kRowBlock);
  if (num_rows > kManyRows) {
    const int64_t even = tiles.panels / (kTilesPerThread * num_threads);
    const int64_t most = step.model.kernels->group_panels;
    const int64_t wanted = even < most ? even : most;
    if (wanted > tiles.per_tile) tiles.per_tile = wanted;
  }
  // A small matrix is cut finer, so that every thread gets some of it.
  const int64_t fair = ceil_div(tiles.panels, int64_t{2} * num_threads);
  if (num_threads > 1 && fair < tiles.per_tile) tiles.per_tile = fair;
  return tiles;
}

int64_t num_tiles(const Step& step, const Phase& phase, const Member& member) {
  const int64_t num_rows = step.rows_of(phase.is_selected);
  int64_t total = 0;
  for (const Instruction& linear : phase.instructions) {
    total += tiles_of(step, linear, num_rows, member.num_threads()).count();
  }
  return total;
}

void run_tile(const Step& step, const Instruction& linear, const Tiles& tiles, int64_t num_rows,
              int64_t tile, uint8_t* room) {
  const realm_cpu_op& op = linear.op;
  const Matrix matrix = step.model.matrix(op.weights[0]);
  const Activations x =
      step.activations(step.at(linear.inputs[0]), matrix.num_cols, linear.quantized);
  // Row blocks of the same panels follow each other: their weights are in the cache.
  const int64_t first_panel = tile / tiles.row_blocks * tiles.per_tile;
  const int64_t first_row = tile % tiles.row_blocks * kRowBlock;
  const int64_t panels_left = tiles.panels - first_panel, rows_left = num_rows - first_row;
  multiply_matrix(*step.model.kernels, matrix, x, first_row,
                  rows_left < kRowBlock ? rows_left : kRowBlock, first_panel,
                  panels_left < tiles.per_tile ? panels_left : tiles.per_tile,
                  step.model.vector(op.weights[1]), step.at(linear.output), op.width, room);
}

// Bytes of a thread's first tiles that it may ask for while it waits: a part of the second-level
// cache.
constexpr int64_t kProspectBytes = 256 << 10;

}  // namespace

Prospect prospect_of(const Step& step, const Phase& phase, const Member& member) {
  const int64_t num_rows = step.rows_of(phase.is_selected);
  int64_t tile = member.first_tile(num_tiles(step, phase, member));
  for (const Instruction& linear : phase.instructions) {
    const Tiles tiles = tiles_of(step, linear, num_rows, member.num_threads());
    if (tile >= tiles.count()) {
      tile -= tiles.count();
      continue;
    }
    const Matrix matrix = step.model.matrix(linear.op.weights[0]);
    if (matrix.is_in_file) break;
    const int64_t bytes = panel_bytes(matrix.quant_type, matrix.num_cols);
    const int64_t panel = tile / tiles.row_blocks * tiles.per_tile;
    const int64_t left = (tiles.panels - panel) * bytes;
    return {matrix.data + panel * bytes, left < kProspectBytes ? left : kProspectBytes};
  }
  return {};
}

void run_matrices(const Step& step, const Phase& phase, Member& member) {
  const int64_t num_rows = step.rows_of(phase.is_selected);
  uint8_t* const room = step.scratch(member);
  member.run(num_tiles(step, phase, member), [&](int64_t tile) {
    for (const Instruction& linear : phase.instructions) {
      const Tiles tiles = tiles_of(step, linear, num_rows, member.num_threads());
      if (tile < tiles.count()) {
        run_tile(step, linear, tiles, num_rows, tile, room);
        return;
      }
      tile -= tiles.count();
    }
  });
}

}  // namespace realm
