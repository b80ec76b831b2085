// UTF-8: decoding, validation and repair. Well-formed means what the Unicode standard
// says (table 3-7): no surrogates, no overlong forms, nothing above U+10FFFF.
#ifndef REALM_UTF8_H
#define REALM_UTF8_H

#include "memory.h"

namespace realm {

constexpr uint32_t REPLACEMENT_CHARACTER = 0xFFFD;

struct DecodedCharacter {
  uint32_t code_point;  // U+FFFD where the bytes are malformed
  uint32_t size;        // bytes taken: 1 to 4; of malformed bytes, as many as one U+FFFD stands for
  bool is_valid;
  bool is_incomplete;  // malformed only because the text ends here
};

// Decode the character at the start of size > 0 bytes. Malformed bytes are taken as
// the standard recommends (and as Python's errors="replace" does): the longest part that
// begins a character counts as one.
inline DecodedCharacter decode_utf8(const uint8_t* text, uint32_t size) {
  const uint8_t lead = text[0];
  if (lead < 0x80) return {lead, 1, true, false};
  if (lead < 0xC2 || lead > 0xF4) return {REPLACEMENT_CHARACTER, 1, false, false};
  const uint32_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint32_t code_point = lead & (0x7Fu >> length);
  // The second byte has a narrower range after some leads.
  uint8_t low = 0x80, high = 0xBF;
  if (lead == 0xE0) low = 0xA0;   // overlong
  if (lead == 0xED) high = 0x9F;  // surrogates
  if (lead == 0xF0) low = 0x90;   // overlong
  if (lead == 0xF4) high = 0x8F;  // above U+10FFFF
  for (uint32_t i = 1; i < length; ++i) {
    if (i == size) return {REPLACEMENT_CHARACTER, i, false, true};
    if (text[i] < low || text[i] > high) return {REPLACEMENT_CHARACTER, i, false, false};
    code_point = code_point << 6 | (text[i] & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {code_point, length, true, false};
}

// The number of bytes (0 to 3) at the end of the text that begin a character which more
// bytes could complete.
inline uint32_t incomplete_utf8_tail(const uint8_t* text, uint32_t size) {
  for (uint32_t tail = 1; tail <= 3 && tail <= size; ++tail) {
    const uint8_t byte = text[size - tail];
    if ((byte & 0xC0) == 0x80) continue;  // a continuation byte: its lead is further left
    if (byte < 0xC0) return 0;
    const DecodedCharacter c = decode_utf8(text + size - tail, tail);
    return c.is_incomplete && c.size == tail ? tail : 0;
  }
  return 0;
}

inline bool is_valid_utf8(const uint8_t* text, uint32_t size) {
  for (uint32_t i = 0; i < size;) {
    const DecodedCharacter c = decode_utf8(text + i, size - i);
    if (!c.is_valid) return false;
    i += c.size;
  }
  return true;
}

// Write a code point (at most U+10FFFF) to out, which has room for 4 bytes; returns its size.
inline uint32_t encode_utf8(uint32_t code_point, uint8_t* out) {
  if (code_point < 0x80) {
    out[0] = static_cast<uint8_t>(code_point);
    return 1;
  }
  const uint32_t size = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
  for (uint32_t i = size - 1; i > 0; --i) {
    out[i] = static_cast<uint8_t>(0x80 | (code_point & 0x3F));
    code_point >>= 6;
  }
  out[0] = static_cast<uint8_t>((0xF00u >> size) | code_point);
  return size;
}

inline bool append_code_point(Vec<uint8_t>& out, uint32_t code_point) {
  uint8_t bytes[4];
  return out.append(bytes, encode_utf8(code_point, bytes));
}

// Append text with every malformed part replaced by U+FFFD.
inline bool append_repaired_utf8(Vec<uint8_t>& out, const uint8_t* text, uint32_t size) {
  for (uint32_t i = 0; i < size;) {
    const DecodedCharacter c = decode_utf8(text + i, size - i);
    if (c.is_valid ? !out.append(text + i, c.size) : !append_code_point(out, c.code_point)) {
      return false;
    }
    i += c.size;
  }
  return true;
}

}  // namespace realm

#endif  // REALM_UTF8_H
