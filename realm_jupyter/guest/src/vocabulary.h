// The vocabulary: token texts, types and scores, and the hash tables that the tokenizers
// look texts and merges up in. An instance of the guest holds one.
#ifndef REALM_VOCABULARY_H
#define REALM_VOCABULARY_H

#include "../realm.h"
#include "hash_index.h"
#include "memory.h"

namespace realm {

enum TokenType : int32_t {
  TOKEN_UNDEFINED = 0,
  TOKEN_NORMAL = 1,
  TOKEN_UNKNOWN = 2,
  TOKEN_CONTROL = 3,
  TOKEN_USER_DEFINED = 4,
  TOKEN_UNUSED = 5,
  TOKEN_BYTE = 6,
};

constexpr int32_t NO_TOKEN = -1;
constexpr uint32_t NO_RANK = UINT32_MAX;

// A merge of byte-level BPE: two neighbouring symbols become one. Its place in the list is
// its rank; the lower rank goes first.
struct Merge {
  int32_t left, right, merged;
};

// A set of bytes.
struct ByteSet {
  uint32_t words[8] = {};

  void add(uint8_t byte) { words[byte >> 5] |= 1u << (byte & 31); }
  bool has(uint8_t byte) const { return (words[byte >> 5] >> (byte & 31) & 1) != 0; }
};

class Vocabulary {
 public:
  constexpr Vocabulary() = default;

  // Replace the contents by those of a realm_vocab; a realm_status. Empty after an error.
  int32_t load(Bytes blob);
  void clear();

  bool is_loaded() const { return is_loaded_; }
  uint32_t num_tokens() const { return header_.num_tokens; }
  bool is_token(int32_t id) const { return static_cast<uint32_t>(id) < header_.num_tokens; }

  // Ids out of range are empty, of type normal, not end of generation, score 0.
  Bytes token(int32_t id) const;  // the text as the GGUF file has it
  int32_t type(int32_t id) const;
  bool is_eog(int32_t id) const;
  Span<const int32_t> eog_ids() const { return eog_ids_.span(); }
  // Whether whitespace after the token in a text belongs to it.
  bool takes_space(int32_t id) const;
  float score(int32_t id) const;

  // Whether a token is a control or unknown token: it stands for no text.
  bool is_special(int32_t id) const {
    return type(id) == TOKEN_CONTROL || type(id) == TOKEN_UNKNOWN;
  }

  // Append the bytes that a token stands for in text: byte-level decoded for "gpt2", U+2581
  // as a space and <0xXX> as a byte for "llama". Control and unknown tokens give nothing,
  // or their name if render_special. The caller asks out.ok().
  void append_piece(int32_t id, Vec<uint8_t>& out, bool render_special) const;

  uint32_t tokenizer() const { return header_.tokenizer; }
  uint32_t pre() const { return header_.pre; }
  bool has_flag(uint32_t flag) const { return (header_.flags & flag) != 0; }
  int32_t bos() const { return header_.bos; }
  int32_t eos() const { return header_.eos; }
  int32_t unk() const { return header_.unk; }

  // ---- For the tokenizers ----

  // The token with this text that plain text may become, or NO_TOKEN: never a control,
  // unknown or byte token, so that nobody can spell one. Merges may refer to texts that
  // are no tokens; they have ids from num_tokens() on.
  int32_t find_plain(Bytes text) const;
  uint32_t longest_plain() const { return longest_plain_; }

  // The control, unknown or user-defined token with this text, or NO_TOKEN.
  int32_t find_special(Bytes text) const;
  // The lengths of those tokens that begin with a byte, ascending.
  Span<const uint32_t> special_lengths(uint8_t lead) const {
    return {special_lengths_.data() + special_starts_[lead],
            special_starts_[lead + 1] - special_starts_[lead]};
  }
  bool has_user_defined() const { return has_user_defined_; }

  // Text of an id, including those that only merges know.
  Bytes symbol_text(int32_t id) const;
  // The symbol or token of a single byte; for "llama" NO_TOKEN where there is none.
  int32_t byte_symbol(uint8_t byte) const { return byte_symbols_[byte]; }
  // The rank of the merge of two symbols, or NO_RANK.
  uint32_t merge_rank(int32_t left, int32_t right) const;
  const Merge& merge(uint32_t rank) const { return merges_[rank]; }

  // Whether a token of "llama" holds this byte right before U+2581: where none does, words
  // are independent of each other.
  bool joins_space_after(uint8_t byte) const { return bytes_before_space_.has(byte); }

 private:
  int32_t load_tokens(Bytes section);
  int32_t load_scores(Bytes section);
  int32_t load_types(Bytes section);
  int32_t load_eog(Bytes section);
  int32_t load_merges(Bytes section);
  int32_t index_plain();
  int32_t index_special();
  int32_t find_byte_symbols();
  void find_space_joins();
  int32_t find_or_add_symbol(Bytes text);
  bool is_plain(int32_t id) const;
  uint64_t hash_of(uint32_t id) const { return hash_bytes(symbol_text(static_cast<int32_t>(id))); }
  bool put(HashIndex& index, uint32_t id);
  int32_t find_in(const HashIndex& index, Bytes text) const;

  bool is_loaded_ = false;
  bool has_user_defined_ = false;
  realm_vocab header_ = {};
  Vec<uint8_t> text_;        // of all symbols, one after the other
  Vec<uint32_t> text_ends_;  // by id
  Vec<uint8_t> types_;       // by id, with REALM_TOKEN_TAKES_SPACE and EOG_BIT
  Vec<float> scores_;        // by id, or empty
  Vec<int32_t> eog_ids_;
  Vec<Merge> merges_;        // by rank
  HashIndex merge_index_;    // ranks by their pair of symbols
  HashIndex plain_index_;    // ids by text
  HashIndex special_index_;  // ids by text
  uint32_t longest_plain_ = 0;
  Vec<uint32_t> special_lengths_;
  uint32_t special_starts_[257] = {};
  int32_t byte_symbols_[256] = {};
  ByteSet bytes_before_space_;
};

// The instance's vocabulary.
Vocabulary& vocabulary();

}  // namespace realm

#endif  // REALM_VOCABULARY_H
