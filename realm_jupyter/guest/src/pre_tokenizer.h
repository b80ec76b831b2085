// Pre-tokenizers of byte-level BPE: they cut text into words, within which merges happen.
// Each is a scanner that takes what the regular expression of the model's original
// tokenizer takes.
#ifndef REALM_PRE_TOKENIZER_H
#define REALM_PRE_TOKENIZER_H

#include "memory.h"

namespace realm {

// The end of the word that starts at start < text.size, for a REALM_PRE_* pre-tokenizer.
// Malformed UTF-8 counts as symbols (neither letters, numbers nor white space).
// REALM_PRE_NONE takes all of the text as one word.
uint32_t find_word_end(uint32_t pre, Bytes text, uint32_t start);

}  // namespace realm

#endif  // REALM_PRE_TOKENIZER_H
