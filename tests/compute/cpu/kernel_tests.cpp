// Matrix kernels of one instruction set against obviously right versions, which read GGUF's
// blocks element by element. Standalone, so that it runs under AddressSanitizer and
// UndefinedBehaviorSanitizer; prints what failed and ends with the number of failures.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "check.h"
#include "isa_functions.h"
#include "matrix_product.h"
#include "packed.h"

namespace {

using namespace realm;
namespace isa = realm::REALM_ISA;

constexpr int32_t kQuantized[] = {kQ4_0, kQ4_1, kQ5_0, kQ5_1, kQ8_0,   kQ2_K,
                                  kQ3_K, kQ4_K, kQ5_K, kQ6_K, kIQ4_NL, kIQ4_XS};
constexpr int32_t kFloats[] = {kF32, kF16, kBF16};

#if defined(__x86_64__) && !defined(__FMA__)
constexpr bool kIsFused = false;
#else
constexpr bool kIsFused = true;
#endif

std::mt19937 generator(11);

uint32_t random_bits() { return static_cast<uint32_t>(generator()); }

// Memory of an exact size, so that the sanitizer sees a read or write beyond it.
struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <class Number>
using Array = std::unique_ptr<Number[], Free>;

template <class Number>
Array<Number> array(int64_t count) {
  void* memory = nullptr;
  const size_t bytes = static_cast<size_t>(count) * sizeof(Number);
  if (posix_memalign(&memory, 64, bytes == 0 ? 1 : bytes) != 0) std::exit(1);
  std::memset(memory, 0, bytes);
  return Array<Number>(static_cast<Number*>(memory));
}

bool is_same(float a, float b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0 || (std::isnan(a) && std::isnan(b));
}

// What scales of a matrix are made of.
enum class Scales { kTame, kZero, kHuge, kDenormal, kSpecial };

uint16_t random_half(Scales scales) {
  const uint16_t sign = random_bits() & 0x8000;
  switch (scales) {
    case Scales::kZero: return sign;
    case Scales::kHuge: return static_cast<uint16_t>(sign | 0x7800 | (random_bits() & 0x3ff));
    case Scales::kDenormal: return static_cast<uint16_t>(sign | (random_bits() & 0x3ff));
    case Scales::kSpecial: {
      const uint32_t kind = random_bits() % 8;
      if (kind == 0) return static_cast<uint16_t>(sign | 0x7c00);
      if (kind == 1) return static_cast<uint16_t>(sign | 0x7e01);
      break;
    }
    case Scales::kTame: break;
  }
  return static_cast<uint16_t>(sign | (0x1c00 + (random_bits() & 0x0fff)));
}

void set_half(uint8_t* p, uint16_t half) { std::memcpy(p, &half, sizeof(half)); }

// Offsets of the halves of a block; -1: none.
void offsets_of_halves(int32_t quant_type, int& d, int& m) {
  d = 0;
  m = packed_format(quant_type).has_minima ? 2 : -1;
  if (quant_type == kQ2_K) d = 80, m = 82;
  if (quant_type == kQ3_K) d = 108;
  if (quant_type == kQ6_K) d = 208;
}

Array<uint8_t> random_matrix(int32_t quant_type, int64_t num_rows, int64_t num_cols,
                             Scales scales) {
  const FileBlock file = file_block(quant_type);
  const int64_t num_blocks = num_rows * num_cols / file.columns;
  auto data = array<uint8_t>(num_blocks * file.bytes);
  for (int64_t i = 0; i < num_blocks; ++i) {
    uint8_t* block = data.get() + i * file.bytes;
    for (int j = 0; j < file.bytes; ++j) block[j] = static_cast<uint8_t>(random_bits());
    if (quant_type == kF16) {
      set_half(block, random_half(scales));
    } else if (quant_type == kBF16 || quant_type == kF32) {
      const float value = float_of_half(random_half(scales));
      std::memcpy(block, reinterpret_cast<const uint8_t*>(&value) + (4 - file.bytes),
                  static_cast<size_t>(file.bytes));
    } else {
      int d = 0, m = 0;
      offsets_of_halves(quant_type, d, m);
      set_half(block + d, random_half(scales));
      if (m >= 0) set_half(block + m, random_half(scales));
    }
  }
  return data;
}

// ---- activations --------------------------------------------------------------------------------

struct Quantized {
  Array<float> floats;
  Array<int8_t> quants;
  Array<float> scales;
  Array<int16_t> sums;
  Activations view;
};

// The mean of 16 absolute values, added as reduce_add does.
float mean_plainly(const float* x) {
  float sums[4];
  for (int i = 0; i < 4; ++i) {
    const auto part = [&](int j) { return std::fabs(x[i + j]) / 16.0f; };
    sums[i] = (part(0) + part(8)) + (part(4) + part(12));
  }
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

// quant = round(x / scale), scale = largest / 127, or larger where the absolute values of 16
// quants could add up to more than 1023 otherwise; too small blocks are zero.
void quantize_plainly(const float* x, int8_t* quants, float* scale, int16_t* sums) {
  float largest = 0.0f;
  bool has_nan = false;
  for (int i = 0; i < 32; ++i) {
    has_nan = has_nan || std::isnan(x[i]);
    if (std::fabs(x[i]) > largest) largest = std::fabs(x[i]);
  }
  const float mean = std::fmax(mean_plainly(x), mean_plainly(x + 16)), most_mean = 63.4375f;
  *scale = std::fmax(largest / 127.0f, mean / most_mean);
  if (has_nan) *scale = std::numeric_limits<float>::quiet_NaN();
  float inverse = std::fmin(127.0f / largest, most_mean / mean);
  if (largest < 0x1p-120f) inverse = 0.0f;
  int sizes[2] = {0, 0};
  sums[0] = sums[1] = 0;
  for (int i = 0; i < 32; ++i) {
    quants[i] = static_cast<int8_t>(std::nearbyintf(x[i] * inverse));
    sums[i / 16] = static_cast<int16_t>(sums[i / 16] + quants[i]);
    sizes[i / 16] += std::abs(quants[i]);
  }
  CHECK(sizes[0] <= 1023 && sizes[1] <= 1023, "sizes of %d and %d", sizes[0], sizes[1]);
}

Quantized quantized(Array<float> floats, int64_t num_rows, int64_t num_cols) {
  Quantized x;
  x.floats = std::move(floats);
  const bool has_blocks = num_cols % kBlock == 0;
  const int64_t num_blocks = has_blocks ? num_rows * num_cols / kBlock : 0;
  x.quants = array<int8_t>(num_blocks * kBlock);
  x.scales = array<float>(num_blocks);
  x.sums = array<int16_t>(2 * num_blocks);
  x.view = {x.floats.get(), num_cols, x.quants.get(), x.scales.get(), x.sums.get(), num_cols};
  for (int64_t row = 0; has_blocks && row < num_rows; ++row) {
    const int64_t block = row * num_cols / kBlock;
    isa::quantize_row(x.floats.get() + row * num_cols, num_cols, x.quants.get() + block * kBlock,
                      x.scales.get() + block, x.sums.get() + 2 * block);
  }
  return x;
}

Array<float> random_floats(int64_t count, float size = 1.0f) {
  auto x = array<float>(count);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  for (int64_t i = 0; i < count; ++i) x[i] = normal(generator) * size;
  return x;
}

// Values of absolute sizes in [least, 3] · size, and a special one.
void test_quantize_row(float least, float size, float special) {
  auto floats = random_floats(96, 1.0f);
  for (int i = 0; i < 96; ++i) {
    const float bounded = std::fmax(least, std::fmin(3.0f, std::fabs(floats[i])));
    floats[i] = std::copysign(bounded, floats[i]) * size;
  }
  if (special != 0.0f) floats[40] = special;
  const Quantized x = quantized(std::move(floats), 1, 96);
  for (int block = 0; block < 3; ++block) {
    int8_t quants[32];
    float scale = 0;
    int16_t sums[2];
    for (int i = 0; i < 32; ++i) {
      const int quant = x.quants[block * 32 + i];
      CHECK(quant >= -127, "a quant of %d", quant);
    }
    if (special != 0.0f && block == 1) {
      CHECK(!std::isfinite(x.scales[1]), "a scale of %g hides %g", x.scales[1], special);
      continue;
    }
    quantize_plainly(x.floats.get() + block * 32, quants, &scale, sums);
    CHECK(is_same(scale, x.scales[block]), "scale %g, not %g", x.scales[block], scale);
    CHECK(std::memcmp(quants, x.quants.get() + block * 32, 32) == 0, "quants of size %g", size);
    CHECK(std::memcmp(sums, x.sums.get() + block * 2, 4) == 0, "sums of size %g", size);
  }
}

void test_quantize_row() {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float least : {0.0f, 1.5f, 2.9f, 3.0f}) {
    for (const float size : {0.0f, 1e-44f, 1e-38f, 1e-20f, 1.0f, 1e20f, 1e38f}) {
      for (const float special : {0.0f, infinity, nan}) test_quantize_row(least, size, special);
    }
  }
}

// ---- products -----------------------------------------------------------------------------------

float fused(float a, float b, float c) { return kIsFused ? std::fmaf(a, b, c) : a * b + c; }

// One result, in the order that slab.h documents.
float multiply_plainly(int32_t quant_type, const uint8_t* row, int64_t num_cols,
                       const Quantized& x, int64_t token) {
  const FileBlock file = file_block(quant_type);
  const PackedFormat format = packed_format(quant_type);
  float result = 0;
  DecodedBlock decoded;
  for (int64_t first = 0; first < num_cols; first += file.columns) {
    decode_block(quant_type, row + first / file.columns * file.bytes, decoded);
    const float d = float_of_half(decoded.d), m = float_of_half(decoded.m);
    float scaled = 0, low = 0;
    for (int64_t column = 0; column < file.columns; column += 32) {
      const int64_t block = (token * num_cols + first + column) / 32;
      const int8_t* quants = x.quants.get() + block * 32;
      const float a = x.scales[block];
      int32_t sum = 0, total = 0, totals[2] = {};
      const int groups = format.groups_of_block();
      for (int i = 0; i < 32; ++i) {
        const int code = decoded.codes[column + i];
        const int number = format.is_table    ? kIQ4Values[code]
                           : format.is_signed ? static_cast<int8_t>(code)
                                              : code - format.zero;
        const int64_t group = format.is_super() ? (column + i) / format.group_columns : 0;
        sum += (format.is_super() ? decoded.scales[group] : 1) * number * quants[i];
        total += quants[i];
        totals[i * groups / 32] += quants[i];
      }
      if (format.is_super()) {
        scaled = fused(a, static_cast<float>(sum), scaled);
        for (int i = 0; i < groups && format.has_minima; ++i) {
          const int64_t group = column / format.group_columns + i;
          low = fused(static_cast<float>(decoded.minima[group]), static_cast<float>(totals[i]) * a,
                      low);
        }
      } else {
        result = fused(d * a, static_cast<float>(sum), result);
        if (format.has_minima) result = fused(m, a * static_cast<float>(total), result);
      }
    }
    if (format.is_super()) {
      result = fused(d, scaled, result);
      if (format.has_minima) result = fused(0.0f - m, low, result);
    }
  }
  return result;
}

float multiply_floats_plainly(int32_t quant_type, const uint8_t* row, int64_t num_cols,
                              const float* x) {
  std::vector<float> weights(static_cast<size_t>(num_cols));
  CHECK(realm_cpu_dequantize_row(quant_type, row, num_cols, weights.data()) == 0, "dequantize");
  float sums[4] = {};
  for (int64_t i = 0; i < num_cols; ++i) sums[i % 4] = fused(weights[i], x[i], sums[i % 4]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

struct Packed {
  Array<uint8_t> source;
  Array<uint8_t> data;
  Matrix view;
  int64_t row_bytes;
};

Packed packed(int32_t quant_type, int64_t num_rows, int64_t num_cols, Scales scales) {
  Packed result;
  result.source = random_matrix(quant_type, num_rows, num_cols, scales);
  CHECK(is_packable(quant_type, num_cols), "type %d has no packed form", quant_type);
  const int64_t bytes = num_panels_of(num_rows) * panel_bytes(quant_type, num_cols);
  result.data = array<uint8_t>(bytes);
  std::memset(result.data.get(), 0xa5, static_cast<size_t>(bytes));
  // In two parts, the later first.
  const int64_t num_panels = num_panels_of(num_rows), half = num_panels / 2;
  isa::pack_panels(quant_type, result.source.get(), result.data.get(), num_rows, num_cols, half,
                   num_panels - half);
  isa::pack_panels(quant_type, result.source.get(), result.data.get(), num_rows, num_cols, 0,
                   half);
  result.view = {result.data.get(), num_rows, num_cols, quant_type};
  const FileBlock file = file_block(quant_type);
  result.row_bytes = num_cols / file.columns * file.bytes;
  return result;
}

// A matrix in both layouts.
std::vector<Matrix> views_of(const Packed& matrix) {
  Matrix in_file = matrix.view;
  in_file.data = matrix.source.get();
  in_file.is_in_file = true;
  return {matrix.view, in_file};
}

void multiply(const Matrix& matrix, const Activations& x, int64_t first, int64_t num_tokens,
              int64_t panel, int64_t num_panels, const float* bias, float* y) {
  Kernels kernels{};
  kernels.pack_panels = isa::pack_panels;
  kernels.matmul = isa::matmul;
  const auto room = array<uint8_t>(packing_room(matrix.quant_type, matrix.num_cols));
  multiply_matrix(kernels, matrix, x, first, num_tokens, panel, num_panels, bias, y,
                  matrix.num_rows, room.get());
}

float expected_of(const Packed& matrix, const Quantized& x, int64_t token, int64_t row,
                  const float* bias) {
  const int32_t quant_type = matrix.view.quant_type;
  const uint8_t* data = matrix.source.get() + row * matrix.row_bytes;
  const int64_t num_cols = matrix.view.num_cols;
  const float value =
      packed_format(quant_type).bits != 0
          ? multiply_plainly(quant_type, data, num_cols, x, token)
          : multiply_floats_plainly(quant_type, data, num_cols, x.floats.get() + token * num_cols);
  return bias != nullptr ? value + bias[row] : value;
}

void test_product(int32_t quant_type, int64_t num_rows, int64_t num_cols, int64_t num_tokens,
                  Scales scales, float size) {
  const Packed matrix = packed(quant_type, num_rows, num_cols, scales);
  const Quantized x = quantized(random_floats(num_tokens * num_cols, size), num_tokens, num_cols);
  const auto bias = random_floats(num_rows);
  const float* added = num_tokens % 2 == 0 ? bias.get() : nullptr;
  for (const Matrix& view : views_of(matrix)) {
    const auto y = array<float>(num_tokens * num_rows);
    multiply(view, x.view, 0, num_tokens, 0, num_panels_of(num_rows), added, y.get());
    for (int64_t token = 0; token < num_tokens; ++token) {
      for (int64_t row = 0; row < num_rows; ++row) {
        const float found = y[token * num_rows + row];
        const float expected = expected_of(matrix, x, token, row, added);
        CHECK(is_same(found, expected),
              "type %d, %d x %d, token %d of %d, row %d: %.9g, not %.9g", quant_type,
              static_cast<int>(num_rows), static_cast<int>(num_cols), static_cast<int>(token),
              static_cast<int>(num_tokens), static_cast<int>(row), found, expected);
      }
    }
  }
}

// Each result is the same for any number of tokens, any first token and any range of panels.
void test_invariance(int32_t quant_type, int64_t num_cols) {
  constexpr int64_t kRows = 39, kMostTokens = 40;
  const Packed matrix = packed(quant_type, kRows, num_cols, Scales::kTame);
  const Quantized x =
      quantized(random_floats(kMostTokens * num_cols), kMostTokens, num_cols);
  const auto single = array<float>(kMostTokens * kRows);
  for (int64_t token = 0; token < kMostTokens; ++token) {
    isa::matmul(matrix.view, x.view, token, 1, 0, 3, nullptr, single.get(), kRows);
  }
  for (int64_t num_tokens = 1; num_tokens <= kMostTokens; ++num_tokens) {
    const int64_t first = random_bits() % (kMostTokens - num_tokens + 1);
    const int64_t panel = random_bits() % 3, num_panels = 1 + random_bits() % (3 - panel);
    for (const Matrix& view : views_of(matrix)) {
      const auto y = array<float>(kMostTokens * kRows);
      multiply(view, x.view, first, num_tokens, panel, num_panels, nullptr, y.get());
      for (int64_t token = 0; token < kMostTokens; ++token) {
        for (int64_t row = 0; row < kRows; ++row) {
          const bool is_inside = token >= first && token < first + num_tokens &&
                                 row / 16 >= panel && row / 16 < panel + num_panels;
          const float expected = is_inside ? single[token * kRows + row] : 0.0f;
          CHECK(is_same(y[token * kRows + row], expected), "type %d, %d tokens: token %d, row %d",
                quant_type, static_cast<int>(num_tokens), static_cast<int>(token),
                static_cast<int>(row));
        }
      }
    }
  }
}

// The largest codes, scales and quants: the integers of a kernel must not overflow.
void test_extreme_codes(int32_t quant_type, uint8_t fill) {
  Packed matrix = packed(quant_type, 16, 512, Scales::kTame);
  const FileBlock file = file_block(quant_type);
  std::memset(matrix.source.get(), fill, static_cast<size_t>(16 * matrix.row_bytes));
  int d = 0, m = 0;
  offsets_of_halves(quant_type, d, m);
  for (int64_t i = 0; i < 16 * 512 / file.columns; ++i) {
    set_half(matrix.source.get() + i * file.bytes + d, 0x3c00);
    if (m >= 0) set_half(matrix.source.get() + i * file.bytes + m, 0x3c00);
  }
  isa::pack_panels(quant_type, matrix.source.get(), matrix.data.get(), 16, 512, 0, 1);
  for (const int64_t num_tokens : {1, 5, 19}) {
    auto floats = array<float>(num_tokens * 512);
    for (int64_t i = 0; i < num_tokens * 512; ++i) floats[i] = i % 512 < 256 ? 127.0f : -127.0f;
    for (int64_t i = 0; i < 512; i += 2) floats[i] = 127.0f;
    const Quantized x = quantized(std::move(floats), num_tokens, 512);
    const auto y = array<float>(num_tokens * 16);
    isa::matmul(matrix.view, x.view, 0, num_tokens, 0, 1, nullptr, y.get(), 16);
    for (int64_t i = 0; i < num_tokens * 16; ++i) {
      const float expected = expected_of(matrix, x, i / 16, i % 16, nullptr);
      CHECK(is_same(y[i], expected), "type %d filled with %d: %.9g, not %.9g", quant_type, fill,
            y[i], expected);
    }
  }
}

void test_quantized(int32_t quant_type) {
  const int64_t unit = file_block(quant_type).columns;
  for (const int64_t num_tokens : {1, 2, 3, 4, 5, 11}) {
    test_product(quant_type, 21, unit * 3, num_tokens, Scales::kTame, 1.0f);
  }
  test_product(quant_type, 1, unit, 1, Scales::kTame, 1.0f);
  test_product(quant_type, 16, 512 + unit, 6, Scales::kTame, 1.0f);
  test_product(quant_type, 17, 1024, 150, Scales::kTame, 1.0f);
  test_product(quant_type, 530, unit * 2, 70, Scales::kTame, 1.0f);
  for (const Scales scales : {Scales::kZero, Scales::kHuge, Scales::kDenormal, Scales::kSpecial}) {
    for (const float size : {0.0f, 1e-44f, 1e-30f, 1.0f, 1e30f, 1e38f}) {
      for (const int64_t num_tokens : {1, 6, 18}) {
        test_product(quant_type, 18, 512, num_tokens, scales, size);
      }
    }
  }
  for (const uint8_t fill : {0x00, 0x7f, 0x80, 0xff}) test_extreme_codes(quant_type, fill);
  test_invariance(quant_type, unit == 32 ? 288 : 512);
}

void test_floats(int32_t quant_type) {
  for (const int64_t num_cols : {1, 2, 3, 4, 5, 33, 127, 128, 129, 172, 260}) {
    for (const int64_t num_tokens : {1, 2, 3, 7, 13}) {
      test_product(quant_type, 19, num_cols, num_tokens, Scales::kTame, 1.0f);
    }
  }
  test_product(quant_type, 16, 64, 100, Scales::kTame, 1.0f);
  for (const Scales scales : {Scales::kZero, Scales::kHuge, Scales::kDenormal, Scales::kSpecial}) {
    for (const float size : {0.0f, 1e-44f, 1.0f, 1e38f}) {
      for (const int64_t num_tokens : {1, 6}) {
        test_product(quant_type, 18, 70, num_tokens, scales, size);
      }
    }
  }
  test_invariance(quant_type, 172);
}

void test_refusals() {
  float row[256];
  uint8_t block[256] = {};
  CHECK(realm_cpu_dequantize_row(99, block, 256, row) != 0, "an unknown type is read");
  CHECK(realm_cpu_dequantize_row(kQ6_K, block, 100, row) != 0, "half a block is read");
}

void test_read_and_compute() {
  const int64_t num_bytes = 4099;
  const auto data = array<uint8_t>(num_bytes);
  data[0] = 1;
  data[4098] = 2;
  CHECK(isa::read(data.get(), num_bytes) == 3, "the checksum of a read");
  CHECK(isa::read(data.get(), 0) == 0, "the checksum of nothing");
  CHECK(isa::compute(0, 10) > 0 && isa::compute(1, 10) > 0, "nothing was computed");
}

}  // namespace

int main() {
  test_quantize_row();
  for (const int32_t quant_type : kQuantized) test_quantized(quant_type);
  for (const int32_t quant_type : kFloats) test_floats(quant_type);
  test_refusals();
  test_read_and_compute();
  std::printf("%d failures\n", num_failures);
  return num_failures == 0 ? 0 : 1;
}
