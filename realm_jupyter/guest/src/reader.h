// Reads the sections of a block of bytes, each checked against what is left.
#ifndef REALM_READER_H
#define REALM_READER_H

#include "memory.h"

namespace realm {

// Once a section is longer than what is left, it and all after it are empty and ok() is false.
class Reader {
 public:
  explicit Reader(Bytes rest) : rest_(rest) {}

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.size == 0; }

  Bytes take(uint64_t size) {
    if (!ok_ || size > rest_.size) {
      ok_ = false;
      return {};
    }
    const uint32_t count = static_cast<uint32_t>(size);
    const Bytes taken = rest_.part(0, count);
    rest_ = rest_.part(count, rest_.size - count);
    return taken;
  }

  Bytes take_padded(uint64_t size) {
    const Bytes taken = take(size);
    take((4 - size % 4) % 4);
    return taken;
  }

  // A string as GGUF writes it.
  Bytes take_string() {
    const Bytes length_bytes = take(sizeof(uint64_t));
    if (!ok_) return {};
    uint64_t length;
    memcpy(&length, length_bytes.data, sizeof(length));
    return take(length);
  }

 private:
  Bytes rest_;
  bool ok_ = true;
};

}  // namespace realm

#endif  // REALM_READER_H
