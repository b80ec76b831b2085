// Recognises control and user-defined tokens in text, before any tokenizer sees the rest.
#ifndef REALM_SPECIAL_TOKENS_H
#define REALM_SPECIAL_TOKENS_H

#include "vocabulary.h"

namespace realm {

// A token, or where id is NO_TOKEN a piece of plain text.
struct Fragment {
  uint32_t offset, size;
  int32_t id;
};

// Cut text into fragments. User-defined tokens are always recognised, control and unknown
// tokens if parse_special and no boundary lies inside or right before them. Boundaries are
// ascending offsets. Longer tokens are found before shorter ones, then from left to right.
// Whitespace after tokens that take it is in no fragment.
// Returns a realm_status.
int32_t find_special_tokens(const Vocabulary& vocabulary, Bytes text,
                            Span<const uint32_t> boundaries, bool parse_special,
                            Vec<Fragment>& out);

}  // namespace realm

#endif  // REALM_SPECIAL_TOKENS_H
