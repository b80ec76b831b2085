#include "bpe_tokenizer.h"

#include "byte_level.h"
#include "pre_tokenizer.h"
#include "utf8.h"

namespace realm {

namespace {

// Below this many bytes looking through all pairs each time is faster than a heap.
constexpr uint32_t SHORT_WORD_BYTES = 32;

}  // namespace

int32_t BpeTokenizer::tokenize(Bytes text, Vec<int32_t>& out) {
  for (uint32_t start = 0; start < text.size;) {
    const uint32_t end = find_word_end(vocabulary_.pre(), text, start);
    if (!tokenize_word(text.part(start, end - start), out)) return REALM_ERROR_MEMORY;
    start = end;
  }
  return out.ok() ? REALM_OK : REALM_ERROR_MEMORY;
}

bool BpeTokenizer::tokenize_word(Bytes word, Vec<int32_t>& out) {
  if (vocabulary_.has_flag(REALM_VOCAB_IGNORE_MERGES)) {
    const int32_t id = find_whole_word(word);
    if (id != NO_TOKEN) return out.push(id);
    if (!encoded_.ok()) return false;
  }
  if (word.size > SHORT_WORD_BYTES) return merge_long_word(word, out);
  merge_short_word(word, out);
  return out.ok();
}

int32_t BpeTokenizer::find_whole_word(Bytes word) {
  if (word.size > vocabulary_.longest_plain()) return NO_TOKEN;
  encoded_.clear();
  for (uint32_t i = 0; i < word.size; ++i) {
    append_code_point(encoded_, BYTE_LEVEL.characters[word.data[i]]);
  }
  if (!encoded_.ok()) return NO_TOKEN;
  const int32_t id = vocabulary_.find_plain({encoded_.data(), encoded_.size()});
  return vocabulary_.is_token(id) ? id : NO_TOKEN;
}

void BpeTokenizer::merge_short_word(Bytes word, Vec<int32_t>& out) const {
  int32_t ids[SHORT_WORD_BYTES];
  uint32_t ranks[SHORT_WORD_BYTES];  // of the merge of each symbol with the next
  uint32_t size = word.size;
  for (uint32_t i = 0; i < size; ++i) ids[i] = vocabulary_.byte_symbol(word.data[i]);
  for (uint32_t i = 0; i + 1 < size; ++i) ranks[i] = vocabulary_.merge_rank(ids[i], ids[i + 1]);
  while (size > 1) {
    uint32_t best = 0;
    for (uint32_t i = 1; i + 1 < size; ++i) {
      if (ranks[i] < ranks[best]) best = i;
    }
    if (ranks[best] == NO_RANK) break;
    ids[best] = vocabulary_.merge(ranks[best]).merged;
    --size;
    for (uint32_t i = best + 1; i < size; ++i) {
      ids[i] = ids[i + 1];
      ranks[i - 1] = ranks[i];
    }
    if (best + 1 < size) ranks[best] = vocabulary_.merge_rank(ids[best], ids[best + 1]);
    if (best > 0) ranks[best - 1] = vocabulary_.merge_rank(ids[best - 1], ids[best]);
  }
  for (uint32_t i = 0; i < size; ++i) append_symbol(ids[i], out);
}

bool BpeTokenizer::merge_long_word(Bytes word, Vec<int32_t>& out) {
  symbols_.clear();
  candidates_.clear();
  if (word.size > INT32_MAX / sizeof(Symbol) || !symbols_.reserve(word.size)) return false;
  const int32_t size = static_cast<int32_t>(word.size);
  for (int32_t i = 0; i < size; ++i) {
    symbols_.push({vocabulary_.byte_symbol(word.data[i]), i - 1, i + 1 < size ? i + 1 : -1});
  }
  for (int32_t i = 0; i + 1 < size; ++i) {
    if (!push_candidate(i, i + 1)) return false;
  }
  while (!candidates_.empty()) {
    const Candidate candidate = candidates_.pop();
    const Merge& merge = vocabulary_.merge(candidate.rank);
    Symbol& left = symbols_[candidate.left];
    if (left.id != merge.left || left.next < 0) continue;  // it has changed since
    Symbol& right = symbols_[static_cast<uint32_t>(left.next)];
    if (right.id != merge.right) continue;
    left.id = merge.merged;
    left.next = right.next;
    right.id = NO_TOKEN;
    const int32_t index = static_cast<int32_t>(candidate.left);
    if (left.next >= 0) symbols_[static_cast<uint32_t>(left.next)].previous = index;
    if (!push_candidate(left.previous, index) || !push_candidate(index, left.next)) return false;
  }
  for (const Symbol& symbol : symbols_) {
    if (symbol.id != NO_TOKEN) append_symbol(symbol.id, out);
  }
  return out.ok();
}

bool BpeTokenizer::push_candidate(int32_t left, int32_t right) {
  if (left < 0 || right < 0) return true;
  const uint32_t rank = vocabulary_.merge_rank(symbols_[static_cast<uint32_t>(left)].id,
                                               symbols_[static_cast<uint32_t>(right)].id);
  return rank == NO_RANK || candidates_.push({rank, static_cast<uint32_t>(left)});
}

void BpeTokenizer::append_symbol(int32_t id, Vec<int32_t>& out) const {
  if (vocabulary_.is_token(id)) {
    out.push(id);
    return;
  }
  // A symbol that only merges know: its characters, those that are tokens.
  const Bytes text = vocabulary_.symbol_text(id);
  for (uint32_t i = 0; i < text.size;) {
    const uint32_t size = decode_utf8(text.data + i, text.size - i).size;
    const int32_t character = vocabulary_.find_plain(text.part(i, size));
    if (vocabulary_.is_token(character)) {
      out.push(character);
    } else if (vocabulary_.unk() != NO_TOKEN) {
      out.push(vocabulary_.unk());
    }
    i += size;
  }
}

}  // namespace realm
