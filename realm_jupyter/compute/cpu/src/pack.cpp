// Matrices in GGUF's row order to panels of 16 interleaved rows; see packed.h.
#include <cstddef>
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

// Four words of each of four rows, and the same turned: word c of all rows.
typedef uint32_t Words __attribute__((vector_size(16)));

void turn(const uint8_t* rows, int64_t row_bytes, uint32_t (*turned)[kRows]) {
  Words row[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&row[i], rows + i * row_bytes, sizeof(Words));
  const Words low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
  const Words high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
  const Words low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
  const Words high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
  const Words columns[4] = {__builtin_shufflevector(low01, low23, 0, 1, 4, 5),
                            __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                            __builtin_shufflevector(high01, high23, 0, 1, 4, 5),
                            __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int i = 0; i < 4; ++i) std::memcpy(turned[i], &columns[i], sizeof(Words));
}

// kCount words, a multiple of four, of each of kRows rows: turned[word][row].
template <int kCount>
void turn_rows(const uint8_t* rows, int64_t row_bytes, uint32_t (*turned)[kRows]) {
  for (int row = 0; row < kRows; row += 4) {
    for (int word = 0; word < kCount; word += 4) {
      turn(rows + row * row_bytes + 4 * word, row_bytes,
           reinterpret_cast<uint32_t(*)[kRows]>(&turned[word][row]));
    }
  }
}

// Four words of 16 rows as columns of 16 values.
template <class Number, int kTogether>
void put_words(const uint32_t (&words)[4][kRows], uint8_t* target) {
  if constexpr (sizeof(Number) * kTogether == sizeof(uint32_t)) {
    std::memcpy(target, words, sizeof(words));
  } else {  // two columns in each word
    uint16_t columns[8][kRows];
    for (int i = 0; i < 4; ++i) {
      for (int row = 0; row < kRows; ++row) {
        columns[2 * i][row] = static_cast<uint16_t>(words[i][row]);
        columns[2 * i + 1][row] = static_cast<uint16_t>(words[i][row] >> 16);
      }
    }
    std::memcpy(target, columns, sizeof(columns));
  }
}

// Values of kTogether columns side by side: columns of 16 rows of such groups.
template <class Number, int kTogether>
void pack_columns(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* target) {
  constexpr int64_t kColumns = 4 * sizeof(uint32_t) / sizeof(Number);
  const uint8_t* rows = source.data + first_row * source.row_bytes;
  int64_t column = 0;
  if (num_rows == kRows) {
    for (; column + kColumns <= source.num_cols; column += kColumns) {
      uint32_t words[4][kRows];
      turn_rows<4>(rows + column * sizeof(Number), source.row_bytes, words);
      put_words<Number, kTogether>(words, target + column * kRows * sizeof(Number));
    }
  }
  // What lies beside an odd last column of 16 bits is zero too.
  const int64_t padded = sizeof(Number) == 2 ? (source.num_cols + 1) / 2 * 2 : source.num_cols;
  std::memset(target + column * kRows * sizeof(Number), 0,
              static_cast<size_t>(padded - column) * kRows * sizeof(Number));
  for (; column < source.num_cols; ++column) {
    for (int64_t row = 0; row < num_rows; ++row) {
      const int64_t group = column / kTogether * kRows + row;
      std::memcpy(target + (group * kTogether + column % kTogether) * sizeof(Number),
                  rows + row * source.row_bytes + column * sizeof(Number), sizeof(Number));
    }
  }
}

// Take kWidth bits of each code, from bit kShift on, of groups of 4 columns; `target` moves
// behind them.
template <int kWidth, int kShift>
void pack_bits(const uint32_t (*groups)[kRows], uint8_t*& target) {
  constexpr int kGroups = 8 / kWidth;
  constexpr uint32_t kMask = 0x01010101u * ((1u << kWidth) - 1);
  for (int vector = 0; vector < kWidth; ++vector) {
    uint32_t words[kRows] = {};
    for (int i = 0; i < kGroups; ++i) {
      for (int row = 0; row < kRows; ++row) {
        words[row] |= ((groups[vector * kGroups + i][row] >> kShift) & kMask) << (i * kWidth);
      }
    }
    std::memcpy(target, words, sizeof(words));
    target += kVectorBytes;
  }
}

// The codes of a block of 16 rows, which lie `row_bytes` apart.
template <int kBits>
void pack_codes(const uint8_t* codes, int64_t row_bytes, uint8_t* target) {
  uint32_t groups[8][kRows];
  turn_rows<8>(codes, row_bytes, groups);
  if constexpr (kBits == 8) pack_bits<8, 0>(groups, target);
  if constexpr ((kBits & 4) != 0) pack_bits<4, 0>(groups, target);
  if constexpr ((kBits & 2) != 0) pack_bits<2, kBits & 4>(groups, target);
  if constexpr ((kBits & 1) != 0) pack_bits<1, kBits & 6>(groups, target);
}

// d, m, scales and minima of a row's block, the first column of which is `column` of the slab.
template <int32_t kType>
void put_scales(const DecodedBlock& decoded, int64_t column, int64_t num_blocks, int row,
                uint8_t* slab) {
  constexpr PackedFormat kFormat = packed_format(kType);
  uint8_t* d = slab + (column / kBlock * kRows + row) * 2;
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
}

template <int32_t kType>
void pack_slabs(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* panel) {
  constexpr PackedFormat kFormat = packed_format(kType);
  constexpr FileBlock kFile = file_block(kType);
  DecodedBlock decoded[kRows] = {};  // what is missing of the last panel's rows stays zero
  const uint8_t* rows = source.data + first_row * source.row_bytes;
  for (int64_t first = 0; first < source.num_cols; first += kSlabColumns) {
    const int64_t left = source.num_cols - first;
    const int64_t num_blocks = (left < kSlabColumns ? left : kSlabColumns) / kBlock;
    uint8_t* codes = panel + kFormat.codes_offset(num_blocks);
    std::memset(panel, 0, static_cast<size_t>(codes - panel));
    for (int64_t column = 0; column < num_blocks * kBlock; column += kFile.columns) {
      const uint8_t* blocks = rows + (first + column) / kFile.columns * kFile.bytes;
      if (kType == kQ8_0 && num_rows == kRows) {  // codes as they are in the file
        for (int row = 0; row < kRows; ++row) {
          const uint8_t* d = blocks + row * source.row_bytes;
          std::memcpy(panel + (column / kBlock * kRows + row) * 2, d, 2);
        }
        pack_codes<kFormat.bits>(blocks + offsetof(BlockQ8_0, qs), source.row_bytes,
                                 codes + column / kBlock * kFormat.code_bytes());
        continue;
      }
      for (int row = 0; row < num_rows; ++row) {
        decode_block(kType, blocks + row * source.row_bytes, decoded[row]);
        put_scales<kType>(decoded[row], column, num_blocks, row, panel);
      }
      for (int64_t part = 0; part < kFile.columns; part += kBlock) {
        pack_codes<kFormat.bits>(decoded[0].codes + part, sizeof(DecodedBlock),
                                 codes + (column + part) / kBlock * kFormat.code_bytes());
      }
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
    pack_panel(matrix, first_row, rows, target);
  }
  return REALM_CPU_OK;
}
