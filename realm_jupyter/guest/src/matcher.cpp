#include "matcher.h"

namespace realm {

bool Matcher::add(Bytes text) {
  Pattern pattern{bytes_.size(), text.size, 0};
  if (!append(bytes_, text) || !borders_.push(0)) return false;
  uint32_t border = 0;
  for (uint32_t i = 1; i < text.size; ++i) {
    border = step(pattern, border, text.data[i]);
    if (!borders_.push(border)) return false;
  }
  return patterns_.push(pattern);
}

// The longest start of the pattern that num_matched bytes of it and this byte end with.
uint32_t Matcher::step(const Pattern& pattern, uint32_t num_matched, uint8_t byte) const {
  if (num_matched == pattern.size) num_matched = borders_[pattern.offset + num_matched - 1];
  while (bytes_[pattern.offset + num_matched] != byte) {
    if (num_matched == 0) return 0;
    num_matched = borders_[pattern.offset + num_matched - 1];
  }
  return num_matched + 1;
}

uint32_t Matcher::feed(uint8_t byte) {
  uint32_t longest = 0;
  for (Pattern& pattern : patterns_) {
    pattern.num_matched = step(pattern, pattern.num_matched, byte);
    if (pattern.num_matched == pattern.size) longest = max(longest, pattern.size);
  }
  return longest;
}

uint32_t Matcher::num_pending() const {
  uint32_t longest = 0;
  for (const Pattern& pattern : patterns_) longest = max(longest, pattern.num_matched);
  return longest;
}

void Matcher::restart() {
  for (Pattern& pattern : patterns_) pattern.num_matched = 0;
}

}  // namespace realm
