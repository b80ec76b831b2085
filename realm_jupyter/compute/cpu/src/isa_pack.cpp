// Matrices in GGUF's row order to panels of 16 interleaved rows; see packed.h.
#include <cstring>
#include <type_traits>

#include "file_codes.h"
#include "isa_functions.h"
#include "packed.h"
#include "slab.h"
#include "turn.h"

namespace realm::REALM_ISA {
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

// Ask memory for the source of the next panel, which lies behind this one's: while some bytes of
// each of this panel's rows are packed, for as much of the next.
void fetch_next(const uint8_t* rows, int64_t row_bytes, int64_t done, int64_t num_bytes) {
  fetch(rows + kRows * (row_bytes + done), kRows * num_bytes);
}

// Values of kTogether columns side by side: columns of 16 rows of such groups.
template <class Number, int kTogether>
void pack_columns(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* target) {
  using Group = std::conditional_t<sizeof(Number) * kTogether == 4, uint32_t, uint16_t>;
  constexpr int64_t kLine = 64;  // bytes of a row
  const uint8_t* rows = source.data + first_row * source.row_bytes;
  int64_t done = 0;  // bytes of each row
  if (num_rows == kRows) {
    for (; done + kLine <= source.row_bytes; done += kLine) {
      fetch_next(rows, source.row_bytes, done, kLine);
      turn_line<Group>(rows + done, source.row_bytes, target + done * kRows);
    }
  }
  int64_t column = done / static_cast<int64_t>(sizeof(Number));
  // What lies beside an odd last column of 16 bits is zero too.
  const int64_t padded = sizeof(Number) == 2 ? (source.num_cols + 1) / 2 * 2 : source.num_cols;
  std::memset(target + done * kRows, 0,
              static_cast<size_t>(padded - column) * kRows * sizeof(Number));
  for (; column < source.num_cols; ++column) {
    for (int64_t row = 0; row < num_rows; ++row) {
      const int64_t group = column / kTogether * kRows + row;
      std::memcpy(target + (group * kTogether + column % kTogether) * sizeof(Number),
                  rows + row * source.row_bytes + column * sizeof(Number), sizeof(Number));
    }
  }
}

// A word (four columns) of each of 16 rows.
typedef uint32_t Words __attribute__((vector_size(kVectorBytes)));

// The words of codes of 16 rows' blocks, which lie `row_bytes` apart.
template <int32_t kType>
void turn_codes(const uint8_t* blocks, int64_t row_bytes, Words* words) {
  constexpr CodeWords kCodes = code_words(kType);
  for (int row = 0; row < kRows; row += 4) {
    for (int word = 0; word < kCodes.count; word += 4) {
      turn<uint32_t>(blocks + row * row_bytes + kCodes.begin + 4 * word, row_bytes,
                     reinterpret_cast<uint8_t*>(words + word) + 4 * row, sizeof(Words));
    }
  }
}

// Store kWidth bits of each code of 8 groups of columns; `target` moves behind them.
template <int kWidth, class Bits>
void put_bits(const Words* words, int first_group, Bits bits_of, uint8_t*& target) {
  constexpr int kGroups = 8 / kWidth;
  constexpr uint32_t kMask = 0x01010101u * ((1u << kWidth) - 1);
  for (int vector = 0; vector < kWidth; ++vector) {
    Words put = {};
    for (int i = 0; i < kGroups; ++i) {
      const CodeBits bits = bits_of(first_group + vector * kGroups + i);
      put |= ((words[bits.word] >> bits.shift) & kMask) << (i * kWidth);
    }
    std::memcpy(target, &put, sizeof(put));
    target += kVectorBytes;
  }
}

// The fifth bits of 8 groups of columns, of which `words` holds one bit a column.
void put_fifth_bits(Words words, uint8_t* target) {
  Words put = {};
  for (int group = 0; group < 8; ++group) {
    // Four bits to one byte each: of the copies that this makes, the mask lets one through.
    put |= (((words >> (4 * group)) & 15) * 0x00204081 & 0x01010101) << group;
  }
  std::memcpy(target, &put, sizeof(put));
}

template <int32_t kType>
void pack_codes(const uint8_t* blocks, int64_t row_bytes, uint8_t* target) {
  constexpr int kBits = packed_format(kType).bits;
  constexpr int kGroups = file_block(kType).columns / 4;
  Words words[code_words(kType).count];
  turn_codes<kType>(blocks, row_bytes, words);
  const auto low = [](int group) { return low_bits(kType, group); };
  const auto high = [](int group) { return high_bits(kType, group); };
  for (int group = 0; group < kGroups; group += 8) {
    if constexpr (kBits == 8) put_bits<8>(words, group, low, target);
    if constexpr ((kBits & 4) != 0) put_bits<4>(words, group, low, target);
    if constexpr ((kBits & 6) == 2) put_bits<2>(words, group, low, target);
    if constexpr ((kBits & 6) == 6) put_bits<2>(words, group, high, target);
    if constexpr ((kBits & 1) != 0 && fifth_bits_begin(kType) < 0) {
      put_bits<1>(words, group, high, target);
    }
  }
  if constexpr (fifth_bits_begin(kType) >= 0) {
    Words fifth;
    for (int row = 0; row < kRows; ++row) {
      std::memcpy(reinterpret_cast<uint8_t*>(&fifth) + 4 * row,
                  blocks + row * row_bytes + fifth_bits_begin(kType), 4);
    }
    put_fifth_bits(fifth, target);
  }
}

// d and m of blocks of 32 columns, the first column of which is `column` of the slab.
template <int32_t kType>
void put_scales(const uint8_t* blocks, int64_t row_bytes, int64_t column, int64_t num_blocks,
                int64_t num_rows, uint8_t* slab) {
  constexpr PackedFormat kFormat = packed_format(kType);
  uint8_t* d = slab + column / kBlock * kRows * 2;
  for (int64_t row = 0; row < num_rows; ++row) {
    std::memcpy(d + 2 * row, blocks + row * row_bytes, 2);
    if constexpr (kFormat.has_minima) {
      std::memcpy(d + kFormat.m_offset(num_blocks) + 2 * row, blocks + row * row_bytes + 2, 2);
    }
  }
}

// d, m, scales and minima of blocks of 256 columns.
template <int32_t kType>
void put_super_scales(const uint8_t* blocks, int64_t row_bytes, int64_t num_rows, uint8_t* slab) {
  constexpr PackedFormat kFormat = packed_format(kType);
  // Scales, and behind them minima where they have bytes of their own.
  alignas(16) uint8_t numbers[kRows][16] = {};
  for (int64_t row = 0; row < num_rows; ++row) {
    DecodedBlock decoded;
    decode_scales(kType, blocks + row * row_bytes, decoded);
    std::memcpy(slab + 2 * row, &decoded.d, 2);
    if constexpr (kFormat.has_minima) {
      std::memcpy(slab + kFormat.m_offset(kSlabBlocks) + 2 * row, &decoded.m, 2);
    }
    for (int64_t group = 0; group < kFormat.num_groups(); ++group) {
      uint8_t scale = static_cast<uint8_t>(decoded.scales[group]);
      if constexpr (kFormat.shares_scale_bytes()) {
        scale = static_cast<uint8_t>(scale | decoded.minima[group] << 4);
      } else if constexpr (kFormat.has_minima) {
        numbers[row][kFormat.num_groups() + group] = decoded.minima[group];
      }
      numbers[row][group] = scale;
    }
  }
  // Where there are fewer than 16 numbers, the zeros of the others lie where codes will.
  turn<uint8_t>(numbers[0], sizeof(numbers[0]), slab + kFormat.scales_offset(), kRows);
}

template <int32_t kType>
void pack_slabs(const Source& source, int64_t first_row, int64_t num_rows, uint8_t* panel) {
  constexpr PackedFormat kFormat = packed_format(kType);
  static constexpr FileBlock kFile = file_block(kType);
  const auto bytes_of = [](int64_t columns) { return columns / kFile.columns * kFile.bytes; };
  const uint8_t* rows = source.data + first_row * source.row_bytes;
  for (int64_t first = 0; first < source.num_cols; first += kSlabColumns) {
    const int64_t left = source.num_cols - first;
    const int64_t num_blocks = (left < kSlabColumns ? left : kSlabColumns) / kBlock;
    uint8_t* codes = panel + kFormat.codes_offset(num_blocks);
    std::memset(panel, 0, static_cast<size_t>(codes - panel));
    fetch_next(rows, source.row_bytes, bytes_of(first), bytes_of(num_blocks * kBlock));
    for (int64_t column = 0; column < num_blocks * kBlock; column += kFile.columns) {
      const uint8_t* blocks = rows + bytes_of(first + column);
      int64_t row_bytes = source.row_bytes;
      uint8_t padded[kRows * kFile.bytes];
      if (num_rows < kRows) {  // what is missing of the last panel's rows is zero
        std::memset(padded, 0, sizeof(padded));
        for (int64_t row = 0; row < num_rows; ++row) {
          std::memcpy(padded + row * kFile.bytes, blocks + row * row_bytes, kFile.bytes);
        }
        blocks = padded;
        row_bytes = kFile.bytes;
      }
      if constexpr (kFormat.is_super()) {
        put_super_scales<kType>(blocks, row_bytes, num_rows, panel);
      } else {
        put_scales<kType>(blocks, row_bytes, column, num_blocks, num_rows, panel);
      }
      pack_codes<kType>(blocks, row_bytes, codes + column / kBlock * kFormat.code_bytes());
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

void pack_panels(int32_t quant_type, const uint8_t* source, uint8_t* packed, int64_t num_rows,
                 int64_t num_cols, int64_t first_panel, int64_t num_panels) {
  const Source matrix = source_of(quant_type, source, num_cols);
  const PackPanel pack_panel = pack_panel_of(quant_type);
  const int64_t bytes = panel_bytes(quant_type, num_cols);
  for (int64_t panel = first_panel; panel < first_panel + num_panels; ++panel) {
    const int64_t first_row = panel * kPanelRows, left = num_rows - first_row;
    pack_panel(matrix, first_row, left < kPanelRows ? left : kPanelRows, packed + panel * bytes);
  }
}

}  // namespace realm::REALM_ISA
