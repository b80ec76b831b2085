// A row of logits over the whole vocabulary, with the largest value of each block, so
// that most questions about the row need not read it again.
#ifndef REALM_ROW_H
#define REALM_ROW_H

#include "memory.h"
#include "simd.h"

namespace realm {

class Row {
 public:
  constexpr Row() = default;

  // Take a row of n > 0 logits with room for padded(n), which this writes to; returns
  // whether there was memory. NaN counts as -inf from here on, +inf as the largest float.
  bool attach(float* logits, uint32_t n);

  uint32_t size() const { return n_; }
  const float* logits() const { return logits_; }
  float operator[](uint32_t id) const { return logits_[id]; }
  const float* maxima() const { return maxima_.data(); }
  uint32_t num_maxima() const { return maxima_.size(); }

  float largest() const;
  // The lowest id with the largest value.
  int32_t argmax() const;

  // Change one logit; ids beyond the row are ignored. Call refresh() after the last.
  void set(int32_t id, float value);
  bool is_changed() const { return !edits_.empty(); }
  // Bring the maxima up to date; returns whether there was memory for all changes.
  bool refresh();
  // Take all changes back (the maxima stay as they are).
  void restore();

 private:
  struct Edit {
    int32_t id;
    float original;
  };

  void refresh_all();

  float* logits_ = nullptr;
  uint32_t n_ = 0;
  Vec<float> maxima_;
  Vec<Edit> edits_;
};

}  // namespace realm

#endif  // REALM_ROW_H
