// From the bytes of tokens to text that may be shown: whole characters only, and nothing
// that is, or may yet become, part of a stop string.
#ifndef REALM_TEXT_H
#define REALM_TEXT_H

#include "matcher.h"
#include "memory.h"

namespace realm {

// Splits never matter: whichever way the bytes arrive, the same text comes out. The stop
// string that is complete first ends the text, and of several that end at the same byte
// the longest; the text ends where this stop begins.
class TextStream {
 public:
  // Add a stop string (valid UTF-8, not empty); returns whether there was memory.
  bool add_stop(Bytes stop) { return stops_.add(stop); }

  // Take the bytes of a token and append what is free to go to out.
  void push(Bytes bytes, Vec<uint8_t>& out);
  // The end: append what was held back, with U+FFFD for an incomplete character.
  void finish(Vec<uint8_t>& out);
  // Whether a stop string was met; nothing comes out any more.
  bool is_stopped() const { return is_stopped_; }
  // False once memory has run out.
  bool ok() const { return partial_.ok() && held_.ok() && whole_.ok(); }

 private:
  void push_text(Bytes text, Vec<uint8_t>& out);

  Matcher stops_;
  Vec<uint8_t> partial_;  // begins a character
  Vec<uint8_t> held_;     // begins a stop string
  Vec<uint8_t> whole_;    // scratch
  bool is_stopped_ = false;
};

}  // namespace realm

#endif  // REALM_TEXT_H
