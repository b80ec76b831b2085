// What a thread can do for its next work while it waits for the other threads.
#pragma once

#include <cstdint>

namespace realm {

// Memory that a thread will read when its wait is over. Until then it asks for it, a few lines at
// a time: where only one thread has something to do, and that in its cache, memory would be idle.
class Prospect {
 public:
  Prospect() = default;
  Prospect(const uint8_t* data, int64_t num_bytes) : next_(data), num_left_(num_bytes) {}

  // Ask for the next few lines; false where none are left.
  bool fetch() {
    if (num_left_ <= 0) return false;
    const int64_t num_bytes = num_left_ < kStepBytes ? num_left_ : kStepBytes;
    for (int64_t byte = 0; byte < num_bytes; byte += kLineBytes) {
      __builtin_prefetch(next_ + byte, 0, 2);  // to be read, for the second-level cache
    }
    next_ += num_bytes;
    num_left_ -= num_bytes;
    return true;
  }

 private:
  static constexpr int64_t kLineBytes = 64;
  static constexpr int64_t kStepBytes = 8 * kLineBytes;  // so few that the wait's end is seen

  const uint8_t* next_ = nullptr;
  int64_t num_left_ = 0;
};

}  // namespace realm
