// The tokens that may still be drawn, and the filters that thin them out.
//
// Candidates are kept in the order of their ids, so that no filter and no draw needs a
// sort. Where two are equally good at a cut, the lower id stays.
#ifndef REALM_CANDIDATES_H
#define REALM_CANDIDATES_H

#include "memory.h"

namespace realm {

class Candidates {
 public:
  constexpr Candidates() = default;

  uint32_t size() const { return ids_.size(); }
  int32_t id(uint32_t i) const { return ids_[i]; }
  float logit(uint32_t i) const { return logits_[i]; }
  bool ok() const { return ids_.ok() && logits_.ok() && weights_.ok(); }

  void clear();
  // Ids must come in rising order before any filter is used.
  void add(int32_t id, float logit);
  void sort_by_id();
  // Best first; equals by rising id. Only for reading: the filters want the order of ids.
  void sort_by_logit();

  // Take out the candidates with these ids, before any filter.
  void drop(Span<const int32_t> ids);

  // Add the tokens of a padded row of n logits that are at least `threshold` and above
  // -inf; maxima[i] is the largest value of block i.
  void gather(const float* logits, uint32_t n, const float* maxima, float threshold);

  // The filters want weigh() before; they leave at least one candidate.

  // Set weight = e**((logit - largest) / temperature); returns whether there was memory.
  bool weigh(float temperature);
  // Sum of the weights.
  double mass() const;

  void keep_top_k(uint32_t k);
  // The fewest tokens of which the surprise is closest to the entropy that sum to p.
  bool keep_typical(double p);
  // The fewest of the largest that sum to p of total_mass.
  void keep_top_p(double p, double total_mass);
  // Those at least min_p times as likely as the likeliest.
  void keep_min_p(double min_p);
  // Of the tokens with a probability of at least threshold, only the least likely one.
  void exclude_top_choices(double threshold);
  // Those with a surprise of at most max_bits, or the likeliest.
  void keep_unsurprising(double max_bits, double total_mass);

  // The index at which the running sum of weights passes u times their sum, 0 <= u < 1.
  uint32_t draw(double u) const;
  // -log2 of the probability of a candidate.
  double surprise_bits(uint32_t i) const;

 private:
  template <class Keep>
  void keep_if(const Keep& keep);
  // The fewest candidates with the largest values whose weights sum to the target.
  void keep_mass(const float* values, double target);
  float largest() const;

  Vec<int32_t> ids_;
  Vec<float> logits_;
  Vec<float> weights_;
  Vec<float> scores_;  // scratch of keep_typical
};

}  // namespace realm

#endif  // REALM_CANDIDATES_H
