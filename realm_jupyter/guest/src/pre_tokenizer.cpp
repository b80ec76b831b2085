#include "pre_tokenizer.h"

#include "../realm.h"
#include "unicode.h"
#include "utf8.h"

namespace realm {

namespace {

constexpr uint32_t LATIN_SMALL_LETTER_LONG_S = 0x17F;  // "s" where case is ignored

struct Character {
  uint32_t code_point;
  uint32_t size;  // in bytes; 0 at the end of the text
  CharacterClass type;

  bool is_letter() const { return size != 0 && type == CharacterClass::LETTER; }
  bool is_number() const { return size != 0 && type == CharacterClass::NUMBER; }
  bool is_space() const { return size != 0 && type == CharacterClass::SPACE; }
  bool is_symbol() const { return size != 0 && type == CharacterClass::OTHER; }
  bool is_newline() const { return code_point == '\n' || code_point == '\r'; }
};

class Scanner {
 public:
  explicit Scanner(Bytes text) : text_(text) {}

  Character at(uint32_t offset) const {
    if (offset >= text_.size) return {0, 0, CharacterClass::OTHER};
    const uint8_t byte = text_.data[offset];
    if (byte < 0x80) return {byte, 1, character_class(byte)};
    const DecodedCharacter c = decode_utf8(text_.data + offset, text_.size - offset);
    return {c.code_point, c.size, character_class(c.code_point)};
  }

  // The end of the run of characters of a kind that starts at offset.
  template <class IsOfKind>
  uint32_t run(uint32_t offset, IsOfKind is_of_kind) const {
    for (Character c = at(offset); c.size != 0 && is_of_kind(c); c = at(offset)) offset += c.size;
    return offset;
  }
  uint32_t letters(uint32_t offset) const {
    return run(offset, [](Character c) { return c.is_letter(); });
  }
  uint32_t symbols(uint32_t offset) const {
    return run(offset, [](Character c) { return c.is_symbol(); });
  }

  // 's|'t|'re|'ve|'m|'ll|'d at an apostrophe: its end, or offset where there is none.
  uint32_t contraction(uint32_t offset, bool ignore_case) const {
    const auto letter = [this, ignore_case](uint32_t place) -> uint32_t {
      const Character c = at(place);
      if (c.size == 0) return 0;
      if (ignore_case && c.code_point == LATIN_SMALL_LETTER_LONG_S) return 's';
      if (ignore_case && c.code_point >= 'A' && c.code_point <= 'Z') return c.code_point + 32;
      return c.code_point;
    };
    const uint32_t first = letter(offset + 1);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return offset + 1 + at(offset + 1).size;
    }
    const uint32_t second = first == 'l' ? 'l' : 'e';
    if ((first == 'r' || first == 'v' || first == 'l') && letter(offset + 2) == second) {
      return offset + 3;
    }
    return offset;
  }

  // \s+(?!\S)|\s+ at white space: all of it, less the last where something follows.
  uint32_t spaces(uint32_t offset) const {
    uint32_t end = offset;
    uint32_t last = offset;
    for (Character c = at(end); c.is_space(); c = at(end)) {
      last = end;
      end += c.size;
    }
    return end == text_.size || last == offset ? end : last;
  }

 private:
  Bytes text_;
};

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
uint32_t find_gpt2_end(const Scanner& scanner, uint32_t start) {
  const Character first = scanner.at(start);
  if (first.code_point == '\'') {
    const uint32_t end = scanner.contraction(start, false);
    if (end != start) return end;
  }
  const uint32_t word = start + (first.code_point == ' ' ? 1 : 0);
  const Character c = scanner.at(word);
  if (c.is_letter()) return scanner.letters(word);
  if (c.is_number()) return scanner.run(word, [](Character d) { return d.is_number(); });
  if (c.is_symbol()) return scanner.symbols(word);
  return scanner.spaces(start);
}

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,max_digits}|
//  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
uint32_t find_llama_end(const Scanner& scanner, uint32_t start, uint32_t max_digits) {
  const Character first = scanner.at(start);
  if (first.code_point == '\'') {
    const uint32_t end = scanner.contraction(start, true);
    if (end != start) return end;
  }
  if (first.is_letter()) return scanner.letters(start);
  const uint32_t second = start + first.size;
  if (!first.is_newline() && !first.is_number() && scanner.at(second).is_letter()) {
    return scanner.letters(second);
  }
  if (first.is_number()) {
    uint32_t end = second;
    for (uint32_t i = 1; i < max_digits && scanner.at(end).is_number(); ++i) {
      end += scanner.at(end).size;
    }
    return end;
  }
  const uint32_t word = first.code_point == ' ' ? second : start;
  if (scanner.at(word).is_symbol()) {
    return scanner.run(scanner.symbols(word), [](Character c) { return c.is_newline(); });
  }
  // White space up to its last line break.
  uint32_t end = start;
  for (uint32_t offset = start; scanner.at(offset).is_space();) {
    const Character c = scanner.at(offset);
    offset += c.size;
    if (c.is_newline()) end = offset;
  }
  return end != start ? end : scanner.spaces(start);
}

}  // namespace

uint32_t find_word_end(uint32_t pre, Bytes text, uint32_t start) {
  const Scanner scanner(text);
  switch (pre) {
    case REALM_PRE_GPT2:
      return find_gpt2_end(scanner, start);
    case REALM_PRE_LLAMA_BPE:
      return find_llama_end(scanner, start, 3);
    case REALM_PRE_QWEN2:
      return find_llama_end(scanner, start, 1);
    default:
      return text.size;
  }
}

}  // namespace realm
