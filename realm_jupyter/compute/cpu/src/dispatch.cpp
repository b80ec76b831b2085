// The instruction set in use.
#include <atomic>
#include <cstring>

#include "kernels.h"
#include "self_check.h"

namespace realm {
namespace {

constexpr int kMostTables = 4;

struct Offer {
  const Kernels* tables[kMostTables];
  int count;
  char names[128];
};

Offer offer;
std::atomic<int> stage{0};  // 0: nothing yet, 1: being made, 2: there
std::atomic<const Kernels*> chosen{nullptr};

// The baselines of x86-64 and WebAssembly have no fused multiply-add: they round twice.
#if defined(__x86_64__) || defined(__wasm__)
constexpr bool kBaselineIsFused = false;
#else
constexpr bool kBaselineIsFused = true;
#endif

void make_offer() {
  int32_t count = 0;
  const Kernels* const* tables = all_kernels(&count);
  const Kernels* baseline = tables[count - 1];
  // From the baseline up, so that each is compared with sets that have passed.
  const Kernels* passed[kMostTables] = {baseline};
  int num_passed = 1;
  for (int i = count - 2; i >= 0; --i) {
    if (!is_runnable(*tables[i])) continue;
    bool passes = agrees(*tables[i], *baseline, kBaselineIsFused);
    for (int j = 1; j < num_passed; ++j) passes = passes && agrees(*tables[i], *passed[j], true);
    if (passes) passed[num_passed++] = tables[i];
  }
  for (int i = num_passed - 1; i >= 0; --i) {
    offer.tables[offer.count++] = passed[i];
    if (offer.names[0] != '\0') std::strcat(offer.names, " ");
    std::strcat(offer.names, passed[i]->name);
  }
  chosen.store(offer.tables[0], std::memory_order_relaxed);
}

const Offer& the_offer() {
  int expected = 0;
  if (stage.load(std::memory_order_acquire) == 2) return offer;
  if (stage.compare_exchange_strong(expected, 1)) {
    make_offer();
    stage.store(2, std::memory_order_release);
  }
  while (stage.load(std::memory_order_acquire) != 2) {
  }
  return offer;
}

}  // namespace

const Kernels& kernels() {
  the_offer();
  return *chosen.load(std::memory_order_relaxed);
}

}  // namespace realm

const char* realm_cpu_isas(void) { return realm::the_offer().names; }

const char* realm_cpu_isa(void) { return realm::kernels().name; }

int32_t realm_cpu_select_isa(const char* name) {
  const realm::Offer& offer = realm::the_offer();
  for (int i = 0; i < offer.count; ++i) {
    if (std::strcmp(offer.tables[i]->name, name) == 0) {
      realm::chosen.store(offer.tables[i], std::memory_order_relaxed);
      return REALM_CPU_OK;
    }
  }
  return REALM_CPU_UNSUPPORTED;
}
