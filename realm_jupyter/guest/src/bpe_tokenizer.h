// Byte-level BPE ("gpt2"): text is cut into words, words into bytes, and of all neighbouring
// symbols the pair whose merge has the lowest rank becomes one, until none merges.
#ifndef REALM_BPE_TOKENIZER_H
#define REALM_BPE_TOKENIZER_H

#include "heap.h"
#include "vocabulary.h"

namespace realm {

class BpeTokenizer {
 public:
  explicit BpeTokenizer(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // Append the ids of a piece of plain text; a realm_status.
  int32_t tokenize(Bytes text, Vec<int32_t>& out);

 private:
  struct Symbol {
    int32_t id;              // NO_TOKEN: merged into its left neighbour
    int32_t previous, next;  // -1: none
  };

  struct Candidate {
    uint32_t rank, left;

    bool goes_before(const Candidate& other) const {
      return rank < other.rank || (rank == other.rank && left < other.left);
    }
  };

  bool tokenize_word(Bytes word, Vec<int32_t>& out);
  int32_t find_whole_word(Bytes word);
  void merge_short_word(Bytes word, Vec<int32_t>& out) const;
  bool merge_long_word(Bytes word, Vec<int32_t>& out);
  bool push_candidate(int32_t left, int32_t right);
  void append_symbol(int32_t id, Vec<int32_t>& out) const;

  const Vocabulary& vocabulary_;
  Vec<uint8_t> encoded_;
  Vec<Symbol> symbols_;
  Heap<Candidate> candidates_;
};

}  // namespace realm

#endif  // REALM_BPE_TOKENIZER_H
