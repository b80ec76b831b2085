/* realm_guest.h: the rest of a small guest in C++.
 *
 * Include it once and write
 *
 *     int32_t generate(const realm::Request& request) { ... return REALM_FINISH_STOP; }
 *
 * It calls realm_forward and realm_emit_token (realm.h) as it likes. One instance of the
 * guest runs one generation, so nothing needs to be freed.
 */
#ifndef REALM_GUEST_H
#define REALM_GUEST_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "realm.h"

namespace realm {

struct Request {
  const realm_config& settings;
  const int32_t* prompt;
  uint32_t num_prompt;
  uint32_t vocab_size;
};

/* Room for n numbers, zeros at first; ends the guest when there is no memory. */
inline float* floats(uint32_t n) {
  void* room = calloc(n, sizeof(float));
  if (room == nullptr) __builtin_trap();
  return static_cast<float*>(room);
}

/* Run ids on a sequence; the logits after the last one. Ends the guest when that fails:
 * the host knows why, and reports it. */
inline float* run(const Request& request, int32_t seq, const int32_t* ids, uint32_t n,
                  float* logits) {
  if (realm_forward(seq, ids, n, logits, request.vocab_size) < 0) __builtin_trap();
  return logits;
}

/* The tokens that may come next on a sequence: none at first. */
class Mask {
 public:
  explicit Mask(uint32_t vocab_size) : size_((vocab_size + 7) / 8) {
    bits_ = static_cast<uint8_t*>(calloc(size_, 1));
    if (bits_ == nullptr) __builtin_trap();
  }

  void allow(int32_t id) { bits_[id / 8] |= static_cast<uint8_t>(1u << id % 8); }
  void allow_all() { memset(bits_, 0xFF, size_); }
  void forbid(int32_t id) { bits_[id / 8] &= static_cast<uint8_t>(~(1u << id % 8)); }

  /* Have the logits of a sequence follow it from now on; changes to come need another call. */
  void put_on(int32_t seq) const {
    if (realm_mask(seq, bits_, size_) < 0) __builtin_trap();
  }

 private:
  uint8_t* bits_;
  uint32_t size_;
};

/* The index of the largest number. */
inline int32_t argmax(const float* x, uint32_t n) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < n; ++i) {
    if (x[i] > x[best]) best = i;
  }
  return static_cast<int32_t>(best);
}

/* The natural logarithm of the sum of e**x: logits minus this are log probabilities. */
inline float logsumexp(const float* x, uint32_t n) {
  const float largest = x[argmax(x, n)];
  double sum = 0;
  for (uint32_t i = 0; i < n; ++i) sum += expf(x[i] - largest);
  return largest + static_cast<float>(log(sum));
}

/* Turn logits into probabilities at a temperature above 0. */
inline void softmax(float* x, uint32_t n, float temperature = 1) {
  for (uint32_t i = 0; i < n; ++i) x[i] /= temperature;
  const float total = logsumexp(x, n);
  for (uint32_t i = 0; i < n; ++i) x[i] = expf(x[i] - total);
}

/* Random numbers that follow from the request's seed (splitmix64). */
class Random {
 public:
  explicit Random(const realm_config& settings)
      : state_(static_cast<uint64_t>(settings.seed_high) << 32 | settings.seed_low) {}

  /* At least 0, below 1. */
  double next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_;
};

/* Draw an index with these probabilities, which need not sum to 1. */
inline int32_t draw(const float* probs, uint32_t n, Random& random) {
  double total = 0;
  for (uint32_t i = 0; i < n; ++i) total += probs[i];
  double left = random.next() * total;
  uint32_t last = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (probs[i] <= 0) continue;
    last = i;
    left -= probs[i];
    if (left < 0) break;
  }
  return static_cast<int32_t>(last);
}

}  // namespace realm

int32_t generate(const realm::Request& request);

extern "C" {
REALM_EXPORT(realm_abi_version) int32_t realm_abi_version(void) { return REALM_ABI_VERSION; }
REALM_EXPORT(realm_alloc) void* realm_alloc(uint32_t size) { return malloc(size); }
REALM_EXPORT(realm_free) void realm_free(void* ptr) { free(ptr); }
REALM_EXPORT(realm_generate) int32_t realm_generate(const void* config, uint32_t len) {
  const realm_config& settings = *static_cast<const realm_config*>(config);
  if (len < sizeof(settings) || settings.header_bytes != sizeof(settings)) {
    return REALM_ERROR_ARGUMENT;
  }
  const auto* prompt = reinterpret_cast<const int32_t*>(&settings + 1);
  const auto vocab_size = static_cast<uint32_t>(realm_vocab_size());
  return generate({settings, prompt, settings.num_prompt, vocab_size});
}
}

#endif /* REALM_GUEST_H */
