// The exports of a resumable guest: see realm.h.
#include "generation.h"
#include "memory.h"
#include "simd.h"
#include "vocabulary.h"

namespace realm {
namespace {

constinit Generations generations;
constinit Vec<float> logits;     // written by the host before a step
constinit Vec<uint8_t> results;  // read by the host after a step or an end

// A step may fill the last block of a row up.
constexpr uint32_t MAX_FLOATS = (INT32_MAX / sizeof(float)) - BLOCK;

realm_span span_of(const Vec<uint8_t>& bytes) {
  const auto address = static_cast<realm_span>(reinterpret_cast<uintptr_t>(bytes.data()));
  return static_cast<realm_span>(bytes.size()) << 32 | address;
}

int32_t step(int32_t handle, int32_t form, uint32_t n) {
  Generation* generation = generations.find(handle);
  if (generation == nullptr) return REALM_ERROR_HANDLE;
  if (form != REALM_DENSE && form != REALM_SPARSE) return REALM_ERROR_ARGUMENT;
  const uint64_t num_floats = form == REALM_DENSE ? n : 2 * uint64_t{n} + 1;
  if (n == 0 || n > vocabulary().num_tokens() || num_floats > logits.size()) {
    return REALM_ERROR_ARGUMENT;
  }
  return generation->step(logits.data(), form, n, results);
}

}  // namespace
}  // namespace realm

extern "C" {

REALM_EXPORT(realm_generate_begin)
int32_t realm_generate_begin(const void* config, uint32_t len) {
  using namespace realm;
  if (!vocabulary().is_loaded()) return REALM_ERROR_VOCAB;
  Config parsed;
  const int32_t status =
      read_config(static_cast<const uint8_t*>(config), len, vocabulary().num_tokens(), parsed);
  return status == REALM_OK ? generations.begin(parsed) : status;
}

REALM_EXPORT(realm_logits)
float* realm_logits(uint32_t num_floats) {
  using namespace realm;
  if (num_floats > MAX_FLOATS || !logits.reserve(max(padded(num_floats), BLOCK))) return nullptr;
  // Only what the host has room for counts as written.
  if (num_floats > logits.size()) logits.resize(num_floats);
  return logits.data();
}

REALM_EXPORT(realm_generate_step)
realm_span realm_generate_step(int32_t handle, int32_t form, uint32_t n) {
  using namespace realm;
  results.clear();
  const int32_t status = step(handle, form, n);
  return status == REALM_OK ? span_of(results) : status;
}

REALM_EXPORT(realm_generate_end)
realm_span realm_generate_end(int32_t handle) {
  using namespace realm;
  Generation* generation = generations.find(handle);
  if (generation == nullptr) return REALM_ERROR_HANDLE;
  results.clear();
  const bool is_whole = generation->finish(results);
  generations.erase(handle);
  return is_whole ? span_of(results) : REALM_ERROR_MEMORY;
}
}
