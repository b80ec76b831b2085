// The table of one instruction set.
#include "isa_functions.h"
#include "tables.h"

#define REALM_TEXT_OF(name) #name
#define REALM_TEXT(name) REALM_TEXT_OF(name)

namespace realm::REALM_ISA {

const Kernels& table() {
  static constexpr Kernels kTable = {
      .name = REALM_TEXT(REALM_ISA),
      .group_panels = kGroupPanels,
      .pack_panels = pack_panels,
      .quantize_row = quantize_row,
      .matmul = matmul,
      .rms_norm = rms_norm,
      .add = add,
      .scale = scale,
      .softcap = softcap,
      .swiglu = swiglu,
      .geglu = geglu,
      .rope = rope,
      .append = append,
      .attention = attention,
      .attention_scratch_bytes = attention_scratch_bytes,
      .add_scaled = add_scaled,
      .read = read,
      .compute = compute,
  };
  return kTable;
}

}  // namespace realm::REALM_ISA
