// The classes of code points that pre-tokenizers tell apart.
#ifndef REALM_UNICODE_H
#define REALM_UNICODE_H

#include "unicode_tables.h"

namespace realm {

enum class CharacterClass : uint8_t { OTHER = 0, LETTER = 1, NUMBER = 2, SPACE = 3 };

inline CharacterClass character_class(uint32_t code_point) {
  if (code_point >= UNICODE_CLASSES_END) return CharacterClass::OTHER;
  const uint32_t block = UNICODE_BLOCKS[code_point / UNICODE_BLOCK_SIZE];
  const uint32_t place = block * UNICODE_BLOCK_SIZE + code_point % UNICODE_BLOCK_SIZE;
  return static_cast<CharacterClass>(UNICODE_CLASSES[place / 4] >> (place % 4 * 2) & 3);
}

}  // namespace realm

#endif  // REALM_UNICODE_H
