// Blocks of a GGUF file to codes, scales and minima.
#include <cstring>

#include "quant_types.h"

namespace realm {
namespace {

template <class Block>
const Block& block_at(const uint8_t* source) {
  return *reinterpret_cast<const Block*>(source);
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

// 8 scales and 8 minima of 6 bits each in 12 bytes.
template <class Block>  // BlockQ4_K or BlockQ5_K
void six_bit_scales(const Block& source, DecodedBlock& block) {
  uint8_t packed[sizeof(source.scales)];
  std::memcpy(packed, source.scales, sizeof(packed));
  block.d = source.d;
  block.m = source.dmin;
  for (int i = 0; i < 4; ++i) {
    const int scale = packed[i], minimum = packed[4 + i], low = packed[8 + i];
    block.scales[i] = static_cast<int8_t>(scale & 63);
    block.minima[i] = static_cast<uint8_t>(minimum & 63);
    block.scales[4 + i] = static_cast<int8_t>((low & 15) | ((scale >> 6) << 4));
    block.minima[4 + i] = static_cast<uint8_t>((low >> 4) | ((minimum >> 6) << 4));
  }
}

void scales_of(const BlockQ2_K& source, DecodedBlock& block) {
  block.d = source.d;
  block.m = source.dmin;
  uint8_t packed[sizeof(source.scales)];
  std::memcpy(packed, source.scales, sizeof(packed));
  for (int i = 0; i < 16; ++i) {
    block.scales[i] = packed[i] & 15;
    block.minima[i] = packed[i] >> 4;
  }
}

void scales_of(const BlockQ3_K& source, DecodedBlock& block) {
  block.d = source.d;
  uint8_t packed[sizeof(source.scales)];
  std::memcpy(packed, source.scales, sizeof(packed));
  for (int i = 0; i < 16; ++i) {
    const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    const int high = (packed[8 + i % 4] >> (2 * (i / 4))) & 3;
    block.scales[i] = static_cast<int8_t>((low | high << 4) - 32);
  }
}

void scales_of(const BlockQ4_K& source, DecodedBlock& block) { six_bit_scales(source, block); }

void scales_of(const BlockQ5_K& source, DecodedBlock& block) { six_bit_scales(source, block); }

void scales_of(const BlockQ6_K& source, DecodedBlock& block) {
  block.d = source.d;
  std::memcpy(block.scales, source.scales, 16);
}

void scales_of(const BlockIQ4_XS& source, DecodedBlock& block) {
  block.d = source.d;
  for (int i = 0; i < 8; ++i) {
    const int low = (source.scales_l[i / 2] >> (4 * (i % 2))) & 15;
    const int high = (source.scales_h >> (2 * i)) & 3;
    block.scales[i] = static_cast<int8_t>((low | high << 4) - 32);
  }
}

template <class Block>  // of 32 columns
void scales_of(const Block& source, DecodedBlock& block) {
  block.d = source.d;
  if constexpr (requires { source.m; }) block.m = source.m;
}

void codes_of(const BlockQ2_K& source, uint8_t* codes) { add_bit_pairs(source.qs, 0, codes); }

void codes_of(const BlockQ3_K& source, uint8_t* codes) {
  add_bit_pairs(source.qs, 0, codes);
  add_bits(source.hmask, 2, codes);
}

void codes_of(const BlockQ4_K& source, uint8_t* codes) {
  for (int i = 0; i < 4; ++i) split_nibbles(source.qs + 32 * i, 32, codes + 64 * i);
}

void codes_of(const BlockQ5_K& source, uint8_t* codes) {
  for (int i = 0; i < 4; ++i) split_nibbles(source.qs + 32 * i, 32, codes + 64 * i);
  add_bits(source.qh, 4, codes);
}

void codes_of(const BlockQ6_K& source, uint8_t* codes) {
  for (int i = 0; i < 2; ++i) split_nibbles(source.ql + 64 * i, 64, codes + 128 * i);
  add_bit_pairs(source.qh, 4, codes);
}

void codes_of(const BlockIQ4_XS& source, uint8_t* codes) {
  for (int i = 0; i < 8; ++i) split_nibbles(source.qs + 16 * i, 16, codes + 32 * i);
}

void codes_of(const BlockQ8_0& source, uint8_t* codes) { std::memcpy(codes, source.qs, 32); }

template <class Block>  // of 32 columns and 4 or 5 bits
void codes_of(const Block& source, uint8_t* codes) {
  split_nibbles(source.qs, 16, codes);
  if constexpr (requires { source.qh; }) add_fifth_bits(source.qh, codes);
}

// Call `use` with the block at `source`.
template <class Use>
void with_block(int32_t quant_type, const uint8_t* source, Use use) {
  switch (quant_type) {
    case kQ4_0:
    case kIQ4_NL: return use(block_at<BlockQ4_0>(source));
    case kQ4_1: return use(block_at<BlockQ4_1>(source));
    case kQ5_0: return use(block_at<BlockQ5_0>(source));
    case kQ5_1: return use(block_at<BlockQ5_1>(source));
    case kQ8_0: return use(block_at<BlockQ8_0>(source));
    case kQ2_K: return use(block_at<BlockQ2_K>(source));
    case kQ3_K: return use(block_at<BlockQ3_K>(source));
    case kQ4_K: return use(block_at<BlockQ4_K>(source));
    case kQ5_K: return use(block_at<BlockQ5_K>(source));
    case kQ6_K: return use(block_at<BlockQ6_K>(source));
    case kIQ4_XS: return use(block_at<BlockIQ4_XS>(source));
    default: return;
  }
}

}  // namespace

void decode_scales(int32_t quant_type, const uint8_t* source, DecodedBlock& block) {
  block.m = 0;
  with_block(quant_type, source, [&](const auto& file) { scales_of(file, block); });
}

void decode_block(int32_t quant_type, const uint8_t* source, DecodedBlock& block) {
  decode_scales(quant_type, source, block);
  std::memset(block.codes, 0, sizeof(block.codes));
  with_block(quant_type, source, [&](const auto& file) { codes_of(file, block.codes); });
}

}  // namespace realm
