#include "candidates.h"

#include <float.h>
#include <math.h>

#include "select.h"
#include "simd.h"

namespace realm {
namespace {

// Make a vector longer by a block; its room at least doubles when it must grow.
template <class T>
bool make_room(Vec<T>& values) {
  const uint32_t size = values.size() + BLOCK;
  if (size > values.capacity() && !values.reserve(2 * size)) return false;
  return values.resize(size);
}

}  // namespace

void Candidates::clear() {
  ids_.clear();
  logits_.clear();
  weights_.clear();
}

void Candidates::add(int32_t id, float logit) {
  ids_.push(id);
  logits_.push(logit);
}

void Candidates::sort_by_id() {
  sort(
      size(), [this](uint32_t i, uint32_t j) { return ids_[i] < ids_[j]; },
      [this](uint32_t i, uint32_t j) {
        swap(ids_[i], ids_[j]);
        swap(logits_[i], logits_[j]);
      });
}

void Candidates::sort_by_logit() {
  sort(
      size(),
      [this](uint32_t i, uint32_t j) {
        return logits_[i] > logits_[j] || (logits_[i] == logits_[j] && ids_[i] < ids_[j]);
      },
      [this](uint32_t i, uint32_t j) {
        swap(ids_[i], ids_[j]);
        swap(logits_[i], logits_[j]);
      });
}

void Candidates::gather(const float* logits, uint32_t n, const float* maxima, float threshold) {
  threshold = max(threshold, -FLT_MAX);
  const v128_t lowest = wasm_f32x4_splat(threshold);
  for (uint32_t block = 0; block < num_blocks(n); ++block) {
    if (!(maxima[block] >= threshold)) continue;
    // A whole block may come in: make room once, cut off what stayed empty.
    uint32_t count = size();
    if (!make_room(ids_) || !make_room(logits_)) return;
    int32_t* ids = ids_.data();
    float* kept = logits_.data();
    const uint32_t end = (block + 1) * BLOCK;
    for (uint32_t i = block * BLOCK; i < end; i += 16) {
      uint32_t hits = 0;
#pragma clang loop unroll(full)
      for (uint32_t j = 0; j < 4; ++j) {
        const v128_t x = wasm_v128_load(logits + i + 4 * j);
        hits |= static_cast<uint32_t>(wasm_i32x4_bitmask(wasm_f32x4_ge(x, lowest))) << (4 * j);
      }
      for (; hits != 0; hits &= hits - 1) {
        const uint32_t id = i + static_cast<uint32_t>(__builtin_ctz(hits));
        ids[count] = static_cast<int32_t>(id);
        kept[count++] = logits[id];
      }
    }
    ids_.truncate(count);
    logits_.truncate(count);
  }
}

template <class Keep>
void Candidates::keep_if(const Keep& keep) {
  const bool is_weighed = weights_.size() == size();
  uint32_t kept = 0;
  for (uint32_t i = 0; i < size(); ++i) {
    if (!keep(i)) continue;
    ids_[kept] = ids_[i];
    logits_[kept] = logits_[i];
    if (is_weighed) weights_[kept] = weights_[i];
    ++kept;
  }
  ids_.truncate(kept);
  logits_.truncate(kept);
  weights_.truncate(kept);
}

float Candidates::largest() const { return largest_of(logits_.data(), size()); }

void Candidates::drop(Span<const int32_t> ids) {
  keep_if([&](uint32_t i) {
    for (const int32_t id : ids) {
      if (ids_[i] == id) return false;
    }
    return true;
  });
}

bool Candidates::weigh(float temperature) {
  if (!weights_.resize(size())) return false;
  exp_weights(logits_.data(), size(), largest(), temperature, weights_.data());
  return true;
}

double Candidates::mass() const { return sum_of(weights_.data(), weights_.size()); }

void Candidates::keep_top_k(uint32_t k) {
  if (k >= size()) return;
  CountCut cut = cut_by_count(logits_.data(), size(), k);
  keep_if([&](uint32_t i) {
    const uint32_t key = order_key(logits_[i]);
    return key > cut.key || (key == cut.key && cut.num_ties > 0 && cut.num_ties-- > 0);
  });
}

void Candidates::keep_mass(const float* values, double target) {
  MassCut cut = cut_by_mass(values, weights_.data(), size(), target);
  bool has_tie = false;
  keep_if([&](uint32_t i) {
    const uint32_t key = order_key(values[i]);
    if (key != cut.key) return key > cut.key;
    if (has_tie && !(cut.tie_mass > 0)) return false;
    has_tie = true;
    cut.tie_mass -= static_cast<double>(weights_[i]);
    return true;
  });
}

bool Candidates::keep_typical(double p) {
  if (!scores_.resize(size())) return false;
  const double top = static_cast<double>(largest());
  const double total = mass();
  // With d = largest - logit, the surprise is d + log(total), and so log(total) cancels
  // out of its distance from the entropy.
  double mean = 0;
#pragma clang loop unroll_count(8)
  for (uint32_t i = 0; i < size(); ++i) {
    const double distance = top - static_cast<double>(logits_[i]);
    const double weight = static_cast<double>(weights_[i]);
    mean += weight > 0 ? weight * distance : 0.0;
  }
  mean /= total;
#pragma clang loop unroll_count(8)
  for (uint32_t i = 0; i < size(); ++i) {
    const double distance = top - static_cast<double>(logits_[i]);
    scores_[i] = -static_cast<float>(fabs(distance - mean));
  }
  keep_mass(scores_.data(), p * total);
  return true;
}

void Candidates::keep_top_p(double p, double total_mass) {
  keep_mass(logits_.data(), p * total_mass);
}

void Candidates::keep_min_p(double min_p) {
  const double lowest = static_cast<double>(largest()) + log(min_p);
  keep_if([&](uint32_t i) { return static_cast<double>(logits_[i]) >= lowest; });
}

void Candidates::exclude_top_choices(double threshold) {
  const double lowest = threshold * mass();
  uint32_t num_top = 0;
  uint32_t least = 0;
  for (uint32_t i = 0; i < size(); ++i) {
    if (static_cast<double>(weights_[i]) < lowest) continue;
    if (num_top++ == 0 || logits_[i] <= logits_[least]) least = i;
  }
  if (num_top < 2) return;
  keep_if([&](uint32_t i) { return i == least || static_cast<double>(weights_[i]) < lowest; });
}

void Candidates::keep_unsurprising(double max_bits, double total_mass) {
  const double lowest = exp2(-max_bits) * total_mass;
  const float best = largest();
  bool keeps_best = lowest > 1;  // the weight of the likeliest is 1
  keep_if([&](uint32_t i) {
    if (lowest <= 1) return static_cast<double>(weights_[i]) >= lowest;
    const bool is_kept = keeps_best && logits_[i] == best;
    keeps_best = keeps_best && !is_kept;
    return is_kept;
  });
}

uint32_t Candidates::draw(double u) const {
  return pass_point(weights_.data(), size(), u * mass());
}

double Candidates::surprise_bits(uint32_t i) const {
  return log2(mass() / static_cast<double>(weights_[i]));
}

}  // namespace realm
