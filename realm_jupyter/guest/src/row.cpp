#include "row.h"

#include <float.h>
#include <math.h>

namespace realm {

bool Row::attach(float* logits, uint32_t n) {
  logits_ = logits;
  n_ = n;
  edits_.clear();
  if (!maxima_.resize(num_blocks(n))) return false;
  for (uint32_t i = n; i < padded(n); ++i) logits_[i] = -INFINITY;
  refresh_all();
  if (largest() == INFINITY) {
    for (uint32_t i = 0; i < n; ++i) logits_[i] = logits_[i] > FLT_MAX ? FLT_MAX : logits_[i];
    refresh_all();
  }
  return true;
}

float Row::largest() const {
  float best = -INFINITY;
#pragma clang loop unroll_count(8)
  for (uint32_t i = 0; i < maxima_.size(); ++i) best = maxima_[i] > best ? maxima_[i] : best;
  return best;
}

int32_t Row::argmax() const {
  const float best = largest();
  uint32_t id = 0;
  while (maxima_[id / BLOCK] != best) id += BLOCK;
  while (logits_[id] != best) ++id;
  return static_cast<int32_t>(id);
}

void Row::set(int32_t id, float value) {
  if (static_cast<uint32_t>(id) >= n_) return;
  if (edits_.push({id, logits_[id]})) logits_[id] = value > FLT_MAX ? FLT_MAX : value;
}

bool Row::refresh() {
  if (edits_.size() >= maxima_.size()) {
    refresh_all();
  } else {
    for (const Edit& edit : edits_) {
      const uint32_t block = static_cast<uint32_t>(edit.id) / BLOCK;
      maxima_[block] = block_max(logits_ + block * BLOCK);
    }
  }
  return edits_.ok();
}

void Row::restore() {
  for (uint32_t i = edits_.size(); i-- > 0;) logits_[edits_[i].id] = edits_[i].original;
  edits_.clear();
}

void Row::refresh_all() {
  for (uint32_t i = 0; i < maxima_.size(); ++i) maxima_[i] = block_max(logits_ + i * BLOCK);
}

}  // namespace realm
