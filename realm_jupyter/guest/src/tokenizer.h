// Text to token ids and back, by the vocabulary's tokenizer.
#ifndef REALM_TOKENIZER_H
#define REALM_TOKENIZER_H

#include "vocabulary.h"

namespace realm {

// Append the ids of text; flags are REALM_ADD_SPECIAL and REALM_PARSE_SPECIAL. Returns a
// realm_status.
int32_t tokenize(const Vocabulary& vocabulary, Bytes text, uint32_t flags, Vec<int32_t>& out);

// Append the bytes that ids stand for; flags are REALM_STRIP_SPACE and
// REALM_RENDER_SPECIAL. Returns a realm_status.
int32_t detokenize(const Vocabulary& vocabulary, Span<const int32_t> ids, uint32_t flags,
                   Vec<uint8_t>& out);

}  // namespace realm

#endif  // REALM_TOKENIZER_H
