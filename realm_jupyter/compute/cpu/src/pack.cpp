// Packing, for callers of the library; see packed.h.
#include "packed.h"

int32_t realm_cpu_layout_version(void) { return realm::kLayoutVersion; }

int64_t realm_cpu_packed_bytes(int32_t quant_type, int64_t num_rows, int64_t num_cols) {
  if (num_rows <= 0 || !realm::is_packable(quant_type, num_cols)) return -1;
  return realm::num_panels_of(num_rows) * realm::panel_bytes(quant_type, num_cols);
}

int32_t realm_cpu_pack(int32_t quant_type, const void* source, void* packed, int64_t num_rows,
                       int64_t num_cols, int64_t first_panel, int64_t num_panels) {
  using namespace realm;
  if (!is_packable(quant_type, num_cols)) return REALM_CPU_UNSUPPORTED;
  if (num_rows <= 0 || first_panel < 0 || num_panels < 0 ||
      first_panel + num_panels > num_panels_of(num_rows)) {
    return REALM_CPU_INVALID;
  }
  kernels().pack_panels(quant_type, static_cast<const uint8_t*>(source),
                        static_cast<uint8_t*>(packed), num_rows, num_cols, first_panel,
                        num_panels);
  return REALM_CPU_OK;
}
