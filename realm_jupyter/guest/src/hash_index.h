// A dense hash index: finds a numbered thing by its content. Each slot holds the number
// and 8 bits of the hash, so that most of the wrong things are never looked at.
#ifndef REALM_HASH_INDEX_H
#define REALM_HASH_INDEX_H

#include "memory.h"

namespace realm {

class HashIndex {
 public:
  static constexpr uint32_t MAX_NUMBER = (1u << 24) - 2;
  static constexpr uint32_t NONE = UINT32_MAX;

  constexpr HashIndex() = default;

  // Empty, with room for count things at most two thirds full.
  bool reset(uint32_t count) {
    uint32_t num_slots = 8;
    while (static_cast<uint64_t>(num_slots) * 2 < static_cast<uint64_t>(count) * 3) num_slots *= 2;
    size_ = 0;
    slots_.clear();
    if (!slots_.reserve(num_slots) || !slots_.resize(num_slots)) return false;
    memset(slots_.data(), 0xFF, num_slots * sizeof(uint32_t));
    return true;
  }

  void release() {
    slots_.release();
    size_ = 0;
  }

  bool is_full() const { return (size_ + 1) * 3ull > slots_.size() * 2ull; }
  uint32_t size() const { return size_; }

  // The number of the thing with this hash for which equals(number) holds, or NONE.
  template <class Equals>
  uint32_t find(uint64_t hash, Equals equals) const {
    if (slots_.empty()) return NONE;
    const uint32_t slot = find_slot(hash, equals);
    return slots_[slot] == NONE ? NONE : slots_[slot] & NUMBER_MASK;
  }

  // Add a thing, in place of an equal one. The index must not be full.
  template <class Equals>
  void put(uint64_t hash, uint32_t number, Equals equals) {
    const uint32_t slot = find_slot(hash, equals);
    if (slots_[slot] == NONE) ++size_;
    slots_[slot] = tag(hash) | number;
  }

  // Twice the room; hash_of(number) gives a thing's hash again.
  template <class HashOf>
  bool grow(HashOf hash_of) {
    Vec<uint32_t> old = static_cast<Vec<uint32_t>&&>(slots_);
    const uint32_t size = size_;
    if (!reset(old.size() * 2)) {
      slots_ = static_cast<Vec<uint32_t>&&>(old);
      size_ = size;
      return false;
    }
    for (const uint32_t held : old) {
      if (held == NONE) continue;
      const uint32_t number = held & NUMBER_MASK;
      put(hash_of(number), number, [](uint32_t) { return false; });
    }
    return true;
  }

 private:
  static constexpr uint32_t NUMBER_MASK = (1u << 24) - 1;

  static uint32_t tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 56) << 24; }

  template <class Equals>
  uint32_t find_slot(uint64_t hash, Equals equals) const {
    const uint32_t mask = slots_.size() - 1;
    const uint32_t wanted = tag(hash);
    uint32_t i = static_cast<uint32_t>(hash) & mask;
    while (slots_[i] != NONE) {
      if ((slots_[i] & ~NUMBER_MASK) == wanted && equals(slots_[i] & NUMBER_MASK)) return i;
      i = (i + 1) & mask;
    }
    return i;
  }

  Vec<uint32_t> slots_;
  uint32_t size_ = 0;
};

}  // namespace realm

#endif  // REALM_HASH_INDEX_H
