#include "sampler.h"

#include <float.h>
#include <math.h>

#include "candidates.h"
#include "select.h"
#include "vocabulary.h"

namespace realm {
namespace {

// Scratch, shared by all generations: nothing in it outlives a call.
constinit Row row;
constinit Candidates candidates;
constinit Vec<Alternative> alternatives;
constinit Vec<float> block_sums;

// Cuts that only save work lie this much (in logits) below the one that they stand for,
// so that rounding cannot drop a token that would have stayed.
constexpr double SLACK = 1e-3;

constexpr double LN2 = 0.693147180559945309;

// Fill `alternatives` from candidates in any order.
bool rank_alternatives(uint32_t count, double log_sum_exp) {
  candidates.sort_by_logit();
  alternatives.clear();
  for (uint32_t i = 0; i < min(count, candidates.size()); ++i) {
    const double logprob = static_cast<double>(candidates.logit(i)) - log_sum_exp;
    alternatives.push({candidates.id(i), static_cast<float>(logprob)});
  }
  return alternatives.ok();
}

// Gather the k largest of a row and perhaps some more.
void gather_top(const Row& source, uint32_t k) {
  // As many blocks have a maximum of at least the k-th largest maximum, and so as many
  // tokens: the k-th largest token is not below it.
  float threshold = -FLT_MAX;
  if (k <= source.num_maxima()) {
    threshold = key_value(cut_by_count(source.maxima(), source.num_maxima(), k).key);
  }
  candidates.gather(source.logits(), source.size(), source.maxima(), threshold);
}

// Gather what is at least cut, and perhaps some more, but always the largest.
void gather_from(const Row& source, double cut) {
  const float rounded = static_cast<float>(cut - SLACK - 1e-6 * fabs(cut));
  candidates.gather(source.logits(), source.size(), source.maxima(),
                    min(rounded, source.largest()));
}

}  // namespace

int32_t Sampler::begin(const Config& config) {
  params_ = config.header;
  seed_ = config.seed;
  mirostat_mu_ = 2 * static_cast<double>(params_.mirostat_tau);
  penalties_.begin(params_);
  dry_.begin(params_);
  biases_.reserve(params_.num_bias);
  for (uint32_t i = 0; i < params_.num_bias; ++i) biases_.push(config.bias(i));
  Bytes breaker;
  for (TextList breakers = config.breakers; dry_.is_on() && breakers.next(breaker);) {
    if (!dry_.add_breaker(breaker)) return REALM_ERROR_MEMORY;
  }
  if (needs_history()) history_.reserve(params_.num_prompt);
  for (uint32_t i = 0; needs_history() && i < params_.num_prompt; ++i) {
    if (!append_history(config.prompt_id(i))) return REALM_ERROR_MEMORY;
  }
  return biases_.ok() ? REALM_OK : REALM_ERROR_MEMORY;
}

bool Sampler::accept(int32_t id) {
  ++num_generated_;
  return !needs_history() || append_history(id);
}

bool Sampler::append_history(int32_t id) {
  return history_.push(id) && (!penalties_.is_on() || penalties_.count_last(history_)) &&
         (!dry_.is_on() || dry_.read_last(history_));
}

double Sampler::random(Draw draw) const {
  return uniform(seed_, uint64_t{params_.num_prompt} + num_generated_, draw);
}

bool Sampler::forbids_eog() const {
  return (params_.flags & REALM_IGNORE_EOS) != 0 ||
         num_generated_ < static_cast<uint32_t>(params_.min_tokens);
}

bool Sampler::edit(Row& target) {
  for (const Bias& bias : biases_) {
    if (static_cast<uint32_t>(bias.id) < target.size()) {
      target.set(bias.id, target[static_cast<uint32_t>(bias.id)] + bias.value);
    }
  }
  if (penalties_.is_on()) penalties_.apply(target);
  if (dry_.is_on() && !dry_.apply(target, history_)) return false;
  if (forbids_eog()) {
    for (const int32_t id : vocabulary().eog_ids()) target.set(id, -INFINITY);
  }
  return !target.is_changed() || target.refresh();
}

int32_t Sampler::sample_dense(float* logits, uint32_t n, Choice& choice) {
  if (!row.attach(logits, n)) return REALM_ERROR_MEMORY;
  const float largest = row.largest();
  if (largest == -INFINITY) return REALM_ERROR_ARGUMENT;
  const bool ranks = (params_.flags & REALM_LOGPROBS) != 0;
  double raw_mass = 0;
  double log_sum_exp = NAN;
  alternatives.clear();
  if (ranks) {
    raw_mass = sum_exp<false>(logits, n, largest, 1);
    log_sum_exp = static_cast<double>(largest) + log(raw_mass);
  }
  const uint32_t num_ranked = ranks ? min(n, params_.num_alternatives) : 0;
  if (num_ranked > 0) {
    candidates.clear();
    gather_top(row, num_ranked);
    if (candidates.ok()) candidates.keep_top_k(num_ranked);
    if (!candidates.ok() || !rank_alternatives(num_ranked, log_sum_exp)) {
      return REALM_ERROR_MEMORY;
    }
  }
  if (!edit(row)) return REALM_ERROR_MEMORY;
  int32_t status = REALM_OK;
  if (row.largest() == -INFINITY) {
    status = REALM_ERROR_ARGUMENT;
  } else if (params_.temperature == 0) {
    choice.id = row.argmax();
  } else if (params_.mirostat == 2) {
    status = draw_mirostat(row, choice.id);
  } else {
    status = draw_dense(row, raw_mass, choice.id);
  }
  row.restore();
  if (status != REALM_OK) return status;
  const double raw_logit = static_cast<double>(row[static_cast<uint32_t>(choice.id)]);
  choice.logprob = static_cast<float>(raw_logit - log_sum_exp);  // NaN if not asked for
  choice.alternatives = {alternatives.data(), alternatives.size()};
  return REALM_OK;
}

// All from top_k on; raw_mass is that of the row before it was edited, 0 if unknown.
int32_t Sampler::draw_dense(const Row& source, double raw_mass, int32_t& id) {
  const uint32_t n = source.size();
  const uint32_t k = static_cast<uint32_t>(params_.top_k);
  candidates.clear();
  if (k > 0 && k < n) {
    gather_top(source, k);
    if (!candidates.ok()) return REALM_ERROR_MEMORY;
    candidates.keep_top_k(k);
    return draw_candidates(0, id);
  }
  if (params_.typical_p < 1) {
    candidates.gather(source.logits(), n, source.maxima(), -FLT_MAX);
    return draw_candidates(0, id);
  }
  if (params_.top_p == 1 && params_.min_p == 0 && params_.xtc_probability == 0) {
    return draw_all(source, id);
  }
  // Leave out what top_p and min_p are sure to drop.
  const double top = static_cast<double>(source.largest());
  const double top_p = static_cast<double>(params_.top_p);
  double cut = -INFINITY;
  double total = 0;
  if (top_p < 1) {
    const bool is_known = raw_mass > 0 && !source.is_changed();
    total = is_known ? raw_mass : sum_exp<false>(source.logits(), n, source.largest(), 1);
    // Tokens below it sum to less than 1 - top_p, be there as many as there may.
    cut = top + log((1 - top_p) * total / n);
  }
  if (params_.min_p > 0) cut = max(cut, top + log(static_cast<double>(params_.min_p)));
  gather_from(source, cut);
  return draw_candidates(total, id);
}

// Draw from a whole row, with no candidates taken out of it.
int32_t Sampler::draw_all(const Row& source, int32_t& id) {
  const uint32_t n = source.size();
  const float largest = source.largest();
  if (!block_sums.resize(num_blocks(n))) return REALM_ERROR_MEMORY;
  const double total =
      sum_exp<true>(source.logits(), n, largest, params_.temperature, block_sums.data());
  double target = random(Draw::TOKEN) * total;
  uint32_t block = 0;
  uint32_t last = 0;
  for (; block < block_sums.size(); ++block) {
    // All its weights are 0, or nearly so.
    if ((source.maxima()[block] - largest) / params_.temperature < -80) continue;
    last = block;
    const double sum = static_cast<double>(block_sums[block]);
    if (sum > target) break;
    target -= sum;
  }
  float weights[BLOCK];
  const uint32_t start = last * BLOCK;
  exp_weights(source.logits() + start, BLOCK, largest, params_.temperature, weights);
  id = static_cast<int32_t>(start + pass_point(weights, BLOCK, target));
  return REALM_OK;
}

// All from typical_p on; total is the mass of the candidates, 0 when they are all there.
int32_t Sampler::draw_candidates(double total, int32_t& id) {
  if (!candidates.ok() || !candidates.weigh(1)) return REALM_ERROR_MEMORY;
  if (params_.typical_p < 1 && !candidates.keep_typical(static_cast<double>(params_.typical_p))) {
    return REALM_ERROR_MEMORY;
  }
  if (params_.top_p < 1) {
    if (total == 0) total = candidates.mass();
    candidates.keep_top_p(static_cast<double>(params_.top_p), total);
  }
  if (params_.min_p > 0) candidates.keep_min_p(static_cast<double>(params_.min_p));
  const bool excludes = params_.xtc_probability > 0 &&
                        random(Draw::XTC) < static_cast<double>(params_.xtc_probability);
  if (excludes) candidates.exclude_top_choices(static_cast<double>(params_.xtc_threshold));
  // Without the largest, weights relative to it may all have become 0.
  if ((excludes || params_.temperature != 1) && !candidates.weigh(params_.temperature)) {
    return REALM_ERROR_MEMORY;
  }
  id = candidates.id(candidates.draw(random(Draw::TOKEN)));
  return REALM_OK;
}

int32_t Sampler::draw_mirostat(const Row& source, int32_t& id) {
  const float largest = source.largest();
  const double temperature = static_cast<double>(params_.temperature);
  const double total = sum_exp<true>(source.logits(), source.size(), largest, params_.temperature);
  const double top = static_cast<double>(largest);
  candidates.clear();
  gather_from(source, top + temperature * (log(total) - mirostat_mu_ * LN2 - SLACK));
  if (!candidates.ok() || !candidates.weigh(params_.temperature)) return REALM_ERROR_MEMORY;
  candidates.keep_unsurprising(mirostat_mu_, total);
  const uint32_t i = candidates.draw(random(Draw::TOKEN));
  id = candidates.id(i);
  mirostat_mu_ -= static_cast<double>(params_.mirostat_eta) *
                  (candidates.surprise_bits(i) - static_cast<double>(params_.mirostat_tau));
  return REALM_OK;
}

int32_t Sampler::sample_sparse(const int32_t* ids, const float* logits, uint32_t n,
                               float log_sum_exp, Choice& choice) {
  const uint32_t num_tokens = vocabulary().num_tokens();
  const bool is_greedy = params_.temperature == 0;
  if (!biases_.empty() || needs_history() || (params_.mirostat == 2 && !is_greedy)) {
    return REALM_ERROR_ARGUMENT;
  }
  const bool ranks = (params_.flags & REALM_LOGPROBS) != 0;
  const uint32_t num_ranked = ranks ? min(params_.num_alternatives, num_tokens) : 0;
  if (n > num_tokens || n < num_ranked || !(fabsf(log_sum_exp) <= FLT_MAX)) {
    return REALM_ERROR_ARGUMENT;
  }
  candidates.clear();
  uint32_t num_forbidden = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (!vocabulary().is_token(ids[i])) return REALM_ERROR_ARGUMENT;
    num_forbidden += forbids_eog() && vocabulary().is_eog(ids[i]);
    if (logits[i] > -INFINITY) candidates.add(ids[i], min(logits[i], FLT_MAX));
  }
  if (!candidates.ok()) return REALM_ERROR_MEMORY;
  uint32_t k = params_.top_k == 0 ? num_tokens : static_cast<uint32_t>(params_.top_k);
  if (is_greedy) k = 1;
  if (n < num_tokens && n - num_forbidden < k) return REALM_ERROR_ARGUMENT;
  candidates.sort_by_id();
  for (uint32_t i = 1; i < candidates.size(); ++i) {
    if (candidates.id(i) == candidates.id(i - 1)) return REALM_ERROR_ARGUMENT;
  }
  if (!rank_alternatives(num_ranked, static_cast<double>(log_sum_exp))) return REALM_ERROR_MEMORY;
  if (forbids_eog()) candidates.drop(vocabulary().eog_ids());
  if (candidates.size() == 0) return REALM_ERROR_ARGUMENT;
  choice.id = candidates.id(0);
  if (!is_greedy) {
    candidates.sort_by_id();
    candidates.keep_top_k(k);
    const int32_t status = draw_candidates(0, choice.id);
    if (status != REALM_OK) return status;
  }
  choice.logprob = NAN;
  for (uint32_t i = 0; ranks && i < n; ++i) {
    if (ids[i] == choice.id) choice.logprob = min(logits[i], FLT_MAX) - log_sum_exp;
  }
  choice.alternatives = {alternatives.data(), alternatives.size()};
  return REALM_OK;
}

}  // namespace realm
