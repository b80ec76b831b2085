// Where the bits of codes lie in a block of a GGUF file, four columns (a word) at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quant_types.h"

namespace realm {

// The words of a block that hold codes: `count` of them from byte `begin` on.
struct CodeWords {
  int begin;
  int count;
};

// Four columns' bits: the lowest ones of each byte of a word that was shifted down.
struct CodeBits {
  int word;  // of the code words
  int shift;
};

REALM_CONSTEXPR CodeWords code_words(int32_t quant_type) {
  switch (quant_type) {
    case kQ4_0:
    case kIQ4_NL: return {offsetof(BlockQ4_0, qs), 4};
    case kQ4_1: return {offsetof(BlockQ4_1, qs), 4};
    case kQ5_0: return {offsetof(BlockQ5_0, qs), 4};
    case kQ5_1: return {offsetof(BlockQ5_1, qs), 4};
    case kQ8_0: return {offsetof(BlockQ8_0, qs), 8};
    case kQ2_K: return {offsetof(BlockQ2_K, qs), 16};
    case kQ3_K: return {offsetof(BlockQ3_K, hmask), 24};
    case kQ4_K: return {offsetof(BlockQ4_K, qs), 32};
    case kQ5_K: return {offsetof(BlockQ5_K, qh), 40};
    case kQ6_K: return {offsetof(BlockQ6_K, ql), 48};
    case kIQ4_XS: return {offsetof(BlockIQ4_XS, qs), 32};
    default: return {};
  }
}

// The lowest bits of a group's four columns: all 8, 4 of 4 to 6, or 2 of 2 and 3.
REALM_CONSTEXPR CodeBits low_bits(int32_t quant_type, int group) {
  switch (quant_type) {
    case kQ8_0: return {group, 0};
    case kQ2_K: return {group / 32 * 8 + group % 8, group / 8 % 4 * 2};
    case kQ3_K: return {8 + group / 32 * 8 + group % 8, group / 8 % 4 * 2};
    case kQ4_K: return {group / 16 * 8 + group % 8, group / 8 % 2 * 4};
    case kQ5_K: return {8 + group / 16 * 8 + group % 8, group / 8 % 2 * 4};
    case kQ6_K: return {group / 32 * 16 + group % 16, group / 16 % 2 * 4};
    default: return {group / 8 * 4 + group % 4, group / 4 % 2 * 4};
  }
}

// The bits above them of the K types that have any: 2 of Q6_K, 1 of Q3_K and Q5_K.
REALM_CONSTEXPR CodeBits high_bits(int32_t quant_type, int group) {
  if (quant_type == kQ6_K) return {32 + group / 32 * 8 + group % 8, group / 8 % 4 * 2};
  return {group % 8, group / 8};
}

// Q5_0 and Q5_1 have the fifth bits of 32 columns in a word of their own, at this byte.
REALM_CONSTEXPR int fifth_bits_begin(int32_t quant_type) {
  if (quant_type == kQ5_0) return offsetof(BlockQ5_0, qh);
  if (quant_type == kQ5_1) return offsetof(BlockQ5_1, qh);
  return -1;
}

}  // namespace realm
