// Matrices in GGUF's row order to panels of 16 interleaved rows; see packed.h.
#include <cstring>

#include "packed.h"

namespace realm {
namespace {

constexpr int kRows = static_cast<int>(kPanelRows);

struct Source {
  const uint8_t* data;
  int64_t num_cols;
  int64_t row_bytes;
};

Source source_of(int32_t quant_type, const void* data, int64_t num_cols) {
  const FileBlock block = file_block(quant_type);
  return {static_cast<const uint8_t*>(data), num_cols, num_cols / block.columns * block.bytes};
}

// Values of kTogether columns side by side: columns of 16 rows of such groups. kPanelRows rows
// are the common case, whose loop the compiler unrolls.
template <class Number, int kTogether>
void pack_columns(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* target) {
  const uint8_t* rows = source.data + first_row * source.row_bytes;
  const auto put = [&](int64_t column, int64_t row) {
    const int64_t group = column / kTogether * kRows + row;
    std::memcpy(target + (group * kTogether + column % kTogether) * sizeof(Number),
                rows + row * source.row_bytes + column * sizeof(Number), sizeof(Number));
  };
  for (int64_t column = 0; column < source.num_cols; ++column) {
    if (num_rows == kRows) {
      for (int64_t row = 0; row < kRows; ++row) put(column, row);
    } else {
      for (int64_t row = 0; row < num_rows; ++row) put(column, row);
    }
  }
}

// Take kWidth bits of each code, from bit kShift on, of groups of 4 columns into the lanes of a
// row; `target` moves behind them.
template <int kWidth, int kShift>
void pack_bits(const uint32_t* groups, int row, uint8_t*& target) {
  constexpr int kGroups = 8 / kWidth;
  constexpr uint32_t kMask = 0x01010101u * ((1u << kWidth) - 1);
  for (int vector = 0; vector < kWidth; ++vector) {
    uint32_t word = 0;
    for (int i = 0; i < kGroups; ++i) {
      word |= ((groups[vector * kGroups + i] >> kShift) & kMask) << (i * kWidth);
    }
    std::memcpy(target + vector * kVectorBytes + row * 4, &word, sizeof(word));
  }
  target += kWidth * kVectorBytes;
}

// The codes of one row of a block.
template <int kBits>
void pack_codes(const uint8_t* codes, int row, uint8_t* target) {
  uint32_t groups[8];
  std::memcpy(groups, codes, sizeof(groups));
  if constexpr (kBits == 8) pack_bits<8, 0>(groups, row, target);
  if constexpr ((kBits & 4) != 0) pack_bits<4, 0>(groups, row, target);
  if constexpr ((kBits & 2) != 0) pack_bits<2, kBits & 4>(groups, row, target);
  if constexpr ((kBits & 1) != 0) pack_bits<1, kBits & 6>(groups, row, target);
}

template <int32_t kType>
void pack_slab_row(const uint8_t* blocks, int64_t num_blocks, int row, uint8_t* slab) {
  constexpr PackedFormat kFormat = packed_format(kType);
  constexpr FileBlock kFile = file_block(kType);
  uint8_t* codes = slab + kFormat.codes_offset(num_blocks);
  DecodedBlock decoded;
  for (int64_t first = 0; first < num_blocks * kBlock; first += kFile.columns) {
    decode_block(kType, blocks + first / kFile.columns * kFile.bytes, decoded);
    uint8_t* d = slab + (first / kBlock * kRows + row) * 2;
    std::memcpy(d, &decoded.d, 2);
    if constexpr (kFormat.has_minima) std::memcpy(d + kFormat.m_offset(num_blocks), &decoded.m, 2);
    for (int64_t group = 0; group < kFormat.num_groups(); ++group) {
      const int64_t at = group * kRows + row;
      uint8_t scale = static_cast<uint8_t>(decoded.scales[group]);
      if constexpr (kFormat.shares_scale_bytes()) {
        scale = static_cast<uint8_t>(scale | decoded.minima[group] << 4);
      } else if constexpr (kFormat.has_minima) {
        slab[kFormat.minima_offset() + at] = decoded.minima[group];
      }
      slab[kFormat.scales_offset() + at] = scale;
    }
    for (int64_t column = 0; column < kFile.columns; column += kBlock) {
      pack_codes<kFormat.bits>(decoded.codes + column, row,
                               codes + (first + column) / kBlock * kFormat.code_bytes());
    }
  }
}

template <int32_t kType>
void pack_slabs(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* panel) {
  constexpr PackedFormat kFormat = packed_format(kType);
  constexpr FileBlock kFile = file_block(kType);
  for (int64_t column = 0; column < source.num_cols; column += kSlabColumns) {
    const int64_t left = source.num_cols - column;
    const int64_t num_blocks = (left < kSlabColumns ? left : kSlabColumns) / kBlock;
    for (int64_t row = 0; row < num_rows; ++row) {
      const uint8_t* blocks = source.data + (first_row + row) * source.row_bytes +
                              column / kFile.columns * kFile.bytes;
      pack_slab_row<kType>(blocks, num_blocks, static_cast<int>(row), panel);
    }
    panel += kFormat.slab_bytes(num_blocks);
  }
}

using PackPanel = void (*)(const Source&, int64_t first_row, int64_t num_rows, uint8_t* panel);

PackPanel pack_panel_of(int32_t quant_type) {
  switch (quant_type) {
    case kF32: return pack_columns<uint32_t, 1>;
    case kF16: return pack_columns<uint16_t, 1>;
    case kBF16: return pack_columns<uint16_t, 2>;
    case kQ4_0: return pack_slabs<kQ4_0>;
    case kQ4_1: return pack_slabs<kQ4_1>;
    case kQ5_0: return pack_slabs<kQ5_0>;
    case kQ5_1: return pack_slabs<kQ5_1>;
    case kQ8_0: return pack_slabs<kQ8_0>;
    case kQ2_K: return pack_slabs<kQ2_K>;
    case kQ3_K: return pack_slabs<kQ3_K>;
    case kQ4_K: return pack_slabs<kQ4_K>;
    case kQ5_K: return pack_slabs<kQ5_K>;
    case kQ6_K: return pack_slabs<kQ6_K>;
    case kIQ4_NL: return pack_slabs<kIQ4_NL>;
    case kIQ4_XS: return pack_slabs<kIQ4_XS>;
    default: return nullptr;
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
  const Source matrix = source_of(quant_type, source, num_cols);
  const PackPanel pack_panel = pack_panel_of(quant_type);
  const int64_t bytes = panel_bytes(quant_type, num_cols);
  for (int64_t panel = first_panel; panel < first_panel + num_panels; ++panel) {
    uint8_t* target = static_cast<uint8_t*>(packed) + panel * bytes;
    const int64_t first_row = panel * kPanelRows, left = num_rows - first_row;
    const int64_t rows = left < kPanelRows ? left : kPanelRows;
    std::memset(target, 0, static_cast<size_t>(bytes));
    pack_panel(matrix, first_row, rows, target);
  }
  return REALM_CPU_OK;
}
