#include "self_check.h"

#include <cstddef>
#include <cstring>

#include "buffer.h"
#include "cache.h"
#include "packed.h"

namespace realm {
namespace {

constexpr int64_t kRows = 40, kPanels = 3;  // the last of which is half full
constexpr int64_t kCols = 256;
constexpr int64_t kTokens = 18;  // enough for the kernels that take many

// A linear congruential generator: the same numbers everywhere.
struct Random {
  uint32_t state = 1;
  uint32_t next() { return (state = state * 1664525u + 1013904223u) >> 8; }
};

struct Workspace {
  alignas(64) uint8_t source[kRows * kCols * 4];
  alignas(64) uint8_t packed[kPanels * kPanelRows * kCols * 4];
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
  kernels.pack_panels(quant_type, work.source, work.packed, kRows, kCols, 0, kPanels);
  for (int64_t token = 0; token < kTokens; ++token) {
    kernels.quantize_row(work.floats + token * kCols, kCols, work.quants + token * kCols,
                         work.scales + token * (kCols / kBlock),
                         work.sums + token * (kCols / kHalfBlock));
  }
  const Matrix matrix{work.packed, kRows, kCols, quant_type};
  const Activations x{work.floats, kCols, work.quants, work.scales, work.sums, kCols};
  // The first token alone, the others together: both ways through the kernels.
  kernels.matmul(matrix, x, 0, 1, 0, kPanels, nullptr, work.results, kRows);
  kernels.matmul(matrix, x, 1, kTokens - 1, 0, kPanels, nullptr, work.results, kRows);
}

bool same(const float* results, const float* expected, int64_t n, bool is_bit_for_bit) {
  if (is_bit_for_bit) return std::memcmp(results, expected, static_cast<size_t>(n) * 4) == 0;
  double error = 0, norm = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double difference = static_cast<double>(results[i]) - expected[i];
    error += difference * difference;
    norm += static_cast<double>(expected[i]) * expected[i];
  }
  return error <= 1e-10 * norm;  // false for NaN
}

void fill_floats(Random& random, float* values, int64_t n) {
  for (int64_t i = 0; i < n; ++i) values[i] = static_cast<float>(random.next() % 2001) * 1e-3f - 1.0f;
}

bool matrices_agree(const Kernels& kernels, const Kernels& expected, bool is_bit_for_bit) {
  constexpr int32_t kTypes[] = {kF32,  kF16,  kBF16, kQ4_0, kQ4_1, kQ5_0,   kQ5_1,  kQ8_0,
                                kQ2_K, kQ3_K, kQ4_K, kQ5_K, kQ6_K, kIQ4_NL, kIQ4_XS};
  static Workspace work;  // too large for a thread's stack; callers take turns
  Random random;
  float reference[kTokens * kRows];
  for (const int32_t quant_type : kTypes) {
    fill(quant_type, random, work.source);
    fill_floats(random, work.floats, kTokens * kCols);
    multiply(expected, quant_type, work);
    std::memcpy(reference, work.results, sizeof(reference));
    multiply(kernels, quant_type, work);
    if (!same(work.results, reference, kTokens * kRows, is_bit_for_bit)) return false;
  }
  return true;
}

constexpr int32_t kHeads = 2, kHeadDim = 24, kWidth = kHeads * kHeadDim;
constexpr int64_t kLength = kPageTokens + 6;  // positions, on two pages

// Everything that works on rows: kWidth results of each function, one after another.
int64_t run_rows(const Kernels& kernels, const float* a, const float* b, float* results) {
  float* y = results;
  kernels.rms_norm(a, b, kHeads, kHeadDim, 1e-5f, y);
  kernels.add(a, b, kWidth, y += kWidth);
  kernels.scale(a, 0.3f, kWidth, y += kWidth);
  kernels.softcap(a, 0.7f, kWidth, y += kWidth);
  kernels.swiglu(a, b, kWidth, y += kWidth);
  kernels.geglu(a, b, kWidth, y += kWidth);
  kernels.rope(a, b, kHeads, kHeadDim, 16, true, y += kWidth);
  kernels.rope(a, b, kHeads, kHeadDim, 16, false, y += kWidth);
  std::memcpy(y += kWidth, b, kWidth * sizeof(float));
  kernels.add_scaled(0.3f, a, kWidth, y);
  return y + kWidth - results;
}

// Attention of the last three positions over all of a sequence, written by `append`.
bool attend(const Kernels& kernels, int32_t kv_type, const float* rows, float* results) {
  const realm_cpu_kv_layer layer{1, kHeadDim, kHeadDim};
  Cache cache;
  if (!cache.configure(&layer, 1, kv_type) || !cache.resize(2)) return false;
  uint8_t* const pages[] = {cache.page(0), cache.page(1)};
  AttentionTile tile{};
  tile.cache = cache.view(0);
  tile.cache.pages = pages;
  for (int64_t t = 0; t < kLength; ++t) {
    kernels.append(tile.cache, t, rows + t * kHeadDim, rows + (kLength - 1 - t) * kHeadDim);
  }
  tile.queries = rows;
  tile.query_stride = tile.output_stride = kWidth;
  tile.outputs = results;
  tile.position = kLength - 3;
  tile.num_rows = 3;
  tile.num_heads = kHeads;
  tile.window = 68;
  tile.scale = 0.2f;
  tile.softcap = 2.0f;
  Buffer scratch;
  if (!scratch.reserve(kernels.attention_scratch_bytes(tile))) return false;
  tile.scratch = scratch.data();
  kernels.attention(tile);
  return true;
}

bool rows_agree(const Kernels& kernels, const Kernels& expected, bool is_bit_for_bit) {
  Random random;
  float rows[kLength * kHeadDim], found[12 * kWidth], reference[12 * kWidth];
  fill_floats(random, rows, kLength * kHeadDim);
  const int64_t count = run_rows(kernels, rows, rows + kWidth, found);
  run_rows(expected, rows, rows + kWidth, reference);
  if (!same(found, reference, count, is_bit_for_bit)) return false;
  constexpr int32_t kCacheTypes[] = {REALM_KV_F32, REALM_KV_F16, REALM_KV_Q8_0};
  for (const int32_t kv_type : kCacheTypes) {
    if (!attend(kernels, kv_type, rows, found)) return false;
    if (!attend(expected, kv_type, rows, reference)) return false;
    if (!same(found, reference, 3 * kWidth, is_bit_for_bit)) return false;
  }
  return true;
}

}  // namespace

bool agrees(const Kernels& kernels, const Kernels& expected, bool is_bit_for_bit) {
  return matrices_agree(kernels, expected, is_bit_for_bit) &&
         rows_agree(kernels, expected, is_bit_for_bit);
}

}  // namespace realm
