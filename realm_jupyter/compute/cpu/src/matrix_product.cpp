#include "matrix_product.h"

#include "packed.h"

namespace realm {
namespace {

// A part of the second-level cache, and as many panels as share what is made ready for them.
constexpr int64_t kRoomBytes = 256 << 10;
constexpr int64_t kMostPanels = 16;

// How many panels are packed for many rows before they are used; a row uses one after another.
int64_t panels_together(int32_t quant_type, int64_t num_cols) {
  const int64_t fitting = kRoomBytes / panel_bytes(quant_type, num_cols);
  if (fitting < 2) return 2;
  return fitting < kMostPanels ? fitting : kMostPanels;
}

}  // namespace

int64_t packing_room(int32_t quant_type, int64_t num_cols) {
  return panels_together(quant_type, num_cols) * panel_bytes(quant_type, num_cols);
}

void multiply_matrix(const Kernels& kernels, const Matrix& matrix, const Activations& x,
                     int64_t first_row, int64_t num_rows, int64_t first_panel, int64_t num_panels,
                     const float* bias, float* y, int64_t y_stride, uint8_t* room) {
  if (!matrix.is_in_file) {
    kernels.matmul(matrix, x, first_row, num_rows, first_panel, num_panels, bias, y, y_stride);
    return;
  }
  const FileBlock block = file_block(matrix.quant_type);
  const int64_t row_bytes = matrix.num_cols / block.columns * block.bytes;
  const int64_t most = num_rows == 1 ? 1 : panels_together(matrix.quant_type, matrix.num_cols);
  for (const int64_t end = first_panel + num_panels; first_panel < end; first_panel += most) {
    const int64_t left = end - first_panel, count = left < most ? left : most;
    const int64_t row = first_panel * kPanelRows, rows_left = matrix.num_rows - row;
    kernels.pack_panels(matrix.quant_type, matrix.data + row * row_bytes, room, rows_left,
                        matrix.num_cols, 0, count);
    const Matrix packed{room, rows_left, matrix.num_cols, matrix.quant_type};
    kernels.matmul(packed, x, first_row, num_rows, 0, count, bias == nullptr ? bias : bias + row,
                   y + row, y_stride);
  }
}

}  // namespace realm
