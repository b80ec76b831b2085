// DRY: a penalty on tokens that would prolong a repetition of earlier tokens.
//
// After a sequence that occurred before, of at least dry_allowed_length tokens, the token
// that followed it then loses dry_multiplier * dry_base ** (length - dry_allowed_length).
// A repetition does not reach back over a sequence breaker. Tokens whose own text holds
// a breaker are never penalised.
//
// Defined by https://github.com/oobabooga/text-generation-webui/pull/5677; the results are
// those of llama.cpp, except that breakers are looked for in the text and so are found
// however it is split into tokens.
#ifndef REALM_DRY_H
#define REALM_DRY_H

#include "../realm.h"
#include "matcher.h"
#include "memory.h"
#include "row.h"

namespace realm {

class Dry {
 public:
  void begin(const realm_config& config);
  bool is_on() const { return is_on_; }

  // Add a sequence breaker (not empty) before any token; whether there was memory.
  bool add_breaker(Bytes text);
  // Tell that the history has grown by its last token; returns whether there was memory.
  bool read_last(const Vec<int32_t>& history);
  // Returns whether there was memory.
  bool apply(Row& row, const Vec<int32_t>& history);

 private:
  bool is_breaker(int32_t id);

  bool is_on_ = false;
  double multiplier_ = 0;
  double base_ = 1;
  uint32_t allowed_length_ = 0;
  uint32_t window_ = 0;
  Matcher breakers_;           // follows the history
  Matcher token_breakers_;     // the same patterns, for single tokens
  uint32_t num_unbroken_ = 0;  // tokens of the history since the last breaker
};

}  // namespace realm

#endif  // REALM_DRY_H
