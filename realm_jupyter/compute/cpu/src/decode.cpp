// Blocks of a GGUF file to codes, scales and minima.
#include <cstring>

#include "quant_types.h"

namespace realm {
namespace {

template <class Block>
Block read_block(const uint8_t* source) {
  Block block;
  std::memcpy(&block, source, sizeof(block));
  return block;
}

// Lower halves first.
void split_nibbles(const uint8_t* packed, int count, uint8_t* codes) {
  for (int i = 0; i < count; ++i) {
    codes[i] = packed[i] & 15;
    codes[count + i] = packed[i] >> 4;
  }
}

void add_fifth_bits(const uint8_t* bits, uint8_t* codes) {
  for (int i = 0; i < 32; ++i) {
    codes[i] = static_cast<uint8_t>(codes[i] | ((bits[i / 8] >> (i % 8)) & 1) << 4);
  }
}

// Byte i of 32 holds one bit for column i of each of 8 groups of 32 columns.
void add_bits(const uint8_t* bits, int shift, uint8_t* codes) {
  for (int group = 0; group < 8; ++group) {
    for (int i = 0; i < 32; ++i) {
      uint8_t& code = codes[32 * group + i];
      code = static_cast<uint8_t>(code | ((bits[i] >> group) & 1) << shift);
    }
  }
}

// Byte i of 32 holds two bits for column i of each of 4 groups of 32 columns; twice.
void add_bit_pairs(const uint8_t* pairs, int shift, uint8_t* codes) {
  for (int group = 0; group < 8; ++group) {
    const uint8_t* half = pairs + group / 4 * 32;
    for (int i = 0; i < 32; ++i) {
      uint8_t& code = codes[32 * group + i];
      code = static_cast<uint8_t>(code | ((half[i] >> (group % 4 * 2)) & 3) << shift);
    }
  }
}

// The 8 scales and 8 minima of 6 bits each in the 12 bytes of Q4_K and Q5_K.
void six_bit_scales(const uint8_t* packed, DecodedBlock& block) {
  for (int i = 0; i < 4; ++i) {
    const int scale = packed[i], minimum = packed[4 + i], low = packed[8 + i];
    block.scales[i] = static_cast<int8_t>(scale & 63);
    block.minima[i] = static_cast<uint8_t>(minimum & 63);
    block.scales[4 + i] = static_cast<int8_t>((low & 15) | ((scale >> 6) << 4));
    block.minima[4 + i] = static_cast<uint8_t>((low >> 4) | ((minimum >> 6) << 4));
  }
}

void decode_q2_k(const BlockQ2_K& source, DecodedBlock& block) {
  block.d = source.d;
  block.m = source.dmin;
  for (int i = 0; i < 16; ++i) {
    block.scales[i] = source.scales[i] & 15;
    block.minima[i] = source.scales[i] >> 4;
  }
  std::memset(block.codes, 0, sizeof(block.codes));
  add_bit_pairs(source.qs, 0, block.codes);
}

void decode_q3_k(const BlockQ3_K& source, DecodedBlock& block) {
  block.d = source.d;
  for (int i = 0; i < 16; ++i) {
    const int low = i < 8 ? source.scales[i] & 15 : source.scales[i - 8] >> 4;
    const int high = (source.scales[8 + i % 4] >> (2 * (i / 4))) & 3;
    block.scales[i] = static_cast<int8_t>((low | high << 4) - 32);
  }
  std::memset(block.codes, 0, sizeof(block.codes));
  add_bit_pairs(source.qs, 0, block.codes);
  add_bits(source.hmask, 2, block.codes);
}

void decode_q4_k(const BlockQ4_K& source, DecodedBlock& block) {
  block.d = source.d;
  block.m = source.dmin;
  six_bit_scales(source.scales, block);
  for (int i = 0; i < 4; ++i) split_nibbles(source.qs + 32 * i, 32, block.codes + 64 * i);
}

void decode_q5_k(const BlockQ5_K& source, DecodedBlock& block) {
  block.d = source.d;
  block.m = source.dmin;
  six_bit_scales(source.scales, block);
  for (int i = 0; i < 4; ++i) split_nibbles(source.qs + 32 * i, 32, block.codes + 64 * i);
  add_bits(source.qh, 4, block.codes);
}

void decode_q6_k(const BlockQ6_K& source, DecodedBlock& block) {
  block.d = source.d;
  std::memcpy(block.scales, source.scales, 16);
  for (int i = 0; i < 2; ++i) split_nibbles(source.ql + 64 * i, 64, block.codes + 128 * i);
  add_bit_pairs(source.qh, 4, block.codes);
}

void decode_iq4_xs(const BlockIQ4_XS& source, DecodedBlock& block) {
  block.d = source.d;
  for (int i = 0; i < 8; ++i) {
    const int low = (source.scales_l[i / 2] >> (4 * (i % 2))) & 15;
    const int high = (source.scales_h >> (2 * i)) & 3;
    block.scales[i] = static_cast<int8_t>((low | high << 4) - 32);
    split_nibbles(source.qs + 16 * i, 16, block.codes + 32 * i);
  }
}

template <class Block>
void decode_plain(const uint8_t* source, DecodedBlock& block) {
  const Block file = read_block<Block>(source);
  block.d = file.d;
  if constexpr (requires { file.m; }) block.m = file.m;
  if constexpr (sizeof(file.qs) == 32) {
    std::memcpy(block.codes, file.qs, 32);
  } else {
    split_nibbles(file.qs, 16, block.codes);
  }
  if constexpr (requires { file.qh; }) add_fifth_bits(file.qh, block.codes);
}

}  // namespace

void decode_block(int32_t quant_type, const uint8_t* source, DecodedBlock& block) {
  block.m = 0;
  switch (quant_type) {
    case kQ4_0:
    case kIQ4_NL: return decode_plain<BlockQ4_0>(source, block);
    case kQ4_1: return decode_plain<BlockQ4_1>(source, block);
    case kQ5_0: return decode_plain<BlockQ5_0>(source, block);
    case kQ5_1: return decode_plain<BlockQ5_1>(source, block);
    case kQ8_0: return decode_plain<BlockQ8_0>(source, block);
    case kQ2_K: return decode_q2_k(read_block<BlockQ2_K>(source), block);
    case kQ3_K: return decode_q3_k(read_block<BlockQ3_K>(source), block);
    case kQ4_K: return decode_q4_k(read_block<BlockQ4_K>(source), block);
    case kQ5_K: return decode_q5_k(read_block<BlockQ5_K>(source), block);
    case kQ6_K: return decode_q6_k(read_block<BlockQ6_K>(source), block);
    case kIQ4_XS: return decode_iq4_xs(read_block<BlockIQ4_XS>(source), block);
    default: return;
  }
}

}  // namespace realm
