// The sampler: from a row of logits to one token.
//
//   stage               changes or keeps                                     off when
//   ------------------  ---------------------------------------------------  ------------------
//   logit_bias          adds to the logits of some ids                       no bias
//   penalties           repetition, frequency, presence (penalties.h)        1, 0, 0 or window 0
//   DRY                 tokens that prolong a repetition (dry.h)             multiplier 0
//   eog                 forbids the ids that end a generation                see below
//   temperature 0       takes the largest logit, the lowest id of equals     temperature > 0
//   top_k               keeps the k largest                                  0
//   typical_p           keeps surprises close to the entropy, to this mass   1
//   top_p               keeps the largest, to this mass                      1
//   min_p               keeps those within this share of the largest         0
//   XTC                 with xtc_probability, of the tokens with at least    probability 0
//                       xtc_threshold keeps the least likely one only
//   temperature         divides the logits                                   1
//   draw                running sum of the probabilities in the order of ids
//
// Mirostat 2 (Basu et al. 2021, arXiv:2007.14966) takes the place of top_k to draw:
// temperature, tokens with a surprise of at most mu bits, draw, and then
// mu -= eta * (surprise - tau), from mu = 2 * tau on.
//
// Each of top_k to XTC sees the probabilities (at temperature 1) among the tokens that
// the stage before left, and leaves at least one. Of equals at a cut, lower ids stay. A mass is
// reached by the fewest tokens that sum to it or more.
//
// Ids that end a generation are forbidden with REALM_IGNORE_EOS and before min_tokens.
// A token with a logit of -inf or NaN, its own or through a bias, is never chosen, and a
// row without any other is REALM_ERROR_ARGUMENT. +inf counts as the largest float.
//
// The draw at one position, counted from the start of the prompt, depends on the seed and
// the position only (random.h).
#ifndef REALM_SAMPLER_H
#define REALM_SAMPLER_H

#include "../realm.h"
#include "config.h"
#include "dry.h"
#include "memory.h"
#include "penalties.h"
#include "random.h"
#include "row.h"

namespace realm {

struct Alternative {
  int32_t id;
  float logprob;
};

struct Choice {
  int32_t id;
  float logprob;  // from the row as it came; NaN without REALM_LOGPROBS
  // The likeliest tokens of the row as it came, best first; valid until the next call.
  Span<const Alternative> alternatives;
};

class Sampler {
 public:
  // A realm_status.
  int32_t begin(const Config& config);

  // Choose from n logits, 0 < n <= num_tokens, with room for padded(n); changes the row.
  // A realm_status.
  int32_t sample_dense(float* logits, uint32_t n, Choice& choice);
  // Choose from the n largest logits of a row, where they decide the result alone; else
  // REALM_ERROR_ARGUMENT.
  int32_t sample_sparse(const int32_t* ids, const float* logits, uint32_t n, float log_sum_exp,
                        Choice& choice);
  // Take the chosen token as part of the sequence; whether there was memory.
  bool accept(int32_t id);

  uint32_t num_generated() const { return num_generated_; }

 private:
  bool needs_history() const { return penalties_.is_on() || dry_.is_on(); }
  bool forbids_eog() const;
  bool edit(Row& target);
  int32_t draw_dense(const Row& source, double raw_mass, int32_t& id);
  int32_t draw_all(const Row& source, int32_t& id);
  int32_t draw_mirostat(const Row& source, int32_t& id);
  int32_t draw_candidates(double total, int32_t& id);
  double random(Draw draw) const;
  bool append_history(int32_t id);

  realm_config params_{};
  uint64_t seed_ = 0;
  double mirostat_mu_ = 0;
  uint32_t num_generated_ = 0;
  Vec<Bias> biases_;
  Vec<int32_t> history_;  // prompt and generated; empty unless needed
  Penalties penalties_;
  Dry dry_;
};

}  // namespace realm

#endif  // REALM_SAMPLER_H
