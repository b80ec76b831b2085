// Rows in GGUF's order to float32, bit for bit as realm_jupyter/gguf/dequantize.py.
#include <cstring>

#include "packed.h"

namespace realm {
namespace {

void dequantize_block(int32_t quant_type, const PackedFormat& format, const uint8_t* source,
                      int32_t num_cols, float* values) {
  DecodedBlock block;
  decode_block(quant_type, source, block);
  const float d = float_of_half(block.d), m = float_of_half(block.m);
  for (int32_t column = 0; column < num_cols; ++column) {
    int number = block.codes[column] - format.zero;
    if (format.is_table) {
      number = kIQ4Values[number];
    } else if (format.is_signed) {
      number = static_cast<int8_t>(number);
    }
    float value;
    if (format.is_super()) {
      const int group = column / format.group_columns;
      value = d * static_cast<float>(block.scales[group]) * static_cast<float>(number);
      if (format.has_minima) value -= m * static_cast<float>(block.minima[group]);
    } else {
      value = d * static_cast<float>(number);
      if (format.has_minima) value += m;
    }
    values[column] = value;
  }
}

}  // namespace
}  // namespace realm

int32_t realm_cpu_dequantize_row(int32_t quant_type, const void* source, int64_t num_cols,
                                 float* row) {
  using namespace realm;
  if (!is_packable(quant_type, num_cols)) return REALM_CPU_UNSUPPORTED;
  const uint8_t* bytes = static_cast<const uint8_t*>(source);
  if (quant_type == kF32) {
    std::memcpy(row, source, static_cast<size_t>(num_cols) * sizeof(float));
    return REALM_CPU_OK;
  }
  if (quant_type == kF16 || quant_type == kBF16) {
    for (int64_t i = 0; i < num_cols; ++i) {
      uint16_t half;
      std::memcpy(&half, bytes + 2 * i, 2);
      row[i] = quant_type == kF16 ? float_of_half(half)
                                  : float_of_bits(static_cast<uint32_t>(half) << 16);
    }
    return REALM_CPU_OK;
  }
  const PackedFormat format = packed_format(quant_type);
  const FileBlock file = file_block(quant_type);
  for (int64_t first = 0; first < num_cols; first += file.columns) {
    dequantize_block(quant_type, format, bytes + first / file.columns * file.bytes, file.columns,
                     row + first);
  }
  return REALM_CPU_OK;
}
