#include "self_check.h"

#include <cstddef>
#include <cstring>

#include "packed.h"

namespace realm {
namespace {

constexpr int64_t kRows = 24;  // a whole panel and a half
constexpr int64_t kCols = 256;
constexpr int64_t kTokens = 7;

// A linear congruential generator: the same numbers everywhere.
struct Random {
  uint32_t state = 1;
  uint32_t next() { return (state = state * 1664525u + 1013904223u) >> 8; }
};

struct Workspace {
  alignas(64) uint8_t source[kRows * kCols * 4];
  alignas(64) uint8_t packed[2 * kPanelRows * kCols * 4];
  alignas(64) float floats[kTokens * kCols];
  alignas(64) int8_t quants[kTokens * kCols];
  float scales[kTokens * kCols / kBlock];
  int16_t sums[kTokens * kCols / kHalfBlock];
  float results[kTokens * kRows];
};

void set_half(uint8_t* block, size_t offset, Random& random) {
  const uint16_t half = static_cast<uint16_t>(0x2000 + (random.next() & 0x8fff));
  std::memcpy(block + offset, &half, 2);
}

// Blocks of random bits with tame scales.
void fill(int32_t quant_type, Random& random, uint8_t* source) {
  const FileBlock file = file_block(quant_type);
  for (int64_t i = 0; i < kRows * kCols / file.columns; ++i) {
    uint8_t* block = source + i * file.bytes;
    for (int j = 0; j < file.bytes; ++j) block[j] = static_cast<uint8_t>(random.next());
    switch (quant_type) {
      case kF32: block[3] = static_cast<uint8_t>((block[3] & 0x80) | 0x3e); break;
      case kF16: block[1] = static_cast<uint8_t>((block[1] & 0x80) | 0x2c); break;
      case kBF16: block[1] = static_cast<uint8_t>((block[1] & 0x80) | 0x3e); break;
      case kQ4_1:
      case kQ5_1:
      case kQ4_K:
      case kQ5_K: set_half(block, 2, random); [[fallthrough]];
      case kQ4_0:
      case kQ5_0:
      case kQ8_0:
      case kIQ4_NL:
      case kIQ4_XS: set_half(block, 0, random); break;
      case kQ2_K: set_half(block, offsetof(BlockQ2_K, dmin), random);
        set_half(block, offsetof(BlockQ2_K, d), random); break;
      case kQ3_K: set_half(block, offsetof(BlockQ3_K, d), random); break;
      default: set_half(block, offsetof(BlockQ6_K, d), random);
    }
  }
}

void multiply(const Kernels& kernels, int32_t quant_type, Workspace& work) {
  for (int64_t token = 0; token < kTokens; ++token) {
    kernels.quantize_row(work.floats + token * kCols, kCols, work.quants + token * kCols,
                         work.scales + token * (kCols / kBlock),
                         work.sums + token * (kCols / kHalfBlock));
  }
  const Matrix matrix{work.packed, kRows, kCols, quant_type};
  const Activations x{work.floats, kCols, work.quants, work.scales, work.sums, kCols};
  // The first token alone, the others together: both ways through the kernels.
  kernels.matmul(matrix, x, 0, 1, 0, 2, nullptr, work.results, kRows);
  kernels.matmul(matrix, x, 1, kTokens - 1, 0, 2, nullptr, work.results, kRows);
}

bool is_close(const float* results, const float* expected) {
  double error = 0, norm = 0;
  for (int64_t i = 0; i < kTokens * kRows; ++i) {
    const double difference = static_cast<double>(results[i]) - expected[i];
    error += difference * difference;
    norm += static_cast<double>(expected[i]) * expected[i];
  }
  return error <= 1e-10 * norm;  // false for NaN
}

}  // namespace

bool agrees(const Kernels& kernels, const Kernels& expected, bool is_bit_for_bit) {
  constexpr int32_t kTypes[] = {kF32,  kF16,  kBF16, kQ4_0, kQ4_1, kQ5_0,   kQ5_1,  kQ8_0,
                                kQ2_K, kQ3_K, kQ4_K, kQ5_K, kQ6_K, kIQ4_NL, kIQ4_XS};
  static Workspace work;  // too large for a thread's stack; callers take turns
  Random random;
  float reference[kTokens * kRows];
  for (const int32_t quant_type : kTypes) {
    fill(quant_type, random, work.source);
    for (float& x : work.floats) x = static_cast<float>(random.next() % 2001) * 1e-3f - 1.0f;
    if (realm_cpu_pack(quant_type, work.source, work.packed, kRows, kCols, 0, 2) != REALM_CPU_OK) {
      return false;
    }
    multiply(expected, quant_type, work);
    std::memcpy(reference, work.results, sizeof(reference));
    multiply(kernels, quant_type, work);
    const bool agree = is_bit_for_bit
                           ? std::memcmp(work.results, reference, sizeof(reference)) == 0
                           : is_close(work.results, reference);
    if (!agree) return false;
  }
  return true;
}

}  // namespace realm
