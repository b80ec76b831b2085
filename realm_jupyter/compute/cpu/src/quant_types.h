// GGUF's quant types: how their blocks lie in a file.
#pragma once

#include <bit>
#include <cstdint>

// Sources of several instruction sets include this: a function that is not inlined everywhere
// would be linked from any of them.
#define REALM_CONSTEXPR __attribute__((always_inline)) constexpr

namespace realm {

enum QuantType : int32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kIQ4_NL = 20,
  kIQ4_XS = 23,
  kBF16 = 30,
};

// All fields are bytes or halves as in the file, without padding; blocks may lie anywhere, in
// bytes of any type.
#define REALM_BLOCK struct __attribute__((packed, may_alias))

REALM_BLOCK BlockQ4_0 { uint16_t d; uint8_t qs[16]; };
REALM_BLOCK BlockQ4_1 { uint16_t d, m; uint8_t qs[16]; };
REALM_BLOCK BlockQ5_0 { uint16_t d; uint8_t qh[4]; uint8_t qs[16]; };
REALM_BLOCK BlockQ5_1 { uint16_t d, m; uint8_t qh[4]; uint8_t qs[16]; };
REALM_BLOCK BlockQ8_0 { uint16_t d; uint8_t qs[32]; };
REALM_BLOCK BlockQ2_K { uint8_t scales[16]; uint8_t qs[64]; uint16_t d, dmin; };
REALM_BLOCK BlockQ3_K { uint8_t hmask[32]; uint8_t qs[64]; uint8_t scales[12]; uint16_t d; };
REALM_BLOCK BlockQ4_K { uint16_t d, dmin; uint8_t scales[12]; uint8_t qs[128]; };
REALM_BLOCK BlockQ5_K { uint16_t d, dmin; uint8_t scales[12]; uint8_t qh[32]; uint8_t qs[128]; };
REALM_BLOCK BlockQ6_K { uint8_t ql[128]; uint8_t qh[64]; uint8_t scales[16]; uint16_t d; };
REALM_BLOCK BlockIQ4_XS { uint16_t d, scales_h; uint8_t scales_l[4]; uint8_t qs[128]; };

#undef REALM_BLOCK

// What the codes of IQ4_NL and IQ4_XS stand for.
constexpr int8_t kIQ4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113};

// A quant type as a file has it. block_columns is 0 for types that this library does not know.
struct FileBlock {
  int32_t columns;
  int32_t bytes;
};

REALM_CONSTEXPR FileBlock file_block(int32_t quant_type) {
  switch (quant_type) {
    case kF32: return {1, 4};
    case kF16: return {1, 2};
    case kBF16: return {1, 2};
    case kQ4_0: return {32, sizeof(BlockQ4_0)};
    case kQ4_1: return {32, sizeof(BlockQ4_1)};
    case kQ5_0: return {32, sizeof(BlockQ5_0)};
    case kQ5_1: return {32, sizeof(BlockQ5_1)};
    case kQ8_0: return {32, sizeof(BlockQ8_0)};
    case kIQ4_NL: return {32, sizeof(BlockQ4_0)};
    case kQ2_K: return {256, sizeof(BlockQ2_K)};
    case kQ3_K: return {256, sizeof(BlockQ3_K)};
    case kQ4_K: return {256, sizeof(BlockQ4_K)};
    case kQ5_K: return {256, sizeof(BlockQ5_K)};
    case kQ6_K: return {256, sizeof(BlockQ6_K)};
    case kIQ4_XS: return {256, sizeof(BlockIQ4_XS)};
    default: return {0, 0};
  }
}

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22);
static_assert(sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84);
static_assert(sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176);
static_assert(sizeof(BlockQ6_K) == 210 && sizeof(BlockIQ4_XS) == 136);

// One block, its bits sorted out. Value of column c, of group g = c / group columns:
//   number = codes[c] - zero, or kIQ4Values[codes[c]], or codes[c] as int8 for Q8_0
//   types of 32 columns  d · number + m
//   types of 256         d · scales[g] · number - m · minima[g]
// d and m are halves; types without m leave it 0.
struct DecodedBlock {
  uint16_t d;
  uint16_t m;
  uint8_t codes[256];
  int8_t scales[16];
  uint8_t minima[16];
};

// Decode all but the codes of the block at `source`; not for F32, F16 and BF16.
void decode_scales(int32_t quant_type, const uint8_t* source, DecodedBlock& block);

// Decode the block at `source`; not for F32, F16 and BF16.
void decode_block(int32_t quant_type, const uint8_t* source, DecodedBlock& block);

REALM_CONSTEXPR float float_of_bits(uint32_t bits) {
  return std::bit_cast<float>(bits);
}

REALM_CONSTEXPR float float_of_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t magnitude = static_cast<uint32_t>(half & 0x7fff) << 13;
  if (magnitude >= 0x0f800000) return float_of_bits(magnitude | 0x7f800000 | sign);
  // The multiplication rebiases the exponent and normalizes denormals.
  const float value = float_of_bits(magnitude) * 0x1p112f;
  return sign != 0 ? -value : value;
}

}  // namespace realm
