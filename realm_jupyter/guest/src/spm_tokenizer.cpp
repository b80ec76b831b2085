#include "spm_tokenizer.h"

namespace realm {

namespace {

constexpr uint8_t SPACE_MARK[] = {0xE2, 0x96, 0x81};  // U+2581

// The size of a character by its first byte alone; broken text goes byte by byte later.
uint32_t character_size(uint8_t lead) {
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

}  // namespace

int32_t SpmTokenizer::tokenize(Bytes text, bool add_space_prefix, Vec<int32_t>& out) {
  escaped_.clear();
  if (!escaped_.reserve(text.size + 3)) return REALM_ERROR_MEMORY;
  if (add_space_prefix) escaped_.append(SPACE_MARK, 3);
  for (uint32_t i = 0; i < text.size; ++i) {
    if (text.data[i] == ' ') {
      escaped_.append(SPACE_MARK, 3);
    } else {
      escaped_.push(text.data[i]);
    }
  }
  if (!escaped_.ok()) return REALM_ERROR_MEMORY;

  // No symbol grows across a place that no token spans, so what lies between such places
  // can be done on its own: one word at a time instead of a heap as long as the text.
  const Bytes whole = {escaped_.data(), escaped_.size()};
  uint32_t start = 0;
  for (uint32_t i = 1; i + 3 <= whole.size; ++i) {
    if (whole.data[i] != SPACE_MARK[0] || memcmp(whole.data + i, SPACE_MARK, 3) != 0) continue;
    if (vocabulary_.joins_space_after(whole.data[i - 1])) continue;
    if (!tokenize_word(whole.part(start, i - start), out)) return REALM_ERROR_MEMORY;
    start = i;
  }
  if (!tokenize_word(whole.part(start, whole.size - start), out)) return REALM_ERROR_MEMORY;
  return out.ok() ? REALM_OK : REALM_ERROR_MEMORY;
}

bool SpmTokenizer::tokenize_word(Bytes word, Vec<int32_t>& out) {
  symbols_.clear();
  pairs_.clear();
  for (uint32_t offset = 0; offset < word.size;) {
    const uint32_t size = min(character_size(word.data[offset]), word.size - offset);
    const int32_t index = static_cast<int32_t>(symbols_.size());
    const bool is_last = offset + size == word.size;
    if (!symbols_.push({offset, size, index - 1, is_last ? -1 : index + 1})) return false;
    offset += size;
  }
  for (uint32_t i = 1; i < symbols_.size(); ++i) {
    if (!push_pair(word, static_cast<int32_t>(i) - 1, static_cast<int32_t>(i))) return false;
  }
  while (!pairs_.empty()) {
    const Pair pair = pairs_.pop();
    Symbol& left = symbols_[pair.left];
    Symbol& right = symbols_[pair.right];
    if (left.size == 0 || right.size == 0 || left.size + right.size != pair.size) continue;
    left.size = pair.size;
    right.size = 0;
    left.next = right.next;
    const int32_t index = static_cast<int32_t>(pair.left);
    if (right.next >= 0) symbols_[static_cast<uint32_t>(right.next)].previous = index;
    if (!push_pair(word, left.previous, index) || !push_pair(word, index, left.next)) return false;
  }
  for (const Symbol& symbol : symbols_) {
    if (symbol.size != 0) append_symbol(word.part(symbol.offset, symbol.size), out);
  }
  return out.ok();
}

bool SpmTokenizer::push_pair(Bytes word, int32_t left, int32_t right) {
  if (left < 0 || right < 0) return true;
  const Symbol& a = symbols_[static_cast<uint32_t>(left)];
  const uint32_t size = a.size + symbols_[static_cast<uint32_t>(right)].size;
  if (size > vocabulary_.longest_plain()) return true;
  const int32_t id = vocabulary_.find_plain(word.part(a.offset, size));
  if (id == NO_TOKEN) return true;
  return pairs_.push(
      {vocabulary_.score(id), static_cast<uint32_t>(left), static_cast<uint32_t>(right), size});
}

void SpmTokenizer::append_symbol(Bytes text, Vec<int32_t>& out) const {
  const int32_t id = vocabulary_.find_plain(text);
  if (id != NO_TOKEN) {
    out.push(id);
    return;
  }
  for (uint32_t i = 0; i < text.size; ++i) {
    const int32_t byte = vocabulary_.byte_symbol(text.data[i]);
    if (byte != NO_TOKEN) {
      out.push(byte);
    } else if (vocabulary_.unk() != NO_TOKEN) {
      out.push(vocabulary_.unk());
      return;  // one for the whole symbol
    }
  }
}

}  // namespace realm
