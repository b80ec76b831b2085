// Search for several byte strings at once in a text that arrives in pieces.
//
// One Knuth-Morris-Pratt automaton per pattern: few and short patterns are the rule, and
// the states also tell how much of the text's end may yet become a match.
#ifndef REALM_MATCHER_H
#define REALM_MATCHER_H

#include "memory.h"

namespace realm {

class Matcher {
 public:
  // Add a pattern, not empty, before any text; returns whether there was memory.
  bool add(Bytes pattern);
  bool has_patterns() const { return !patterns_.empty(); }

  // Go on by one byte. Returns the size of the longest pattern that ends with it, or 0.
  uint32_t feed(uint8_t byte);
  // The size of the longest end of the text that begins a pattern.
  uint32_t num_pending() const;
  // Forget the text.
  void restart();

 private:
  struct Pattern {
    uint32_t offset;  // in bytes_ and in borders_
    uint32_t size;
    uint32_t num_matched;
  };

  uint32_t step(const Pattern& pattern, uint32_t num_matched, uint8_t byte) const;

  Vec<Pattern> patterns_;
  Vec<uint8_t> bytes_;
  // For each start of a pattern, up to and with this byte: how long the longest shorter
  // start is that it ends with.
  Vec<uint32_t> borders_;
};

}  // namespace realm

#endif  // REALM_MATCHER_H
