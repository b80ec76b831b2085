// The repetition, frequency and presence penalties on recent tokens.
#ifndef REALM_PENALTIES_H
#define REALM_PENALTIES_H

#include "../realm.h"
#include "memory.h"
#include "row.h"

namespace realm {

// Counts the tokens within the last repeat_last_n of a sequence and penalises them:
// positive logits are divided by repetition_penalty and the others multiplied, then
// frequency_penalty times the count and presence_penalty are subtracted.
class Penalties {
 public:
  void begin(const realm_config& config);
  bool is_on() const { return is_on_; }

  // Tell that the history has grown by its last token; returns whether there was memory.
  bool count_last(const Vec<int32_t>& history);
  void apply(Row& row) const;

 private:
  bool is_on_ = false;
  float repetition_ = 1;
  float frequency_ = 0;
  float presence_ = 0;
  uint32_t window_ = 0;
  HashMap<int32_t, uint32_t> counts_;
};

}  // namespace realm

#endif  // REALM_PENALTIES_H
