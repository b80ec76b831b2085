// SentencePiece BPE ("llama"): of all neighbouring symbols that together are a token, the
// pair with the best score becomes one symbol, until there is none. What is no token
// then is written byte by byte.
#ifndef REALM_SPM_TOKENIZER_H
#define REALM_SPM_TOKENIZER_H

#include "heap.h"
#include "vocabulary.h"

namespace realm {

class SpmTokenizer {
 public:
  explicit SpmTokenizer(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // Append the ids of a piece of plain text; a realm_status.
  int32_t tokenize(Bytes text, bool add_space_prefix, Vec<int32_t>& out);

 private:
  struct Symbol {
    uint32_t offset, size;   // size 0: merged into its left neighbour
    int32_t previous, next;  // -1: none
  };

  struct Pair {
    float score;
    uint32_t left, right;
    uint32_t size;  // of both together, which tells whether one has changed since

    bool goes_before(const Pair& other) const {
      return score > other.score || (score == other.score && left < other.left);
    }
  };

  bool tokenize_word(Bytes word, Vec<int32_t>& out);
  bool push_pair(Bytes word, int32_t left, int32_t right);
  void append_symbol(Bytes text, Vec<int32_t>& out) const;

  const Vocabulary& vocabulary_;
  Vec<uint8_t> escaped_;  // the text with U+2581 for spaces
  Vec<Symbol> symbols_;
  Heap<Pair> pairs_;
};

}  // namespace realm

#endif  // REALM_SPM_TOKENIZER_H
