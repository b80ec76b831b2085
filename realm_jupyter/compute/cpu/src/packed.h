// The packed layout of matrices: what isa_pack.cpp writes and the kernels read.
//
// A matrix is panels of 16 rows, one after another. Of quantized types, a panel is *slabs* of 256
// columns (the last may hold fewer blocks of 32, for types whose blocks have 32 columns), read
// strictly from front to back:
//   d        16 halves for each block of 32 columns, or 16 for the slab of a K type
//   m        as d, for types that have minima
//   scales   of K types: 16 bytes (one for each row) for each group of columns
//   minima   as scales; in Q2_K they are the upper half of the scales' bytes
//   padding  to 64 bytes
//   codes    block after block
// The codes of a block are 8 groups of 4 columns; a group is 16 rows of 4 bytes: 64 bytes. Codes
// of fewer than 8 bits share such vectors, first all vectors of the lowest bits:
//   4 bits   4 vectors; number j holds group 2j in the lower and 2j + 1 in the upper halves
//   2 bits   2 vectors; number j holds groups 4j to 4j + 3 from the lowest bits up
//   1 bit    1 vector; bit i belongs to group i
// 5 bits are 4 and 1, 6 bits 4 and 2, 3 bits 2 and 1.
//
// F32 and F16: column after column, 16 values side by side. BF16: pairs of columns, the two
// values of a row side by side; an odd last column has zeros beside it.
//
// Rows beyond the last are zeros.
#pragma once

#include "kernels.h"
#include "quant_types.h"

namespace realm {

constexpr int32_t kLayoutVersion = 1;
constexpr int64_t kSlabColumns = 256;
constexpr int64_t kSlabBlocks = kSlabColumns / kBlock;
constexpr int64_t kVectorBytes = 64;  // 4 columns of 16 rows

struct PackedFormat {
  int bits;           // of a code
  int zero;           // to subtract from a code
  int group_columns;  // that share an integer scale; 0: none, d is of 32 columns
  bool has_minima;
  bool is_signed;     // codes are int8
  bool is_table;      // codes are indices into kIQ4Values

  REALM_CONSTEXPR bool is_super() const { return group_columns != 0; }
  REALM_CONSTEXPR int64_t num_groups() const {
    return is_super() ? kSlabColumns / group_columns : 0;
  }
  // Groups of 32 columns: of a type without integer scales, one.
  REALM_CONSTEXPR int groups_of_block() const { return group_columns == kHalfBlock ? 2 : 1; }
  // By absolute value, less zero.
  REALM_CONSTEXPR int largest_code() const {
    const int above = (1 << bits) - 1 - zero;
    return above > zero ? above : zero;
  }
  REALM_CONSTEXPR bool shares_scale_bytes() const { return bits == 2; }
  REALM_CONSTEXPR int64_t code_bytes() const { return bits * kVectorBytes; }  // of a block
  REALM_CONSTEXPR int64_t m_offset(int64_t num_blocks) const {
    return is_super() ? 32 : 32 * num_blocks;
  }
  REALM_CONSTEXPR int64_t scales_offset() const { return has_minima ? 64 : 32; }
  REALM_CONSTEXPR int64_t minima_offset() const { return scales_offset() + 16 * num_groups(); }
  REALM_CONSTEXPR int64_t codes_offset(int64_t num_blocks) const {
    int64_t bytes = m_offset(num_blocks) * (has_minima ? 2 : 1) + 16 * num_groups();
    if (is_super() && has_minima && !shares_scale_bytes()) bytes += 16 * num_groups();
    return (bytes + kVectorBytes - 1) / kVectorBytes * kVectorBytes;
  }
  REALM_CONSTEXPR int64_t slab_bytes(int64_t num_blocks) const {
    return codes_offset(num_blocks) + num_blocks * code_bytes();
  }
};

// bits is 0 for types that are not quantized.
REALM_CONSTEXPR PackedFormat packed_format(int32_t quant_type) {
  switch (quant_type) {
    case kQ4_0: return {4, 8, 0, false, false, false};
    case kQ4_1: return {4, 0, 0, true, false, false};
    case kQ5_0: return {5, 16, 0, false, false, false};
    case kQ5_1: return {5, 0, 0, true, false, false};
    case kQ8_0: return {8, 0, 0, false, true, false};
    case kIQ4_NL: return {4, 0, 0, false, true, true};
    case kQ2_K: return {2, 0, 16, true, false, false};
    case kQ3_K: return {3, 4, 16, false, false, false};
    case kQ4_K: return {4, 0, 32, true, false, false};
    case kQ5_K: return {5, 0, 32, true, false, false};
    case kQ6_K: return {6, 32, 16, false, false, false};
    case kIQ4_XS: return {4, 0, 32, false, true, true};
    default: return {};
  }
}

REALM_CONSTEXPR int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

REALM_CONSTEXPR int64_t num_panels_of(int64_t num_rows) { return ceil_div(num_rows, kPanelRows); }

// Bytes of one panel; the type is known and num_cols fits its blocks.
REALM_CONSTEXPR int64_t panel_bytes(int32_t quant_type, int64_t num_cols) {
  switch (quant_type) {
    case kF32: return num_cols * 64;
    case kF16: return (num_cols + 1) / 2 * 64;
    case kBF16: return (num_cols + 1) / 2 * 64;
    default: break;
  }
  const PackedFormat format = packed_format(quant_type);
  const int64_t num_blocks = num_cols / kBlock, tail = num_blocks % kSlabBlocks;
  return num_blocks / kSlabBlocks * format.slab_bytes(kSlabBlocks) +
         (tail != 0 ? format.slab_bytes(tail) : 0);
}

// Whether this library can pack a matrix of this type and number of columns.
REALM_CONSTEXPR bool is_packable(int32_t quant_type, int64_t num_cols) {
  const FileBlock block = file_block(quant_type);
  return block.columns != 0 && num_cols > 0 && num_cols % block.columns == 0;
}

}  // namespace realm
