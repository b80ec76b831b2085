#include "tokenizer.h"

#include "bpe_tokenizer.h"
#include "special_tokens.h"
#include "spm_tokenizer.h"

namespace realm {

namespace {

constexpr uint8_t MARKER = 0xFF;

// Take the markers out of text: what is left, and where in it they stood.
bool drop_markers(Bytes text, Vec<uint8_t>& left, Vec<uint32_t>& boundaries) {
  if (!left.reserve(text.size)) return false;
  for (uint32_t i = 0; i < text.size; ++i) {
    if (text.data[i] != MARKER) {
      left.push(text.data[i]);
    } else if (!boundaries.push(left.size())) {
      return false;
    }
  }
  return true;
}

}  // namespace

int32_t tokenize(const Vocabulary& vocabulary, Bytes text, uint32_t flags, Vec<int32_t>& out) {
  Vec<uint8_t> unmarked;
  Vec<uint32_t> boundaries;
  if (text.size != 0 && memchr(text.data, MARKER, text.size) != nullptr) {
    if (!drop_markers(text, unmarked, boundaries)) return REALM_ERROR_MEMORY;
    text = {unmarked.data(), unmarked.size()};
  }
  Vec<Fragment> fragments;
  const bool parse_special = (flags & REALM_PARSE_SPECIAL) != 0;
  int32_t status = find_special_tokens(vocabulary, text, {boundaries.data(), boundaries.size()},
                                       parse_special, fragments);
  if (status != REALM_OK) return status;

  const bool add_special = (flags & REALM_ADD_SPECIAL) != 0;
  if (add_special && vocabulary.has_flag(REALM_VOCAB_ADD_BOS) && vocabulary.bos() != NO_TOKEN) {
    out.push(vocabulary.bos());
  }
  const bool is_spm = vocabulary.tokenizer() == REALM_TOKENIZER_SPM;
  SpmTokenizer spm(vocabulary);
  BpeTokenizer bpe(vocabulary);
  for (const Fragment& fragment : fragments) {
    if (fragment.id != NO_TOKEN) {
      out.push(fragment.id);
      continue;
    }
    const Bytes piece = text.part(fragment.offset, fragment.size);
    if (is_spm) {
      // Each piece stands at the start or after a special token: there the space belongs.
      status = spm.tokenize(piece, vocabulary.has_flag(REALM_VOCAB_ADD_SPACE_PREFIX), out);
    } else {
      status = bpe.tokenize(piece, out);
    }
    if (status != REALM_OK) return status;
  }
  if (add_special && vocabulary.has_flag(REALM_VOCAB_ADD_EOS) && vocabulary.eos() != NO_TOKEN) {
    out.push(vocabulary.eos());
  }
  return out.ok() ? REALM_OK : REALM_ERROR_MEMORY;
}

int32_t detokenize(const Vocabulary& vocabulary, Span<const int32_t> ids, uint32_t flags,
                   Vec<uint8_t>& out) {
  // The space before the first text is the tokenizer's own.
  bool strip_space = (flags & REALM_STRIP_SPACE) != 0 &&
                     vocabulary.tokenizer() == REALM_TOKENIZER_SPM &&
                     vocabulary.has_flag(REALM_VOCAB_ADD_SPACE_PREFIX);
  for (const int32_t id : ids) {
    if (!vocabulary.is_token(id)) return REALM_ERROR_ARGUMENT;
    const uint32_t start = out.size();
    vocabulary.append_piece(id, out, (flags & REALM_RENDER_SPECIAL) != 0);
    if (!out.ok()) return REALM_ERROR_MEMORY;
    if (!strip_space || vocabulary.is_special(id)) continue;
    strip_space = false;
    if (out.size() > start && out[start] == ' ') {
      memmove(out.data() + start, out.data() + start + 1, out.size() - start - 1);
      out.pop();
    }
  }
  return REALM_OK;
}

}  // namespace realm
