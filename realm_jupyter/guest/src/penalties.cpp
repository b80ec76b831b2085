#include "penalties.h"

namespace realm {

void Penalties::begin(const realm_config& config) {
  repetition_ = config.repetition_penalty;
  frequency_ = config.frequency_penalty;
  presence_ = config.presence_penalty;
  window_ = config.repeat_last_n < 0 ? UINT32_MAX : static_cast<uint32_t>(config.repeat_last_n);
  is_on_ = window_ > 0 && (repetition_ != 1 || frequency_ != 0 || presence_ != 0);
}

bool Penalties::count_last(const Vec<int32_t>& history) {
  uint32_t* count = counts_.insert(history.back());
  if (count == nullptr) return false;
  ++*count;
  if (history.size() <= window_) return true;
  const int32_t gone = history[history.size() - 1 - window_];
  if (--*counts_.find(gone) == 0) counts_.erase(gone);
  return true;
}

void Penalties::apply(Row& row) const {
  for (const auto& entry : counts_.slots()) {
    if (!entry.is_used || static_cast<uint32_t>(entry.key) >= row.size()) continue;
    float logit = row[static_cast<uint32_t>(entry.key)];
    logit = logit > 0 ? logit / repetition_ : logit * repetition_;
    logit -= static_cast<float>(entry.value) * frequency_ + presence_;
    row.set(entry.key, logit);
  }
}

}  // namespace realm
