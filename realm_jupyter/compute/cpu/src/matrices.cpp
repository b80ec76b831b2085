// Single matrix products and the machine's ceilings, for tests and measurements.
#include <atomic>

#include "buffer.h"
#include "packed.h"
#include "pool.h"

namespace realm {
namespace {

constexpr int64_t kPanelsPerTile = 8;
constexpr int64_t kRowsPerTile = 128;
constexpr int64_t kReadTileBytes = 1 << 20;

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

struct Product {
  const Kernels& kernels;
  Matrix matrix;
  Activations x;
  int8_t* quants;
  float* scales;
  int16_t* sums;
  int64_t num_tokens;
  float* y;
};

void quantize_tile(void* context, int64_t row) {
  const Product& product = *static_cast<const Product*>(context);
  const int64_t num_cols = product.matrix.num_cols;
  product.kernels.quantize_row(product.x.floats + row * num_cols, num_cols,
                               product.quants + row * num_cols,
                               product.scales + row * (num_cols / kBlock),
                               product.sums + row * (num_cols / kHalfBlock));
}

void multiply_tile(void* context, int64_t tile) {
  const Product& product = *static_cast<const Product*>(context);
  const int64_t row_tiles = ceil_div(product.num_tokens, kRowsPerTile);
  const int64_t first_panel = tile / row_tiles * kPanelsPerTile;
  const int64_t first_row = tile % row_tiles * kRowsPerTile;
  const int64_t num_panels = num_panels_of(product.matrix.num_rows);
  product.kernels.matmul(product.matrix, product.x, first_row,
                         smaller(kRowsPerTile, product.num_tokens - first_row), first_panel,
                         smaller(kPanelsPerTile, num_panels - first_panel), nullptr, product.y,
                         product.matrix.num_rows);
}

struct Reading {
  const Kernels& kernels;
  const uint8_t* data;
  int64_t num_bytes;
  std::atomic<uint64_t> sum{0};
};

void read_tile(void* context, int64_t tile) {
  Reading& reading = *static_cast<Reading*>(context);
  const int64_t first = tile * kReadTileBytes;
  reading.sum += reading.kernels.read(reading.data + first,
                                      smaller(kReadTileBytes, reading.num_bytes - first));
}

struct Computing {
  const Kernels& kernels;
  int32_t kind;
  int64_t num_rounds;
  std::atomic<int64_t> num_done{0};
};

void compute_tile(void* context, int64_t) {
  Computing& computing = *static_cast<Computing*>(context);
  computing.num_done += computing.kernels.compute(computing.kind, computing.num_rounds);
}

}  // namespace

bool needs_quants(int32_t quant_type) { return packed_format(quant_type).bits != 0; }

}  // namespace realm

int32_t realm_cpu_matmul(int32_t quant_type, const void* packed, int64_t num_rows,
                         int64_t num_cols, const float* x, int64_t num_tokens, float* y,
                         int32_t num_threads) {
  using namespace realm;
  if (!is_packable(quant_type, num_cols)) return REALM_CPU_UNSUPPORTED;
  if (num_rows <= 0 || num_tokens < 0 || num_threads <= 0) return REALM_CPU_INVALID;
  const int64_t num_quants = num_tokens * num_cols;
  Buffer quants, scales, sums;
  if (!quants.reserve(num_quants) || !scales.reserve(num_quants / kBlock * 4) ||
      !sums.reserve(num_quants / kHalfBlock * 2)) {
    return REALM_CPU_NO_MEMORY;
  }
  Product product{kernels(),
                  {static_cast<const uint8_t*>(packed), num_rows, num_cols, quant_type},
                  {},
                  reinterpret_cast<int8_t*>(quants.data()),
                  reinterpret_cast<float*>(scales.data()),
                  reinterpret_cast<int16_t*>(sums.data()),
                  num_tokens,
                  y};
  product.x = {x, num_cols, product.quants, product.scales, product.sums, num_cols};
  if (needs_quants(quant_type)) parallel_for(num_threads, num_tokens, quantize_tile, &product);
  const int64_t num_tiles =
      ceil_div(num_panels_of(num_rows), kPanelsPerTile) * ceil_div(num_tokens, kRowsPerTile);
  parallel_for(num_threads, num_tiles, multiply_tile, &product);
  return REALM_CPU_OK;
}

uint64_t realm_cpu_read(const void* data, int64_t num_bytes, int32_t num_threads) {
  using namespace realm;
  Reading reading{kernels(), static_cast<const uint8_t*>(data), num_bytes};
  parallel_for(num_threads, ceil_div(num_bytes, kReadTileBytes), read_tile, &reading);
  return reading.sum;
}

int64_t realm_cpu_compute(int32_t kind, int64_t num_rounds, int32_t num_threads) {
  using namespace realm;
  Computing computing{kernels(), kind, num_rounds};
  parallel_for(num_threads, num_threads, compute_tile, &computing);
  return computing.num_done;
}
