// Matrices in GGUF's row order to panels of 16 interleaved rows; see packed.h.
#include <cstring>

#include "packed.h"

namespace realm {
namespace {

constexpr int kRows = static_cast<int>(kPanelRows);

struct Source {
  int32_t quant_type;
  const uint8_t* data;
  int64_t num_rows;
  int64_t num_cols;
  int64_t row_bytes;
};

Source source_of(int32_t quant_type, const void* data, int64_t num_rows, int64_t num_cols) {
  const FileBlock block = file_block(quant_type);
  return {quant_type, static_cast<const uint8_t*>(data), num_rows, num_cols,
          num_cols / block.columns * block.bytes};
}

template <class Number>
void pack_columns(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* target) {
  for (int64_t column = 0; column < source.num_cols; ++column) {
    for (int64_t row = 0; row < num_rows; ++row) {
      std::memcpy(target + (column * kRows + row) * sizeof(Number),
                  source.data + (first_row + row) * source.row_bytes + column * sizeof(Number),
                  sizeof(Number));
    }
  }
}

void pack_column_pairs(const Source& source, int64_t first_row, int64_t num_rows,
                       uint8_t* target) {
  for (int64_t column = 0; column < source.num_cols; ++column) {
    for (int64_t row = 0; row < num_rows; ++row) {
      std::memcpy(target + column / 2 * 64 + row * 4 + column % 2 * 2,
                  source.data + (first_row + row) * source.row_bytes + column * 2, 2);
    }
  }
}

// The codes of one row of a block, into the lanes of that row: 4 columns at a time.
void pack_codes(const PackedFormat& format, const uint8_t* codes, int row, uint8_t* target) {
  uint32_t groups[8];
  std::memcpy(groups, codes, sizeof(groups));
  int shift = 0;
  for (int width = 8; width > 0; width /= 2) {
    if ((format.bits & width) == 0) continue;
    const int groups_per_vector = 8 / width;
    const uint32_t mask = 0x01010101u * ((1u << width) - 1);
    for (int vector = 0; vector < width; ++vector) {
      uint32_t word = 0;
      for (int i = 0; i < groups_per_vector; ++i) {
        word |= ((groups[vector * groups_per_vector + i] >> shift) & mask) << (i * width);
      }
      std::memcpy(target + vector * kVectorBytes + row * 4, &word, sizeof(word));
    }
    target += width * kVectorBytes;
    shift += width;
  }
}

void pack_slab_row(const Source& source, const uint8_t* blocks, int64_t num_blocks, int row,
                   uint8_t* slab) {
  const PackedFormat format = packed_format(source.quant_type);
  const FileBlock file = file_block(source.quant_type);
  uint8_t* codes = slab + format.codes_offset(num_blocks);
  DecodedBlock decoded;
  for (int64_t first = 0; first < num_blocks * kBlock; first += file.columns) {
    decode_block(source.quant_type, blocks + first / file.columns * file.bytes, decoded);
    uint8_t* d = slab + (first / kBlock * kRows + row) * 2;
    std::memcpy(d, &decoded.d, 2);
    if (format.has_minima) std::memcpy(d + format.m_offset(num_blocks), &decoded.m, 2);
    for (int64_t group = 0; group < format.num_groups(); ++group) {
      const int64_t at = group * kRows + row;
      uint8_t scale = static_cast<uint8_t>(decoded.scales[group]);
      if (format.shares_scale_bytes()) {
        scale = static_cast<uint8_t>(scale | decoded.minima[group] << 4);
      } else if (format.has_minima) {
        slab[format.minima_offset() + at] = decoded.minima[group];
      }
      slab[format.scales_offset() + at] = scale;
    }
    for (int64_t column = 0; column < file.columns; column += kBlock) {
      pack_codes(format, decoded.codes + column, row,
                 codes + (first + column) / kBlock * format.code_bytes());
    }
  }
}

void pack_slabs(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* panel) {
  const PackedFormat format = packed_format(source.quant_type);
  const FileBlock file = file_block(source.quant_type);
  for (int64_t column = 0; column < source.num_cols; column += kSlabColumns) {
    const int64_t left = source.num_cols - column;
    const int64_t num_blocks = (left < kSlabColumns ? left : kSlabColumns) / kBlock;
    for (int64_t row = 0; row < num_rows; ++row) {
      const uint8_t* blocks = source.data + (first_row + row) * source.row_bytes +
                              column / file.columns * file.bytes;
      pack_slab_row(source, blocks, num_blocks, static_cast<int>(row), panel);
    }
    panel += format.slab_bytes(num_blocks);
  }
}

}  // namespace
}  // namespace realm

int32_t realm_cpu_layout_version(void) { return realm::kLayoutVersion; }

int64_t realm_cpu_packed_bytes(int32_t quant_type, int64_t num_rows, int64_t num_cols) {
  if (num_rows <= 0 || !realm::is_packable(quant_type, num_cols)) return -1;
  return realm::num_panels_of(num_rows) * realm::panel_bytes(quant_type, num_cols);
}

int32_t realm_cpu_pack(int32_t quant_type, const void* source, void* packed, int64_t num_rows,
                       int64_t num_cols, int64_t first_panel, int64_t num_panels) {
  using namespace realm;
  if (!is_packable(quant_type, num_cols)) return REALM_CPU_UNSUPPORTED;
  if (num_rows <= 0 || first_panel < 0 || num_panels < 0 ||
      first_panel + num_panels > num_panels_of(num_rows)) {
    return REALM_CPU_INVALID;
  }
  const Source matrix = source_of(quant_type, source, num_rows, num_cols);
  const int64_t bytes = panel_bytes(quant_type, num_cols);
  for (int64_t panel = first_panel; panel < first_panel + num_panels; ++panel) {
    uint8_t* target = static_cast<uint8_t*>(packed) + panel * bytes;
    const int64_t first_row = panel * kPanelRows, left = num_rows - first_row;
    const int64_t rows = left < kPanelRows ? left : kPanelRows;
    std::memset(target, 0, static_cast<size_t>(bytes));
    switch (quant_type) {
      case kF32: pack_columns<uint32_t>(matrix, first_row, rows, target); break;
      case kF16: pack_columns<uint16_t>(matrix, first_row, rows, target); break;
      case kBF16: pack_column_pairs(matrix, first_row, rows, target); break;
      default: pack_slabs(matrix, first_row, rows, target);
    }
  }
  return REALM_CPU_OK;
}
