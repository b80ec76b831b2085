// The byte-level alphabet of GPT-2: every byte has a printable character that stands for
// it in token texts. Printable Latin-1 stands for itself, the rest for U+0100 and up.
#ifndef REALM_BYTE_LEVEL_H
#define REALM_BYTE_LEVEL_H

#include <stdint.h>

namespace realm {

struct ByteLevelAlphabet {
  uint16_t characters[256] = {};  // by byte
  uint8_t bytes[324] = {};        // by character, where is_known
  bool is_known[324] = {};

  constexpr ByteLevelAlphabet() {
    uint16_t next = 256;
    for (uint32_t byte = 0; byte < 256; ++byte) {
      const bool is_printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
      const uint16_t character = is_printable ? static_cast<uint16_t>(byte) : next++;
      characters[byte] = character;
      bytes[character] = static_cast<uint8_t>(byte);
      is_known[character] = true;
    }
  }
};

inline constexpr ByteLevelAlphabet BYTE_LEVEL;

}  // namespace realm

#endif  // REALM_BYTE_LEVEL_H
