// One generation: sample, decide whether it ends, release text. See realm.h for the
// protocol of begin, step and end.
#ifndef REALM_GENERATION_H
#define REALM_GENERATION_H

#include "../realm.h"
#include "config.h"
#include "memory.h"
#include "sampler.h"
#include "text.h"

namespace realm {

class Generation {
 public:
  // A realm_status.
  int32_t begin(const Config& config);

  // Sample from n logits, dense or sparse (REALM_DENSE, REALM_SPARSE), and append a
  // realm_event and what follows it to out. A realm_status; REALM_ERROR_STATE after the
  // end, or when max_tokens is 0. An argument error leaves the generation as it was; any
  // other ends it.
  int32_t step(float* logits, int32_t form, uint32_t n, Vec<uint8_t>& out);

  // Append the text that is still held back; whether there was memory.
  bool finish(Vec<uint8_t>& out) {
    text_.finish(out);
    return text_.ok() && out.ok();
  }

 private:
  int32_t advance(const Choice& choice, Vec<uint8_t>& out);
  int32_t write_event(int32_t finish, const Choice& choice, bool is_eog, Vec<uint8_t>& out);

  Sampler sampler_;
  TextStream text_;
  uint32_t max_tokens_ = 0;
  bool is_finished_ = false;
  Vec<uint8_t> piece_;     // of the current token
  Vec<uint8_t> released_;  // text that the current event carries
};

// The running generations of this instance.
class Generations {
 public:
  constexpr Generations() = default;

  // A handle >= 0, never one that is in use; or a realm_status.
  int32_t begin(const Config& config);
  // Null if there is none (any more).
  Generation* find(int32_t handle);
  void erase(int32_t handle);

 private:
  struct Slot {
    int32_t handle;
    Generation* generation;
  };

  Vec<Slot> slots_;
  int32_t next_handle_ = 0;
};

}  // namespace realm

#endif  // REALM_GENERATION_H
